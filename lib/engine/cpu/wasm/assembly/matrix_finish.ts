// What turns sums of products of Gauss-Newton rows into the matrix of the parameters. Rows of the
// matrix are `size` numbers long. Work is dealt out to parts, part p takes every parts-th share.

import { Softmax } from "./_abi";
import { madd } from "./lanes";

/** Columns that are turned together, and rows: their sums do not wait for each other. */
const COLUMNS = 8, ROWS = 4;

/**
 * Turns derivatives by knots into derivatives by logits along rows or columns, in place:
 * `gaps_k (sum_{j >= k} x_j - sum_j x_j S_j)`.
 */
export function pullSoftmax(
  matrixAt: usize, size: i32, along: bool, groupsAt: usize, count: i32, part: i32, parts: i32,
): void {
  const step = <usize>size << 3;
  if (along) {
    for (let r = ROWS * part; r < size; r += ROWS * parts) {
      const row = matrixAt + <usize>r * step, rows = min(ROWS, size - r);
      for (let g = 0; g < count; g++) {
        const group = softmax(groupsAt, g), begin = row + (<usize>group.begin << 3);
        if (rows == ROWS) pullRows(begin, step, group);
        else for (let i = 0; i < rows; i++) pullLine(begin + <usize>i * step, 8, group);
      }
    }
    return;
  }
  for (let c = COLUMNS * part; c < size; c += COLUMNS * parts) {
    const at = matrixAt + (<usize>c << 3), columns = min(COLUMNS, size - c);
    for (let g = 0; g < count; g++) {
      const group = softmax(groupsAt, g), begin = at + <usize>group.begin * step;
      if (columns == COLUMNS) pullEight(begin, step, group);
      else for (let i = 0; i < columns; i++) pullLine(begin + (<usize>i << 3), step, group);
    }
  }
}

@inline
function softmax(groupsAt: usize, g: i32): Softmax {
  return changetype<Softmax>(groupsAt + <usize>g * offsetof<Softmax>());
}

/** Turns the numbers of a group, which lie `step` bytes apart. */
function pullLine(begin: usize, step: usize, group: Softmax): void {
  const count = group.count;
  let suffix: f64 = 0, weighted: f64 = 0, x = begin, sums = group.sumsAt;
  for (let j = 1; j < count; j++) {
    suffix += load<f64>(x);
    weighted += load<f64>(x) * load<f64>(sums);
    x += step;
    sums += 8;
  }
  x = begin;
  for (let k = 0; k < count; k++) {
    const bar = load<f64>(x);
    store<f64>(x, load<f64>(group.gapsAt + (<usize>k << 3)) * (suffix - weighted));
    suffix -= bar;
    x += step;
  }
}

/** The same for four rows. */
function pullRows(begin: usize, step: usize, group: Softmax): void {
  const count = group.count, second = step, third = 2 * step, last = 3 * step;
  let s0: f64 = 0, s1: f64 = 0, s2: f64 = 0, s3: f64 = 0;
  let w0: f64 = 0, w1: f64 = 0, w2: f64 = 0, w3: f64 = 0, x = begin;
  for (let j = 1, sums = group.sumsAt; j < count; j++) {
    const share = load<f64>(sums);
    const a = load<f64>(x), b = load<f64>(x + second);
    s0 += a;
    s1 += b;
    w0 += a * share;
    w1 += b * share;
    const c = load<f64>(x + third), d = load<f64>(x + last);
    s2 += c;
    s3 += d;
    w2 += c * share;
    w3 += d * share;
    x += 8;
    sums += 8;
  }
  x = begin;
  for (let k = 0, gaps = group.gapsAt; k < count; k++) {
    const gap = load<f64>(gaps);
    const a = load<f64>(x), b = load<f64>(x + second);
    store<f64>(x, gap * (s0 - w0));
    store<f64>(x + second, gap * (s1 - w1));
    s0 -= a;
    s1 -= b;
    const c = load<f64>(x + third), d = load<f64>(x + last);
    store<f64>(x + third, gap * (s2 - w2));
    store<f64>(x + last, gap * (s3 - w3));
    s2 -= c;
    s3 -= d;
    x += 8;
    gaps += 8;
  }
}

/** The same for eight columns from `begin` on. */
function pullEight(begin: usize, step: usize, group: Softmax): void {
  const count = group.count;
  const zero = f64x2.splat(0);
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero, w0 = zero, w1 = zero, w2 = zero, w3 = zero;
  let x = begin, sums = group.sumsAt;
  for (let j = 1; j < count; j++) {
    const share = v128.load64_splat(sums);
    let v = v128.load(x);
    s0 = f64x2.add(s0, v);
    w0 = madd<f64>(v, share, w0);
    v = v128.load(x, 16);
    s1 = f64x2.add(s1, v);
    w1 = madd<f64>(v, share, w1);
    v = v128.load(x, 32);
    s2 = f64x2.add(s2, v);
    w2 = madd<f64>(v, share, w2);
    v = v128.load(x, 48);
    s3 = f64x2.add(s3, v);
    w3 = madd<f64>(v, share, w3);
    x += step;
    sums += 8;
  }
  x = begin;
  for (let k = 0; k < count; k++) {
    const gap = v128.load64_splat(group.gapsAt + (<usize>k << 3));
    let v = v128.load(x);
    v128.store(x, f64x2.mul(gap, f64x2.sub(s0, w0)));
    s0 = f64x2.sub(s0, v);
    v = v128.load(x, 16);
    v128.store(x, f64x2.mul(gap, f64x2.sub(s1, w1)), 16);
    s1 = f64x2.sub(s1, v);
    v = v128.load(x, 32);
    v128.store(x, f64x2.mul(gap, f64x2.sub(s2, w2)), 32);
    s2 = f64x2.sub(s2, v);
    v = v128.load(x, 48);
    v128.store(x, f64x2.mul(gap, f64x2.sub(s3, w3)), 48);
    s3 = f64x2.sub(s3, v);
    x += step;
  }
}

