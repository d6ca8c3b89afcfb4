/**
 * B-splines by the stable local recursion: only the `degree + 1` values that do not vanish.
 *
 * The recursion of Cox and de Boor (Actor et al. 2025, eq. (29)) from degree 0 up, as in C. de
 * Boor, A Practical Guide to Splines, 2001, chapter X, and L. Piegl and W. Tiller, The NURBS Book,
 * 1997, algorithms A2.2 and A2.3. Cost is O(degree^2) for any number of intervals. Where knots
 * coincide, 0/0 = 0.
 *
 * @module
 */

import { findInterval, type KnotVector } from "../knots/mod.ts";
import { checkOrder, chooseInterval } from "./_check.ts";
import { localValues } from "./_local.ts";

/** Values of the basis functions that do not vanish on one interval. */
export interface LocalBasis {
  /** Array index `mu` of the interval `[t_mu, t_{mu+1})`. */
  readonly interval: number;
  /** Values; the last axis runs over the functions `mu - degree .. mu`. */
  readonly values: Float64Array;
}

/**
 * Computes the values `B_{mu-degree}(x) .. B_mu(x)` of the B-splines on the interval of `x`.
 *
 * They are not negative and sum to 1 for `x` in the domain. For `x` outside `[t_mu, t_{mu+1}]`
 * (outside the domain, or `interval` given) the polynomial pieces of that interval are evaluated.
 *
 * @param knots Knot vector.
 * @param x Point, in the units of the knots; `NaN` gives `NaN` values.
 * @param interval Array index `mu`, from `degree` to `numBasis - 1`; found from `x` if left out.
 * @returns Interval and values, shape `[degree + 1]`.
 * @throws {RangeError} If `interval` is not such an index.
 *
 * @example
 * ```ts
 * import { bsplineBasis, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 1, intervals: 4, domain: [0, 4] });
 * const { interval, values } = bsplineBasis(knots, 2.25);
 * assertEquals(interval, 3); // functions 2 and 3
 * assertEquals([...values], [0.75, 0.25]);
 * ```
 */
export function bsplineBasis(knots: KnotVector, x: number, interval?: number): LocalBasis {
  const mu = chooseInterval("evaluate B-splines", knots, x, interval);
  const { values: t, degree } = knots;
  const values = new Float64Array(degree + 1);
  localValues(t, degree, mu, x, values);
  return { interval: mu, values };
}

/**
 * Writes the values of {@linkcode bsplineBasis} to `out[0 .. degree]` (`NaN` where `x` is) and
 * returns the array index `mu` of the interval of `x`: for loops over many points.
 *
 * @throws {RangeError} If `out` is shorter than `degree + 1`.
 */
export function writeBsplineBasis(knots: KnotVector, x: number, out: Float64Array): number {
  const { values: t, degree } = knots;
  if (out.length <= degree) {
    throw new RangeError(
      `Cannot evaluate B-splines: out must have at least ${degree + 1} entries, ` +
        `current value is ${out.length}`,
    );
  }
  const mu = findInterval(knots, x);
  localValues(t, degree, mu, x, out);
  return mu;
}

/**
 * Computes the derivatives of order 0 to `maxOrder` of the B-splines on the interval of `x`.
 *
 * `B_i^(m) = degree!/(degree-m)! sum_k a_{m,k} B_{i+k, degree-m}`, the differences `a` of the
 * coefficients divided by spans of knots. Orders above `degree` are 0.
 *
 * @param knots Knot vector.
 * @param x Point, in the units of the knots.
 * @param maxOrder Highest order of derivative, an integer of at least 0.
 * @param interval Array index `mu`, as for {@linkcode bsplineBasis}.
 * @returns Interval and values, shape `[maxOrder + 1, degree + 1]`, row-major.
 * @throws {RangeError} If `maxOrder` or `interval` is not valid.
 *
 * @example
 * ```ts
 * import { bsplineDerivatives, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 1, intervals: 4, domain: [0, 4] });
 * assertEquals([...bsplineDerivatives(knots, 2.25, 1).values], [0.75, 0.25, -1, 1]);
 * ```
 */
export function bsplineDerivatives(
  knots: KnotVector,
  x: number,
  maxOrder: number,
  interval?: number,
): LocalBasis {
  const verb = "differentiate B-splines";
  checkOrder(verb, "maxOrder", maxOrder);
  const mu = chooseInterval(verb, knots, x, interval);
  const { values: t, degree } = knots;
  const size = degree + 1;
  const values = new Float64Array((maxOrder + 1) * size);

  // table[k * size + r]: value of function mu - k + r of degree k
  const table = new Float64Array(size * size);
  table[0] = 1;
  for (let k = 1; k <= degree; k++) {
    for (let r = 0; r < k; r++) {
      const left = t[mu + 1 + r - k], right = t[mu + 1 + r];
      const value = table[(k - 1) * size + r];
      const share = right > left ? value / (right - left) : 0 * value;
      table[k * size + r] += (right - x) * share;
      table[k * size + r + 1] += (x - left) * share;
    }
  }

  // Derivative m of the function mu - degree + j: difference its unit coefficient m times.
  const differences = new Float64Array(size);
  for (let j = 0; j < size; j++) {
    differences.fill(0);
    differences[j] = 1;
    values[j] = table[degree * size + j];
    for (let m = 1; m <= Math.min(maxOrder, degree); m++) {
      const k = degree - m; // degree of the derivative; coefficients mu - k .. mu
      let sum = 0;
      for (let r = 0; r <= k; r++) {
        const span = t[mu + 1 + r] - t[mu - k + r];
        const step = (k + 1) * (differences[r + 1] - differences[r]);
        differences[r] = span > 0 ? step / span : 0;
        sum += differences[r] * table[k * size + r];
      }
      values[m * size + j] = sum;
    }
  }
  if (Number.isNaN(x)) values.fill(NaN, Math.min(maxOrder, degree) * size);
  return { interval: mu, values };
}
