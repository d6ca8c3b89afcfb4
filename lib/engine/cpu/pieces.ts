/**
 * Splines of one layer as polynomials, piece by piece, and the way back for gradients.
 *
 * On interval m a spline is `sum_k a_k w^k` in the local coordinate `w = (u - t_m) / h_m`, so a
 * point costs one Horner scheme per edge, whatever the basis, the degree's recursion or the number
 * of intervals. A point adds `g w^k` to the piece's moments `mu_k`, and everything that the
 * parameters and knots need is a function of the moments: knots cost nothing per point.
 *
 * Two more pieces, first and last, hold the straight lines (or constants) of the extrapolation.
 *
 * @module
 */

import type { SplineStage } from "../../model/mod.ts";
import type { KernelMemory } from "./memory.ts";

/**
 * Coefficients of all pieces and their gradients; piece `m + 1` of a node is interval m, piece 0
 * lies left of the domain, the last one right of it.
 *
 * Shape `[nIn, intervals + 2, ceil(nOut / lanes), degree + 1, lanes]`: two outputs lie side by side
 * in one SIMD vector, so coefficient k of output q is at `outputs[q] + k lanes` of its piece.
 */
export interface PieceTables {
  /** Pieces of one node: `intervals + 2`. */
  readonly pieces: number;
  /** Numbers of one piece. */
  readonly stride: number;
  /** 2, or 1 where the layer has one output. */
  readonly lanes: number;
  /** Where each output's coefficients begin in a piece, shape `[nOut]`. */
  readonly outputs: Int32Array;
  readonly coefficients: Float64Array;
  /** Numbers of all pieces of all nodes. */
  readonly size: number;
  /**
   * `sum over points of g w^k`: gradient by the piece's coefficients, one table per block of rows;
   * the first one receives their sum.
   */
  readonly moments: Float64Array;
  /** Left end of each piece's local coordinate, shape `[nIn, intervals + 2]`. */
  readonly origins: Float64Array;
  /** `dw/du` of each piece, 0 where the interval is empty, shape `[nIn, intervals + 2]`. */
  readonly rates: Float64Array;
}

/** Turns the parameters of one basis into pieces, and gradients by pieces into parameters'. */
export interface PieceMap {
  /** Fills the intervals' coefficients of one node from parameters and knots. */
  build(node: number, knots: Float64Array, parameters: Float64Array): void;
  /**
   * Adds the gradients of one node: by its parameters to `parametersBar`, by its knots to
   * `knotsBar` (given only for free knots). `pieceBar` is `d L / d a`, shaped
   * as one node of the tables, its first and last piece already folded into intervals.
   */
  pull(
    node: number,
    knots: Float64Array,
    parameters: Float64Array,
    pieceBar: Float64Array,
    parametersBar: Float64Array,
    knotsBar: Float64Array | undefined,
  ): void;
}

/** Allocates the tables of one layer. */
export function createPieceTables(
  { nIn, nOut, space }: SplineStage,
  blocks: number,
  memory: KernelMemory,
): PieceTables {
  const pieces = space.intervals + 2, powers = space.degree + 1;
  const lanes = nOut === 1 ? 1 : 2;
  const stride = Math.ceil(nOut / lanes) * lanes * powers;
  const size = nIn * pieces * stride;
  const outputs = Int32Array.from(
    { length: nOut },
    (_, q) => Math.floor(q / lanes) * lanes * powers + q % lanes,
  );
  return {
    pieces,
    stride,
    lanes,
    outputs,
    size,
    coefficients: memory.float64(size),
    moments: memory.float64(blocks * size),
    origins: memory.float64(nIn * pieces),
    rates: memory.float64(nIn * pieces),
  };
}

/** First and last interval that are not empty, as piece indices. */
export interface EndPieces {
  readonly first: number;
  readonly last: number;
}

