/**
 * Derivatives of B-splines by their knots.
 *
 * A B-spline is a divided difference over its knots, and the derivative of a divided difference by
 * one of them is the divided difference with that knot doubled (de Boor 2001, chapter I). So a knot
 * derivative is a difference of two B-splines on the knots with `t_j` doubled: stable where knots
 * nearly coincide, where differentiating the recursion step by step cancels.
 *
 * @module
 */

import type { KnotVector } from "../knots/mod.ts";
import { chooseInterval } from "./_check.ts";
import { localSlopes, localValues } from "./_local.ts";
import type { LocalBasis } from "./bspline.ts";

/**
 * Computes `d B_{mu-degree+k}^(order)(x) / d t_{mu-degree+1+j}`, the derivatives by the knots of
 * the B-splines (`order` 0) or of their first derivatives (`order` 1) on the interval of `x`.
 *
 * `k = 0..degree`, `j = 0..2 degree - 1`: no other knots matter on the interval. With `C` the
 * B-splines on the knots with `t_j` doubled,
 * `d B_i / d t_j = C_{i+1} / (t_{i+degree+1} - t_{i+1}) - C_i / (t_{i+degree} - t_i)`, each term
 * only if its span holds `t_j`. `x` is held fixed, and so is the interval whose polynomial piece is
 * differentiated. Where knots coincide, 0/0 = 0.
 *
 * @param knots Knot vector.
 * @param x Point, in the units of the knots.
 * @param interval Array index `mu`, from `degree` to `numBasis - 1`; found from `x` if left out.
 * @param order Order of the derivative by `x`: 0 (default) or 1.
 * @returns Interval and values, shape `[degree + 1, 2 degree]`, row-major.
 * @throws {RangeError} If `interval` or `order` is not valid.
 *
 * @example
 * ```ts
 * import { bsplineKnotDerivatives, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * // Degree 1 on [2, 3]: B_2 = (t_4 - x) / (t_4 - t_3), B_3 = (x - t_3) / (t_4 - t_3), t_3 = 2.
 * const knots = uniformKnots({ degree: 1, intervals: 4, domain: [0, 4] });
 * assertEquals([...bsplineKnotDerivatives(knots, 2.25).values], [0.75, 0.25, -0.75, -0.25]);
 * ```
 */
export function bsplineKnotDerivatives(
  knots: KnotVector,
  x: number,
  interval?: number,
  order = 0,
): LocalBasis {
  const verb = "differentiate B-splines by knots";
  if (order !== 0 && order !== 1) {
    throw new RangeError(`Cannot ${verb}: order must be 0 or 1, current value is ${order}`);
  }
  const mu = chooseInterval(verb, knots, x, interval);
  const { values: t, degree } = knots;
  const directions = 2 * degree;
  const first = mu + 1 - degree; // knot of direction 0
  const values = new Float64Array((degree + 1) * directions);
  const doubled = new Float64Array(directions + 1); // t_first .. t_{mu+degree}, one of them twice
  const shares = new Float64Array(degree + 1);

  for (let j = 0; j < directions; j++) {
    for (let i = 0; i <= directions; i++) doubled[i] = t[first + (i > j ? i - 1 : i)];
    const local = j < degree ? degree : degree - 1; // index in doubled of the interval of x
    if (order === 0) localValues(doubled, degree, local, x, shares);
    else localSlopes(doubled, degree, local, x, shares);
    const start = local - degree + first; // shares[r] belongs to C_{start+r}
    for (let r = 0; r <= degree; r++) {
      const i = start + r; // C_i lies on t_i .. t_{i+degree}, t_j twice
      if (first + j < i || first + j > i + degree) continue;
      const span = t[i + degree] - t[i];
      const share = span > 0 ? shares[r] / span : 0 * shares[r];
      const row = i - (mu - degree); // row of B_i; C_i also enters B_{i-1}
      if (row <= degree) values[row * directions + j] -= share;
      if (row >= 1) values[(row - 1) * directions + j] += share;
    }
  }
  return { interval: mu, values };
}
