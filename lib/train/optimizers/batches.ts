/**
 * Mini-batches: every pass over the rows in an order of its own.
 *
 * @module
 */

import { createRandom } from "../../model/mod.ts";

/**
 * Cuts the rows, in a seeded random order, into batches of one size, the last may be smaller: row
 * numbers, batch by batch, every row once. The order depends on seed and pass alone, so that the
 * number of passes done is all that a resumed run needs.
 */
export function drawBatches(
  rows: number,
  size: number,
  seed: number,
  pass: number,
): Int32Array[] {
  const order = new Int32Array(createRandom(seed, `batches ${pass}`).permutation(rows).buffer);
  const batches: Int32Array[] = [];
  for (let begin = 0; begin < rows; begin += size) {
    batches.push(order.subarray(begin, begin + size));
  }
  return batches;
}
