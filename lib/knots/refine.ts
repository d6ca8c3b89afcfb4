/**
 * Refinement of knot vectors: old knots stay bit for bit, new ones lie evenly between them.
 *
 * @module
 */

import { checkCount, checkParts } from "./_check.ts";
import { pointAt } from "../numerics/inner.ts";
import { fillOuterKnots } from "./_outer.ts";
import { numIntervals } from "./dimensions.ts";
import type { KnotVector, OuterKnots } from "./knot_vector.ts";

/**
 * Splits every interval of the domain into `factor` equal parts.
 *
 * Knots inside the domain are kept bit for bit; an empty interval gives empty parts.
 *
 * @param knots Knot vector. Not changed.
 * @param factor Number of parts of each interval, an integer of at least 2.
 * @param outerKnots Outer knots of the result: `"even"` spaces them by `b - a` over the new number
 * of intervals, `"clamped"` repeats the ends, `"free"` keeps the outer knots of `knots`.
 * @returns Finer knot vector with `factor * intervals` intervals.
 * @throws {RangeError} If `factor` is not an integer of at least 2.
 *
 * @example
 * ```ts
 * import { knotsFromBreakpoints, refineKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = knotsFromBreakpoints([0, 1, 4], { degree: 1 });
 * assertEquals([...refineKnots(knots, 2, "even").values], [-1, 0, 0.5, 1, 2.5, 4, 5]);
 * ```
 */
export function refineKnots(
  knots: KnotVector,
  factor: number,
  outerKnots: OuterKnots,
): KnotVector {
  checkCount("refine knots", "factor", factor, 2);
  return split(knots, new Array(numIntervals(knots)).fill(factor), outerKnots);
}

/**
 * Splits interval `i` of the domain into `parts[i]` equal parts, shape `[intervals]`; `outerKnots`
 * as for {@linkcode refineKnots}.
 *
 * @throws {TypeError} If `parts` has another length than there are intervals.
 * @throws {RangeError} If an entry of `parts` is not an integer of at least 1.
 */
export function splitIntervals(
  knots: KnotVector,
  parts: ArrayLike<number>,
  outerKnots: OuterKnots,
): KnotVector {
  checkParts("split intervals", parts, numIntervals(knots));
  return split(knots, parts, outerKnots);
}

function split(knots: KnotVector, parts: ArrayLike<number>, outerKnots: OuterKnots): KnotVector {
  const { values: t, degree } = knots;
  const intervals = numIntervals(knots);
  let total = 0;
  for (let i = 0; i < intervals; i++) total += parts[i];
  const values = new Float64Array(total + 1 + 2 * degree);
  let next = degree;
  for (let i = 0; i < intervals; i++) {
    const left = t[degree + i], right = t[degree + i + 1];
    values[next++] = left;
    for (let k = 1; k < parts[i]; k++) values[next++] = pointAt(left, right, k, 0, parts[i], 0);
  }
  values[next] = t[degree + intervals];
  if (outerKnots === "free") {
    values.set(t.subarray(0, degree));
    values.set(t.subarray(degree + intervals + 1), next + 1);
  } else {
    fillOuterKnots(values, degree, outerKnots);
  }
  return { values, degree };
}
