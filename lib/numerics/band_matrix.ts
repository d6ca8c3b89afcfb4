/**
 * Symmetric band matrices: solutions by a banded Cholesky factorisation, and products.
 *
 * @module
 */

/**
 * Solves `M x = v` for a symmetric positive definite band matrix, scaled to a unit diagonal first.
 *
 * A row whose diagonal entry is 0, or whose pivot vanishes, gives the unknown 0.
 *
 * @param matrix `M`, shape `[n, n]`, row-major.
 * @param n Number of rows.
 * @param bandwidth Number of diagonals at each side of the main one that are not zero.
 * @param right `v`, shape `[n, m]`, row-major.
 * @param m Number of right sides.
 * @returns `x`, shape `[n, m]`.
 */
export function solvePositive(
  matrix: Readonly<Float64Array>,
  n: number,
  bandwidth: number,
  right: Readonly<Float64Array>,
  m: number,
): Float64Array {
  const scale = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const diagonal = matrix[i * n + i];
    scale[i] = diagonal > 0 ? 1 / Math.sqrt(diagonal) : 0;
  }
  const factor = new Float64Array(n * (bandwidth + 1)); // L[i, i - bandwidth + k], k = 0..bandwidth
  const width = bandwidth + 1;
  for (let i = 0; i < n; i++) {
    for (let j = Math.max(0, i - bandwidth); j <= i; j++) {
      let sum = scale[i] * matrix[i * n + j] * scale[j];
      for (let k = Math.max(0, i - bandwidth); k < j; k++) {
        sum -= factor[i * width + k - i + bandwidth] * factor[j * width + k - j + bandwidth];
      }
      const pivot = factor[j * width + bandwidth];
      factor[i * width + j - i + bandwidth] = i === j
        ? (sum > 0 ? Math.sqrt(sum) : 0)
        : (pivot > 0 ? sum / pivot : 0);
    }
  }
  const x = new Float64Array(n * m);
  for (let q = 0; q < m; q++) {
    for (let i = 0; i < n; i++) {
      let sum = scale[i] * right[i * m + q];
      for (let k = Math.max(0, i - bandwidth); k < i; k++) {
        sum -= factor[i * width + k - i + bandwidth] * x[k * m + q];
      }
      const pivot = factor[i * width + bandwidth];
      x[i * m + q] = pivot > 0 ? sum / pivot : 0;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = x[i * m + q];
      for (let k = i + 1; k <= Math.min(n - 1, i + bandwidth); k++) {
        sum -= factor[k * width + i - k + bandwidth] * x[k * m + q];
      }
      const pivot = factor[i * width + bandwidth];
      x[i * m + q] = pivot > 0 ? sum / pivot : 0;
    }
    for (let i = 0; i < n; i++) x[i * m + q] *= scale[i];
  }
  return x;
}

/**
 * Computes `M X` for a band matrix `M`, shape `[n, n]`, and `X`, shape `[n, m]`, both row-major.
 *
 * @param bandwidth Number of diagonals at each side of the main one that are not zero.
 */
export function multiplyBand(
  matrix: Readonly<Float64Array>,
  n: number,
  bandwidth: number,
  x: Readonly<Float64Array>,
  m: number,
): Float64Array {
  const product = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = Math.max(0, i - bandwidth); j <= Math.min(n - 1, i + bandwidth); j++) {
      const entry = matrix[i * n + j];
      for (let q = 0; q < m; q++) product[i * m + q] += entry * x[j * m + q];
    }
  }
  return product;
}
