/**
 * Positive definite matrices: factor, logarithm of the determinant, inverse.
 *
 * All loops run along rows, so that matrices of a thousand rows take a second.
 *
 * @module
 */

import { log } from "./elementary/mod.ts";

/** What {@linkcode factorPositive} finds. */
export interface PositiveFactor {
  /** Cholesky's lower factor, shape `[n, n]`; zeros above the diagonal. */
  readonly factor: Float64Array;
  /** The logarithm of the matrix's determinant. */
  readonly logDeterminant: number;
}

/**
 * Factorises a symmetric matrix `L L^T`, of which only the lower half is read; undefined where a
 * pivot is not above rounding of its diagonal entry.
 */
export function factorPositive(
  matrix: Readonly<Float64Array>,
  n: number,
): PositiveFactor | undefined {
  const l = new Float64Array(n * n);
  let logDeterminant = 0;
  for (let i = 0; i < n; i++) {
    const at = i * n;
    let j = 0;
    for (; j + 3 < i; j += 4) dotFour(l, matrix[at + j], matrix, at, j, n);
    for (; j < i; j++) l[at + j] = (matrix[at + j] - dotRows(l, at, j * n, j)) / l[j * n + j];
    const pivot = matrix[at + i] - dotRows(l, at, at, i);
    if (!(pivot > 1e-15 * Math.abs(matrix[at + i]))) return undefined;
    l[at + i] = Math.sqrt(pivot);
    logDeterminant += log(pivot);
  }
  return { factor: l, logDeterminant };
}

/** Four entries of a row of the factor, from column j on: four sums at once keep the processor busy. */
function dotFour(
  l: Float64Array,
  first: number,
  matrix: Readonly<Float64Array>,
  at: number,
  j: number,
  n: number,
): void {
  const a = j * n, b = a + n, c = b + n, d = c + n;
  let s = first, t = matrix[at + j + 1], u = matrix[at + j + 2], v = matrix[at + j + 3];
  for (let k = 0; k < j; k++) {
    const x = l[at + k];
    s -= x * l[a + k];
    t -= x * l[b + k];
    u -= x * l[c + k];
    v -= x * l[d + k];
  }
  s /= l[a + j];
  t = (t - s * l[b + j]) / l[b + j + 1];
  u = (u - s * l[c + j] - t * l[c + j + 1]) / l[c + j + 2];
  v = (v - s * l[d + j] - t * l[d + j + 1] - u * l[d + j + 2]) / l[d + j + 3];
  l[at + j] = s;
  l[at + j + 1] = t;
  l[at + j + 2] = u;
  l[at + j + 3] = v;
}

/** The product of two rows, up to a column. */
function dotRows(l: Float64Array, a: number, b: number, end: number): number {
  let sum = 0;
  for (let k = 0; k < end; k++) sum += l[a + k] * l[b + k];
  return sum;
}

/** Inverts Cholesky's lower factor: `L^-1`, lower, shape `[n, n]`. */
export function invertFactor(factor: Readonly<Float64Array>, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const at = i * n, pivot = 1 / factor[at + i];
    addRows(inverse, inverse, at, factor.subarray(at, at + i), -pivot, n);
    inverse[at + i] = pivot;
  }
  return inverse;
}

/**
 * Adds to the row at `to` rows `0 .. shares.length - 1` of a lower triangular matrix, each times its
 * share and a scale, four at a time.
 */
function addRows(
  out: Float64Array,
  lower: Readonly<Float64Array>,
  to: number,
  shares: Readonly<Float64Array>,
  scale: number,
  n: number,
): void {
  const count = shares.length;
  let k = 0;
  for (; k + 3 < count; k += 4) {
    const a = k * n, b = a + n, c = b + n, d = c + n;
    const s = scale * shares[k], t = scale * shares[k + 1];
    const u = scale * shares[k + 2], v = scale * shares[k + 3];
    // zeros above the diagonal make all four as long as the last
    for (let j = 0; j <= k + 3; j++) {
      out[to + j] += s * lower[a + j] + t * lower[b + j] + u * lower[c + j] + v * lower[d + j];
    }
  }
  for (; k < count; k++) {
    const a = k * n, share = scale * shares[k];
    for (let j = 0; j <= k; j++) out[to + j] += share * lower[a + j];
  }
}

/** The inverse of the matrix itself, `L^-T L^-1`, from the inverse of its factor; both halves. */
export function inverseFromFactor(inverseFactor: Readonly<Float64Array>, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  let i = 0;
  for (; i + 3 < n; i += 4) {
    const p = i * n, q = p + n, r = q + n, t = r + n;
    for (let a = 0; a <= i + 3; a++) {
      const to = a * n, w = inverseFactor[p + a], x = inverseFactor[q + a];
      const y = inverseFactor[r + a], z = inverseFactor[t + a];
      for (let b = 0; b <= a; b++) {
        inverse[to + b] += w * inverseFactor[p + b] + x * inverseFactor[q + b] +
          y * inverseFactor[r + b] + z * inverseFactor[t + b];
      }
    }
  }
  for (; i < n; i++) {
    const at = i * n;
    for (let a = 0; a <= i; a++) {
      const share = inverseFactor[at + a], to = a * n;
      for (let b = 0; b <= a; b++) inverse[to + b] += share * inverseFactor[at + b];
    }
  }
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < a; b++) inverse[b * n + a] = inverse[a * n + b];
  }
  return inverse;
}
