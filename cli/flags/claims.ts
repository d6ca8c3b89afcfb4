/**
 * What flags say of the shape of a function: what `train` holds a network to and `certify` proves.
 *
 * @module
 */

import { UsageError } from "../terminal/errors.ts";
import type { GivenFlags } from "./parse.ts";
import { nameIndex, numberPart, textFlag } from "./values.ts";

/** A column with a sign. */
export interface SignedColumn {
  readonly name: string;
  readonly sign: 1 | -1;
}

/** Reads `--monotone COL:+,COL:-`. */
export function monotoneFlag(given: GivenFlags): SignedColumn[] | undefined {
  return textFlag(given, "monotone")?.split(",").map((part) => {
    const [, name, sign] = part.trim().match(/^(.+):([+-])$/) ?? [];
    if (name !== undefined) return { name, sign: sign === "+" ? 1 : -1 };
    throw new UsageError(
      "Cannot read flags: --monotone must be COLUMN:+ or COLUMN:- with commas between them, " +
        `current value is ${JSON.stringify(part.trim())}`,
    );
  });
}

/** Reads names of columns with commas between them. */
export function columnsFlag(given: GivenFlags, flag: string): string[] | undefined {
  return textFlag(given, flag)?.split(",").map((name) => name.trim());
}

/** Reads `--range A:B`. */
export function betweenFlag(given: GivenFlags): readonly [number, number] | undefined {
  const text = textFlag(given, "range");
  if (text === undefined) return undefined;
  const ends = text.split(":").map(numberPart);
  const [low, high] = ends;
  if (ends.length === 2 && Number.isFinite(low) && Number.isFinite(high) && low < high) {
    return [low, high];
  }
  throw new UsageError(
    "Cannot read flags: --range must be LOW:HIGH with LOW < HIGH, current value is " +
      JSON.stringify(text),
  );
}

/** Most names of columns in a message. */
const MOST_SHOWN = 8;

/** Finds a column that a flag names. */
export function columnIndex(flag: string, name: string, names: readonly string[]): number {
  const shown = names.length > MOST_SHOWN ? [...names.slice(0, MOST_SHOWN), "..."] : names;
  return nameIndex(
    name,
    names,
    `Cannot read flags: --${flag} must name inputs of the network (${shown.join(", ")})`,
  );
}
