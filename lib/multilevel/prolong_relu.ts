/**
 * Prolongation in the basis of ReLU powers.
 *
 * @module
 */

import { domainOf, type KnotVector, numBasis } from "../knots/mod.ts";
import { add, type DoubleDouble, exactDifference, over, times } from "../numerics/inner.ts";
import { checkSameSpace, nestKnots } from "./_nesting.ts";

/**
 * Moves coefficients of ReLU powers to finer knots; the function on the domain stays the same.
 *
 * Coefficients of knots inside the domain are copied, the coefficients of new knots are 0. If the
 * outer knots left of the domain are the same too, zeros are inserted and nothing else changes, bit
 * for bit. Otherwise the `degree + 1` powers that start at `a` or before are polynomials on the
 * domain, and `(x - t)^degree`, a polynomial of degree `degree` in `t` too, is interpolated in `t`:
 * `(x - t_k)^degree = sum_i l_i(t_k) (x - tau_i)^degree` with the Lagrange polynomials `l_i` of the
 * fine knots `tau_0 .. tau_degree`. The terms of these sums nearly cancel, so the sums run in
 * double-double arithmetic and are rounded once. The result equals `A_fine^T P A_coarse^-T W`, but
 * the way through B-spline coefficients would lose digits.
 *
 * @param coarse Coarse knots.
 * @param fine Fine knots, of the same degree and domain, that contain the coarse ones inside it.
 * @param weights Coarse coefficients, shape `[coarse numBasis, m]`, row-major.
 * @param m Number of splines side by side. Default 1.
 * @returns Fine coefficients, shape `[fine numBasis, m]`.
 * @throws {TypeError} If degrees or domains differ, or `weights` has another length.
 * @throws {RangeError} If a coarse knot is missing in the fine ones, or the fine outer knots
 * differ from the coarse ones and are repeated.
 *
 * @example
 * ```ts
 * import { prolongRelu } from "@freeknot/freeknot/multilevel";
 * import { knotsFromBreakpoints } from "@freeknot/freeknot/splines";
 * import { splitIntervals } from "../knots/inner.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const coarse = knotsFromBreakpoints([0, 1, 2], { degree: 1 });
 * const fine = splitIntervals(coarse, [1, 2], "free"); // keeps the outer knots
 * assertEquals([...prolongRelu(coarse, fine, new Float64Array([5, 6, 7]))], [5, 6, 7, 0]);
 * ```
 */
export function prolongRelu(
  coarse: KnotVector,
  fine: KnotVector,
  weights: Readonly<Float64Array>,
  m = 1,
): Float64Array {
  const verb = "prolong ReLU powers";
  checkSameSpace(verb, coarse, fine);
  const { degree, values: t } = coarse;
  const tau = fine.values;
  if (weights.length !== numBasis(coarse) * m) {
    throw new TypeError(
      `Cannot ${verb}: weights must have shape [${numBasis(coarse)}, ${m}], ` +
        `current length is ${weights.length}`,
    );
  }
  const { intervals } = nestKnots(verb, coarse, fine);
  const prolonged = new Float64Array(numBasis(fine) * m);
  for (let k = degree + 1; k < numBasis(fine); k++) {
    // the first fine interval of a coarse one starts at the coarse knot
    for (let mu = intervals[k - 1] + 1; mu <= intervals[k]; mu++) {
      for (let q = 0; q < m; q++) prolonged[k * m + q] = weights[mu * m + q];
    }
  }
  const sameOuter = t.subarray(0, degree).every((knot, i) => knot === tau[i]);
  if (sameOuter) {
    prolonged.set(weights.subarray(0, (degree + 1) * m));
    return prolonged;
  }
  const [a] = domainOf(fine);
  for (let i = 0; i < degree; i++) {
    if (!(tau[i + 1] > tau[i])) {
      throw new RangeError(
        `Cannot ${verb}: fine outer knots must be distinct, current value ${tau[i]} at index ` +
          `${i} is repeated left of ${a}`,
      );
    }
  }
  for (let i = 0; i <= degree; i++) {
    const values = Array.from({ length: degree + 1 }, (_, k) => lagrange(tau, degree, i, t[k]));
    for (let q = 0; q < m; q++) {
      let total: DoubleDouble = [0, 0];
      for (let k = 0; k <= degree; k++) {
        total = add(total, times(values[k], [weights[k * m + q], 0]));
      }
      prolonged[i * m + q] = total[0];
    }
  }
  return prolonged;
}

/** The Lagrange polynomial of node `i` among `nodes[0..degree]`, at `x`. */
function lagrange(nodes: Float64Array, degree: number, i: number, x: number): DoubleDouble {
  let numerator: DoubleDouble = [1, 0], denominator: DoubleDouble = [1, 0];
  for (let k = 0; k <= degree; k++) {
    if (k === i) continue;
    numerator = times(numerator, exactDifference(x, nodes[k]));
    denominator = times(denominator, exactDifference(nodes[i], nodes[k]));
  }
  return over(numerator, denominator);
}
