// Rows in the order of their buckets: a bucket is a pair of pieces.

/** The number of a row's bucket; steps of pieces are in bytes, 0 without pieces. */
@inline
function bucketOf(
  r: i32, base: i32, strideA: i32, pieceAAt: usize, stepA: usize, strideB: i32, pieceBAt: usize,
  stepB: usize,
): i32 {
  let bucket = base;
  if (stepA) bucket += load<i32>(pieceAAt + <usize>r * stepA) * strideA;
  if (stepB) bucket += load<i32>(pieceBAt + <usize>r * stepB) * strideB;
  return bucket;
}

/**
 * Lists the rows of bucket 0, then those of bucket 1, and so on, each in their order, by counting.
 * The bucket of a row is `base + strideA pieceA + strideB pieceB`.
 *
 * @param endsAt Room for `buckets + 1` int32; number m becomes the place after the rows of bucket m.
 * @param orderAt Room for `rows` int32: the list.
 */
export function listByBucket(
  rows: i32, buckets: i32, endsAt: usize, orderAt: usize, base: i32, strideA: i32,
  pieceAAt: usize, stepA: usize, strideB: i32, pieceBAt: usize, stepB: usize,
): void {
  memory.fill(endsAt, 0, <usize>(buckets + 1) << 2);
  for (let r = 0; r < rows; r++) { // counts, one place further
    const bucket = bucketOf(r, base, strideA, pieceAAt, stepA, strideB, pieceBAt, stepB);
    const to = endsAt + (<usize>bucket << 2);
    store<i32>(to, load<i32>(to, 4) + 1, 4);
  }
  for (let i = 1; i <= buckets; i++) { // to where the rows of each bucket begin
    const to = endsAt + (<usize>i << 2);
    store<i32>(to, load<i32>(to) + load<i32>(to - 4));
  }
  for (let r = 0; r < rows; r++) {
    const bucket = bucketOf(r, base, strideA, pieceAAt, stepA, strideB, pieceBAt, stepB);
    const to = endsAt + (<usize>bucket << 2), place = load<i32>(to);
    store<i32>(orderAt + (<usize>place << 2), r);
    store<i32>(to, place + 1);
  }
}
