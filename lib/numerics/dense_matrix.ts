/**
 * Factorisations of small dense matrices.
 *
 * @module
 */

/** Gaussian elimination with pivots; `right` becomes the solution. */
export function solveSmall(matrix: Float64Array, right: Float64Array, n: number): boolean {
  for (let j = 0; j < n; j++) {
    let pivot = j;
    for (let i = j + 1; i < n; i++) {
      if (Math.abs(matrix[i * n + j]) > Math.abs(matrix[pivot * n + j])) pivot = i;
    }
    if (matrix[pivot * n + j] === 0) return false;
    for (let l = 0; l < n; l++) {
      [matrix[j * n + l], matrix[pivot * n + l]] = [matrix[pivot * n + l], matrix[j * n + l]];
    }
    [right[j], right[pivot]] = [right[pivot], right[j]];
    for (let i = j + 1; i < n; i++) {
      const share = matrix[i * n + j] / matrix[j * n + j];
      for (let l = j; l < n; l++) matrix[i * n + l] -= share * matrix[j * n + l];
      right[i] -= share * right[j];
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let l = i + 1; l < n; l++) right[i] -= matrix[i * n + l] * right[l];
    right[i] /= matrix[i * n + i];
  }
  return true;
}

/** A pivot below this share of its column's square is rounding: `J` to about 1e-5. */
const LEAST_PIVOT = 1e-10;

/** What {@linkcode pivotedCholesky} finds. */
export interface Pivots {
  /** In decreasing order, in units of the diagonal; as many as the numerical rank. */
  readonly pivots: readonly number[];
  /** The first that is only rounding; 0 if there is none. */
  readonly next: number;
}

/**
 * Pivots of the Cholesky factorisation with diagonal pivoting of a principal submatrix scaled to a
 * unit diagonal.
 *
 * @param matrix Positive semidefinite, shape `[n, n]`.
 * @param n Rows of the matrix.
 * @param entries Rows and columns of the submatrix.
 */
export function pivotedCholesky(
  matrix: Float64Array,
  n: number,
  entries: readonly number[],
): Pivots {
  const most = entries.reduce((sum, i) => Math.max(sum, matrix[i * n + i]), 0);
  const kept = entries.filter((i) => matrix[i * n + i] > 1e-25 * most);
  const k = kept.length;
  const scales = kept.map((i) => 1 / Math.sqrt(matrix[i * n + i]));
  const rest = new Float64Array(k).fill(1);
  const order = kept.map((_, i) => i);
  const factor = kept.map(() => new Float64Array(k)); // rows of L, by the order of kept
  const pivots: number[] = [];
  for (let step = 0; step < k; step++) {
    let best = step;
    for (let j = step; j < k; j++) if (rest[order[j]] > rest[order[best]]) best = j;
    [order[step], order[best]] = [order[best], order[step]];
    const p = order[step], pivot = rest[p];
    if (!(pivot > LEAST_PIVOT)) return { pivots, next: Math.max(0, pivot) };
    pivots.push(pivot);
    const root = Math.sqrt(pivot), line = factor[p];
    line[step] = root;
    for (let j = step + 1; j < k; j++) {
      const q = order[j], other = factor[q];
      let sum = matrix[kept[q] * n + kept[p]] * scales[q] * scales[p];
      for (let s = 0; s < step; s++) sum -= other[s] * line[s];
      other[step] = sum / root;
      rest[q] -= other[step] * other[step];
    }
  }
  return { pivots, next: 0 };
}

/** Cholesky's lower factor of `matrix + damping I`; undefined where a pivot is not above 1e-15. */
export function choleskyFactor(
  matrix: Float64Array,
  n: number,
  damping: number,
): Float64Array | undefined {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j] + (i === j ? damping : 0);
      for (let k = 0; k < j; k++) sum -= l[i * n + k] * l[j * n + k];
      if (i === j) {
        if (!(sum > 1e-15)) return undefined;
        l[i * n + i] = Math.sqrt(sum);
      } else l[i * n + j] = sum / l[j * n + j];
    }
  }
  return l;
}

/** Solves with {@linkcode choleskyFactor}'s result, in place. */
export function solveByFactor(l: Float64Array, n: number, x: Float64Array): void {
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= l[i * n + k] * x[k];
    x[i] /= l[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= l[k * n + i] * x[k];
    x[i] /= l[i * n + i];
  }
}
