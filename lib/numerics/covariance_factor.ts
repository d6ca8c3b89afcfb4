/**
 * A covariance matrix as a factor with few columns.
 *
 * @module
 */

/**
 * Columns `c_k` with `sum_k c_k c_k^T` nearly the matrix: Cholesky's method with pivots. A coordinate
 * counts by its variance times a size; what is left out is less than a share of the sum of these
 * (H. Harbrecht, M. Peters and R. Schneider, On the low-rank approximation by the pivoted Cholesky
 * decomposition, Applied Numerical Mathematics 62, 2012).
 *
 * @param matrix Positive semidefinite, shape `[n, n]`.
 * @param sizes One for each coordinate, not negative.
 * @param share What may be left out.
 */
export function covarianceColumns(
  matrix: Readonly<Float64Array>,
  sizes: Readonly<Float64Array>,
  share: number,
): Float64Array[] {
  const n = sizes.length, rest = new Float64Array(n), columns: Float64Array[] = [];
  let total = 0;
  for (let i = 0; i < n; i++) {
    rest[i] = matrix[i * n + i];
    total += rest[i] * sizes[i];
  }
  for (let k = 0; k < n; k++) {
    let best = 0, left = 0;
    for (let i = 0; i < n; i++) {
      left += Math.max(0, rest[i]) * sizes[i];
      if (rest[i] * sizes[i] > rest[best] * sizes[best]) best = i;
    }
    if (!(left > share * total) || !(rest[best] > 0)) break;
    const root = Math.sqrt(rest[best]), column = new Float64Array(n);
    column.set(matrix.subarray(best * n, (best + 1) * n));
    for (const other of columns) {
      const part = other[best];
      for (let i = 0; i < n; i++) column[i] -= part * other[i];
    }
    for (let i = 0; i < n; i++) {
      column[i] /= root;
      rest[i] -= column[i] * column[i];
    }
    rest[best] = 0;
    columns.push(column);
  }
  return columns;
}
