/**
 * Greville abscissae of a knot vector.
 *
 * @module
 */

import type { KnotVector } from "./knot_vector.ts";
import { numBasis } from "./dimensions.ts";

/**
 * Computes the Greville abscissae, the averages of `degree` consecutive knots.
 *
 * `xi[i] = (t[i+1] + ... + t[i+degree]) / degree` for `i = 0..numBasis-1`; with these as
 * coefficients the spline reproduces `x` (Marsden's identity; de Boor 2001).
 *
 * @param knots Knot vector.
 * @returns Abscissae, shape `[numBasis]`, float64, in the units of `x`.
 *
 * @example Quadratic, one interval
 * ```ts
 * import { grevilleAbscissae } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const values = new Float64Array([-2, -1, 0, 1, 2, 3]);
 * assertEquals([...grevilleAbscissae({ values, degree: 2 })], [-0.5, 0.5, 1.5]);
 * ```
 */
export function grevilleAbscissae(knots: KnotVector): Float64Array {
  const { values: t, degree } = knots;
  const abscissae = new Float64Array(numBasis(knots));
  for (let i = 0; i < abscissae.length; i++) {
    let sum = 0;
    for (let k = 1; k <= degree; k++) sum += t[i + k];
    abscissae[i] = sum / degree;
  }
  return abscissae;
}
