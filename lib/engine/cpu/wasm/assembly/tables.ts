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
  for (let i = 0; i < count; i++) {
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
  for (let i = begin; i < end; i++) {
    const first = tablesAt + (<usize>i << 3);
    let sum = load<f64>(first), other = first;
    for (let b = 1; b < blocks; b++) {
      other += stride;
      sum += load<f64>(other);
    }
    store<f64>(first, sum);
  }
}
