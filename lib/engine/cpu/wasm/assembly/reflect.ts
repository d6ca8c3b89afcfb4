// Householder's triangularisation of a matrix in columns, panel by panel (Schreiber and Van Loan
// 1989: I - V T V^T for the reflections of a panel).
//
// Rows that a panel's reflections see lie in two ranges, of whole groups of four rows: of a tall
// matrix the rows from the panel on; of a triangle over a multiple of the identity the panel's own
// rows, and those of the second part that have filled up. Reflections are packed, `[group of rows,
// reflection, 4]`, and applied to four columns at a time; every column is changed by itself.

import { madd, sumLanes } from "./lanes";

/** Reflections of a panel, at most; bytes of a group of rows of packed ones. */
const PANEL = 32;
const GROUP: usize = <usize>PANEL << 5;
/** Groups of rows that are worked on at a time: packed reflections stay in the second cache. */
const GROUPS = 96;

@inline
function get(at: usize): f64 {
  return load<f64>(at);
}

/** The product of two columns over a range of bytes. */
function dotRange(a: usize, b: usize, from: usize, end: usize): f64 {
  let s = f64x2.splat(0), t = f64x2.splat(0);
  for (let v = from; v < end; v += 32) {
    s = madd<f64>(v128.load(a + v), v128.load(b + v), s);
    t = madd<f64>(v128.load(a + v, 16), v128.load(b + v, 16), t);
  }
  return sumLanes<f64>(f64x2.add(s, t));
}

/** `b += factor a` over a range of bytes. */
function addRange(b: usize, a: usize, factor: f64, from: usize, end: usize): void {
  const splat = f64x2.splat(factor);
  for (let v = from; v < end; v += 32) {
    v128.store(b + v, madd<f64>(splat, v128.load(a + v), v128.load(b + v)));
    v128.store(b + v, madd<f64>(splat, v128.load(a + v, 16), v128.load(b + v, 16)), 16);
  }
}

/**
 * Turns columns `first` to `first + count - 1` of a matrix into a triangle, on and above the rows of
 * their numbers, and applies the same reflections to the columns behind them. A column has `step`
 * bytes. Rows lie in `[lowA, endA)` and `[lowB, endB)`, multiples of 4; `lowA <= first`, rows of the
 * first range before `first` are not changed. `packed` has room for 32 numbers of every such row,
 * `scratch` for `32 (columns + 36)` numbers.
 */
export function reflectPanel(
  matrixAt: usize, step: usize, columns: i32, first: i32, count: i32, endA: i32, lowB: i32,
  endB: i32, packedAt: usize, scratchAt: usize,
): void {
  const lowA = first & ~3;
  const a0 = <usize>lowA << 3, a1 = <usize>endA << 3, b0 = <usize>lowB << 3, b1 = <usize>endB << 3;
  const T = scratchAt, sums = scratchAt + (<usize>(PANEL * PANEL) << 3);
  const panel = matrixAt + <usize>first * step;
  memory.fill(packedAt, 0, ((<usize>(endA - lowA + endB - lowB)) >> 2) * GROUP);
  for (let k = 0; k < count; k++) {
    const tau = reflect(panel + <usize>k * step, first + k, lowA, a1, b0, b1);
    pack(panel + <usize>k * step, first + k, k, lowA, a1, b0, b1, packedAt);
    store<f64>(T + (<usize>(k * PANEL + k) << 3), tau);
    for (let j = k + 1; j < count; j++) {
      turnColumn(panel + <usize>k * step, panel + <usize>j * step, first + k, lowA, a1, b0, b1, tau);
    }
  }
  fillTriangle(T, sums, count, packedAt, <usize>(endA - lowA + endB - lowB) >> 2);
  const rest = columns - first - count;
  if (rest <= 0) return;
  const C = panel + <usize>count * step, W = sums;
  memory.fill(W, 0, <usize>(PANEL * (rest + 4)) << 3);
  addProducts(C, step, rest, a0, a1, packedAt, W);
  const behind = packedAt + (<usize>(endA - lowA) >> 2) * GROUP;
  addProducts(C, step, rest, b0, b1, behind, W);
  for (let c = 0; c < rest; c++) turnSums(T, W + (<usize>(c * PANEL) << 3), count);
  subtractProducts(C, step, rest, a0, a1, packedAt, W);
  subtractProducts(C, step, rest, b0, b1, behind, W);
}

