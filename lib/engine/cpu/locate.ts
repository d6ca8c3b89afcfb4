/**
 * Which piece each point of a layer lies in, in constant time.
 *
 * The domain is cut into equal buckets; each knows the interval at its left edge, so a uniform
 * grid is found at once and a free one after a step or two (bisection where knots crowd).
 *
 * @module
 */

import type { SplineStage } from "../../model/mod.ts";
import type { KernelMemory } from "./memory.ts";

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
export function createLocator(
  { numKnotVectors, space }: SplineStage,
  memory: KernelMemory,
): Locator {
  const { degree, intervals } = space;
  const buckets = Math.max(8, 2 * intervals);
  return {
    buckets,
    first: memory.int32(numKnotVectors * (buckets + 1)),
    knots: memory.float64(numKnotVectors * (intervals + 1 + 2 * degree)),
    last: memory.int32(numKnotVectors),
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
