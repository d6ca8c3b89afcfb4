/**
 * Derivatives of B-splines by their knots, by differentiating the recursion.
 *
 * @module
 */

import type { KnotVector } from "../knots/mod.ts";
import { chooseInterval } from "./_check.ts";
import type { LocalBasis } from "./bspline.ts";

/**
 * Computes `d B_{mu-degree+k}^(order)(x) / d t_{mu-degree+1+j}`, the derivatives by the knots of
 * the B-splines (`order` 0) or of their first derivatives (`order` 1) on the interval of `x`.
 *
 * `k = 0..degree`, `j = 0..2 degree - 1`: no other knots matter on the interval. The polynomial
 * piece of the interval is differentiated; `x` stays. Where knots coincide, 0/0 = 0.
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
 * import { bsplineKnotDerivatives, uniformKnots } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * // Degree 1 on [2, 3]: B_2 = (t_4 - x) / (t_4 - t_3), B_3 = (x - t_3) / (t_4 - t_3).
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
  const size = degree + 1, directions = 2 * degree;
  const first = mu + 1 - degree; // knot of direction 0
  const values = new Float64Array(size); // of degree k: functions mu - k .. mu
  const bars = new Float64Array(size * directions); // d values[r] / d t_{first + j}
  const saved = new Float64Array(directions), share = new Float64Array(directions);

  values[0] = 1;
  for (let k = 1; k <= degree - order; k++) {
    let savedValue = 0;
    saved.fill(0);
    for (let r = 0; r < k; r++) {
      const left = mu + 1 + r - k, right = mu + 1 + r;
      const span = t[right] - t[left];
      const value = span > 0 ? values[r] / span : 0 * values[r];
      const row = r * directions;
      divide(bars, row, value, span, left - first, right - first, directions, share);
      for (let j = 0; j < directions; j++) {
        bars[row + j] = saved[j] + (t[right] - x) * share[j];
        saved[j] = (x - t[left]) * share[j];
      }
      bars[row + right - first] += value;
      saved[left - first] -= value;
      values[r] = savedValue + (t[right] - x) * value;
      savedValue = (x - t[left]) * value;
    }
    values[k] = savedValue;
    bars.set(saved, k * directions);
  }
  if (order === 0) return { interval: mu, values: bars };

  // B_i' = degree (B_{i,degree-1} / (t_{i+degree} - t_i) - B_{i+1,degree-1} / (...))
  const derivatives = new Float64Array(size * directions);
  for (let r = 0; r < degree; r++) {
    const left = mu + 1 + r - degree, right = mu + 1 + r;
    const span = t[right] - t[left];
    const value = span > 0 ? values[r] / span : 0 * values[r];
    divide(bars, r * directions, value, span, left - first, right - first, directions, share);
    for (let j = 0; j < directions; j++) {
      derivatives[r * directions + j] -= degree * share[j];
      derivatives[(r + 1) * directions + j] += degree * share[j];
    }
  }
  return { interval: mu, values: derivatives };
}

/** Writes the knot derivatives of the quotient `value = values[r] / (t_right - t_left)`. */
function divide(
  bars: Float64Array,
  row: number,
  value: number,
  span: number,
  left: number,
  right: number,
  directions: number,
  out: Float64Array,
): void {
  if (!(span > 0)) {
    out.fill(span === 0 ? 0 : NaN);
    return;
  }
  for (let j = 0; j < directions; j++) out[j] = bars[row + j] / span;
  out[right] -= value / span;
  out[left] += value / span;
}