/** Makes a column's reflection: 1 at its row, the rest below stays in place. Returns its factor. */
function reflect(x: usize, row: i32, lowA: i32, a1: usize, b0: usize, b1: usize): f64 {
  const at = <usize>row << 3, begin = (at + 32) & ~31;
  let below = dotRange(x, x, begin, a1) + dotRange(x, x, b0, b1);
  for (let v = at + 8; v < begin; v += 8) below += get(x + v) * get(x + v);
  const alpha = get(x + at);
  if (below == 0) return 0;
  const length = Math.sqrt(alpha * alpha + below), beta = alpha > 0 ? -length : length;
  const scale = 1 / (alpha - beta);
  for (let v = at + 8; v < a1; v += 8) store<f64>(x + v, get(x + v) * scale);
  for (let v = b0; v < b1; v += 8) store<f64>(x + v, get(x + v) * scale);
  store<f64>(x + at, beta);
  return (beta - alpha) / beta;
}

/** Applies one reflection to a column. */
function turnColumn(
  x: usize, y: usize, row: i32, lowA: i32, a1: usize, b0: usize, b1: usize, tau: f64,
): void {
  if (tau == 0) return;
  const at = <usize>row << 3, begin = (at + 32) & ~31;
  let sum = get(y + at) + dotRange(x, y, begin, a1) + dotRange(x, y, b0, b1);
  for (let v = at + 8; v < begin; v += 8) sum += get(x + v) * get(y + v);
  const factor = -tau * sum;
  store<f64>(y + at, get(y + at) + factor);
  for (let v = at + 8; v < begin; v += 8) store<f64>(y + v, get(y + v) + factor * get(x + v));
  addRange(y, x, factor, begin, a1);
  addRange(y, x, factor, b0, b1);
}

/** Packs reflection k; what lies above its row stays 0. */
function pack(
  x: usize, row: i32, k: i32, lowA: i32, a1: usize, b0: usize, b1: usize, packed: usize,
): void {
  const to = packed + (<usize>k << 5), last = <i32>(a1 >> 3);
  store<f64>(to + (<usize>(row - lowA) >> 2) * GROUP + (<usize>((row - lowA) & 3) << 3), 1);
  for (let r = row + 1; r < last; r++) {
    const place = to + (<usize>(r - lowA) >> 2) * GROUP + (<usize>((r - lowA) & 3) << 3);
    store<f64>(place, get(x + (<usize>r << 3)));
  }
  let group = to + (<usize>(last - lowA) >> 2) * GROUP;
  for (let v = b0; v < b1; v += 32, group += GROUP) {
    v128.store(group, v128.load(x + v));
    v128.store(group, v128.load(x + v, 16), 16);
  }
}

/** T of the reflections, upper triangular, rows of 32 numbers; its diagonal is there. */
function fillTriangle(T: usize, sums: usize, count: i32, packed: usize, groups: usize): void {
  for (let k = 1; k < count; k++) {
    const tau = get(T + (<usize>(k * PANEL + k) << 3));
    for (let i = 0; i < k; i++) { // v_i . v_k
      let sum = f64x2.splat(0), v = packed + (<usize>i << 5), w = packed + (<usize>k << 5);
      for (let g: usize = 0; g < groups; g++, v += GROUP, w += GROUP) {
        sum = madd<f64>(v128.load(v), v128.load(w), sum);
        sum = madd<f64>(v128.load(v, 16), v128.load(w, 16), sum);
      }
      store<f64>(sums + (<usize>i << 3), sumLanes<f64>(sum));
    }
    for (let i = 0; i < k; i++) {
      let sum: f64 = 0;
      for (let l = i; l < k; l++) {
        sum += get(T + (<usize>(i * PANEL + l) << 3)) * get(sums + (<usize>l << 3));
      }
      store<f64>(T + (<usize>(i * PANEL + k) << 3), -tau * sum);
    }
  }
}

/** A column's sums times T^T, in place. */
function turnSums(T: usize, w: usize, count: i32): void {
  for (let k = count - 1; k >= 0; k--) {
    let sum: f64 = 0;
    for (let i = 0; i <= k; i++) {
      sum += get(T + (<usize>(i * PANEL + k) << 3)) * get(w + (<usize>i << 3));
    }
    store<f64>(w + (<usize>k << 3), sum);
  }
}

