/**
 * Knot vectors that do not move in training: uniform, or from given breakpoints.
 *
 * @module
 */

import { checkOptions, pointAt } from "../numerics/inner.ts";
import { checkCount, checkDegree, checkDomain } from "./_check.ts";
import { fillOuterKnots } from "./_outer.ts";
import type { KnotVector, OuterKnots } from "./knot_vector.ts";

/** Options of {@linkcode uniformKnots}. */
export interface UniformKnotsOptions {
  /** Polynomial degree, 1 to 9. */
  readonly degree: number;
  /** Number of pieces on the domain, at least 1. */
  readonly intervals: number;
  /** The domain `[a, b]`. Default `[-1, 1]`. */
  readonly domain?: readonly [number, number];
  /** Knots beyond the ends. Default `"even"`; `"free"` spaces them by `(b - a) / degree`. */
  readonly outerKnots?: OuterKnots;
}

/**
 * Creates equally spaced knots, `t_i = a + (b - a) i / n` for `i = 0..n`.
 *
 * Each knot is the correctly rounded float64 number, so a grid refined by any factor contains
 * the coarse knots bit for bit. With the default outer knots `t_{-k} = a - k (b - a) / n`.
 *
 * @param options Degree, number of intervals `n`, domain, outer knots.
 * @returns Knot vector, shape `[intervals + 1 + 2 degree]`.
 * @throws {RangeError} If an option is out of its range.
 *
 * @example
 * ```ts
 * import { uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 2, intervals: 4, domain: [0, 1] });
 * assertEquals([...knots.values], [-0.5, -0.25, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5]);
 * ```
 */
export function uniformKnots(options: UniformKnotsOptions): KnotVector {
  checkOptions("create uniform knots", options, "degree intervals domain outerKnots");
  const { degree, intervals, domain = [-1, 1], outerKnots = "even" } = options;
  const verb = "create uniform knots";
  checkDegree(verb, degree);
  checkCount(verb, "intervals", intervals, 1);
  checkDomain(verb, domain);
  const [a, b] = domain;
  const values = new Float64Array(intervals + 1 + 2 * degree);
  for (let i = 0; i < intervals; i++) values[degree + i] = pointAt(a, b, i, 0, intervals, 0);
  values[degree + intervals] = b;
  checkIncreasing(verb, "domain", values.subarray(degree, degree + intervals + 1));
  fillOuterKnots(values, degree, outerKnots);
  return { values, degree };
}

/** Options of {@linkcode knotsFromBreakpoints}. */
export interface BreakpointOptions {
  /** Polynomial degree, 1 to 9. */
  readonly degree: number;
  /** Knots beyond the ends. Default `"even"`; `"free"` spaces them by `(b - a) / degree`. */
  readonly outerKnots?: OuterKnots;
}

/**
 * Creates a knot vector from the breakpoints `t_0 < t_1 < ... < t_n`, the domain's ends included.
 *
 * @param breakpoints At least 2 finite numbers that increase strictly, in the units of `x`.
 * @param options Degree and outer knots.
 * @returns Knot vector with `breakpoints.length - 1` intervals.
 * @throws {RangeError} If there are fewer than 2 breakpoints, or one is not finite or not larger
 * than the one before (the message names its index).
 *
 * @example
 * ```ts
 * import { knotsFromBreakpoints } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = knotsFromBreakpoints([0, 1, 4], { degree: 1 });
 * assertEquals([...knots.values], [-2, 0, 1, 4, 6]);
 * ```
 */
export function knotsFromBreakpoints(
  breakpoints: ArrayLike<number>,
  options: BreakpointOptions,
): KnotVector {
  checkOptions("create knots", options, "degree outerKnots");
  const { degree, outerKnots = "even" } = options;
  const verb = "create knots";
  checkDegree(verb, degree);
  if (!(breakpoints.length >= 2)) {
    throw new RangeError(
      `Cannot ${verb}: breakpoints must be at least 2 numbers, ` +
        `current length is ${breakpoints.length}`,
    );
  }
  checkIncreasing(verb, "breakpoints", breakpoints);
  const values = new Float64Array(breakpoints.length + 2 * degree);
  values.set(breakpoints, degree);
  fillOuterKnots(values, degree, outerKnots);
  return { values, degree };
}

function checkIncreasing(verb: string, name: string, points: ArrayLike<number>): void {
  for (let i = 0; i < points.length; i++) {
    if (!Number.isFinite(points[i])) {
      throw new RangeError(
        `Cannot ${verb}: ${name} must be finite, current value at index ${i} is ${points[i]}`,
      );
    }
    if (i > 0 && !(points[i] > points[i - 1])) {
      throw new RangeError(
        `Cannot ${verb}: ${name} must increase strictly, current value at index ${i} is ` +
          `${points[i]} after ${points[i - 1]}`,
      );
    }
  }
  if (!Number.isFinite(points[points.length - 1] - points[0])) {
    throw new RangeError(
      `Cannot ${verb}: ${name} must span a finite length, current value is ` +
        `[${points[0]}, ${points[points.length - 1]}]`,
    );
  }
}
