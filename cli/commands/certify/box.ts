/**
 * Reads `--box`.
 *
 * @module
 */

import { columnIndex } from "../../flags/claims.ts";
import { numberPart } from "../../flags/values.ts";
import { UsageError } from "../../terminal/errors.ts";

/** Reads `COL=A:B,COL=A`: ranges by name, of names that are known. */
export function namedRanges(
  text: string | undefined,
  names: readonly string[],
): ReadonlyMap<string, readonly [number, number]> {
  const ranges = new Map<string, readonly [number, number]>();
  for (const part of text?.split(",") ?? []) {
    const at = part.lastIndexOf("="), name = part.slice(0, Math.max(0, at)).trim();
    columnIndex("box", name, names);
    const ends = part.slice(at + 1).split(":").map(numberPart);
    const [low, high = low] = ends;
    if (ends.length > 2 || !Number.isFinite(low) || !Number.isFinite(high) || low > high) {
      throw new UsageError(
        "Cannot certify: --box must be COLUMN=LOW:HIGH with LOW <= HIGH and commas between them, " +
          `current value is ${JSON.stringify(part.trim())}`,
      );
    }
    if (ranges.has(name)) {
      throw new UsageError(
        `Cannot certify: --box must name every column once, current value is ${name} twice`,
      );
    }
    ranges.set(name, [low, high]);
  }
  return ranges;
}
