// Cholesky's factorisation of a dense matrix, S M S + shift I = L L^T, on any number of threads.
//
// L lies in strips of twelve rows, each column by column: entry (r, k) of strip s is number 12 k + r
// from `stripAt` on, and strip s has 12 s + 12 columns. Products of two strips are summed in panes
// of 4 rows x 6 columns: two vectors of rows times three of columns, as they are and with their
// lanes swapped, fill 12 of the 16 registers and need no broadcasts.
//
// Threads take blocks of side x side strips' squares one after the other, columns first. A block
// loses the products of the blocks to its left, which it waits for where another thread has them,
// and is then divided by the block on the diagonal. Every entry loses its products in the order of
// columns, by one thread: the same bits for any number of threads. Rows behind the last one
// are 0. Entries above the diagonal hold anything; no other entry depends on them.

import { Factorisation } from "./_abi";
import { madd } from "./lanes";

/** Rows of a strip, of a pane, columns of a pane. */
const ROWS = 12, PANE_ROWS = 4, PANE_COLUMNS = 6;
/** Bytes of a strip's column. */
const COLUMN: usize = 96;
/** Columns of products that are subtracted at a time: both strips' parts stay in the first cache. */
const DEPTH = 144;
/** Looks at another thread's progress before this one sleeps, and for how many nanoseconds. */
const LOOKS = 10_000;
const NAP: i64 = 1_000_000;

/** c - a b, as `madd`. */
@inline
function less(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_nmadd<f64>(a, b, c);
  return v128.sub<f64>(c, v128.mul<f64>(a, b));
}

/** Lane 0 of a and lane 1 of b. */
@inline
function blend(a: v128, b: v128): v128 {
  return v128.shuffle<f64>(a, b, 0, 3);
}

/** Where strip s begins. */
@inline
function stripAt(factorAt: usize, s: i32): usize {
  return factorAt + <usize>(s * (s + 1)) * 576;
}

/** Entry (i, j) of S M S. */
@inline
function entry(p: Factorisation, i: i32, j: i32): f64 {
  const value = load<f64>(p.matrixAt + ((<usize>i * <usize>p.n + <usize>j) << 3));
  return value * load<f64>(p.scalesAt + (<usize>i << 3)) * load<f64>(p.scalesAt + (<usize>j << 3));
}

/** Columns from j0 on, before j1, of strip s of S M S + shift I. */
function takeStrip(p: Factorisation, s: i32, j0: i32, j1: i32): void {
  const n = p.n, step = <usize>n << 3, strip = stripAt(p.factorAt, s), shift = load<f64>(p.numbersAt);
  for (let i = ROWS * s, last = min(n, i + ROWS), r = strip; i < last; i += 2, r += 16) {
    let j = j0;
    if (i + 1 < n) {
      const row = p.matrixAt + <usize>i * step, scales = p.scalesAt + (<usize>i << 3);
      const low = v128.load64_splat(scales), high = v128.load64_splat(scales, 8);
      for (const end = min(j1, i); j < end; j += 2) {
        const at = row + (<usize>j << 3), scale = v128.load(p.scalesAt + (<usize>j << 3));
        const x = f64x2.mul(f64x2.mul(v128.load(at), low), scale);
        const y = f64x2.mul(f64x2.mul(v128.load(at + step), high), scale);
        const to = r + <usize>j * COLUMN;
        v128.store(to, v128.shuffle<f64>(x, y, 0, 2));
        v128.store(to, v128.shuffle<f64>(x, y, 1, 3), COLUMN);
      }
      if (j < j1) {
        const to = r + <usize>i * COLUMN;
        store<f64>(to, entry(p, i, i) + shift);
        store<f64>(to, entry(p, i + 1, i), 8);
        store<f64>(to, entry(p, i + 1, i + 1) + shift, COLUMN + 8);
      }
    } else {
      for (const end = min(j1, i + 1); j < end; j++) {
        store<f64>(r + <usize>j * COLUMN, entry(p, i, j) + (j == i ? shift : 0));
      }
    }
  }
  for (let i = max(n - ROWS * s, 0); i < ROWS; i++) { // NaN may be left of a factor that failed
    for (let j = j0; j < j1; j++) store<f64>(strip + <usize>j * COLUMN + (<usize>i << 3), 0);
  }
}

