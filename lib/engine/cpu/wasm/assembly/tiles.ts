// Tiles of 4 x 4 sums of products in registers, and what they are added to: lines of a matrix, whose
// columns follow each other (`run`, the first of them) or lie where a list says (-1: nowhere).

import { madd } from "./lanes";

/** Adds to an entry of a line, if the column is one. */
@inline
export function addEntry(line: usize, column: i32, value: f64): void {
  if (column < 0) return;
  const to = line + (<usize>column << 3);
  store<f64>(to, load<f64>(to) + value);
}

/** Adds to four entries of a line. */
@inline
export function addFour(line: usize, run: i32, columns: usize, x: v128, y: v128): void {
  if (run >= 0) {
    const to = line + (<usize>run << 3);
    v128.store(to, f64x2.add(v128.load(to), x));
    v128.store(to, f64x2.add(v128.load(to, 16), y), 16);
    return;
  }
  const c0 = load<i32>(columns), c1 = load<i32>(columns, 4);
  const c2 = load<i32>(columns, 8), c3 = load<i32>(columns, 12);
  addEntry(line, c0, f64x2.extract_lane(x, 0));
  addEntry(line, c1, f64x2.extract_lane(x, 1));
  addEntry(line, c2, f64x2.extract_lane(y, 0));
  addEntry(line, c3, f64x2.extract_lane(y, 1));
}

const HALF: v128 = f64x2(0.5, 1), OTHER: v128 = f64x2(0, 0.5);

/**
 * Adds a line of a tile: the first lanes of four sums or the second. `place`, of a line on the
 * diagonal (-1: it is not): entries before it are left out, and half of that on it.
 */
@inline
function addLine(
  first: bool, row: i32, matrix: usize, step: usize, run: i32, columns: usize, a: v128, b: v128,
  c: v128, d: v128, place: i32,
): void {
  if (row < 0) return;
  let x = first ? v128.shuffle<f64>(a, b, 0, 2) : v128.shuffle<f64>(a, b, 1, 3);
  let y = first ? v128.shuffle<f64>(c, d, 0, 2) : v128.shuffle<f64>(c, d, 1, 3);
  if (place == 0) x = f64x2.mul(x, HALF);
  else if (place == 1) x = f64x2.mul(x, OTHER);
  else if (place > 1) x = f64x2.splat(0);
  if (place == 2) y = f64x2.mul(y, HALF);
  else if (place == 3) y = f64x2.mul(y, OTHER);
  addFour(matrix + <usize>row * step, run, columns, x, y);
}

/**
 * Adds the products of four numbers of rows, `from` bytes behind the addresses that one list has, and
 * `other` behind those of another. A pair of rows meets pairs of columns as they are and swapped:
 * fewer loads than numbers in every lane.
 *
 * @param rowsAt Four rows of the matrix; 0: its first.
 */
export function addTile(
  listA: usize, from: usize, listB: usize, other: usize, count: i32, rowsAt: usize, run: i32,
  columnsAt: usize, matrix: usize, step: usize, diagonal: bool,
): void {
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (const end = listA + (<usize>count << 2); listA < end; listA += 4) {
    const a = <usize>load<u32>(listA) + from, b = <usize>load<u32>(listB) + other;
    const x = v128.load(b), y = v128.load(b, 16);
    const u = v128.load(a), v = v128.load(a, 16);
    const w = v128.shuffle<f64>(x, x, 1, 0), z = v128.shuffle<f64>(y, y, 1, 0);
    s0 = madd<f64>(u, x, s0);
    s1 = madd<f64>(u, y, s1);
    s2 = madd<f64>(u, w, s2);
    s3 = madd<f64>(u, z, s3);
    s4 = madd<f64>(v, x, s4);
    s5 = madd<f64>(v, y, s5);
    s6 = madd<f64>(v, w, s6);
    s7 = madd<f64>(v, z, s7);
    listB += 4;
  }
  const r0 = rowsAt ? load<i32>(rowsAt) : 0, r1 = rowsAt ? load<i32>(rowsAt, 4) : 1;
  const r2 = rowsAt ? load<i32>(rowsAt, 8) : 2, r3 = rowsAt ? load<i32>(rowsAt, 12) : 3;
  addLine(true, r0, matrix, step, run, columnsAt, s0, s2, s1, s3, diagonal ? 0 : -1);
  addLine(false, r1, matrix, step, run, columnsAt, s2, s0, s3, s1, diagonal ? 1 : -1);
  addLine(true, r2, matrix, step, run, columnsAt, s4, s6, s5, s7, diagonal ? 2 : -1);
  addLine(false, r3, matrix, step, run, columnsAt, s6, s4, s7, s5, diagonal ? 3 : -1);
}
