/**
 * Unknown coefficients of inverse problems: minimised at every evaluation, projected out of the
 * Gauss-Newton matrix.
 *
 * @module
 */

import type { SquareMatrix } from "../../engine/mod.ts";
import { exp, solveSmall } from "../../numerics/inner.ts";

const MOST_STEPS = 30;

/**
 * Minimises a sum of squares over a few numbers (`unknowns`, overwritten) by Gauss-Newton steps,
 * halved until they descend; where the residuals are linear in them, one step is exact. Numbers
 * count in units of their own columns: one of 1e9 and one of 1e-9 are found alike. `positive` ones
 * are sought by their logarithm. `system` gives half the gradient (`right`) and the Gauss-Newton
 * matrix at `unknowns`, by the logarithms of positive ones.
 */
export function minimiseCoefficients(
  unknowns: Float64Array,
  positive: readonly boolean[],
  measure: () => number,
  system: () => { readonly matrix: Float64Array; readonly right: Float64Array },
): void {
  const k = unknowns.length;
  let value = measure();
  for (let step = 0; step < MOST_STEPS && Number.isFinite(value); step++) {
    const { matrix, right } = system();
    const units = unknowns.map((_, i) => Math.sqrt(matrix[i * k + i]));
    if (!units.some((unit) => unit > 0)) return;
    for (let i = 0; i < k; i++) {
      if (units[i] === 0) units[i] = Infinity; // a coefficient that no residual depends on stays
    }
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++) matrix[i * k + j] /= units[i] * units[j];
      matrix[i * k + i] = units[i] === Infinity ? 1 : 1 + 1e-14;
      right[i] /= units[i];
    }
    if (!solveSmall(matrix, right, k)) return;
    for (let i = 0; i < k; i++) right[i] /= units[i];
    const before = unknowns.slice(), old = value;
    let share = 1;
    for (; share > 1e-3; share /= 2) {
      for (let i = 0; i < k; i++) {
        unknowns[i] = positive[i]
          ? before[i] * exp(-Math.max(-5, Math.min(5, share * right[i])))
          : before[i] - share * right[i];
      }
      value = measure();
      if (value <= old) break;
    }
    if (!(value < old)) {
      if (value !== old) unknowns.set(before);
      return;
    }
    if (unknowns.every((x, i) => Math.abs(x - before[i]) <= 1e-12 * Math.abs(before[i]))) return;
  }
}

/**
 * Projects the last k unknowns out of a symmetric matrix of size `n + k` into `out`, `[n, n]`: `A_pp - A_pk A_kk^-1 A_kp`.
 */
export function eliminate(
  { values: matrix, stride }: SquareMatrix,
  n: number,
  k: number,
  out: Float64Array,
): void {
  for (let i = 0; i < n; i++) out.set(matrix.subarray(i * stride, i * stride + n), i * n);
  if (k === 0) return;
  const corner = new Float64Array(k * k), columns = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < k; a++) {
      for (let b = 0; b < k; b++) corner[a * k + b] = matrix[(n + a) * stride + n + b];
    }
    const column = matrix.slice(i * stride + n, i * stride + n + k);
    if (!solveSmall(corner, column, k)) return;
    columns.set(column, i * k);
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let a = 0; a < k; a++) sum += columns[i * k + a] * matrix[(n + a) * stride + j];
      out[i * n + j] -= sum;
    }
  }
}

/**
 * What is left of a vector, shape `[rows]`, without its part in the span of k columns, which are
 * independent: rows of `[rows, k]` cut into parts.
 */
export function withoutColumns(
  vector: Float64Array,
  columns: readonly Float64Array[],
  k: number,
): Float64Array {
  const matrix = new Float64Array(k * k), right = new Float64Array(k);
  const all = columns.flatMap((part) =>
    Array.from({ length: part.length / k }, (_, r) => part.subarray(r * k, (r + 1) * k))
  );
  all.forEach((row, r) => {
    for (let i = 0; i < k; i++) {
      right[i] += row[i] * vector[r];
      for (let j = 0; j < k; j++) matrix[i * k + j] += row[i] * row[j];
    }
  });
  if (!solveSmall(matrix, right, k)) return vector.slice();
  return vector.map((v, r) => right.reduce((rest, x, i) => rest - x * all[r][i], v));
}

/**
 * Rows `[rows, n + k]` without their last k columns, the part of each other column that lies in the
 * span of these taken away: `[rows, n]`.
 */
export function rowsWithoutColumns(
  all: Float64Array,
  n: number,
  columns: readonly Float64Array[],
  k: number,
): Float64Array {
  const size = n + k, rows = all.length / size, kept = new Float64Array(rows * n);
  const column = new Float64Array(rows);
  for (let i = 0; i < n; i++) {
    for (let r = 0; r < rows; r++) column[r] = all[r * size + i];
    const rest = withoutColumns(column, columns, k);
    for (let r = 0; r < rows; r++) kept[r * n + i] = rest[r];
  }
  return kept;
}