/** A pane loses the products of four rows and six other rows over some columns. */
function subtract(to: usize, a: usize, b: usize, columns: i32): void {
  let p = v128.load(to), q = v128.load(to, 96);
  let s0 = blend(p, q), t0 = blend(q, p);
  p = v128.load(to, 16), q = v128.load(to, 112);
  let s1 = blend(p, q), t1 = blend(q, p);
  p = v128.load(to, 192), q = v128.load(to, 288);
  let s2 = blend(p, q), t2 = blend(q, p);
  p = v128.load(to, 208), q = v128.load(to, 304);
  let s3 = blend(p, q), t3 = blend(q, p);
  p = v128.load(to, 384), q = v128.load(to, 480);
  let s4 = blend(p, q), t4 = blend(q, p);
  p = v128.load(to, 400), q = v128.load(to, 496);
  let s5 = blend(p, q), t5 = blend(q, p);
  for (const end = a + <usize>columns * COLUMN; a < end; a += COLUMN) {
    const low = v128.load(a), high = v128.load(a, 16);
    let x = v128.load(b);
    s0 = less(low, x, s0);
    s1 = less(high, x, s1);
    x = v128.shuffle<f64>(x, x, 1, 0);
    t0 = less(low, x, t0);
    t1 = less(high, x, t1);
    x = v128.load(b, 16);
    s2 = less(low, x, s2);
    s3 = less(high, x, s3);
    x = v128.shuffle<f64>(x, x, 1, 0);
    t2 = less(low, x, t2);
    t3 = less(high, x, t3);
    x = v128.load(b, 32);
    s4 = less(low, x, s4);
    s5 = less(high, x, s5);
    x = v128.shuffle<f64>(x, x, 1, 0);
    t4 = less(low, x, t4);
    t5 = less(high, x, t5);
    b += COLUMN;
  }
  v128.store(to, blend(s0, t0));
  v128.store(to, blend(s1, t1), 16);
  v128.store(to, blend(t0, s0), 96);
  v128.store(to, blend(t1, s1), 112);
  v128.store(to, blend(s2, t2), 192);
  v128.store(to, blend(s3, t3), 208);
  v128.store(to, blend(t2, s2), 288);
  v128.store(to, blend(t3, s3), 304);
  v128.store(to, blend(s4, t4), 384);
  v128.store(to, blend(s5, t5), 400);
  v128.store(to, blend(t4, s4), 480);
  v128.store(to, blend(t5, s5), 496);
}

/** Strip s's square of columns of strip t loses products over `columns` columns from byte `from` on. */
function subtractSquare(p: Factorisation, s: i32, t: i32, from: usize, columns: i32): void {
  const rows = p.n - ROWS * s, a = stripAt(p.factorAt, s), b = stripAt(p.factorAt, t) + from;
  const to = a + <usize>(ROWS * t) * COLUMN;
  for (let j = 0, end = min(ROWS, p.n - ROWS * t); j < end; j += PANE_COLUMNS) {
    // on the diagonal, rows 0 to 3 end before column 6
    for (let i = s == t && j > 0 ? PANE_ROWS : 0, last = min(ROWS, rows); i < last; i += PANE_ROWS) {
      const shift = <usize>i << 3;
      subtract(to + <usize>j * COLUMN + shift, a + from + shift, b + (<usize>j << 3), columns);
    }
  }
}

/** Two rows of a pane are divided: X L^T = C, L at `by`. */
@inline
function divideRows(to: usize, by: usize, inverses: usize): void {
  const a = f64x2.mul(v128.load(to), v128.load64_splat(inverses));
  let b = less(a, v128.load64_splat(by, 8), v128.load(to, 96));
  let c = less(a, v128.load64_splat(by, 16), v128.load(to, 192));
  let d = less(a, v128.load64_splat(by, 24), v128.load(to, 288));
  let e = less(a, v128.load64_splat(by, 32), v128.load(to, 384));
  let f = less(a, v128.load64_splat(by, 40), v128.load(to, 480));
  v128.store(to, a);
  b = f64x2.mul(b, v128.load64_splat(inverses, 8));
  c = less(b, v128.load64_splat(by, 112), c);
  d = less(b, v128.load64_splat(by, 120), d);
  e = less(b, v128.load64_splat(by, 128), e);
  f = less(b, v128.load64_splat(by, 136), f);
  v128.store(to, b, 96);
  c = f64x2.mul(c, v128.load64_splat(inverses, 16));
  d = less(c, v128.load64_splat(by, 216), d);
  e = less(c, v128.load64_splat(by, 224), e);
  f = less(c, v128.load64_splat(by, 232), f);
  v128.store(to, c, 192);
  d = f64x2.mul(d, v128.load64_splat(inverses, 24));
  e = less(d, v128.load64_splat(by, 320), e);
  f = less(d, v128.load64_splat(by, 328), f);
  v128.store(to, d, 288);
  e = f64x2.mul(e, v128.load64_splat(inverses, 32));
  f = less(e, v128.load64_splat(by, 424), f);
  v128.store(to, e, 384);
  v128.store(to, f64x2.mul(f, v128.load64_splat(inverses, 40)), 480);
}

