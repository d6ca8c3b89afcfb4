/**
 * One spline at one point, from B-spline coefficients, with rules for points outside the domain.
 *
 * @module
 */

import type { KnotVector } from "../knots/mod.ts";
import { extrapolate } from "./_extrapolate.ts";
import type { SplineOptions } from "./spline_options.ts";
import { bsplineBasis, bsplineDerivatives } from "./bspline.ts";

/**
 * Evaluates `f(x) = sum_i coefficients[i] B_i(x)` or a derivative of it.
 *
 * Outside the domain, with `e` the nearer end: `"linear"` gives `f(e) + f'(e) (x - e)`, its
 * derivative `f'(e)` and 0 for higher ones; `"clamp"` gives `f(e)` and 0 for all derivatives.
 *
 * @param knots Knot vector.
 * @param coefficients Shape `[numBasis]`.
 * @param x Point, in the units of the knots; `NaN` gives `NaN`.
 * @param options Order of derivative and extrapolation.
 * @returns `f^(derivative)(x)`.
 * @throws {TypeError} If `coefficients` has another length.
 * @throws {RangeError} If `derivative` is not an integer of at least 0, or `x` is outside the
 * domain and `extrapolation` is `"error"`.
 *
 * @example The spline of the Greville abscissae is the identity
 * ```ts
 * import { evaluateSpline, grevilleAbscissae, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 3, intervals: 5 });
 * assertAlmostEquals(evaluateSpline(knots, grevilleAbscissae(knots), 0.3), 0.3, 1e-15);
 * ```
 */
export function evaluateSpline(
  knots: KnotVector,
  coefficients: ArrayLike<number>,
  x: number,
  options: SplineOptions = {},
): number {
  return extrapolate("evaluate spline", "coefficients", knots, coefficients, x, options, inside);
}

function inside(
  knots: KnotVector,
  coefficients: ArrayLike<number>,
  x: number,
  order: number,
): number {
  const { degree } = knots;
  const { interval, values } = order === 0
    ? bsplineBasis(knots, x)
    : bsplineDerivatives(knots, x, order);
  const row = order * (degree + 1);
  let sum = 0;
  for (let k = 0; k <= degree; k++) sum += coefficients[interval - degree + k] * values[row + k];
  return sum;
}
