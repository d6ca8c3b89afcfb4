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

/**
 * Writes for each group of 4 columns of a piece the first, if they follow each other, or -1.
 *
 * @returns The address behind, a multiple of 16.
 */
function writeRuns(columns: usize, groups: i32, to: usize): usize {
  for (let i = 0; i < groups; i++) {
    const c = load<i32>(columns);
    const run = c >= 0 && load<i32>(columns, 4) == c + 1 && load<i32>(columns, 8) == c + 2 &&
      load<i32>(columns, 12) == c + 3;
    store<i32>(to, run ? c : -1);
    to += 4;
    columns += 16;
  }
  return (to + 15) & ~15;
}

/** Adds to an entry of a line, if the column is one. */
@inline
function addEntry(line: usize, column: i32, value: f64): void {
  if (column < 0) return;
  const to = line + (<usize>column << 3);
  store<f64>(to, load<f64>(to) + value);
}

/** Adds to four entries of a line: side by side from column `run` on, or where the columns say. */
@inline
function addAt(line: usize, run: i32, columns: usize, x: v128, y: v128): void {
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

/** Adds a line of a tile: the first lanes of four sums or the second; `place` is its diagonal's, or -1. */
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
  addAt(matrix + <usize>row * step, run, columns, x, y);
}

@inline
function swapped(x: v128): v128 {
  return v128.shuffle<f64>(x, x, 1, 0);
}

/**
 * Adds one tile; on the diagonal the entries above it, and half of the entries on it. A pair of
 * rows meets pairs of columns as they are and swapped: fewer loads than numbers in every lane.
 */
@inline
function tile(
  a: usize, b: usize, count: i32, rowsAt: usize, run: i32, columnsAt: usize, matrix: usize,
  step: usize, diagonal: bool,
): void {
  let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (let k = 0; k < count; k++) {
    const x = v128.load(b), y = v128.load(b, 16), u = v128.load(a), v = v128.load(a, 16);
    const w = swapped(x), z = swapped(y);
    s0 = madd<f64>(u, x, s0);
    s1 = madd<f64>(u, y, s1);
    s2 = madd<f64>(u, w, s2);
    s3 = madd<f64>(u, z, s3);
    s4 = madd<f64>(v, x, s4);
    s5 = madd<f64>(v, y, s5);
    s6 = madd<f64>(v, w, s6);
    s7 = madd<f64>(v, z, s7);
    a += 32;
    b += 32;
  }
  const line = load<i32>(rowsAt), next = load<i32>(rowsAt, 4);
  addLine(true, line, matrix, step, run, columnsAt, s0, s2, s1, s3, diagonal ? 0 : -1);
  addLine(false, next, matrix, step, run, columnsAt, s2, s0, s3, s1, diagonal ? 1 : -1);
  const third = load<i32>(rowsAt, 8), last = load<i32>(rowsAt, 12);
  addLine(true, third, matrix, step, run, columnsAt, s4, s6, s5, s7, diagonal ? 2 : -1);
  addLine(false, last, matrix, step, run, columnsAt, s6, s4, s7, s5, diagonal ? 3 : -1);
}

/** All tiles of a panel of rows. */
function panel(
  a: Strip, b: Strip, same: bool, rowsAt: usize, columnsAt: usize, runsAt: usize, orderAt: usize,
  count: i32, matrix: usize, step: usize, left: usize,
): void {
  const groups = a.length >> 2;
  const right = same ? left : left + ((<usize>groups * PANEL) << 5);
  pack(a, orderAt, count, left);
  if (!same) pack(b, orderAt, count, right);
  for (let i = 0; i < groups; i++) {
    const x = left + (<usize>(i * PANEL) << 5), rows = rowsAt + (<usize>i << 4);
    for (let j = same ? i : 0, end = b.length >> 2; j < end; j++) {
      const y = right + (<usize>(j * PANEL) << 5), columns = columnsAt + (<usize>j << 4);
      const run = load<i32>(runsAt + (<usize>j << 2));
      if (same && i == j) tile(x, y, count, rows, run, columns, matrix, step, true);
      else tile(x, y, count, rows, run, columns, matrix, step, false);
    }
  }
}

/** The products of one row, which need no panel. */
function single(
  a: Strip, b: Strip, same: bool, rowsAt: usize, columnsAt: usize, runsAt: usize, row: i32,
  matrix: usize, step: usize,
): void {
  const left = a.valuesAt + (<usize>(row * a.length) << 3);
  const right = b.valuesAt + (<usize>(row * b.length) << 3), groups = b.length >> 2;
  for (let i = 0; i < a.length; i++) {
    const r = load<i32>(rowsAt + (<usize>i << 2));
    if (r < 0) continue;
    const line = matrix + <usize>r * step, value = load<f64>(left + (<usize>i << 3));
    let j = 0;
    if (same) { // on the diagonal as in a tile
      for (let l = i, end = (i | 3) + 1; l < end; l++) {
        const at = <usize>l, share = l == i ? value / 2 : value;
        addEntry(
          line, load<i32>(columnsAt + (at << 2)), share * load<f64>(right + (at << 3)),
        );
      }
      j = (i >> 2) + 1;
    }
    const splat = f64x2.splat(value);
    for (; j < groups; j++) {
      const b = right + (<usize>j << 5), run = load<i32>(runsAt + (<usize>j << 2));
      const x = f64x2.mul(splat, v128.load(b)), y = f64x2.mul(splat, v128.load(b, 16));
      addAt(line, run, columnsAt + (<usize>j << 4), x, y);
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
 * @param panelsAt Room for the panels of two strips, and 4 bytes for every 4 columns of one.
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
    let begin = 0, ends = countsAt;
    for (let pieceA = 0; pieceA < a.pieces; pieceA++) {
      const rowsAt = a.columnsAt + (<usize>(pieceA * a.length) << 2);
      const first = same ? pieceA : 0, last = same ? pieceA + 1 : columns;
      for (let pieceB = first; pieceB < last; pieceB++) {
        const end = load<i32>(ends);
        ends += 4;
        if (begin == end) continue;
        const columnsAt = b.columnsAt + (<usize>(pieceB * b.length) << 2);
        const behind = writeRuns(columnsAt, b.length >> 2, panelsAt);
        for (; begin < end; begin += PANEL) {
          const count = min(PANEL, end - begin), order = orderAt + (<usize>begin << 2);
          if (count == 1) {
            single(a, b, same, rowsAt, columnsAt, panelsAt, load<i32>(order), matrixAt, step);
          } else {
            panel(a, b, same, rowsAt, columnsAt, panelsAt, order, count, matrixAt, step, behind);
          }
        }
        begin = end;
      }
    }
  }
}
