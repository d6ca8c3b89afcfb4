// Products of Gauss-Newton rows. Numbers come in strips: those of one node, whose places in the
// matrix depend on the piece that a row lies in. A pair of strips is summed bucket by bucket: rows of
// the same two pieces meet the same entries of the matrix, which are loaded and stored once for all
// of them. The maps of the two pieces turn either each row into numbers of columns, or the sums of
// many rows: whichever is less work.

import { Strip, STRIP_PANEL as PANEL } from "./_abi";
import { listByBucket } from "./buckets";
import { n8 } from "./jet_functions";
import { isMapped, mapLines, mapRow, mapWork, rowWork } from "./strip_maps";
import { addEntry, addFour, addTile } from "./tiles";

/** Of the call that runs: the first row of the chunk, and bytes from strips' numbers to a thread's. */
let chunkRow: i32 = 0, shift: usize = 0;

@inline
function valuesOf(s: Strip): usize {
  return s.valuesAt + shift;
}

/** The rows' mapped numbers, or 0. */
@inline
function mappedOf(s: Strip): usize {
  return s.mappedAt ? s.mappedAt + shift : 0;
}

/** Where the piece of the chunk's first row lies, or 0. */
@inline
function piecesOf(s: Strip): usize {
  return s.pieceAt ? s.pieceAt + <usize>chunkRow * s.pieceStep : 0;
}

@inline
function stepOf(s: Strip): usize {
  return s.pieceAt ? s.pieceStep : 0;
}

@inline
function firstOf(s: Strip): i32 {
  return s.pieceAt ? s.firstPiece : 0;
}

@inline
function columnsOf(s: Strip, piece: i32): usize {
  return s.columnsAt + <usize>piece * s.columnStep;
}

@inline
function runsOf(s: Strip, piece: i32): usize {
  return s.runsAt + ((<usize>piece * s.columnStep) >> 2);
}

/** Numbers of columns of a row. */
@inline
function widthOf(s: Strip): i32 {
  return isMapped(s) ? s.columnNumbers : s.length;
}

/** A row's numbers of columns, mapped into `room` if they are not there. */
@inline
function numbersOf(s: Strip, piece: i32, row: i32, room: usize): usize {
  if (s.mappedAt) return mappedOf(s) + n8(row * s.columnNumbers);
  const from = valuesOf(s) + n8(row * s.length);
  if (!isMapped(s)) return from;
  mapRow(s, piece, from, room);
  return room;
}

/**
 * Lists the addresses of rows' numbers, with a piece of numbers of columns. Rows that are not mapped
 * yet are mapped into a panel. (Copies side by side cost as much as they save.)
 */
function listRows(s: Strip, piece: i32, orderAt: usize, count: i32, panel: usize, to: usize): void {
  const end = to + (<usize>count << 2);
  if (piece >= 0 && isMapped(s) && !s.mappedAt) {
    for (; to < end; to += 4) {
      mapRow(s, piece, valuesOf(s) + n8(load<i32>(orderAt) * s.length), panel);
      store<u32>(to, <u32>panel);
      panel += n8(s.columnNumbers);
      orderAt += 4;
    }
    return;
  }
  const isPlain = piece < 0 || !isMapped(s), numbers = isPlain ? s.length : s.columnNumbers;
  const from = isPlain ? valuesOf(s) : mappedOf(s);
  for (; to < end; to += 4) {
    store<u32>(to, <u32>(from + n8(load<i32>(orderAt) * numbers)));
    orderAt += 4;
  }
}

/** Adds numbers of columns times a factor to a line of the matrix, from group `first` on. */
@inline
function addNumbers(
  s: Strip, piece: i32, first: i32, from: usize, factor: f64, line: usize,
): void {
  const columns = columnsOf(s, piece), runs = runsOf(s, piece), splat = f64x2.splat(factor);
  for (let j = first, groups = widthOf(s) >> 2; j < groups; j++) {
    const x = from + (<usize>j << 5), run = load<i32>(runs + (<usize>j << 2));
    addFour(
      line, run, columns + (<usize>j << 4), f64x2.mul(splat, v128.load(x)),
      f64x2.mul(splat, v128.load(x, 16)),
    );
  }
}

