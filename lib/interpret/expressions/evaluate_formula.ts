/**
 * Formulas on rows as people have them.
 *
 * @module
 */

import type { Rows } from "../../data/mod.ts";
import { flatRows } from "../../data/inner.ts";
import { column } from "../../numerics/inner.ts";
import { formulaValues } from "./evaluate.ts";
import type { Formula } from "./formula.ts";

/**
 * Evaluates a formula on rows.
 *
 * @param formula The formula.
 * @param inputs Rows of numbers.
 * @param names Names of the columns of the rows.
 * @returns One value for each row; NaN where the formula has none.
 * @throws {RangeError} If the formula reads a column that is not among the names.
 *
 * @example
 * ```ts
 * import { evaluateFormula, type Formula } from "@freeknot/freeknot/interpret";
 * import { assertEquals } from "@std/assert";
 *
 * const x: Formula = { kind: "variable", name: "x" };
 * const square: Formula = { kind: "power", base: x, exponent: { kind: "number", value: 2 } };
 * assertEquals([...evaluateFormula(square, [[2], [3]], ["x"])], [4, 9]);
 * ```
 */
export function evaluateFormula(
  formula: Formula,
  inputs: Rows,
  names: readonly string[],
): Float64Array {
  const { values, rows, columns } = flatRows("inputs", inputs);
  if (names.length !== columns) {
    throw new TypeError(
      `Cannot evaluate formula: names must be ${columns}, current value is ${names.length}`,
    );
  }
  const byName = names.map((name, c): [string, Float64Array] => [
    name,
    column(values, columns, c),
  ]);
  return formulaValues(formula, { rows, columns: new Map(byName) });
}
