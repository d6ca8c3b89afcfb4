/**
 * Which piece each point of a layer lies in, in constant time.
 *
 * The domain is cut into equal buckets; each knows the interval at its left edge, so a uniform
 * grid is found at once and a free one after a step or two (bisection where knots crowd).
 *
 * @module
 */

import type { SplineStage } from "../../model/mod.ts";
import type { BatchNormaliser } from "./normalise.ts";
import type { PieceTables } from "./pieces.ts";

/** Buckets and knots of a layer's knot vectors, one after the other. */
export interface Locator {
  /** Buckets per knot vector. */
  readonly buckets: number;
  /** Interval at each bucket's left edge, shape `[vectors, buckets + 1]`. */
  readonly first: Int32Array;
  /** Knots, shape `[vectors, intervals + 1 + 2 degree]`. */
  readonly knots: Float64Array;
  /** Last interval of each vector that is not empty, shape `[vectors]`. */
  readonly last: Int32Array;
}

/** Allocates the buckets of a layer. */
export function createLocator({ numKnotVectors, space }: SplineStage): Locator {
  const { degree, intervals } = space;
  const buckets = Math.max(8, 2 * intervals);
  return {
    buckets,
    first: new Int32Array(numKnotVectors * (buckets + 1)),
    knots: new Float64Array(numKnotVectors * (intervals + 1 + 2 * degree)),
    last: new Int32Array(numKnotVectors),
  };
}

/** The knots of one vector: a view, to be filled before {@linkcode updateLocator}. */
export function knotsOf({ knots, last }: Locator, vector: number): Float64Array {
  const length = knots.length / last.length;
  return knots.subarray(vector * length, (vector + 1) * length);
}

/** Fills the buckets of one vector from its knots. */
export function updateLocator(
  locator: Locator,
  { space: { degree, intervals } }: SplineStage,
  vector: number,
): void {
  const { buckets, first } = locator;
  const t = knotsOf(locator, vector);
  const a = t[degree], width = (t[degree + intervals] - a) / buckets;
  let last = intervals - 1;
  while (last > 0 && !(t[degree + last + 1] > t[degree + last])) last--;
  let m = 0;
  for (let bucket = 0; bucket <= buckets; bucket++) {
    const edge = a + bucket * width;
    while (m < last && edge >= t[degree + m + 1]) m++;
    first[vector * (buckets + 1) + bucket] = m;
  }
  locator.last[vector] = last;
}

/** Where the points of a batch lie, shapes `[rows, nIn]`. */
export interface Places {
  /** Piece, an index into all pieces of the layer. */
  readonly piece: Int32Array;
  /** Local coordinate in the piece. */
  readonly w: Float64Array;
  /** Position in the domain; kept where the base branch needs it. */
  readonly u: Float64Array | undefined;
}

/**
 * Normalises the points of a batch and finds their pieces and local coordinates.
 *
 * Interval m has `t_m <= u < t_{m+1}` and is never empty; the right end belongs to the last one.
 * NaN gives some interval and `w` NaN, so that it flows through the arithmetic.
 */
export function placePoints(
  stage: SplineStage,
  locator: Locator,
  { origins, rates, pieces }: PieceTables,
  { from, scale, origin, covers }: BatchNormaliser,
  x: Float64Array,
  { piece, w, u }: Places,
): void {
  const { nIn, numKnotVectors, space: { degree, intervals, domain: [a, b] } } = stage;
  const { buckets, first, knots, last } = locator;
  const perUnit = buckets / (b - a);
  const refuses = stage.extrapolation === "error";
  const shared = numKnotVectors === 1;
  const knotStep = intervals + 1 + 2 * degree;
  for (let i = 0, p = 0; i < x.length; i++) {
    const vector = shared ? 0 : p;
    let at = origin[p] + (x[i] - from[p]) * scale[p];
    if (u) u[i] = at;
    if (covers) at = at < a ? a : at > b ? b : at;
    let own: number;
    if (at < a || at > b) {
      own = p * pieces + (at < a ? 0 : pieces - 1);
      w[i] = refuses ? NaN : (at - origins[own]) * rates[own];
    } else {
      const bucket = vector * (buckets + 1) + Math.min(((at - a) * perUnit) | 0, buckets - 1);
      const t = vector * knotStep + degree;
      let low = first[bucket], high = first[bucket + 1];
      while (high - low > 4) {
        const middle = (low + high + 1) >> 1;
        if (at >= knots[t + middle]) low = middle;
        else high = middle - 1;
      }
      const end = last[vector];
      while (low < end && at >= knots[t + low + 1]) low++;
      while (low > 0 && at < knots[t + low]) low--;
      own = p * pieces + 1 + low;
      w[i] = (at - origins[own]) * rates[own];
    }
    piece[i] = own;
    if (++p === nIn) p = 0;
  }
}
