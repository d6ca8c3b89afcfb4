/**
 * Sizes and domain of a knot vector, and its construction from a complete list of knots.
 *
 * @module
 */

import { checkArray } from "../numerics/inner.ts";
import { checkDegree } from "./_check.ts";
import type { KnotVector } from "./knot_vector.ts";

/**
 * Counts the pieces on the domain, `intervals = length - 1 - 2 degree`.
 *
 * @param knots Knot vector.
 * @returns Number of intervals between `a` and `b`, empty ones included.
 *
 * @example
 * ```ts
 * import { numIntervals, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(numIntervals(uniformKnots({ degree: 3, intervals: 5 })), 5);
 * ```
 */
export function numIntervals(knots: KnotVector): number {
  return knots.values.length - 1 - 2 * knots.degree;
}

/**
 * Counts the basis functions, `numBasis = intervals + degree`.
 *
 * @param knots Knot vector.
 * @returns Dimension of the spline space on the domain (if no knot is repeated too often).
 *
 * @example
 * ```ts
 * import { numBasis, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(numBasis(uniformKnots({ degree: 3, intervals: 5 })), 8);
 * ```
 */
export function numBasis(knots: KnotVector): number {
  return knots.values.length - 1 - knots.degree;
}

/**
 * Reads the domain `[a, b]` of a knot vector.
 *
 * @param knots Knot vector.
 * @returns `[values[degree], values[length - 1 - degree]]`, in the units of `x`.
 *
 * @example
 * ```ts
 * import { domainOf, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(domainOf(uniformKnots({ degree: 2, intervals: 4 })), [-1, 1]);
 * ```
 */
export function domainOf(knots: KnotVector): [number, number] {
  const { values, degree } = knots;
  return [values[degree], values[values.length - 1 - degree]];
}

/**
 * Makes a knot vector of a complete list of knots, outer ones included, such as SciPy's `t`.
 *
 * @param values All knots, shape `[intervals + 1 + 2 degree]`, finite and non-decreasing; inner
 * knots may repeat up to `degree` times. Copied.
 * @param degree Polynomial degree, 1 to 9.
 * @returns The knot vector, float64.
 * @throws {RangeError} If there are too few knots, one is not finite or smaller than the one
 * before, one inside the domain is repeated more than `degree` times, or the domain is empty.
 *
 * @example
 * ```ts
 * import { createKnotVector, domainOf } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(domainOf(createKnotVector([0, 0, 0.5, 1, 1], 1)), [0, 1]);
 * ```
 */
export function createKnotVector(values: ArrayLike<number>, degree: number): KnotVector {
  checkArray("create knots", "values", values, "an array of numbers");
  const verb = "create knots";
  checkDegree(verb, degree);
  if (values.length < 2 * degree + 2) {
    throw new RangeError(
      `Cannot ${verb}: values must be at least ${2 * degree + 2} knots for degree ${degree}, ` +
        `current length is ${values.length}`,
    );
  }
  const copy = Float64Array.from(values);
  for (let i = 0; i < copy.length; i++) {
    if (!Number.isFinite(copy[i]) || (i > 0 && copy[i] < copy[i - 1])) {
      throw new RangeError(
        `Cannot ${verb}: values must be finite and not decrease, current value at index ${i} is ` +
          `${copy[i]}${i > 0 ? ` after ${copy[i - 1]}` : ""}`,
      );
    }
  }
  const [a, b] = domainOf({ values: copy, degree });
  if (!(a < b)) {
    throw new RangeError(
      `Cannot ${verb}: values must leave a domain with a < b, current value is [${a}, ${b}]`,
    );
  }
  for (let i = degree + 1; i < copy.length - 1 - 2 * degree; i++) {
    if (copy[i] === copy[i + degree] && copy[i] > a && copy[i] < b) {
      throw new RangeError(
        `Cannot ${verb}: values must repeat at most ${degree} times inside the domain, ` +
          `current value ${copy[i]} at index ${i} repeats more often`,
      );
    }
  }
  return { values: copy, degree };
}
