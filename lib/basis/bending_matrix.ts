/**
 * How much splines bend.
 *
 * @module
 */

import { type KnotVector, numBasis } from "../knots/mod.ts";
import { checkWeights } from "./_check.ts";
import { bsplineDerivatives } from "./bspline.ts";
import { gaussLegendre } from "../numerics/inner.ts";

/**
 * Computes the matrix of bending, `K_ij = integral over [a, b] of B_i'' B_j''`: `c^T K c` is the
 * bending of the spline with coefficients `c`. Straight lines, and only they, have none.
 *
 * Gauss-Legendre quadrature on every interval, exact but for rounding. Splines of degree 1 have
 * jumps of their slope for a second derivative: `K` then sums their squares, each divided by half the
 * length of the two intervals that meet there, which is the integral of `f''^2` of a smooth function
 * in the limit of many intervals.
 *
 * @param knots Knot vector.
 * @param weights How much bends count in every interval of [a, b], none of them negative; of degree 1
 * at a knot by the mean of the two intervals that meet there. Default: 1 everywhere.
 * @returns Symmetric matrix, shape `[numBasis, numBasis]`, row-major.
 * @throws {TypeError} If there is not one weight for each interval.
 *
 * @example
 * ```ts
 * import { bendingMatrix, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const bending = bendingMatrix(uniformKnots({ degree: 2, intervals: 1, domain: [0, 2] }));
 * const c = [0, 0, 8]; // x^2
 * const total = c.reduce((sum, ci, i) => sum + ci * c[2] * bending[3 * i + 2], 0);
 * assertAlmostEquals(total, 8, 1e-14); // 2^2 on an interval of length 2
 * ```
 */
export function bendingMatrix(knots: KnotVector, weights?: ArrayLike<number>): Float64Array {
  const { values: t, degree } = knots, n = numBasis(knots);
  const bending = new Float64Array(n * n);
  checkWeights("compute bending matrix", knots, weights);
  if (degree === 1) addJumps(knots, bending, n, weights);
  else {
    const { nodes, weights: shares } = gaussLegendre(degree - 1), size = degree + 1;
    for (let mu = degree; mu < n; mu++) {
      const half = (t[mu + 1] - t[mu]) / 2, times = half * (weights?.[mu - degree] ?? 1);
      if (!(half > 0)) continue;
      for (let g = 0; g < nodes.length; g++) {
        const { values } = bsplineDerivatives(knots, t[mu] + half * (1 + nodes[g]), 2, mu);
        const bends = values.subarray(2 * size);
        for (let j = 0; j < size; j++) {
          for (let k = 0; k < size; k++) {
            bending[(mu - degree + j) * n + mu - degree + k] += times * shares[g] * bends[j] *
              bends[k];
          }
        }
      }
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) bending[i * n + j] = bending[j * n + i];
  }
  return bending;
}

/** Of degree 1: coefficient i is the value at `t_{i+1}`. */
function addJumps(
  { values: t }: KnotVector,
  bending: Float64Array,
  n: number,
  weights?: ArrayLike<number>,
): void {
  for (let i = 1; i + 1 < n; i++) {
    const left = t[i + 1] - t[i], right = t[i + 2] - t[i + 1];
    if (!(left > 0 && right > 0)) continue;
    const times = weights === undefined ? 1 : (weights[i - 1] + weights[i]) / 2;
    const jump = [1 / left, -1 / left - 1 / right, 1 / right];
    for (let j = 0; j < 3; j++) {
      for (let k = 0; k < 3; k++) {
        bending[(i - 1 + j) * n + i - 1 + k] += jump[j] * jump[k] * 2 * times / (left + right);
      }
    }
  }
}
