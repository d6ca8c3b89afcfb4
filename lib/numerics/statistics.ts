/**
 * What columns of numbers are described by.
 *
 * @module
 */

/** One column of a matrix. */
export function column(matrix: Float64Array, columns: number, c: number): Float64Array {
  return Float64Array.from({ length: matrix.length / columns }, (_, r) => matrix[r * columns + c]);
}

/** Some columns of a matrix, in their order. */
export function takeColumns(
  matrix: Float64Array,
  columns: number,
  chosen: readonly number[],
): Float64Array {
  const rows = matrix.length / columns, width = chosen.length;
  const taken = new Float64Array(rows * width);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < width; c++) taken[r * width + c] = matrix[r * columns + chosen[c]];
  }
  return taken;
}

/** Columns side by side: a matrix. */
export function joinColumns(columns: readonly Float64Array[], rows: number): Float64Array {
  const width = columns.length, matrix = new Float64Array(rows * width);
  columns.forEach((each, c) => {
    for (let r = 0; r < rows; r++) matrix[r * width + c] = each[r];
  });
  return matrix;
}

/** Mean and standard deviation (of all values, not of a sample). */
export function moments(values: Float64Array): { mean: number; deviation: number } {
  let sum = 0, square = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  for (const value of values) square += (value - mean) ** 2;
  return { mean, deviation: Math.sqrt(square / values.length) };
}

/** Least and greatest entry. */
export function rangeOf(values: ArrayLike<number>): readonly [number, number] {
  let least = Infinity, most = -Infinity;
  for (let i = 0; i < values.length; i++) {
    least = Math.min(least, values[i]);
    most = Math.max(most, values[i]);
  }
  return [least, most];
}

/** The value that a share of sorted values lie below, linear between them. */
export function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1), i = Math.floor(place);
  const next = Math.min(i + 1, sorted.length - 1);
  return sorted[i] + (place - i) * (sorted[next] - sorted[i]);
}

/**
 * The standard deviation that normally distributed errors with the same median size would have:
 * 1.4826 times the median of their sizes. Fewer than half of them being gross changes little.
 */
export function robustDeviation(errors: ArrayLike<number>): number {
  if (errors.length === 0) return 0;
  return 1.4826 * quantile(Float64Array.from(errors, Math.abs).sort(), 0.5);
}
