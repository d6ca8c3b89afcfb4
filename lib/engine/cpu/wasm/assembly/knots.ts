// Free knots from their logits, with what follows from them: which interval each part of the domain
// lies in, where pieces begin; and the gradient back to the logits. As lib/knots/free_knots.ts and
// ../layer/ have it for knots that are placed once.
//
// Knots inside the domain follow Actor et al. 2025, eq. (22), outer knots section 5 of that paper.
// Sums run in double-double arithmetic and each knot is rounded once, so that logits copied to the
// parts of their interval give the coarse knots again bit for bit.

import { Edges } from "./_abi";
import { placesOf } from "./basis";
import { exponentials } from "./exponential";

/** Relative to the widest interval; narrower ones become empty. */
const SMALLEST_WIDTH: f64 = 1e-100;
/** By how much a bucket reaches beyond its edges, relative to the domain: far above rounding. */
const OVERLAP: f64 = 1e-12;

@inline
function get(at: usize, i: i32): f64 {
  return load<f64>(at + (<usize>i << 3));
}

/** Bytes of a vector's logits. */
@inline
function logitBytes(e: Edges): usize {
  return <usize>(e.intervals + (e.outerFree ? 2 * e.degree : 0)) << 3;
}

/** Takes a vector's logits. */
export function placeKnots(e: Edges, vector: i32, scratch: usize): void {
  const d = e.degree, n = e.intervals, a = load<f64>(e.domainAt), b = load<f64>(e.domainAt, 8);
  const t = e.knotsAt + <usize>vector * e.knotStep, inside = t + (<usize>d << 3);
  let logits = e.logitsAt + <usize>vector * logitBytes(e);
  if (e.outerFree) {
    partition(logits, d, a - (b - a), a, t, scratch);
    logits += <usize>d << 3;
    partition(logits + (<usize>n << 3), d, b, b + (b - a), inside + (<usize>n << 3), scratch);
  }
  partition(logits, n, a, b, inside, scratch);
  locate(e, vector, inside);
  placePieces(e, vector, inside);
}

/** The numerators of a softmax, 0 where an interval counts as empty; one more may be written. */
function fillWeights(logits: usize, count: i32, to: usize): void {
  let largest = -Infinity;
  for (let j = 0; j < count; j++) largest = max(largest, get(logits, j));
  const most = f64x2.splat(largest), least = f64x2.splat(SMALLEST_WIDTH);
  for (let j = 0; j < count; j += 2) {
    const from = logits + (<usize>j << 3);
    const pair = j + 1 < count ? v128.load(from) : v128.load64_splat(from);
    const w = exponentials(f64x2.max(f64x2.sub(pair, most), f64x2.splat(-700)));
    v128.store(to + (<usize>j << 3), v128.and(w, f64x2.ge(w, least)));
  }
}

/** The rounding error of sum = a + b, exactly. */
@inline
function sumError(a: f64, b: f64, sum: f64): f64 {
  const part = sum - a;
  return (a - (sum - part)) + (b - part);
}

/** The rounding error of product = a b, exactly (Dekker). */
@inline
function productError(a: f64, b: f64, product: f64): f64 {
  const aScaled = 134217729.0 * a, bScaled = 134217729.0 * b;
  const aHigh = aScaled - (aScaled - a), bHigh = bScaled - (bScaled - b);
  const aLow = a - aHigh, bLow = b - bHigh;
  return aLow * bLow - (((product - aHigh * bHigh) - aLow * bHigh) - aHigh * bLow);
}

/** Writes `from = knots[0] <= ... <= knots[count] = to`. */
function partition(
  logits: usize, count: i32, from: f64, to: f64, knots: usize, weights: usize,
): void {
  fillWeights(logits, count, weights);
  let totalHigh: f64 = 0, totalLow: f64 = 0;
  for (let j = 0; j < count; j++) {
    const w = get(weights, j), sum = totalHigh + w;
    totalLow += sumError(totalHigh, w, sum);
    totalHigh = sum;
  }
  const total = totalHigh + totalLow, width = to - from, widthError = sumError(to, -from, width);
  totalLow = sumError(totalHigh, totalLow, total);
  store<f64>(knots, from);
  let high: f64 = 0, low: f64 = 0, previous = from;
  for (let j = 0; j < count - 1; j++) {
    const w = get(weights, j), sum = high + w;
    low += sumError(high, w, sum);
    high = sum;
    // from + width (high + low) / (total + totalLow), rounded once
    const q0 = high / total, p = q0 * total;
    const q1 = ((high - p) - productError(q0, total, p) + low - q0 * totalLow) / total;
    const m0 = width * q0;
    const m1 = productError(width, q0, m0) + (width * q1 + widthError * q0);
    const s0 = from + m0, knot = s0 + (sumError(from, m0, s0) + m1);
    previous = knot < previous ? previous : knot > to ? to : knot;
    knots += 8;
    store<f64>(knots, previous);
  }
  store<f64>(knots, to, 8);
}