/** The products of one row. */
function addSingle(
  a: Strip, b: Strip, same: bool, pieceA: i32, pieceB: i32, row: i32, matrix: usize, step: usize,
  room: usize,
): void {
  const left = numbersOf(a, pieceA, row, room);
  const right = same ? left : numbersOf(b, pieceB, row, room + n8(widthOf(a)));
  const rows = columnsOf(a, pieceA), columns = columnsOf(b, pieceB);
  for (let i = 0, end = widthOf(a); i < end; i++) {
    const r = load<i32>(rows + (<usize>i << 2));
    if (r < 0) continue;
    const line = matrix + <usize>r * step, value = load<f64>(left + n8(i));
    if (same) { // as in a tile on the diagonal
      for (let l = i, last = (i | 3) + 1; l < last; l++) {
        const share = l == i ? value / 2 : value;
        addEntry(line, load<i32>(columns + (<usize>l << 2)), share * load<f64>(right + n8(l)));
      }
    }
    addNumbers(b, pieceB, same ? (i >> 2) + 1 : 0, right, value, line);
  }
}

/** The products of the rows of a panel, each mapped, tile by tile. */
function addPanel(
  a: Strip, b: Strip, same: bool, pieceA: i32, pieceB: i32, orderAt: usize, count: i32,
  matrix: usize, step: usize, panel: usize,
): void {
  const rows = columnsOf(a, pieceA), columns = columnsOf(b, pieceB), runs = runsOf(b, pieceB);
  const groups = widthOf(a) >> 2, others = widthOf(b) >> 2;
  const left = panel, right = same ? left : left + (PANEL << 2), room = left + (PANEL << 3);
  listRows(a, pieceA, orderAt, count, room, left);
  if (!same) {
    listRows(b, pieceB, orderAt, count, room + ((<usize>groups * PANEL) << 5), right);
  }
  for (let i = 0; i < groups; i++) {
    const x = <usize>i << 5, places = rows + (<usize>i << 4);
    for (let j = same ? i : 0; j < others; j++) {
      const y = <usize>j << 5, to = columns + (<usize>j << 4);
      const run = load<i32>(runs + (<usize>j << 2)), half = same && i == j;
      addTile(left, x, right, y, count, places, run, to, matrix, step, half);
    }
  }
}

/** Sums the products of rows in a block `[length, length of b]`, of a strip with itself its upper half. */
function sumRows(
  a: Strip, b: Strip, same: bool, orderAt: usize, count: i32, block: usize, panel: usize,
): void {
  const width = n8(b.length), groups = a.length >> 2, others = b.length >> 2;
  memory.fill(block, 0, <usize>a.length * width);
  const left = panel, right = same ? left : left + (PANEL << 2);
  for (let begin = 0; begin < count; begin += PANEL) {
    const part = min(PANEL, count - begin), order = orderAt + (<usize>begin << 2);
    listRows(a, -1, order, part, 0, left);
    if (!same) listRows(b, -1, order, part, 0, right);
    for (let i = 0; i < groups; i++) {
      const x = <usize>i << 5, to = block + <usize>(4 * i) * width;
      for (let j = same ? i : 0; j < others; j++) {
        addTile(left, x, right, <usize>j << 5, part, 0, 4 * j, 0, to, width, same && i == j);
      }
    }
  }
}

/** Maps a block and adds it to the matrix. */
function addMapped(
  a: Strip, b: Strip, pieceA: i32, pieceB: i32, block: usize, lines: usize, matrix: usize,
  step: usize, room: usize,
): void {
  const width = n8(b.length);
  if (isMapped(a)) mapLines(a, pieceA, block, width, lines);
  else lines = block;
  const rows = columnsOf(a, pieceA);
  for (let i = 0, end = widthOf(a); i < end; i++) {
    const r = load<i32>(rows + (<usize>i << 2));
    let from = lines + <usize>i * width;
    if (r < 0) continue;
    if (isMapped(b)) {
      mapRow(b, pieceB, from, room);
      from = room;
    }
    addNumbers(b, pieceB, 0, from, 1, matrix + <usize>r * step);
  }
}

/** Whether mapping the sums of rows is less work than mapping every row. */
@inline
function paysSumming(a: Strip, b: Strip, count: i32, most: i32): bool {
  if (!isMapped(a) && !isMapped(b)) return false;
  const sums = a.length * b.length, products = widthOf(a) * widthOf(b);
  if (sums > most || widthOf(a) * b.length > most) return false;
  const once = mapWork(a) * b.length + widthOf(a) * mapWork(b);
  return count * (products + rowWork(a) + rowWork(b) - sums) > once;
}

