/**
 * How exports are judged.
 *
 * @module
 */

import { assertLess } from "@std/assert";
import type { NumberFormat } from "../../lib/export/mod.ts";
import { expectedOutputs, largestDifference, type ProgramCase, programCases } from "./programs.ts";

/** Rows that every export is run on. */
export const ROWS = 10_000;

/** Largest difference, relative to the largest output, by number format. */
const TOLERANCE = { float64: 1e-14, float32: 1e-6 } as const;

/** The cases that a number format can hold. */
export function casesFor(dtype: NumberFormat): ProgramCase[] {
  const offset = ({ program }: ProgramCase) =>
    program.columns.some((each) => each.offset !== undefined);
  const cancels = ({ name }: ProgramCase) => name === "powers of ReLU";
  return programCases().filter((each) => dtype === "float64" || !(offset(each) || cancels(each)));
}

/** Compares what an export says of rows with what the model says. */
export function checkOutputsOf(
  each: ProgramCase,
  dtype: NumberFormat,
  outputs: readonly ArrayLike<number>[],
  rows: readonly number[][],
) {
  const expected = expectedOutputs(each, rows);
  const difference = largestDifference(outputs, expected);
  if (Deno.env.get("FREEKNOT_SHOW")) console.log(`${dtype} ${each.name}: ${difference}`);
  // in float32 a short piece is steep to the rounding of what enters it, and far away units of ReLU
  // cancel; logarithms of targets are undone by exponentials, which multiply rounding
  const single = dtype === "float32", cancels = each.relu !== undefined;
  const steep = single && each.name === "crowded knots" ? 10 : single && cancels ? 3 : 1;
  const powers = ["columns of all scales", "rates", "smeared logarithms"];
  const grown = powers.includes(each.name) ? 10 : cancels ? 3 : 1;
  assertLess(difference, steep * grown * TOLERANCE[dtype], each.name);
}
