/**
 * Positive definite matrices: factor, logarithm of the determinant, inverse.
 *
 * All loops run along rows, so that matrices of a thousand rows take a second.
 *
 * @module
 */

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
    for (let j = 0; j <= i; j++) {
      const other = j * n;
      let sum = matrix[at + j];
      for (let k = 0; k < j; k++) sum -= l[at + k] * l[other + k];
      if (i !== j) l[at + j] = sum / l[other + j];
      else {
        if (!(sum > 1e-15 * Math.abs(matrix[at + i]))) return undefined;
        l[at + i] = Math.sqrt(sum);
        logDeterminant += Math.log(sum);
      }
    }
  }
  return { factor: l, logDeterminant };
}

/** Inverts Cholesky's lower factor: `L^-1`, lower, shape `[n, n]`. */
export function invertFactor(factor: Readonly<Float64Array>, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const at = i * n, pivot = 1 / factor[at + i];
    for (let k = 0; k < i; k++) {
      const share = factor[at + k] * pivot, from = k * n;
      if (share === 0) continue;
      for (let j = 0; j <= k; j++) inverse[at + j] -= share * inverse[from + j];
    }
    inverse[at + i] = pivot;
  }
  return inverse;
}

/** The inverse of the matrix itself, `L^-T L^-1`, from the inverse of its factor; both halves. */
export function inverseFromFactor(inverseFactor: Readonly<Float64Array>, n: number): Float64Array {
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const at = i * n;
    for (let a = 0; a <= i; a++) {
      const share = inverseFactor[at + a], to = a * n;
      if (share === 0) continue;
      for (let b = 0; b <= a; b++) inverse[to + b] += share * inverseFactor[at + b];
    }
  }
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < a; b++) inverse[b * n + a] = inverse[a * n + b];
  }
  return inverse;
}
