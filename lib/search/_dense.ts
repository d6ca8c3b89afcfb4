/**
 * Dense symmetric systems of a few hundred unknowns.
 *
 * @module
 */

import { createRandom } from "../model/mod.ts";

/** Cholesky's factorisation in place of the lower triangle; false: not positive definite. */
export function factoriseDense(a: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j < i; j++) {
      const other = j * n;
      let sum = a[row + j];
      for (let k = 0; k < j; k++) sum -= a[row + k] * a[other + k];
      a[row + j] = sum / a[other + j];
    }
    let pivot = a[row + i];
    for (let k = 0; k < i; k++) pivot -= a[row + k] * a[row + k];
    if (!(pivot > 0)) return false;
    a[row + i] = Math.sqrt(pivot);
  }
  return true;
}

/** Solves `L L^T x = b` in place of `b`. */
export function solveDense(l: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) {
    let sum = b[i];
    for (let k = 0; k < i; k++) sum -= l[i * n + k] * b[k];
    b[i] = sum / l[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    const x = b[i] / l[i * n + i];
    b[i] = x;
    for (let k = 0; k < i; k++) b[k] -= l[i * n + k] * x;
  }
}

/** The diagonal of `(L L^T)^-1`. */
export function inverseDiagonal(l: Float64Array, n: number): Float64Array {
  const inverse = new Float64Array(n * n); // rows of L^-1, transposed: column by column
  const diagonal = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    const column = j * n;
    inverse[column + j] = 1 / l[j * n + j];
    for (let i = j + 1; i < n; i++) {
      let sum = 0;
      const row = i * n;
      for (let k = j; k < i; k++) sum -= l[row + k] * inverse[column + k];
      inverse[column + i] = sum / l[row + i];
    }
    let square = 0;
    for (let i = j; i < n; i++) square += inverse[column + i] ** 2;
    diagonal[j] = square;
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
    solveDense(l, n, solved);
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