/** Strip s's square below square t of the diagonal loses products of a block's columns, and is divided. */
function divideSquare(p: Factorisation, s: i32, t: i32, from: usize, columns: i32): void {
  const strip = stripAt(p.factorAt, s), other = stripAt(p.factorAt, t);
  const at = <usize>(ROWS * t) * COLUMN, inverses = p.inversesAt + (<usize>(ROWS * t) << 3);
  for (let j = 0; j < ROWS; j += PANE_COLUMNS) {
    const column = at + <usize>j * COLUMN, shift = <usize>j << 3;
    for (let i = 0, end = min(ROWS, p.n - ROWS * s); i < end; i += PANE_ROWS) {
      const rows = strip + (<usize>i << 3), to = rows + column;
      subtract(to, rows + from, other + from + shift, columns + j);
      divideRows(to, other + column + shift, inverses + shift);
      divideRows(to + 16, other + column + shift, inverses + shift);
    }
  }
}

/** A square on the diagonal becomes its factor; false where a pivot is not above the least. */
function factoriseSquare(p: Factorisation, s: i32): bool {
  const square = stripAt(p.factorAt, s) + <usize>(ROWS * s) * COLUMN, least = load<f64>(p.numbersAt, 8);
  const inverses = p.inversesAt + (<usize>(ROWS * s) << 3), rows = <usize>min(ROWS, p.n - ROWS * s);
  for (let c: usize = 0; c < rows; c++) {
    const column = square + c * COLUMN, pivot = load<f64>(column + (c << 3));
    if (!(pivot > least)) return false;
    const root = Math.sqrt(pivot), inverse = 1 / root, factor = f64x2.splat(inverse);
    for (let r = (c + 1) & ~1; r < rows; r += 2) {
      const at = column + (r << 3);
      v128.store(at, f64x2.mul(v128.load(at), factor));
    }
    for (let d = c + 1; d < rows; d++) {
      const x = v128.load64_splat(column + (d << 3)), to = square + d * COLUMN;
      for (let r = (d & ~1) << 3; r < rows << 3; r += 16) {
        v128.store(to + r, less(v128.load(column + r), x, v128.load(to + r)));
      }
    }
    store<f64>(column + (c << 3), root);
    store<f64>(inverses + (c << 3), inverse);
  }
  return true;
}

/** Waits for more than `count` finished blocks of a row; how many there are, -1: one has failed. */
function waitFor(p: Factorisation, row: i32, count: i32): i32 {
  const at = p.progressAt + (<usize>row << 2);
  let done = atomic.load<i32>(at);
  for (let looks = 0; done <= count; looks++) {
    if (atomic.load<i32>(p.stateAt, 4) != 0) return -1;
    if (looks > LOOKS && p.sleeps) atomic.wait<i32>(at, done, NAP);
    done = atomic.load<i32>(at);
  }
  return done;
}

/** Computes a block; false where a pivot, here or on another thread, is not above the least. */
function factoriseBlock(p: Factorisation, row: i32, column: i32): bool {
  const strips = (p.n + ROWS - 1) / ROWS, side = p.side, width = ROWS * side;
  const s0 = row * side, s1 = min(strips, s0 + side);
  const t0 = column * side, t1 = min(strips, t0 + side);
  for (let s = s0; s < s1; s++) takeStrip(p, s, ROWS * t0, ROWS * t1);
  for (let k = 0; k < column;) {
    const ready = min(waitFor(p, row, k), waitFor(p, column, k));
    if (ready < 0) return false;
    const end = min(min(ready, column), k + max(1, DEPTH / width));
    const from = <usize>(k * width) * COLUMN;
    for (let s = s0; s < s1; s++) {
      for (let t = t0, last = min(t1, s + 1); t < last; t++) {
        subtractSquare(p, s, t, from, width * (end - k));
      }
    }
    k = end;
  }
  if (row != column && waitFor(p, column, column) < 0) return false;
  const from = <usize>(ROWS * t0) * COLUMN;
  for (let t = t0; t < t1; t++) {
    const columns = ROWS * (t - t0);
    if (row == column) {
      subtractSquare(p, t, t, from, columns);
      if (!factoriseSquare(p, t)) return false;
    }
    for (let s = max(s0, t + 1); s < s1; s++) divideSquare(p, s, t, from, columns);
  }
  return true;
}

