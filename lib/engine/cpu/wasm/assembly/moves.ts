// How the polynomials of edges move at a fixed point, with the knots and with the scale and shift of
// the layer's inputs: polynomials of the same coordinate, for Gauss-Newton rows.

import { Edges } from "./_abi";
import {
  continueLines, filled, firstOf, lastOf, placesOf, pullRecursion, rateOf, recur,
} from "./basis";
import { beginOf, endNode, firstNode } from "./edges";
import { madd } from "./lanes";

/**
 * Writes the moves of a block's vectors, `[nIn, pieces, nOut, degree + 1, moved]`: with the 2 degree
 * knots on which B-splines of a piece depend, if `knots`, and in the last two, if `maps` are there,
 * `x s'` and `s'`.
 *
 * @param mapsAt Per node from, scale, origin; or 0.
 */
export function buildMoves(
  edgesAt: usize, movesAt: usize, moved: i32, knots: bool, mapsAt: usize, scratchAt: usize,
  blocksAt: usize, block: i32,
): void {
  const e = changetype<Edges>(edgesAt), end = beginOf(e, block + 1, blocksAt);
  const step = <usize>(e.nOut * (e.degree + 1) * moved) << 3, node = <usize>(e.intervals + 2) * step;
  for (let v = beginOf(e, block, blocksAt); v < end; v++) {
    const begin = firstNode(e, v), count = endNode(e, v) - begin;
    const to = movesAt + <usize>begin * node;
    memory.fill(to, 0, <usize>count * node);
    if (knots) {
      moveKnots(e, v, begin, count, to, step, moved, scratchAt);
    }
    if (!mapsAt) continue;
    for (let p = 0; p < count; p++) {
      moveMaps(e, v, begin + p, mapsAt + <usize>(begin + p) * 24, to + <usize>p * node, moved);
    }
  }
}

/** The moves of `count` nodes of a vector, from `begin` on, with the knots. */
function moveKnots(
  e: Edges, vector: i32, begin: i32, count: i32, to: usize, step: usize, moved: i32, scratch: usize,
): void {
  const degree = e.degree, size = degree + 1, square = <usize>(size * size) << 4;
  const first = firstOf(e, vector), last = lastOf(e, vector), node = <usize>(e.intervals + 2) * step;
  const functions = scratch, tape = functions + square, bars = tape + degree * square;
  const knots = bars + square, slopes = knots + (<usize>degree << 5);
  const start = e.knotsAt + <usize>vector * e.knotStep + (<usize>degree << 3);
  for (let m = 0; m < e.intervals; m += 2) {
    const t = start + (<usize>m << 3), second = m + 1 < e.intervals, mask = filled(t, second);
    recur(t, degree, mask, functions, tape);
    const span = f64x2.sub(v128.load(t, 8), v128.load(t));
    const rate = v128.and(f64x2.div(f64x2.splat(1), span), mask);
    slopesByKnots(t, degree, mask, rate, functions, tape, bars, knots, slopes);
    const low = min(max(m + 1, first), last) - 1;
    const high = second ? min(max(m + 2, first), last) - 1 : low;
    for (let p = 0; p < count; p++) {
      const at = to + <usize>p * node + <usize>(m + 1) * step;
      const c = e.coefficientsAt + (<usize>((begin + p) * e.numBasis * e.nOut) << 3);
      const row = <usize>e.nOut << 3;
      addMoves(
        e, c + <usize>low * row, c + <usize>high * row, at, second ? at + step : 0, moved, slopes,
      );
    }
  }
  for (let p = 0; p < count * e.nOut; p++) {
    const at = to + <usize>(p / e.nOut) * node + <usize>(p % e.nOut) * (step / e.nOut);
    continueLines(e, vector, at, step, <usize>moved << 3, 2 * degree, first, last);
  }
}

/**
 * Writes the derivatives of two intervals' basis functions by the knots at a fixed point,
 * `[knots, functions, powers]`. The polynomials change at a fixed w, and w changes: by (w - 1) / h
 * with the interval's first knot, by -w / h with its last.
 */