/** Sets origins and rates of one node from its knots; finds the end pieces. */
export function placePieces(
  { space: { degree, intervals } }: SplineStage,
  { pieces, origins, rates }: PieceTables,
  node: number,
  t: Float64Array,
): EndPieces {
  const at = node * pieces;
  let first = pieces, last = 0;
  for (let m = 0; m < intervals; m++) {
    const h = t[degree + m + 1] - t[degree + m];
    origins[at + m + 1] = t[degree + m];
    rates[at + m + 1] = h > 0 ? 1 / h : 0;
    if (h > 0) {
      if (first === pieces) first = m + 1;
      last = m + 1;
    }
  }
  origins[at] = t[degree];
  origins[at + pieces - 1] = t[degree + intervals];
  rates[at] = rates[at + pieces - 1] = 1;
  return { first, last };
}

/** Fills the two extrapolation pieces of one node from its end intervals. */
export function buildEnds(
  { nOut, space: { degree }, extrapolation }: SplineStage,
  { pieces, stride, lanes, outputs, coefficients: a, rates }: PieceTables,
  node: number,
  { first, last }: EndPieces,
): void {
  const size = degree + 1;
  const left = node * pieces * stride, right = left + (pieces - 1) * stride;
  const from = left + first * stride, to = left + last * stride;
  const line = extrapolation === "linear" ? 1 : 0;
  for (let q = 0; q < nOut; q++) {
    const o = outputs[q];
    let value = 0, slope = 0;
    for (let k = 0, i = o; k < size; k++, i += lanes) {
      value += a[to + i];
      slope += k * a[to + i];
      a[left + i] = a[right + i] = 0;
    }
    a[left + o] = a[from + o];
    a[left + o + lanes] = line * a[from + o + lanes] * rates[node * pieces + first];
    a[right + o] = value;
    a[right + o + lanes] = line * slope * rates[node * pieces + last];
  }
}

/**
 * Turns the moments of one node into gradients by the intervals' coefficients, in place: the
 * extrapolation pieces are folded into the end intervals. Adds to `knotsBar` what the local
 * coordinates of points (and of the lines' slopes) owe to the knots:
 * `dw/dt_m = -(1 - w) / h`, `dw/dt_{m+1} = -w / h`.
 */
export function foldMoments(
  { nOut, space: { degree, intervals }, extrapolation }: SplineStage,
  { pieces, stride, lanes, outputs, coefficients: a, moments, rates }: PieceTables,
  node: number,
  { first, last }: EndPieces,
  knotsBar: Float64Array | undefined,
): void {
  const size = degree + 1;
  const left = node * pieces * stride, right = left + (pieces - 1) * stride;
  if (knotsBar) {
    for (let m = 0; m < intervals; m++) {
      const rate = rates[node * pieces + m + 1];
      if (rate === 0) continue;
      let slope = 0, slopeTimesW = 0; // sums of g f_w and g f_w w
      const own = left + (m + 1) * stride;
      for (let q = 0; q < nOut; q++) {
        for (let k = 1, i = own + outputs[q] + lanes; k < size; k++, i += lanes) {
          slope += k * a[i] * moments[i - lanes];
          slopeTimesW += k * a[i] * moments[i];
        }
      }
      knotsBar[degree + m] -= rate * (slope - slopeTimesW);
      knotsBar[degree + m + 1] -= rate * slopeTimesW;
    }
  }
  const line = extrapolation === "linear" ? 1 : 0;
  const firstRate = rates[node * pieces + first], lastRate = rates[node * pieces + last];
  const from = left + first * stride, to = left + last * stride;
  let firstBar = 0, lastBar = 0; // by the lengths of the end intervals
  for (let q = 0; q < nOut; q++) {
    const o = outputs[q];
    const l0 = moments[left + o], l1 = line * moments[left + o + lanes] * firstRate;
    const r0 = moments[right + o], r1 = line * moments[right + o + lanes] * lastRate;
    firstBar -= l1 * a[from + o + lanes] * firstRate;
    moments[from + o] += l0;
    moments[from + o + lanes] += l1;
    for (let k = 0, i = to + o; k < size; k++, i += lanes) {
      lastBar -= r1 * k * a[i] * lastRate;
      moments[i] += r0 + k * r1;
    }
  }
  if (knotsBar) {
    knotsBar[degree + first - 1] -= firstBar;
    knotsBar[degree + first] += firstBar;
    knotsBar[degree + last - 1] -= lastBar;
    knotsBar[degree + last] += lastBar;
  }
}