/** Takes blocks until none is left; as a phase, on every thread. */
export function runFactorisation(phaseAt: usize, blocksAt: usize, block: i32): void {
  const p = changetype<Factorisation>(phaseAt), width = ROWS * p.side, rows = (p.n + width - 1) / width;
  let column = 0, before = 0; // blocks of earlier columns
  for (;;) {
    const task = atomic.add<i32>(p.stateAt, 1);
    while (column < rows && task - before >= rows - column) {
      before += rows - column;
      column++;
    }
    if (column >= rows) return;
    const row = column + task - before, at = p.progressAt + (<usize>row << 2);
    if (!factoriseBlock(p, row, column)) {
      atomic.store<i32>(p.stateAt, 1, 4);
      return;
    }
    atomic.store<i32>(at, column + 1);
    if (p.sleeps) atomic.notify(at);
  }
}

/** Solves L y = v in place of v, which has 12 numbers for every strip. */
@inline
function solveForward(strips: i32, factorAt: usize, inversesAt: usize, vectorAt: usize): void {
  for (let s = 0; s < strips; s++) {
    const strip = stripAt(factorAt, s), end = vectorAt + <usize>s * COLUMN;
    let a = v128.load(end), b = v128.load(end, 16), c = v128.load(end, 32);
    let d = v128.load(end, 48), e = v128.load(end, 64), f = v128.load(end, 80);
    let at = strip;
    for (let v = vectorAt; v < end; v += 8) {
      const x = v128.load64_splat(v);
      a = less(v128.load(at), x, a);
      b = less(v128.load(at, 16), x, b);
      c = less(v128.load(at, 32), x, c);
      d = less(v128.load(at, 48), x, d);
      e = less(v128.load(at, 64), x, e);
      f = less(v128.load(at, 80), x, f);
      at += COLUMN;
    }
    v128.store(end, a);
    v128.store(end, b, 16);
    v128.store(end, c, 32);
    v128.store(end, d, 48);
    v128.store(end, e, 64);
    v128.store(end, f, 80);
    const inverses = inversesAt + <usize>s * COLUMN;
    for (let k: usize = 0; k < COLUMN; k += 8) {
      const x = load<f64>(end + k) * load<f64>(inverses + k), factor = f64x2.splat(x);
      for (let r = (k + 8) & ~15; r < COLUMN; r += 16) {
        v128.store(end + r, less(v128.load(at + r), factor, v128.load(end + r)));
      }
      store<f64>(end + k, x);
      at += COLUMN;
    }
  }
}

/** Solves L^T x = y in place of y. */
@inline
function solveBackward(strips: i32, factorAt: usize, inversesAt: usize, vectorAt: usize): void {
  for (let s = strips - 1; s >= 0; s--) {
    const strip = stripAt(factorAt, s), end = vectorAt + <usize>s * COLUMN;
    const square = strip + <usize>(ROWS * s) * COLUMN, inverses = inversesAt + <usize>s * COLUMN;
    for (let k: i32 = ROWS - 1; k >= 0; k--) {
      const shift = <usize>k << 3, x = load<f64>(end + shift) * load<f64>(inverses + shift);
      store<f64>(end + shift, x);
      for (let v: usize = 0, at = square + shift; v < shift; v += 8, at += COLUMN) {
        store<f64>(end + v, load<f64>(end + v) - x * load<f64>(at));
      }
    }
    const a = v128.load(end), b = v128.load(end, 16), c = v128.load(end, 32);
    const d = v128.load(end, 48), e = v128.load(end, 64), f = v128.load(end, 80);
    let at = strip;
    for (let v = vectorAt; v < end; v += 16) {
      let x = f64x2.mul(v128.load(at), a), y = f64x2.mul(v128.load(at, 96), a);
      x = madd<f64>(v128.load(at, 16), b, x);
      y = madd<f64>(v128.load(at, 112), b, y);
      x = madd<f64>(v128.load(at, 32), c, x);
      y = madd<f64>(v128.load(at, 128), c, y);
      x = madd<f64>(v128.load(at, 48), d, x);
      y = madd<f64>(v128.load(at, 144), d, y);
      x = madd<f64>(v128.load(at, 64), e, x);
      y = madd<f64>(v128.load(at, 160), e, y);
      x = madd<f64>(v128.load(at, 80), f, x);
      y = madd<f64>(v128.load(at, 176), f, y);
      const sum = f64x2.add(v128.shuffle<f64>(x, y, 0, 2), v128.shuffle<f64>(x, y, 1, 3));
      v128.store(v, f64x2.sub(v128.load(v), sum));
      at += 2 * COLUMN;
    }
  }
}

/** Solves L L^T x = v in place of v. */
export function solveFactorised(
  strips: i32, factorAt: usize, inversesAt: usize, vectorAt: usize,
): void {
  solveForward(strips, factorAt, inversesAt, vectorAt);
  solveBackward(strips, factorAt, inversesAt, vectorAt);
}
