// Sums of outer products of the values of Gauss-Newton rows, in blocks by pieces.

import { listByBucket } from "./buckets";
import { addScaled } from "./matrix_columns";

/**
 * Adds the outer products of two groups of values to the block of their pieces. Steps of pieces
 * are in bytes of the array of pieces (0: the group has one piece), strides in bytes of the table.
 * With a scratch of blocks + rows + 1 integers, rows of one block are taken four at a time, in
 * their order: the same bits.
 */
export function gnAddProducts(
  rows: i32, tableAt: usize, strideA: i32, strideB: i32,
  aAt: usize, lengthA: i32, pieceAAt: usize, stepA: i32,
  bAt: usize, lengthB: i32, pieceBAt: usize, stepB: i32, blocks: i32, scratchAt: usize,
): void {
  if (scratchAt) {
    const order = scratchAt + (<usize>(blocks + 1) << 2), block = (lengthA * lengthB) << 3;
    listByBucket(
      rows, blocks, scratchAt, order, 0, strideA / block, pieceAAt, stepA, strideB / block,
      pieceBAt, stepB,
    );
    for (let m = 0, begin = 0; m < blocks; m++) {
      const end = load<i32>(scratchAt + (<usize>m << 2));
      addBlock(
        tableAt + <usize>m * <usize>block, order + (<usize>begin << 2), end - begin, aAt, lengthA,
        bAt, lengthB,
      );
      begin = end;
    }
    return;
  }
  if (lengthA == 4 && lengthB == 4) {
    pair44(
      rows, tableAt, strideA, strideB, aAt, pieceAAt, stepA, bAt, pieceBAt, stepB,
    );
    return;
  }
  for (let r = 0; r < rows; r++) {
    let table = tableAt;
    if (stepA) table += <usize>load<i32>(pieceAAt) * <usize>strideA;
    if (stepB) table += <usize>load<i32>(pieceBAt) * <usize>strideB;
    addProduct(table, aAt, lengthA, bAt, lengthB);
    aAt += <usize>lengthA << 3;
    bAt += <usize>lengthB << 3;
    pieceAAt += stepA;
    pieceBAt += stepB;
  }
}

/** Adds the outer products of the listed rows to one block. */
function addBlock(
  table: usize, order: usize, count: i32, aAt: usize, lengthA: i32, bAt: usize, lengthB: i32,
): void {
  const rowA = <usize>lengthA << 3, rowB = <usize>lengthB << 3;
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    const r0 = <usize>load<i32>(order), r1 = <usize>load<i32>(order, 4);
    const r2 = <usize>load<i32>(order, 8), r3 = <usize>load<i32>(order, 12);
    addProducts4(
      table, aAt + r0 * rowA, aAt + r1 * rowA, aAt + r2 * rowA, aAt + r3 * rowA, lengthA,
      bAt + r0 * rowB, bAt + r1 * rowB, bAt + r2 * rowB, bAt + r3 * rowB, lengthB,
    );
    order += 16;
  }
  for (; k < count; k++) {
    const r = <usize>load<i32>(order);
    addProduct(table, aAt + r * rowA, lengthA, bAt + r * rowB, lengthB);
    order += 4;
  }
}

/** table += a b^T. */
function addProduct(table: usize, a: usize, lengthA: i32, b: usize, lengthB: i32): void {
  for (let i = 0; i < lengthA; i++) {
    addScaled(table, load<f64>(a), b, lengthB);
    a += 8;
    table += <usize>lengthB << 3;
  }
}

/** table += a_0 b_0^T + a_1 b_1^T + a_2 b_2^T + a_3 b_3^T, in this order. */
function addProducts4(
  table: usize, a0: usize, a1: usize, a2: usize, a3: usize, lengthA: i32,
  b0: usize, b1: usize, b2: usize, b3: usize, lengthB: i32,
): void {
  const bytes = <usize>(lengthB >> 1) << 4, odd = (lengthB & 1) == 1;
  for (let i = 0; i < lengthA; i++) {
    const s0 = v128.load64_splat(a0), s1 = v128.load64_splat(a1);
    const s2 = v128.load64_splat(a2), s3 = v128.load64_splat(a3);
    for (let j: usize = 0; j < bytes; j += 16) {
      let sum = f64x2.add(v128.load(table), f64x2.mul(s0, v128.load(b0 + j)));
      sum = f64x2.add(sum, f64x2.mul(s1, v128.load(b1 + j)));
      sum = f64x2.add(sum, f64x2.mul(s2, v128.load(b2 + j)));
      v128.store(table, f64x2.add(sum, f64x2.mul(s3, v128.load(b3 + j))));
      table += 16;
    }
    if (odd) {
      const sum = load<f64>(table) + load<f64>(a0) * load<f64>(b0 + bytes) +
        load<f64>(a1) * load<f64>(b1 + bytes) + load<f64>(a2) * load<f64>(b2 + bytes);
      store<f64>(table, sum + load<f64>(a3) * load<f64>(b3 + bytes));
      table += 8;
    }
    a0 += 8;
    a1 += 8;
    a2 += 8;
    a3 += 8;
  }
}

/** Groups of four: cubic splines of one output. */
function pair44(
  rows: i32, tableAt: usize, strideA: i32, strideB: i32,
  aAt: usize, pieceAAt: usize, stepA: i32, bAt: usize, pieceBAt: usize, stepB: i32,
): void {
  for (let r = 0; r < rows; r++) {
    const t = tableAt + <usize>load<i32>(pieceAAt) * <usize>strideA +
      <usize>load<i32>(pieceBAt) * <usize>strideB;
    const low = v128.load(bAt), high = v128.load(bAt, 16);
    let a = v128.load64_splat(aAt);
    v128.store(t, f64x2.add(v128.load(t), f64x2.mul(a, low)));
    v128.store(t, f64x2.add(v128.load(t, 16), f64x2.mul(a, high)), 16);
    a = v128.load64_splat(aAt, 8);
    v128.store(t, f64x2.add(v128.load(t, 32), f64x2.mul(a, low)), 32);
    v128.store(t, f64x2.add(v128.load(t, 48), f64x2.mul(a, high)), 48);
    a = v128.load64_splat(aAt, 16);
    v128.store(t, f64x2.add(v128.load(t, 64), f64x2.mul(a, low)), 64);
    v128.store(t, f64x2.add(v128.load(t, 80), f64x2.mul(a, high)), 80);
    a = v128.load64_splat(aAt, 24);
    v128.store(t, f64x2.add(v128.load(t, 96), f64x2.mul(a, low)), 96);
    v128.store(t, f64x2.add(v128.load(t, 112), f64x2.mul(a, high)), 112);
    aAt += 32;
    bAt += 32;
    pieceAAt += stepA;
    pieceBAt += stepB;
  }
}
