/**
 * Which piece each point of a layer lies in, in constant time.
 *
 * The domain is cut into equal buckets. Each knows the interval at its left edge and, if there is
 * one, the knot inside it: one comparison finds the interval, on uniform and on most free grids;
 * where several knots crowd in a bucket they are searched by bisection.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import type { Arena } from "../wasm/memory.ts";

/** Buckets per interval. */
const PER_INTERVAL = 2;

/** By how much a bucket reaches beyond its edges, relative to the domain: far above rounding. */
const OVERLAP = 1e-12;

/** Buckets and knots of a layer's knot vectors, one after the other. */
export type Locator = ReturnType<typeof createLocator>;

/** Lays out the buckets of a layer. */
export function createLocator({ numKnotVectors, space }: SplineStage, arena: Arena) {
  const buckets = Math.max(16, PER_INTERVAL * space.intervals);
  return {
    /** Buckets per knot vector; one more lies beyond each end, for rounded points. */
    buckets,
    /** `[vectors, buckets + 2]`: knot inside, interval before it (int32), knots inside (int32). */
    records: arena.float64(2 * numKnotVectors * (buckets + 2)),
    /** Knots inside and at the ends of the domain, shape `[vectors, intervals + 1]`. */
    knots: arena.float64(numKnotVectors * (space.intervals + 1)),
  };
}

/** Fills the buckets of one vector. */
export function updateLocator(
  { buckets, records, knots }: Locator,
  { space: { degree, intervals } }: SplineStage,
  vector: number,
  extended: Float64Array,
): void {
  const t = knots.values.subarray(vector * (intervals + 1), (vector + 1) * (intervals + 1));
  t.set(extended.subarray(degree, degree + intervals + 1));
  const a = t[0], width = t[intervals] - a, slack = OVERLAP * width;
  let last = intervals - 1; // the last interval that is not empty, which has the right end
  while (last > 0 && !(t[last + 1] > t[last])) last--;
  const edges = records.values.subarray(2 * vector * (buckets + 2));
  const counts = new Int32Array(edges.buffer, edges.byteOffset);
  let low = 0;
  for (let b = -1; b <= buckets; b++) {
    const from = a + b / buckets * width - slack, to = a + (b + 1) / buckets * width + slack;
    while (low < last && t[low + 1] <= from) low++;
    let high = low;
    while (high < last && t[high + 1] <= to) high++;
    const at = 2 * (b + 1);
    edges[at] = high > low ? t[low + 1] : Infinity;
    counts[2 * at + 2] = low;
    counts[2 * at + 3] = high - low;
  }
}
