/**
 * Eigenvalues of symmetric matrices.
 *
 * Householder reflections to a tridiagonal matrix, then implicit QR steps with Wilkinson's shift, as
 * in G. Golub and C. Van Loan, Matrix Computations, 2013, algorithms 8.3.1 to 8.3.3.
 *
 * @module
 */

import { hypot } from "./elementary/mod.ts";

/** An off-diagonal entry below this multiple of its neighbours on the diagonal counts as 0. */
const NEGLIGIBLE = 2 ** -53;

/** A sum of squares that counts as 0 where the largest entry is 1. */
const LEAST_SQUARE = 1e-200;

/** QR steps per eigenvalue; two or three are usual. */
const MOST_STEPS = 60;

/**
 * Computes all eigenvalues of a symmetric matrix, in no order; errors are about `1e-16` times the
 * largest.
 *
 * @param matrix Symmetric matrix, shape `[n, n]`, row-major, of finite numbers. Not changed.
 * @param n Number of rows.
 */
export function symmetricEigenvalues(matrix: Readonly<Float64Array>, n: number): Float64Array {
  let size = 0;
  for (const entry of matrix) size = Math.max(size, Math.abs(entry));
  if (size === 0) return new Float64Array(n);
  const { diagonal, next } = tridiagonal(matrix.map((entry) => entry / size), n);
  qrSteps(diagonal, next);
  return diagonal.map((value) => value * size);
}

/** Makes the diagonal `d` of a tridiagonal matrix its eigenvalues; `e` beside it is lost. */
export function qrSteps(d: Float64Array, e: Float64Array): void {
  let high = d.length - 1;
  for (let steps = MOST_STEPS * d.length; high > 0 && steps > 0;) {
    let low = high;
    while (
      low > 0 && Math.abs(e[low - 1]) > NEGLIGIBLE * (Math.abs(d[low - 1]) + Math.abs(d[low]))
    ) {
      low--;
    }
    if (low === high) high--;
    else {
      qrStep(d, e, low, high);
      steps--;
    }
  }
}

/**
 * A tridiagonal matrix with the same eigenvalues; `a` is overwritten.
 *
 * @param reflected Hears of every reflection `I - beta v v^T`, whose `v` begins at place `from`.
 */
export function tridiagonal(
  a: Float64Array,
  n: number,
  reflected?: (v: Float64Array, beta: number, from: number) => void,
) {
  const diagonal = new Float64Array(n), next = new Float64Array(Math.max(0, n - 1));
  const v = new Float64Array(n), w = new Float64Array(n);
  for (let k = 0; k + 1 < n; k++) {
    let square = 0;
    for (let i = k + 2; i < n; i++) square += a[i * n + k] ** 2;
    const first = a[(k + 1) * n + k];
    if (square < LEAST_SQUARE) {
      next[k] = first;
      continue;
    }
    const length = Math.sqrt(first ** 2 + square);
    next[k] = first > 0 ? -length : length;
    for (let i = k + 1; i < n; i++) v[i] = a[i * n + k];
    v[k + 1] -= next[k];
    const beta = 2 / (v[k + 1] ** 2 + square);
    reflected?.(v, beta, k + 1);
    reflect(a, n, k + 1, v, w, beta);
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i];
  return { diagonal, next };
}

/** `A = H A H`, `H = I - beta v v^T`, from row `from` on: `A -= v w^T + w v^T`. */
function reflect(
  a: Float64Array,
  n: number,
  from: number,
  v: Float64Array,
  w: Float64Array,
  beta: number,
): void {
  let dot = 0;
  for (let i = from; i < n; i++) {
    let sum = 0;
    for (let j = from; j < n; j++) sum += a[i * n + j] * v[j];
    w[i] = beta * sum;
    dot += w[i] * v[i];
  }
  for (let i = from; i < n; i++) w[i] -= beta / 2 * dot * v[i];
  for (let i = from; i < n; i++) {
    for (let j = from; j < n; j++) a[i * n + j] -= v[i] * w[j] + w[i] * v[j];
  }
}

/** One implicit QR step on rows `low` to `high`. */
function qrStep(d: Float64Array, e: Float64Array, low: number, high: number): void {
  const half = (d[high - 1] - d[high]) / 2, last = e[high - 1];
  const root = hypot(half, last);
  const shift = d[high] - last * (last / (half + (half >= 0 ? root : -root)));
  let x = d[low] - shift, z = e[low];
  for (let k = low; k < high; k++) {
    const r = hypot(x, z), c = r === 0 ? 1 : x / r, s = r === 0 ? 0 : z / r;
    if (k > low) e[k - 1] = r;
    const p = d[k], q = e[k], t = d[k + 1];
    d[k] = c * c * p + 2 * c * s * q + s * s * t;
    d[k + 1] = s * s * p - 2 * c * s * q + c * c * t;
    e[k] = c * s * (t - p) + (c * c - s * s) * q;
    if (k + 1 === high) return;
    x = e[k];
    z = s * e[k + 1];
    e[k + 1] *= c;
  }
}
