// Products of Gauss-Newton rows. Columns come in strips: the numbers of one node, whose places in
// the matrix depend on the piece that a row lies in. A pair of strips is summed bucket by bucket:
// rows of the same two pieces meet the same entries of the matrix, which are loaded and stored once
// for all of them; between lie tiles of 4 x 4 sums in registers.

import { Strip, STRIP_PANEL as PANEL } from "./_abi";
import { listByBucket } from "./buckets";
import { madd } from "./lanes";

@inline
function stepOf(strip: Strip): usize {
  return strip.pieceAt ? strip.pieceStep : 0;
}

@inline
function firstOf(strip: Strip): i32 {
  return strip.pieceAt ? strip.firstPiece : 0;
}

/** Copies rows into groups of 4 numbers, `[length / 4, PANEL, 4]`. */
@inline
function pack(strip: Strip, orderAt: usize, count: i32, to: usize): void {
  const step = <usize>strip.length << 3;
  for (let k = 0; k < count; k++) {
    let from = strip.valuesAt + <usize>load<i32>(orderAt + (<usize>k << 2)) * step;
    let group = to + (<usize>k << 5);
    for (const end = from + step; from < end; from += 32) {
      v128.store(group, v128.load(from));
      v128.store(group, v128.load(from, 16), 16);
      group += PANEL << 5;
    }
  }
}

/** Adds to an entry of a line, if the column is one. */
@inline
function addEntry(line: usize, column: i32, value: f64): void {
  if (column < 0) return;
  const to = line + (<usize>column << 3);
  store<f64>(to, load<f64>(to) + value);
}

@inline
function addAt(line: usize, columns: usize, x: v128, y: v128): void {
  const c0 = load<i32>(columns), c1 = load<i32>(columns, 4);
  const c2 = load<i32>(columns, 8), c3 = load<i32>(columns, 12);
  addEntry(line, c0, f64x2.extract_lane(x, 0));
  addEntry(line, c1, f64x2.extract_lane(x, 1));
  addEntry(line, c2, f64x2.extract_lane(y, 0));
  addEntry(line, c3, f64x2.extract_lane(y, 1));
}

const HALF: v128 = f64x2(0.5, 1), OTHER: v128 = f64x2(0, 0.5);

/** Adds one tile; on the diagonal the entries above it, and half of the entries on it. */
@inline
function tile(
  a: usize, b: usize, count: i32, rowsAt: usize, columnsAt: usize, matrix: usize, step: usize,
  diagonal: bool,
): void {
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (let k = 0; k < count; k++) {
    const x = v128.load(b), y = v128.load(b, 16);
    let value = v128.load64_splat(a);
    s0 = madd<f64>(value, x, s0);
    s1 = madd<f64>(value, y, s1);
    value = v128.load64_splat(a, 8);
    s2 = madd<f64>(value, x, s2);
    s3 = madd<f64>(value, y, s3);
    value = v128.load64_splat(a, 16);
    s4 = madd<f64>(value, x, s4);
    s5 = madd<f64>(value, y, s5);
    value = v128.load64_splat(a, 24);
    s6 = madd<f64>(value, x, s6);
    s7 = madd<f64>(value, y, s7);
    a += 32;
    b += 32;
  }
  if (diagonal) {
    s0 = f64x2.mul(s0, HALF);
    s2 = f64x2.mul(s2, OTHER);
    s4 = f64x2.splat(0);
    s5 = f64x2.mul(s5, HALF);
    s6 = f64x2.splat(0);
    s7 = f64x2.mul(s7, OTHER);
  }
  const r0 = load<i32>(rowsAt), r1 = load<i32>(rowsAt, 4);
  const r2 = load<i32>(rowsAt, 8), r3 = load<i32>(rowsAt, 12);
  if (r0 >= 0) addAt(matrix + <usize>r0 * step, columnsAt, s0, s1);
  if (r1 >= 0) addAt(matrix + <usize>r1 * step, columnsAt, s2, s3);
  if (r2 >= 0) addAt(matrix + <usize>r2 * step, columnsAt, s4, s5);
  if (r3 >= 0) addAt(matrix + <usize>r3 * step, columnsAt, s6, s7);
}

/** All tiles of a panel of rows. */
function panel(
  a: Strip, b: Strip, same: bool, pieceA: i32, pieceB: i32, orderAt: usize, count: i32,
  matrix: usize, step: usize, scratch: usize,
): void {
  const left = scratch, groups = a.length >> 2;
  const right = same ? left : left + ((<usize>groups * PANEL) << 5);
  pack(a, orderAt, count, left);
  if (!same) pack(b, orderAt, count, right);
  const rowsAt = a.columnsAt + (<usize>(pieceA * a.length) << 2);
  const columnsAt = b.columnsAt + (<usize>(pieceB * b.length) << 2);
  for (let i = 0; i < groups; i++) {
    const x = left + (<usize>(i * PANEL) << 5), rows = rowsAt + (<usize>i << 4);
    for (let j = same ? i : 0, end = b.length >> 2; j < end; j++) {
      const y = right + (<usize>(j * PANEL) << 5), columns = columnsAt + (<usize>j << 4);
      if (same && i == j) tile(x, y, count, rows, columns, matrix, step, true);
      else tile(x, y, count, rows, columns, matrix, step, false);
    }
  }
}

/**
 * Adds the products of pairs of strips to a matrix whose sum with its transpose is what is wanted.
 *
 * @param partsAt Per part the address of its pairs (addresses of two strips each, equal for a strip
 * with itself) and their number, int32.
 * @param countsAt Room for `pieces^2 + 1` int32.
 * @param orderAt Room for `rows` int32.
 * @param panelsAt Room for the panels of two strips.
 */
export function addStripPairs(
  partsAt: usize, part: i32, rows: i32, matrixAt: usize, size: i32, countsAt: usize, orderAt: usize,
  panelsAt: usize,
): void {
  const pairsAt = <usize>load<u32>(partsAt + (<usize>part << 3));
  const pairs = load<i32>(partsAt + (<usize>part << 3), 4);
  const step = <usize>size << 3;
  for (let k = 0; k < pairs; k++) {
    const a = changetype<Strip>(<usize>load<u32>(pairsAt + (<usize>k << 3)));
    const b = changetype<Strip>(<usize>load<u32>(pairsAt + (<usize>k << 3), 4));
    const same = changetype<usize>(a) == changetype<usize>(b);
    const columns = same ? 1 : b.pieces, buckets = a.pieces * columns;
    const base = -(firstOf(a) * columns + (same ? 0 : firstOf(b)));
    listByBucket(
      rows, buckets, countsAt, orderAt, base, columns, a.pieceAt, stepOf(a), 1, b.pieceAt,
      same ? 0 : stepOf(b),
    );
    let begin = 0;
    for (let i = 0; i < buckets; i++) {
      const end = load<i32>(countsAt + (<usize>i << 2)), pieceA = i / columns;
      const pieceB = same ? pieceA : i - pieceA * columns;
      for (; begin < end; begin += PANEL) {
        const count = min(PANEL, end - begin);
        panel(
          a, b, same, pieceA, pieceB, orderAt + (<usize>begin << 2), count, matrixAt, step,
          panelsAt,
        );
      }
      begin = end;
    }
  }
}
