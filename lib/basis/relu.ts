/**
 * The ReLU form of a spline: truncated powers `ReLU(x - t_i)^degree` (Actor et al. 2025,
 * eq. (30)).
 *
 * Plain O(numBasis) evaluation, the readable twin of the local B-spline kernel.
 *
 * @module
 */

import { findInterval, type KnotVector, numBasis } from "../knots/mod.ts";
import { extrapolate } from "./_extrapolate.ts";
import type { SplineOptions } from "./spline_options.ts";

/**
 * Computes `psi_i(x) = ReLU(x - t_i)^degree` for all `i = 0..numBasis-1` (array indices).
 *
 * @param knots Knot vector.
 * @param x Point, in the units of the knots; `NaN` gives `NaN`.
 * @returns Values, shape `[numBasis]`.
 *
 * @example
 * ```ts
 * import { reluPowers, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 2, intervals: 2, domain: [0, 2] });
 * assertEquals([...reluPowers(knots, 1.5)], [12.25, 6.25, 2.25, 0.25]);
 * ```
 */
export function reluPowers(knots: KnotVector, x: number): Float64Array {
  const { values: t, degree } = knots;
  const powers = new Float64Array(numBasis(knots));
  for (let i = 0; i < powers.length; i++) {
    const distance = x - t[i];
    powers[i] = distance <= 0 ? 0 : integerPower(distance, degree);
  }
  return powers;
}

/**
 * Evaluates `f(x) = sum_i weights[i] ReLU(x - t_i)^degree` or a derivative of it.
 *
 * The same rules outside the domain as {@linkcode evaluateSpline}; with `weights = A^T c`
 * ({@linkcode toRelu}) it is the same function.
 *
 * @param knots Knot vector.
 * @param weights Coefficients of the ReLU powers, shape `[numBasis]`.
 * @param x Point, in the units of the knots; `NaN` gives `NaN`.
 * @param options Order of derivative and extrapolation.
 * @returns `f^(derivative)(x)`.
 * @throws {TypeError} If `weights` has another length.
 * @throws {RangeError} If `derivative` is not an integer of at least 0, or `x` is outside the
 * domain and `extrapolation` is `"error"`.
 *
 * @example
 * ```ts
 * import { evaluateRelu, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 1, intervals: 2, domain: [0, 2] });
 * assertEquals(evaluateRelu(knots, [1, 0, -3], 1.5), 1); // 2.5 - 3 * 0.5
 * ```
 */
export function evaluateRelu(
  knots: KnotVector,
  weights: ArrayLike<number>,
  x: number,
  options: SplineOptions = {},
): number {
  return extrapolate("evaluate ReLU powers", "weights", knots, weights, x, options, inside);
}

/** The polynomial piece of the interval of `x`: the sum over the knots up to its left end. */
function inside(knots: KnotVector, weights: ArrayLike<number>, x: number, order: number): number {
  const { values: t, degree } = knots;
  if (order > degree) return 0 * x;
  const last = findInterval(knots, x);
  let factor = 1;
  for (let k = 0; k < order; k++) factor *= degree - k;
  let sum = 0;
  for (let i = 0; i <= last; i++) sum += weights[i] * integerPower(x - t[i], degree - order);
  return factor * sum;
}

/** `base^exponent` by repeated multiplication; `NaN` stays `NaN` also for exponent 0. */
function integerPower(base: number, exponent: number): number {
  let power = exponent === 0 ? 1 + 0 * base : base;
  for (let k = 1; k < exponent; k++) power *= base;
  return power;
}
