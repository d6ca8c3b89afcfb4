/**
 * Knots where the data are: breakpoints from quantiles of a sample.
 *
 * @module
 */

import { checkArray, checkOptions, quantile } from "../numerics/inner.ts";
import { checkCount, checkDegree, checkDomain } from "./_check.ts";
import { knotsFromBreakpoints, uniformKnots } from "./fixed_knots.ts";
import type { KnotVector, OuterKnots } from "./knot_vector.ts";

const SMALLEST_INTERVAL = 0.01; // of the uniform interval

/** Options of {@linkcode quantileKnots}. */
export interface QuantileKnotsOptions {
  /** Polynomial degree, 1 to 9. */
  readonly degree: number;
  /** Number of pieces on the domain, at least 1. */
  readonly intervals: number;
  /** The domain `[a, b]`. Default: the range of the samples. */
  readonly domain?: readonly [number, number];
  /** Knots beyond the ends. Default `"even"`. */
  readonly outerKnots?: OuterKnots;
  /** 0 for pure quantiles (default), 1 for uniform knots. */
  readonly uniformFraction?: number;
}

/**
 * Creates knots from data, `t_i = (1 - u) q(i / n) + u (a + (b - a) i / n)`, `i = 1..n-1`.
 *
 * `q` is the sample's quantile function (linear between order statistics) and `u` is
 * `uniformFraction`. Ties in the data would repeat knots: where an interval would be shorter than
 * 0.01 uniform intervals, `u` is raised until the shortest interval is that long.
 * Samples outside the domain are left out.
 *
 * @param samples Data in the units of `x`, any order, finite. Not changed.
 * @param options Degree, number of intervals `n`, domain, outer knots, uniform fraction.
 * @returns Knot vector whose knots inside the domain increase strictly.
 * @throws {RangeError} If a sample is not finite, none lies in the domain, or an option is out of
 * its range.
 *
 * @example
 * ```ts
 * import { quantileKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const samples = [0, 1, 2, 3, 100];
 * const knots = quantileKnots(samples, { degree: 1, intervals: 4, outerKnots: "clamped" });
 * assertEquals([...knots.values], [0, 0, 1, 2, 3, 100, 100]);
 * ```
 */
export function quantileKnots(
  samples: ArrayLike<number>,
  options: QuantileKnotsOptions,
): KnotVector {
  checkOptions(
    "create quantile knots",
    options,
    "degree intervals domain outerKnots uniformFraction",
  );
  checkArray("create quantile knots", "samples", samples, "an array of numbers");
  const { degree, intervals, outerKnots = "even", uniformFraction = 0 } = options;
  const verb = "create quantile knots";
  checkDegree(verb, degree);
  checkCount(verb, "intervals", intervals, 1);
  if (!(uniformFraction >= 0 && uniformFraction <= 1)) {
    throw new RangeError(
      `Cannot ${verb}: uniformFraction must be from 0 to 1, current value is ${uniformFraction}`,
    );
  }
  const sorted = Float64Array.from(samples).sort();
  for (let i = 0; i < samples.length; i++) {
    if (!Number.isFinite(samples[i])) {
      throw new RangeError(
        `Cannot ${verb}: samples must be finite, current value at index ${i} is ${samples[i]}`,
      );
    }
  }
  if (sorted.length === 0) {
    throw new RangeError(`Cannot ${verb}: samples must not be empty, current length is 0`);
  }
  const domain = options.domain ?? [sorted[0], sorted[sorted.length - 1]] as const;
  checkDomain(verb, domain);
  const inside = sorted.filter((x) => x >= domain[0] && x <= domain[1]);
  if (inside.length === 0) {
    throw new RangeError(
      `Cannot ${verb}: samples must have one in the domain [${domain[0]}, ${domain[1]}], ` +
        `current range is [${sorted[0]}, ${sorted[sorted.length - 1]}]`,
    );
  }

  const uniform = uniformKnots({ degree, intervals, domain, outerKnots });
  const breakpoints = uniform.values.slice(degree, degree + intervals + 1);
  const quantiles = breakpoints.slice();
  let shortest = Infinity;
  for (let i = 1; i < intervals; i++) quantiles[i] = quantile(inside, i / intervals);
  for (let i = 0; i < intervals; i++) {
    shortest = Math.min(shortest, quantiles[i + 1] - quantiles[i]);
  }
  // shortest interval of the mixture >= (1 - u) shortest + u h, wanted: SMALLEST_INTERVAL h
  const h = (domain[1] - domain[0]) / intervals;
  const needed = shortest < SMALLEST_INTERVAL * h
    ? (SMALLEST_INTERVAL * h - shortest) / (h - shortest)
    : 0;
  const u = Math.max(uniformFraction, needed);
  for (let i = 1; i < intervals; i++) {
    breakpoints[i] = u === 0 ? quantiles[i] : (1 - u) * quantiles[i] + u * breakpoints[i];
  }
  return knotsFromBreakpoints(breakpoints, { degree, outerKnots });
}
