/**
 * Whether a formula has left anything in the rows but noise.
 *
 * @module
 */

import { formulaValues } from "../expressions/evaluate.ts";
import { fitAdditive } from "./additive.ts";
import type { Atom } from "./dictionary.ts";
import type { FrontEntry } from "./front.ts";
import { type FormulaRows, someRows, varianceOf } from "./rows.ts";

/** Rows that are looked at. */
const MOST_ROWS = 1500;

/**
 * Whether residuals look like noise: no term of a dictionary explains more of them than the largest
 * of so many would by chance, `2 log(terms) / rows`, and splines of the columns no more than their
 * coefficients would, `coefficients / rows`.
 */
export function nothingLeft(
  { formula }: FrontEntry,
  data: FormulaRows,
  dictionary: (rows: FormulaRows) => readonly Atom[],
): boolean {
  const rows = someRows(data, MOST_ROWS), n = rows.rows;
  const values = formulaValues(formula, rows);
  const residual = rows.target.map((y, r) => y - values[r]), variance = varianceOf(residual);
  if (!(variance > 0) || n < 50) return false;
  const atoms = dictionary(rows), chance = (2 * Math.log(atoms.length) + 7) / n;
  if (atoms.some(({ values }) => explained(values, residual) > chance)) return false;
  const fit = fitAdditive(rows, residual, new Float64Array(n).fill(1));
  const coefficients = 19 * data.columns.size;
  return fit !== undefined &&
    1 - fit.unexplained < (coefficients + 3.5 * Math.sqrt(2 * coefficients)) / n;
}

/** The square of the correlation. */
function explained(x: Float64Array, y: Float64Array): number {
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
  return xx > 0 && yy > 0 ? xy * xy / (xx * yy) : 0;
}