/** Rows and columns of a tile of the finished matrix. */
const TILE = 32;

/**
 * `M + M^T + D^T H + H^T D` in place of the first `known` rows and columns of M. D has a row for each
 * scale and shift and n columns, of which only entries that are not 0 are listed, column by column;
 * H is dense with `known` numbers in a row.
 *
 * @param startsAt Where the entries of each column of D begin, int32, `known + 1` of them.
 * @param rowsAt Their rows, int32.
 * @param valuesAt The entries.
 * @param diagonalAt Receives the diagonal of `M + M^T`.
 */
export function finishMatrix(
  matrixAt: usize, size: i32, known: i32, startsAt: usize, rowsAt: usize, valuesAt: usize,
  halvesAt: usize, diagonalAt: usize, part: i32, parts: i32,
): void {
  const step = <usize>size << 3, halfStep = <usize>known << 3;
  for (let i0 = TILE * part; i0 < known; i0 += TILE * parts) {
    const i1 = min(known, i0 + TILE);
    for (let i = i0; i < i1; i++) {
      const at = <usize>i << 3;
      store<f64>(diagonalAt + at, 2 * load<f64>(matrixAt + <usize>i * step + at));
    }
    for (let j0 = 0; j0 < i1; j0 += TILE) {
      const j1 = min(known, j0 + TILE);
      substitute(i0, i1, j0, j1, matrixAt, step, startsAt, rowsAt, valuesAt, halvesAt, halfStep);
      if (j0 < i0) {
        substitute(j0, j1, i0, i1, matrixAt, step, startsAt, rowsAt, valuesAt, halvesAt, halfStep);
      }
      addTransposed(i0, i1, j0, j1, matrixAt, step);
    }
  }
}

/** Adds D^T H to columns j0 to j1 of rows i0 to i1. */
@inline
function substitute(
  i0: i32, i1: i32, j0: i32, j1: i32, matrix: usize, step: usize, startsAt: usize, rowsAt: usize,
  valuesAt: usize, halvesAt: usize, halfStep: usize,
): void {
  const shift = <usize>j0 << 3, width = <usize>(j1 - j0) << 3;
  for (let i = i0; i < i1; i++) {
    const line = matrix + <usize>i * step + shift;
    const end = load<i32>(startsAt + (<usize>i << 2), 4);
    for (let e = load<i32>(startsAt + (<usize>i << 2)); e < end; e++) {
      const half = halvesAt + <usize>load<i32>(rowsAt + (<usize>e << 2)) * halfStep + shift;
      addScaled(line, load<f64>(valuesAt + (<usize>e << 3)), half, width);
    }
  }
}

/** y += share x over `width` bytes. */
function addScaled(y: usize, share: f64, x: usize, width: usize): void {
  const splat = f64x2.splat(share);
  let v: usize = 0;
  for (; v + 32 <= width; v += 32) {
    const first = madd<f64>(splat, v128.load(x + v), v128.load(y + v));
    const second = madd<f64>(splat, v128.load(x + v, 16), v128.load(y + v, 16));
    v128.store(y + v, first);
    v128.store(y + v, second, 16);
  }
  for (; v < width; v += 8) store<f64>(y + v, load<f64>(y + v) + share * load<f64>(x + v));
}

/** Sums of the entries of two tiles that mirror each other, in both of them. */
@inline
function addTransposed(i0: i32, i1: i32, j0: i32, j1: i32, matrix: usize, step: usize): void {
  for (let i = i0; i < i1; i += 2) {
    const row = matrix + <usize>i * step, column = matrix + (<usize>i << 3);
    let j = j0;
    if (i + 1 < i1) { // squares of 2 x 2, below the diagonal
      for (const end = min(j1, i) - 1; j < end; j += 2) {
        const a = row + (<usize>j << 3), b = column + <usize>j * step, c = a + step, d = b + step;
        const x = v128.load(b), y = v128.load(d);
        const first = f64x2.add(v128.load(a), v128.shuffle<f64>(x, y, 0, 2));
        const second = f64x2.add(v128.load(c), v128.shuffle<f64>(x, y, 1, 3));
        v128.store(a, first);
        v128.store(c, second);
        v128.store(b, v128.shuffle<f64>(first, second, 0, 2));
        v128.store(d, v128.shuffle<f64>(first, second, 1, 3));
      }
    }
    for (let r = i, last = min(i1, i + 2); r < last; r++) {
      for (let c = j, end = min(j1, r + 1); c < end; c++) {
        const a = matrix + <usize>r * step + (<usize>c << 3);
        const b = matrix + <usize>c * step + (<usize>r << 3);
        const sum = load<f64>(a) + load<f64>(b);
        store<f64>(a, sum);
        store<f64>(b, sum);
      }
    }
  }
}
