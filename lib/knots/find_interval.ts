/**
 * Which interval of a knot vector holds a point.
 *
 * @module
 */

import type { KnotVector } from "./knot_vector.ts";

/**
 * Finds the array index `mu` with `t_mu <= x < t_{mu+1}` by bisection.
 *
 * `degree <= mu <= numBasis - 1`: on this interval the basis functions `mu - degree .. mu` do
 * not vanish. Points outside the domain and the right end `b` get the first or last interval
 * that is not empty; an empty interval is never returned unless all are empty. `NaN` gives
 * `degree`, so that it flows through the arithmetic that follows.
 *
 * @param knots Knot vector.
 * @param x Point, in the units of the knots.
 * @returns Index into `knots.values` of the interval's left knot.
 *
 * @example
 * ```ts
 * import { findInterval, knotsFromBreakpoints } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = knotsFromBreakpoints([0, 1, 4], { degree: 1 });
 * assertEquals([-9, 0, 1, 4].map((x) => findInterval(knots, x)), [1, 1, 2, 2]);
 * ```
 */
export function findInterval(knots: KnotVector, x: number): number {
  const { values, degree } = knots;
  const last = values.length - 2 - degree;
  if (!(x >= values[degree])) {
    let mu = degree;
    if (x !== x) return mu;
    while (mu < last && !(values[mu + 1] > values[mu])) mu++;
    return mu;
  }
  if (x >= values[last + 1]) {
    let mu = last;
    while (mu > degree && !(values[mu + 1] > values[mu])) mu--;
    return mu;
  }
  let low = degree, high = last + 1; // values[low] <= x < values[high]
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (values[middle] <= x) low = middle;
    else high = middle;
  }
  return low;
}
