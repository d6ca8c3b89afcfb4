// Tables of sums.

/** Sets bytes to 0. */
export function zero(toAt: usize, size: usize): void {
  memory.fill(toAt, 0, size);
}

/** Sets rows to 0. */
export function zeroRows(rows: i32, toAt: usize, step: usize): void {
  memory.fill(toAt, 0, <usize>rows * step);
}

/** Moves float32 sums into float64 ones. */
export function flush(fromAt: usize, toAt: usize, count: i32): void {
  let i = 0;
  for (; i + 3 < count; i += 4) {
    const sums = v128.load(fromAt);
    const low = f64x2.promote_low_f32x4(sums);
    const high = f64x2.promote_low_f32x4(v128.shuffle<f32>(sums, sums, 2, 3, 2, 3));
    v128.store(toAt, f64x2.add(v128.load(toAt), low));
    v128.store(toAt, f64x2.add(v128.load(toAt, 16), high), 16);
    v128.store(fromAt, f64x2.splat(0));
    fromAt += 16;
    toAt += 32;
  }
  for (; i < count; i++) {
    store<f64>(toAt, load<f64>(toAt) + <f64>load<f32>(fromAt));
    store<f32>(fromAt, 0);
    fromAt += 4;
    toAt += 8;
  }
}

/**
 * Adds the tables of all later blocks to the first one's, along the tree of the blocks: the share of
 * one block. blocksAt holds the number of blocks, a power of two.
 */
export function addTables(
  tablesAt: usize, count: i32, stride: usize, blocksAt: usize, block: i32,
): void {
  const blocks = load<i32>(blocksAt);
  const begin = <i32>((<i64>block * count) / blocks);
  const end = <i32>((<i64>(block + 1) * count) / blocks);
  sumTables(tablesAt + (<usize>begin << 3), end - begin, stride, blocks);
}

/**
 * Adds numbers of all later blocks, `stride` bytes apart, to the first one's: neighbours first, then
 * neighbouring pairs, and so on. Numbers of others than the first block are lost.
 */
export function sumTables(first: usize, count: i32, stride: usize, blocks: i32): void {
  for (; blocks > 8; blocks >>= 3) {
    for (let b = 0; b < blocks; b += 8) sumFew(first + <usize>b * stride, count, stride, 8);
    stride <<= 3;
  }
  if (blocks > 1) sumFew(first, count, stride, blocks);
}

/** The same for two, four or eight blocks. */
function sumFew(at: usize, count: i32, stride: usize, blocks: i32): void {
  let i = 0;
  for (; i + 1 < count; i += 2) {
    let sum = pairOf(at, stride);
    if (blocks > 2) sum = f64x2.add(sum, pairOf(at + 2 * stride, stride));
    if (blocks > 4) {
      const more = f64x2.add(pairOf(at + 4 * stride, stride), pairOf(at + 6 * stride, stride));
      sum = f64x2.add(sum, more);
    }
    v128.store(at, sum);
    at += 16;
  }
  if (i === count) return;
  let sum = load<f64>(at) + load<f64>(at + stride);
  if (blocks > 2) sum += load<f64>(at + 2 * stride) + load<f64>(at + 3 * stride);
  if (blocks > 4) {
    sum += (load<f64>(at + 4 * stride) + load<f64>(at + 5 * stride)) +
      (load<f64>(at + 6 * stride) + load<f64>(at + 7 * stride));
  }
  store<f64>(at, sum);
}

// @ts-ignore: decorators are the compiler's
@inline
function pairOf(at: usize, stride: usize): v128 {
  return f64x2.add(v128.load(at), v128.load(at + stride));
}
