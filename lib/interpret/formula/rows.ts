/**
 * The rows that formulas are judged on.
 *
 * @module
 */

import type { Columns } from "../expressions/evaluate.ts";

/** Columns of numbers, and the target. */
export interface FormulaRows extends Columns {
  readonly target: Float64Array;
}

/** Some of the rows, evenly spread. */
export function someRows(data: FormulaRows, most: number): FormulaRows {
  if (data.rows <= most) return data;
  const chosen = Uint32Array.from({ length: most }, (_, i) => Math.floor(i * data.rows / most));
  return pickRows(data, chosen);
}

/** The rows of these numbers. */
export function pickRows(data: FormulaRows, chosen: ArrayLike<number>): FormulaRows {
  const pick = (column: Float64Array) => Float64Array.from(chosen, (row) => column[row]);
  return {
    rows: chosen.length,
    target: pick(data.target),
    columns: new Map([...data.columns].map(([name, column]) => [name, pick(column)])),
  };
}

/** Means of two columns, and the sums of squares and products around them. */
export function covariances(x: Float64Array, y: Float64Array) {
  const n = x.length;
  let mx = 0, my = 0, xx = 0, xy = 0, yy = 0;
  for (let r = 0; r < n; r++) {
    mx += x[r] / n;
    my += y[r] / n;
  }
  for (let r = 0; r < n; r++) {
    xx += (x[r] - mx) ** 2;
    xy += (x[r] - mx) * (y[r] - my);
    yy += (y[r] - my) ** 2;
  }
  return { mx, my, xx, xy, yy };
}

/** The mean. */
export function columnMean(values: ArrayLike<number>): number {
  let mean = 0;
  for (let i = 0; i < values.length; i++) mean += values[i] / values.length;
  return mean;
}

/** The mean squared distance from the mean. */
export function varianceOf(values: ArrayLike<number>): number {
  const mean = columnMean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] - mean) ** 2 / values.length;
  return sum;
}
