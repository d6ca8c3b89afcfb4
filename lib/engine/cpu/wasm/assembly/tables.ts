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
 * Adds the tables of all later blocks to the first one's, in the order of the blocks: the share of
 * one block. blocksAt holds the number of blocks.
 */
export function addTables(
  tablesAt: usize, count: i32, stride: usize, blocksAt: usize, block: i32,
): void {
  const blocks = load<i32>(blocksAt);
  const begin = <i32>((<i64>block * count) / blocks);
  const end = <i32>((<i64>(block + 1) * count) / blocks);
  sumTables(tablesAt + (<usize>begin << 3), end - begin, stride, blocks);
}

/** Adds numbers of all later blocks, `stride` bytes apart, to the first one's. */
export function sumTables(first: usize, count: i32, stride: usize, blocks: i32): void {
  if (blocks == 1) return;
  let i = 0;
  for (; i + 3 < count; i += 4) {
    let low = v128.load(first), high = v128.load(first, 16), other = first;
    for (let b = 1; b < blocks; b++) {
      other += stride;
      low = f64x2.add(low, v128.load(other));
      high = f64x2.add(high, v128.load(other, 16));
    }
    v128.store(first, low);
    v128.store(first, high, 16);
    first += 32;
  }
  for (; i < count; i++) {
    let sum = load<f64>(first), other = first;
    for (let b = 1; b < blocks; b++) {
      other += stride;
      sum += load<f64>(other);
    }
    store<f64>(first, sum);
    first += 8;
  }
}