/** Adds all products of a pair. */
function addPair(
  a: Strip, b: Strip, rows: i32, countsAt: usize, orderAt: usize, matrix: usize, step: usize,
  most: i32, room: usize,
): void {
  const same = changetype<usize>(a) == changetype<usize>(b);
  const columns = same ? 1 : b.pieces;
  const block = room + n8(widthOf(a) + widthOf(b)), lines = block + n8(most);
  const panel = lines + n8(most), base = -(firstOf(a) * columns + (same ? 0 : firstOf(b)));
  listByBucket(
    rows, a.pieces * columns, countsAt, orderAt, base, columns, piecesOf(a), stepOf(a), 1,
    piecesOf(b), same ? 0 : stepOf(b),
  );
  let begin = 0;
  for (let pieceA = 0; pieceA < a.pieces; pieceA++) {
    const last = same ? pieceA + 1 : columns;
    for (let pieceB = same ? pieceA : 0; pieceB < last; pieceB++) {
      const end = load<i32>(countsAt), count = end - begin;
      countsAt += 4;
      if (count == 0) continue;
      let order = orderAt + (<usize>begin << 2);
      if (paysSumming(a, b, count, most)) {
        sumRows(a, b, same, order, count, block, panel);
        addMapped(a, b, pieceA, pieceB, block, lines, matrix, step, room);
        begin = end;
      }
      for (; begin < end; begin += PANEL) {
        const part = min(PANEL, end - begin);
        if (part == 1) {
          addSingle(a, b, same, pieceA, pieceB, load<i32>(order), matrix, step, room);
        } else addPanel(a, b, same, pieceA, pieceB, order, part, matrix, step, panel);
        order += <usize>PANEL << 2;
      }
      begin = end;
    }
  }
}

/**
 * Maps the rows of strips.
 *
 * @param firstRow The chunk's first row.
 * @param shiftStep Bytes from the strips' numbers to those of the thread.
 * @param stripsAt Their addresses, int32; part p takes every parts-th.
 */
export function mapStrips(
  rows: i32, firstRow: i32, shiftStep: usize, stripsAt: usize, count: i32, part: i32, parts: i32,
): void {
  chunkRow = firstRow;
  shift = shiftStep;
  for (let k = part; k < count; k += parts) {
    const s = changetype<Strip>(<usize>load<u32>(stripsAt + (<usize>k << 2)));
    let pieces = piecesOf(s), z = valuesOf(s), e = mappedOf(s);
    for (let r = 0; r < rows; r++) {
      mapRow(s, load<i32>(pieces) - s.firstPiece, z, e);
      pieces += s.pieceStep;
      z += n8(s.length);
      e += n8(s.columnNumbers);
    }
  }
}

/**
 * Adds the products of pairs of strips to a matrix whose sum with its transpose is what is wanted.
 *
 * @param firstRow The chunk's first row.
 * @param shiftStep Bytes from the strips' numbers to those of the thread.
 * @param partsAt Per part the address of its pairs (addresses of two strips each, equal for a strip
 * with itself) and their number, int32.
 * @param countsAt Room for `pieces^2 + 1` int32.
 * @param orderAt Room for `rows` int32.
 * @param panelsAt Room for numbers of columns of two rows, two blocks, lists and panels of two strips.
 * @param room Numbers of a block.
 */
export function addStripPairs(
  rows: i32, firstRow: i32, shiftStep: usize, partsAt: usize, part: i32, matrixAt: usize, size: i32,
  countsAt: usize, orderAt: usize, panelsAt: usize, room: i32,
): void {
  chunkRow = firstRow;
  shift = shiftStep;
  const pairsAt = <usize>load<u32>(partsAt + (<usize>part << 3));
  const pairs = load<i32>(partsAt + (<usize>part << 3), 4);
  for (let k = 0; k < pairs; k++) {
    const a = changetype<Strip>(<usize>load<u32>(pairsAt + (<usize>k << 3)));
    const b = changetype<Strip>(<usize>load<u32>(pairsAt + (<usize>k << 3), 4));
    addPair(a, b, rows, countsAt, orderAt, matrixAt, n8(size), room, panelsAt);
  }
}