/** `W_ck += v_k . C_c` over a range of rows: two columns and four reflections at a time. */
function addProducts(
  C: usize, step: usize, columns: i32, low: usize, end: usize, packed: usize, W: usize,
): void {
  for (let from = low; from < end; from += <usize>GROUPS << 5) {
    const to = min(end, from + (<usize>GROUPS << 5));
    const V = packed + ((from - low) >> 5) * GROUP;
    for (let c = 0; c < columns; c += 2) {
      const x = C + <usize>c * step, y = c + 1 < columns ? x + step : x;
      const w = W + (<usize>(c * PANEL) << 3);
      for (let k: usize = 0; k < <usize>PANEL; k += 4) {
        let a0 = f64x2.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        let v = V + (k << 5);
        for (let r = from; r < to; r += 32, v += GROUP) {
          let p = v128.load(x + r), q = v128.load(y + r), u = v128.load(v);
          a0 = madd<f64>(u, p, a0);
          b0 = madd<f64>(u, q, b0);
          u = v128.load(v, 32);
          a1 = madd<f64>(u, p, a1);
          b1 = madd<f64>(u, q, b1);
          u = v128.load(v, 64);
          a2 = madd<f64>(u, p, a2);
          b2 = madd<f64>(u, q, b2);
          u = v128.load(v, 96);
          a3 = madd<f64>(u, p, a3);
          b3 = madd<f64>(u, q, b3);
          p = v128.load(x + r, 16);
          q = v128.load(y + r, 16);
          u = v128.load(v, 16);
          a0 = madd<f64>(u, p, a0);
          b0 = madd<f64>(u, q, b0);
          u = v128.load(v, 48);
          a1 = madd<f64>(u, p, a1);
          b1 = madd<f64>(u, q, b1);
          u = v128.load(v, 80);
          a2 = madd<f64>(u, p, a2);
          b2 = madd<f64>(u, q, b2);
          u = v128.load(v, 112);
          a3 = madd<f64>(u, p, a3);
          b3 = madd<f64>(u, q, b3);
        }
        addTwo(w + (k << 3), a0, a1);
        addTwo(w + (k << 3) + 16, a2, a3);
        addTwo(w + ((k + <usize>PANEL) << 3), b0, b1);
        addTwo(w + ((k + <usize>PANEL) << 3) + 16, b2, b3);
      }
    }
  }
}

/** Adds the lanes' sums of two vectors to two numbers. */
@inline
function addTwo(at: usize, a: v128, b: v128): void {
  const both = f64x2.add(v128.shuffle<f64>(a, b, 0, 2), v128.shuffle<f64>(a, b, 1, 3));
  v128.store(at, f64x2.add(v128.load(at), both));
}

/** `C_c -= sum_k W_ck v_k` over a range of rows: four columns and four rows at a time. */
function subtractProducts(
  C: usize, step: usize, columns: i32, low: usize, end: usize, packed: usize, W: usize,
): void {
  for (let from = low; from < end; from += <usize>GROUPS << 5) {
    const to = min(end, from + (<usize>GROUPS << 5));
    const V = packed + ((from - low) >> 5) * GROUP;
    for (let c = 0; c < columns; c += 4) {
      const x0 = C + <usize>c * step, left = columns - c;
      const x1 = left > 1 ? x0 + step : x0, x2 = left > 2 ? x1 + step : x0;
      const x3 = left > 3 ? x2 + step : x0;
      const w0 = W + (<usize>(c * PANEL) << 3), w1 = w0 + (<usize>PANEL << 3), w2 = w1 + (<usize>PANEL << 3);
      const w3 = w2 + (<usize>PANEL << 3);
      let v = V;
      for (let r = from; r < to; r += 32, v += GROUP) {
        const z = f64x2.splat(0);
        let a0 = z, a1 = z, b0 = z, b1 = z, c0 = z, c1 = z, d0 = z, d1 = z;
        for (let k: usize = 0; k < <usize>PANEL; k++) {
          const u = v128.load(v + (k << 5)), t = v128.load(v + (k << 5), 16);
          let s = v128.load64_splat(w0 + (k << 3));
          a0 = madd<f64>(s, u, a0);
          a1 = madd<f64>(s, t, a1);
          s = v128.load64_splat(w1 + (k << 3));
          b0 = madd<f64>(s, u, b0);
          b1 = madd<f64>(s, t, b1);
          s = v128.load64_splat(w2 + (k << 3));
          c0 = madd<f64>(s, u, c0);
          c1 = madd<f64>(s, t, c1);
          s = v128.load64_splat(w3 + (k << 3));
          d0 = madd<f64>(s, u, d0);
          d1 = madd<f64>(s, t, d1);
        }
        take(x0 + r, a0, a1);
        if (left > 1) take(x1 + r, b0, b1);
        if (left > 2) take(x2 + r, c0, c1);
        if (left > 3) take(x3 + r, d0, d1);
      }
    }
  }
}

@inline
function take(at: usize, a: v128, b: v128): void {
  v128.store(at, f64x2.sub(v128.load(at), a));
  v128.store(at, f64x2.sub(v128.load(at, 16), b), 16);
}