/** Fills the buckets of a vector, see ../layer/locator.ts. */
function locate(e: Edges, vector: i32, inside: usize): void {
  const n = e.intervals, buckets = e.buckets;
  memory.copy(e.innerAt + (<usize>(vector * (n + 1)) << 3), inside, <usize>(n + 1) << 3);
  const a = get(inside, 0), width = get(inside, n) - a, slack = OVERLAP * width;
  let last = n - 1, low = 0, at = e.recordsAt + (<usize>(vector * (buckets + 2)) << 4);
  while (last > 0 && !(get(inside, last + 1) > get(inside, last))) last--;
  for (let bucket = -1; bucket <= buckets; bucket++) {
    const from = a + <f64>bucket / <f64>buckets * width - slack;
    const to = a + <f64>(bucket + 1) / <f64>buckets * width + slack;
    while (low < last && get(inside, low + 1) <= from) low++;
    let high = low;
    while (high < last && get(inside, high + 1) <= to) high++;
    store<f64>(at, high > low ? get(inside, low + 1) : Infinity);
    store<i32>(at, low, 8);
    store<i32>(at, high - low, 12);
    at += 16;
  }
}

/** Sets origins and rates of pieces, those of other nodes on the vector too, and the ends. */
function placePieces(e: Edges, vector: i32, inside: usize): void {
  const n = e.intervals, places = placesOf(e, vector);
  let first = n + 2, last = 0, at = places + 16;
  v128.store(places, f64x2(get(inside, 0), 1));
  for (let m = 0; m < n; m++) {
    const start = get(inside, m), h = get(inside, m + 1) - start;
    v128.store(at, f64x2(start, h > 0 ? 1 / h : 0));
    if (h > 0) {
      if (first > n) first = m + 1;
      last = m + 1;
    }
    at += 16;
  }
  v128.store(at, f64x2(get(inside, n), 1));
  store<i32>(e.endsAt + (<usize>vector << 3), first);
  store<i32>(e.endsAt + (<usize>vector << 3), last, 4);
  const size = <usize>(n + 2) << 4;
  for (let i = 1; i < e.copies; i++) memory.copy(places + <usize>i * size, places, size);
}

/**
 * Writes the gradient by a vector's logits from that by its knots, at `bars`:
 * `dL/ds_k = (b - a) p_k (sum_{i >= k} g_i - sum_i g_i S_i)` with `p = softmax(s)`, S their sums,
 * `g_i = dL/dt_i`, i = 1..n-1; the same for the outer knots at each side.
 */
export function pullKnots(e: Edges, vector: i32, bars: usize, scratch: usize): void {
  const d = e.degree, n = e.intervals, step = <usize>d << 3;
  const width = load<f64>(e.domainAt, 8) - load<f64>(e.domainAt);
  const shift = <usize>vector * logitBytes(e);
  let logits = e.logitsAt + shift, to = e.logitBarsAt + shift;
  if (e.outerFree) {
    const inner = step + (<usize>n << 3);
    pullPartition(logits, d, width, bars, to, scratch);
    pullPartition(logits + inner, d, width, bars + inner, to + inner, scratch);
    logits += step;
    to += step;
  }
  pullPartition(logits, n, width, bars + step, to, scratch);
}

/** Writes the gradient of one group of logits; the group's first knot is at `bars`. */
function pullPartition(
  logits: usize, count: i32, width: f64, bars: usize, to: usize, weights: usize,
): void {
  fillWeights(logits, count, weights);
  let total: f64 = 0;
  for (let j = 0; j < count; j++) total += get(weights, j);
  let cumulated: f64 = 0, weighted: f64 = 0, suffix: f64 = 0;
  for (let j = 0; j < count - 1; j++) {
    cumulated += get(weights, j);
    const bar = get(bars, j + 1);
    weighted += bar * (cumulated / total);
    suffix += bar;
  }
  for (let j = 0; j < count; j++) {
    const share = get(weights, j) / total;
    // suffix: the sum of bars over the knots to the right of interval j, inside the group
    store<f64>(to + (<usize>j << 3), share > 0 ? width * share * (suffix - weighted) : 0);
    if (j < count - 1) suffix -= get(bars, j + 1);
  }
}
