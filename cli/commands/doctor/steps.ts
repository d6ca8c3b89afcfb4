/**
 * The steps of `doctor`.
 *
 * @module
 */

import { switchFlag } from "../../flags/values.ts";
import { EXIT } from "../../terminal/errors.ts";
import { wrap } from "../../terminal/help.ts";
import { VERSION } from "../../terminal/version.ts";
import { type CommandSteps, jsonText } from "../command.ts";
import { type Finding, lookAround } from "./findings.ts";

const WIDTH = 98, COLUMN = 14;

/** Looks, and tells. */
export const doctorSteps: CommandSteps<{ readonly json: boolean }, readonly Finding[]> = {
  request: (given) => ({ json: switchFlag(given, "json") ?? false }),
  run: () => lookAround(),
  present(findings, { json }, terminal) {
    if (json) {
      terminal.out(jsonText({
        version: VERSION,
        ...Object.fromEntries(findings.map(({ name, found, means, value }) => [
          ...[name, { found, means, ...(value === undefined ? {} : { value }) }],
        ])),
      }));
      return EXIT.done;
    }
    terminal.out(`${findings.map(lines).join("\n")}\n`);
    return EXIT.done;
  },
};

/** What was found, and below it what that means. */
function lines({ name, found, means }: Finding): string {
  const margin = " ".repeat(COLUMN);
  const text = (words: string) =>
    wrap(words, WIDTH - COLUMN).map((line) => margin + line).join("\n");
  return `${name.padEnd(COLUMN)}${text(found).trimStart()}\n${text(means)}`;
}
