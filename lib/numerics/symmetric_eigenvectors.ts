/**
 * Eigenvalues and eigenvectors of symmetric matrices.
 *
 * Jacobi's rotations, row by row: G. Golub and C. Van Loan, Matrix Computations, 2013, algorithm
 * 8.5.3. Small eigenvalues of a matrix whose diagonal is graded keep more digits than QR steps leave
 * them.
 *
 * @module
 */

/** Sweeps over all pairs of rows; six to ten are usual. */
const MOST_SWEEPS = 60;

/** An entry below this multiple of its diagonal entries counts as 0. */
const ROUNDING = 2 ** -53;

/** What {@linkcode symmetricEigenvectors} finds. */
export interface EigenSystem {
  /** In increasing order. */
  readonly values: Float64Array;
  /** Row i is the eigenvector of value i, of length 1: shape `[n, n]`. */
  readonly vectors: Float64Array;
}

/**
 * Computes all eigenvalues and eigenvectors of a symmetric matrix.
 *
 * @param matrix Symmetric matrix, shape `[n, n]`, row-major, of finite numbers. Not changed.
 * @param n Number of rows.
 */
export function symmetricEigenvectors(matrix: Readonly<Float64Array>, n: number): EigenSystem {
  const a = matrix.slice(), v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let turned = false;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) turned = rotate(a, v, n, p, q) || turned;
    }
    if (!turned) break;
  }
  const order = Array.from({ length: n }, (_, i) => i)
    .sort((i, j) => a[i * n + i] - a[j * n + j] || i - j);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => vectors.set(v.subarray(from * n, (from + 1) * n), to * n));
  return { values: Float64Array.from(order, (i) => a[i * n + i]), vectors };
}

/** Makes `a[p, q]` 0; false where it is rounding already. Rows of `v` turn along. */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): boolean {
  const apq = a[p * n + q], app = a[p * n + p], aqq = a[q * n + q];
  if (apq === 0 || Math.abs(apq) <= ROUNDING * Math.sqrt(Math.abs(app * aqq))) return false;
  const tau = (aqq - app) / (2 * apq);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
  const c = 1 / Math.sqrt(1 + t * t), s = t * c;
  for (let k = 0; k < n; k++) {
    const x = a[p * n + k], y = a[q * n + k];
    a[p * n + k] = c * x - s * y;
    a[q * n + k] = s * x + c * y;
    const f = v[p * n + k], g = v[q * n + k];
    v[p * n + k] = c * f - s * g;
    v[q * n + k] = s * f + c * g;
  }
  for (let k = 0; k < n; k++) {
    const x = a[k * n + p], y = a[k * n + q];
    a[k * n + p] = c * x - s * y;
    a[k * n + q] = s * x + c * y;
  }
  a[p * n + q] = a[q * n + p] = 0;
  return true;
}
