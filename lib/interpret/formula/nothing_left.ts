/**
 * Whether a formula has left anything in the rows but noise.
 *
 * @module
 */

import { formulaValues } from "../expressions/evaluate.ts";
import type { Formula } from "../expressions/formula.ts";
import { fitColumnSum } from "./additive.ts";
import type { Atom } from "./dictionary.ts";
import { log, rangeOf } from "../../numerics/inner.ts";
import { covariances, type FormulaRows, someRows, varianceOf } from "./rows.ts";

/** Rows that are looked at. */
const MOST_ROWS = 1000;
/** With more columns the nearest rows are too far apart, and a search goes on. */
const MOST_COLUMNS = 5;

/**
 * Whether residuals look like noise: no term of a dictionary explains more of them than the largest
 * of so many would by chance, `2 log(terms) / rows`; splines of the columns no more than their
 * coefficients would, `coefficients / rows`; and neighbours differ as much as any two rows do (the
 * ratio of von Neumann 1941, with the nearest row in the place of the next).
 */
export function nothingLeft(
  formula: Formula,
  data: FormulaRows,
  dictionary: (rows: FormulaRows) => readonly Atom[],
): boolean {
  return data.columns.size <= MOST_COLUMNS && isNoise(formula, data, dictionary);
}

/** Whether residuals look like noise, for any number of columns. */
export function isNoise(
  formula: Formula,
  data: FormulaRows,
  dictionary: (rows: FormulaRows) => readonly Atom[],
): boolean {
  const rows = someRows(data, MOST_ROWS), n = rows.rows;
  const values = formulaValues(formula, rows);
  const residual = rows.target.map((y, r) => y - values[r]), variance = varianceOf(residual);
  if (!(variance > 0) || n < 50) return false;
  if (neighbourRatio(rows, residual) < 1 - 3.5 * Math.sqrt(2 / n)) return false;
  const atoms = dictionary(rows), chance = (2 * log(atoms.length) + 7) / n;
  if (atoms.some(({ values }) => explained(values, residual) > chance)) return false;
  const fit = fitColumnSum(rows, residual, new Float64Array(n).fill(1), 16);
  const coefficients = 19 * data.columns.size;
  return fit !== undefined &&
    1 - fit.unexplained < (coefficients + 3.5 * Math.sqrt(2 * coefficients)) / n;
}

/** Half the mean square of the differences of nearest rows, as a share of the mean square. */
function neighbourRatio(rows: FormulaRows, residual: Float64Array): number {
  const columns = [...rows.columns.values()].map((column) => {
    const [low, high] = rangeOf(column);
    return column.map((x) => (x - low) / (high - low || 1));
  });
  let differences = 0, squares = 0;
  for (let r = 0; r < rows.rows; r++) {
    let nearest = -1, least = Infinity;
    for (let other = 0; other < rows.rows; other++) {
      if (other === r) continue;
      let distance = 0;
      for (const column of columns) distance += (column[r] - column[other]) ** 2;
      if (distance < least) {
        least = distance;
        nearest = other;
      }
    }
    differences += (residual[r] - residual[nearest]) ** 2 / 2;
    squares += residual[r] ** 2;
  }
  return differences / squares;
}

/** The square of the correlation. */
function explained(x: Float64Array, y: Float64Array): number {
  const { xx, xy, yy } = covariances(x, y);
  return xx > 0 && yy > 0 ? xy * xy / (xx * yy) : 0;
}