function slopesByKnots(
  t: usize, degree: i32, mask: v128, rate: v128, functions: usize, tape: usize, bars: usize,
  knots: usize, slopes: usize,
): void {
  const size = degree + 1, square = size * size;
  const first = slopes + (<usize>((degree - 1) * square) << 4); // of the interval's first knot
  for (let unit = 0; unit < square; unit++) {
    memory.fill(bars, 0, <usize>square << 4);
    v128.store(bars + (<usize>unit << 4), v128.and(f64x2.splat(1), mask));
    pullRecursion(t, degree, mask, tape, bars, knots);
    for (let j = 0; j < 2 * degree; j++) {
      v128.store(slopes + (<usize>(j * square + unit) << 4), v128.load(knots + (<usize>j << 4)));
    }
  }
  for (let unit: usize = 0; unit < <usize>square; unit++) {
    const k = <f64>(unit % <usize>size);
    if (k == 0) continue;
    const at = first + (unit << 4), after = at + (<usize>square << 4);
    const slope = f64x2.mul(f64x2.mul(f64x2.splat(k), rate), v128.load(functions + (unit << 4)));
    v128.store(at, f64x2.add(v128.load(at), slope));
    v128.store(at - 16, f64x2.sub(v128.load(at - 16), slope));
    v128.store(after, f64x2.sub(v128.load(after), slope));
  }
}

/** Writes the moves of all outputs of one node on two pieces, the second at `after` or 0. */
function addMoves(
  e: Edges, c: usize, cAfter: usize, to: usize, after: usize, moved: i32, slopes: usize,
): void {
  const size = e.degree + 1, outputs = <usize>e.nOut << 3, row = <usize>size << 4;
  for (let q = 0; q < e.nOut; q++) {
    for (let j = 0; j < 2 * e.degree; j++) {
      for (let k = 0; k < size; k++) {
        let sum = f64x2.splat(0), from = slopes + (<usize>(j * size * size + k) << 4);
        for (let i: usize = 0; i < <usize>size; i++) {
          const pair = v128.load64_lane(cAfter + i * outputs, v128.load64_zero(c + i * outputs), 1);
          sum = madd<f64>(pair, v128.load(from), sum);
          from += row;
        }
        const at = <usize>(k * moved + j) << 3;
        v128.store64_lane(to + at, sum, 0);
        if (after) v128.store64_lane(after + at, sum, 1);
      }
    }
    c += 8;
    cAfter += 8;
    to += <usize>(size * moved) << 3;
    if (after) after += <usize>(size * moved) << 3;
  }
}

/** Writes `x s'` and `s'`, by which outputs change with scale and shift of their input. */
function moveMaps(e: Edges, vector: i32, p: i32, map: usize, to: usize, moved: i32): void {
  const from = load<f64>(map), scale = load<f64>(map, 8), origin = load<f64>(map, 16);
  const row = <usize>moved << 3, table = e.tableAt + <usize>p * e.nodeStep;
  for (let m = 0; m < e.intervals + 2; m++) {
    const start = load<f64>(placesOf(e, vector) + (<usize>m << 4)), rate = rateOf(e, vector, m);
    const x = scale == 0 ? from : from + (start - origin) / scale; // where w is 0
    for (let q = 0; q < e.nOut; q++) {
      let a = table + <usize>q * e.outputStep + <usize>m * e.pieceStep;
      let at = to + row - 16;
      for (let k = 1; k <= e.degree; k++) {
        a += e.powerStep;
        const slope = <f64>k * load<f64>(a), high = slope * rate;
        store<f64>(at, load<f64>(at, 8) + high, 8);
        store<f64>(at, load<f64>(at) + high * x);
        at += row;
        if (scale != 0) store<f64>(at, load<f64>(at) + slope / scale);
      }
      to += <usize>(e.degree + 1) * row;
    }
  }
}
