/**
 * Sparse matrices whose rows are short runs of entries: banded, design and prolongation matrices.
 *
 * @module
 */

/**
 * A matrix whose row `i` is `values[i, 0..width-1]` at columns `starts[i] .. starts[i]+width-1`.
 *
 * Entries that would lie at a column below 0 or at `columns` and beyond count as zero.
 */
export interface SparseRows {
  /** Number of rows. */
  readonly rows: number;
  /** Number of columns. */
  readonly columns: number;
  /** Entries stored per row. */
  readonly width: number;
  /** Column of each row's first stored entry, shape `[rows]`. */
  readonly starts: Int32Array;
  /** Entries, shape `[rows, width]`, row-major. */
  readonly values: Float64Array;
}

/**
 * Computes `A v`.
 *
 * @param matrix `A`.
 * @param vector `v`, shape `[columns, m]`, row-major.
 * @param m Number of vectors side by side. Default 1.
 * @returns `A v`, shape `[rows, m]`, row-major.
 * @throws {TypeError} If `vector` has another length than `columns * m`.
 *
 * @example
 * ```ts
 * import { designMatrix, multiply, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 1, intervals: 2, domain: [0, 2] });
 * const matrix = designMatrix(knots, [0, 0.5, 2]);
 * assertEquals([...multiply(matrix, new Float64Array([1, 3, 5]))], [1, 2, 5]);
 * ```
 */
export function multiply(
  matrix: SparseRows,
  vector: Readonly<Float64Array>,
  m = 1,
): Float64Array {
  checkLength("multiply", vector, matrix.columns, m);
  const { rows, columns, width, starts, values } = matrix;
  const product = new Float64Array(rows * m);
  for (let i = 0; i < rows; i++) {
    const from = Math.max(0, -starts[i]), to = Math.min(width, columns - starts[i]);
    for (let k = from; k < to; k++) {
      const value = values[i * width + k];
      const row = (starts[i] + k) * m;
      for (let q = 0; q < m; q++) product[i * m + q] += value * vector[row + q];
    }
  }
  return product;
}

/**
 * Computes `A^T v`.
 *
 * @param matrix `A`.
 * @param vector `v`, shape `[rows, m]`, row-major.
 * @param m Number of vectors side by side. Default 1.
 * @returns `A^T v`, shape `[columns, m]`, row-major.
 * @throws {TypeError} If `vector` has another length than `rows * m`.
 *
 * @example
 * ```ts
 * import { designMatrix, multiplyTransposed, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 1, intervals: 2, domain: [0, 2] });
 * const matrix = designMatrix(knots, [0, 0.5, 2]);
 * assertEquals([...multiplyTransposed(matrix, new Float64Array([1, 2, 4]))], [2, 1, 4]);
 * ```
 */
export function multiplyTransposed(
  matrix: SparseRows,
  vector: Readonly<Float64Array>,
  m = 1,
): Float64Array {
  checkLength("multiply by the transpose", vector, matrix.rows, m);
  const { rows, columns, width, starts, values } = matrix;
  const product = new Float64Array(columns * m);
  for (let i = 0; i < rows; i++) {
    const from = Math.max(0, -starts[i]), to = Math.min(width, columns - starts[i]);
    for (let k = from; k < to; k++) {
      const value = values[i * width + k];
      const row = (starts[i] + k) * m;
      for (let q = 0; q < m; q++) product[row + q] += value * vector[i * m + q];
    }
  }
  return product;
}

/**
 * Writes out all entries, zeros included.
 *
 * @param matrix `A`.
 * @returns `A`, shape `[rows, columns]`, row-major.
 *
 * @example
 * ```ts
 * import { toDense, uniformChangeOfBasis } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const matrix = uniformChangeOfBasis({ degree: 1, intervals: 2, domain: [0, 2] });
 * assertEquals([...toDense(matrix)], [1, -2, 1, 0, 1, -2, 0, 0, 1]);
 * ```
 */
