/**
 * Which columns may act together: `--interactions`.
 *
 * @module
 */

import { UsageError } from "../terminal/errors.ts";
import type { GivenFlags } from "./parse.ts";
import { integerFlag, textFlag } from "./values.ts";

/** Interactions as `--interactions` has them: so many pairs, none, or pairs of names. */
export type InteractionRequest = number | "none" | readonly (readonly [string, string])[];

/** Reads `--interactions K`, `none` or `COL:COL,COL:COL`. */
export function readInteractions(given: GivenFlags): InteractionRequest | undefined {
  const text = textFlag(given, "interactions");
  if (text === undefined || text === "none") return text;
  if (!text.includes(":")) return integerFlag(given, "interactions", { least: 0, most: 100 });
  return text.split(",").map((part) => {
    const names = part.split(":").map((name) => name.trim());
    if (names.length === 2 && names.every((name) => name !== "") && names[0] !== names[1]) {
      return [names[0], names[1]] as const;
    }
    throw new UsageError(
      "Cannot read flags: --interactions must be a number, none, or COLUMN:COLUMN of two columns " +
        `with commas between the pairs, current value is ${JSON.stringify(part.trim())}`,
    );
  });
}

/** Interactions as the flag has them. */
export function interactionsText(asked: InteractionRequest): string | number {
  return typeof asked === "object" ? asked.map((pair) => pair.join(":")).join(",") : asked;
}
