/**
 * Dense symmetric systems of a few hundred unknowns.
 *
 * @module
 */

import { createRandom } from "../model/mod.ts";
import { invertFactor, solveByFactor } from "../numerics/inner.ts";

/** The diagonal of `(L L^T)^-1`. */
export function inverseDiagonal(l: Float64Array, n: number): Float64Array {
  const inverse = invertFactor(l, n), diagonal = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) diagonal[j] += inverse[i * n + j] ** 2;
  }
  return diagonal;
}

/**
 * The diagonal of `(L L^T)^-1`, estimated (Hutchinson 1990): `z * (A^-1 z)` has it as its mean over
 * vectors `z` of random signs. Sums of many entries come out well.
 */
export function probedDiagonal(l: Float64Array, n: number, probes: number): Float64Array {
  const diagonal = new Float64Array(n), random = createRandom(n, "probes");
  for (let k = 0; k < probes; k++) {
    const signs = Float64Array.from({ length: n }, () => random.uniform() < 0.5 ? -1 : 1);
    const solved = signs.slice();
    solveByFactor(l, n, solved);
    for (let i = 0; i < n; i++) diagonal[i] += signs[i] * solved[i] / probes;
  }
  return diagonal;
}

/** `X^T W X` and `X^T W y`, lower triangle; `x` of shape `[rows, n]`. */
export function normalEquations(
  x: Float64Array,
  rows: number,
  n: number,
  weights: Float64Array,
  y: Float64Array,
): { readonly matrix: Float64Array; readonly right: Float64Array } {
  const matrix = new Float64Array(n * n), right = new Float64Array(n);
  for (let r = 0; r < rows; r++) {
    const w = weights[r], at = r * n;
    if (w === 0) continue;
    for (let i = 0; i < n; i++) {
      const wx = w * x[at + i], row = i * n;
      if (wx === 0) continue;
      right[i] += wx * y[r];
      for (let j = 0; j <= i; j++) matrix[row + j] += wx * x[at + j];
    }
  }
  return { matrix, right };
}
