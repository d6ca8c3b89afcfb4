/**
 * The flag `--only`: rows and parts by the words of their names.
 *
 * @module
 */

import { UsageError } from "../../terminal/errors.ts";

/**
 * Those whose names hold all words of one of the flag's parts; all without the flag.
 *
 * @param rule What the flag must name: `rows among a, b`.
 * @throws {UsageError} If a part fits none.
 */
export function chosenByWords<Item>(
  all: readonly Item[],
  nameOf: (item: Item) => string,
  text: string | undefined,
  rule: string,
): readonly Item[] {
  if (text === undefined) return all;
  const asked = text.split(",").map((part) => part.trim().toLowerCase().split("-"));
  const names = all.map((item) => nameOf(item).split("-"));
  const fits = (name: readonly string[], words: readonly string[]) =>
    words.every((word) => name.includes(word));
  for (const words of asked) {
    if (names.some((name) => fits(name, words))) continue;
    throw new UsageError(
      `Cannot reproduce: --only must name ${rule}, current value is ` +
        JSON.stringify(words.join("-")),
    );
  }
  return all.filter((_, i) => asked.some((words) => fits(names[i], words)));
}