export function toDense(matrix: SparseRows): Float64Array {
  const { rows, columns, width, starts, values } = matrix;
  const dense = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const from = Math.max(0, -starts[i]), to = Math.min(width, columns - starts[i]);
    for (let k = from; k < to; k++) dense[i * columns + starts[i] + k] = values[i * width + k];
  }
  return dense;
}

/**
 * Solves `A x = v` for an upper triangular banded `A` (`starts[i] = i`) by back substitution.
 *
 * @param matrix `A`, square.
 * @param vector `v`, shape `[rows, m]`, row-major.
 * @param m Number of right sides. Default 1.
 * @returns `x`, shape `[rows, m]`; an unknown whose diagonal entry is 0 is set to 0.
 * @throws {TypeError} If `A` is not square with `starts[i] = i`, or `vector` has another length.
 *
 * @example
 * ```ts
 * import { solveUpper, uniformChangeOfBasis } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const matrix = uniformChangeOfBasis({ degree: 1, intervals: 2, domain: [0, 2] });
 * assertEquals([...solveUpper(matrix, new Float64Array([0, 0, 1]))], [3, 2, 1]);
 * ```
 */
export function solveUpper(
  matrix: SparseRows,
  vector: Readonly<Float64Array>,
  m = 1,
): Float64Array {
  checkUpper(matrix, vector, m);
  const { rows, width, values } = matrix;
  const solution = Float64Array.from(vector);
  for (let i = rows - 1; i >= 0; i--) {
    const to = Math.min(width, rows - i);
    for (let k = 1; k < to; k++) {
      const value = values[i * width + k];
      const row = (i + k) * m;
      for (let q = 0; q < m; q++) solution[i * m + q] -= value * solution[row + q];
    }
    divideRow(solution, i, m, values[i * width]);
  }
  return solution;
}

/**
 * Solves `A^T x = v` for an upper triangular banded `A` (`starts[i] = i`) by forward substitution.
 *
 * @param matrix `A`, square.
 * @param vector `v`, shape `[rows, m]`, row-major.
 * @param m Number of right sides. Default 1.
 * @returns `x`, shape `[rows, m]`; an unknown whose diagonal entry is 0 is set to 0.
 * @throws {TypeError} If `A` is not square with `starts[i] = i`, or `vector` has another length.
 *
 * @example
 * ```ts
 * import { solveUpperTransposed, uniformChangeOfBasis } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const matrix = uniformChangeOfBasis({ degree: 1, intervals: 2, domain: [0, 2] });
 * assertEquals([...solveUpperTransposed(matrix, new Float64Array([1, 0, 0]))], [1, 2, 3]);
 * ```
 */
export function solveUpperTransposed(
  matrix: SparseRows,
  vector: Readonly<Float64Array>,
  m = 1,
): Float64Array {
  checkUpper(matrix, vector, m);
  const { rows, width, values } = matrix;
  const solution = Float64Array.from(vector);
  for (let i = 0; i < rows; i++) {
    divideRow(solution, i, m, values[i * width]);
    const to = Math.min(width, rows - i);
    for (let k = 1; k < to; k++) {
      const value = values[i * width + k];
      const row = (i + k) * m;
      for (let q = 0; q < m; q++) solution[row + q] -= value * solution[i * m + q];
    }
  }
  return solution;
}

function divideRow(solution: Float64Array, i: number, m: number, diagonal: number): void {
  for (let q = i * m; q < (i + 1) * m; q++) {
    solution[q] = diagonal === 0 ? 0 : solution[q] / diagonal;
  }
}

function checkLength(verb: string, vector: Readonly<Float64Array>, n: number, m: number): void {
  if (vector.length !== n * m) {
    throw new TypeError(
      `Cannot ${verb}: vector must have shape [${n}, ${m}], current length is ${vector.length}`,
    );
  }
}

function checkUpper(matrix: SparseRows, vector: Readonly<Float64Array>, m: number): void {
  const { rows, columns, starts } = matrix;
  if (rows !== columns || starts.some((start, i) => start !== i)) {
    throw new TypeError(
      `Cannot solve: matrix must be square and upper triangular with starts[i] = i, ` +
        `current shape is [${rows}, ${columns}]`,
    );
  }
  checkLength("solve", vector, rows, m);
}
