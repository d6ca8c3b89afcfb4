/**
 * The median, without sorting.
 *
 * @module
 */

/** The median of the values of some rows, at least one; of an even number the mean of the middle two. */
export function medianOf(values: Float64Array, rows: Uint32Array): number {
  const count = rows.length, picked = new Float64Array(count);
  for (let r = 0; r < count; r++) picked[r] = values[rows[r]];
  const middle = count >> 1, upper = select(picked, middle);
  if (count % 2 === 1) return upper;
  let lower = -Infinity; // the largest of those before the middle
  for (let i = 0; i < middle; i++) if (picked[i] > lower) lower = picked[i];
  return lower / 2 + upper / 2;
}

/** Moves the `k`-th smallest to its place, smaller ones before it (C. A. R. Hoare's FIND). */
function select(values: Float64Array, k: number): number {
  let from = 0, to = values.length - 1;
  while (from < to) {
    const pivot = values[k];
    let i = from, j = to;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (pivot < values[j]) j--;
      if (i <= j) {
        const swap = values[i];
        values[i++] = values[j];
        values[j--] = swap;
      }
    }
    if (j < k) from = i;
    if (k < i) to = j;
  }
  return values[k];
}
