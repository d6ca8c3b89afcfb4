/**
 * Gram matrices, and how well each basis is conditioned.
 *
 * @module
 */

import { type KnotVector, numBasis } from "../knots/mod.ts";
import { checkWeights } from "./_check.ts";
import { localValues } from "./_local.ts";
import { uniformChangeOfBasis } from "./change_of_basis.ts";
import type { Basis } from "./design_matrix.ts";
import { gaussLegendre, pow, symmetricEigenvalues, toDense } from "../numerics/inner.ts";

/**
 * Computes the Gram matrix `G_ij = integral over [a, b] of B_i B_j`.
 *
 * Gauss-Legendre quadrature with `degree + 1` points on every interval, exact but for rounding.
 * Exactly symmetric; empty intervals add nothing.
 *
 * @param knots Knot vector.
 * @param basis B-splines (default) or ReLU powers.
 * @param weights How much every interval of [a, b] counts. Default: 1 everywhere.
 * @returns Symmetric matrix, shape `[numBasis, numBasis]`, row-major.
 * @throws {TypeError} If there is not one weight for each interval.
 *
 * @example
 * ```ts
 * import { gramMatrix, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 1, intervals: 1, domain: [0, 1] });
 * const gram = gramMatrix(knots);
 * assertAlmostEquals(gram[0], 1 / 3, 1e-15);
 * assertAlmostEquals(gram[1], 1 / 6, 1e-15);
 * ```
 */
export function gramMatrix(
  knots: KnotVector,
  basis: Basis = "bspline",
  weights?: ArrayLike<number>,
): Float64Array {
  const { values: t, degree } = knots;
  const n = numBasis(knots);
  const gram = new Float64Array(n * n);
  checkWeights("compute Gram matrix", knots, weights);
  const { nodes, weights: shares } = gaussLegendre(degree + 1);
  const local = new Float64Array(2 * degree); // t_{mu+1-degree} .. t_{mu+degree}, from t_mu on
  const values = new Float64Array(basis === "bspline" ? degree + 1 : n);
  for (let mu = degree; mu < n; mu++) {
    const half = (t[mu + 1] - t[mu]) / 2, times = half * (weights?.[mu - degree] ?? 1);
    if (!(half > 0)) continue;
    for (let k = 0; k < 2 * degree; k++) local[k] = t[mu + 1 - degree + k] - t[mu];
    const first = basis === "bspline" ? mu - degree : 0;
    const count = basis === "bspline" ? degree + 1 : mu + 1; // later powers are 0 here
    for (let g = 0; g < nodes.length; g++) {
      const offset = half * (1 + nodes[g]); // x - t_mu, all digits kept in short intervals
      if (basis === "bspline") localValues(local, degree, degree - 1, offset, values);
      else for (let i = 0; i < count; i++) values[i] = pow(t[mu] - t[i] + offset, degree);
      for (let j = 0; j < count; j++) {
        for (let k = j; k < count; k++) {
          gram[(first + j) * n + first + k] += times * shares[g] * values[j] * values[k];
        }
      }
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) gram[i * n + j] = gram[j * n + i];
  }
  return gram;
}

/**
 * Computes the condition number of a symmetric positive semidefinite matrix, the ratio of its
 * largest and smallest eigenvalue.
 *
 * Eigenvalues carry rounding errors of about 1e-16 times the largest: results above 1e14 only say
 * "at least so large", and a smallest eigenvalue that comes out as 0 or negative gives `Infinity`.
 *
 * @param matrix Symmetric matrix, shape `[n, n]`, row-major, such as {@linkcode gramMatrix}'s.
 * @param n Number of rows.
 * @returns Condition number in the 2-norm, at least 1.
 * @throws {TypeError} If `matrix` has another length than `n * n`.
 *
 * @example
 * ```ts
 * import { conditionNumber } from "@freeknot/freeknot/splines";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(conditionNumber(new Float64Array([2, 1, 1, 2]), 2), 3, 1e-14);
 * ```
 */
export function conditionNumber(matrix: Readonly<Float64Array>, n: number): number {
  const eigenvalues = eigenvaluesOf(matrix, n);
  const smallest = Math.min(...eigenvalues), largest = Math.max(...eigenvalues);
  return smallest > 0 ? largest / smallest : Infinity;
}

/**
 * Computes `||A~||_2^2` for uniform knots, `A~ = h^degree A` the change of basis to the scaled ReLU
 * powers `ReLU((x - t_i) / h)^degree` (Actor et al. 2025, eq. (46) and (47)).
 *
 * The neural tangent kernel in the spline basis has at most this many times the spectral radius
 * that it has in the scaled ReLU basis (Actor et al. 2025, Theorem 3.2, whose constant 4 should be
 * 16). The ratio is below `(2^r / (r-1)!)^2`, `r = degree + 1`, for any number of intervals.
 *
 * @param degree Polynomial degree, 1 to 9.
 * @param intervals Number of intervals, at least 1.
 * @returns The largest eigenvalue of `A~ A~^T`.
 * @throws {RangeError} If an argument is out of its range.
 *
 * @example
 * ```ts
 * import { changeOfBasisNormRatio } from "@freeknot/freeknot/splines";
 * import { assert } from "@std/assert";
 *
 * const ratio = changeOfBasisNormRatio(1, 40);
 * assert(ratio > 15 && ratio < 16);
 * ```
 */
export function changeOfBasisNormRatio(degree: number, intervals: number): number {
  // spacing 1: A = A~
  const scaled = uniformChangeOfBasis({ degree, intervals, domain: [0, intervals] });
  const n = scaled.rows, dense = toDense(scaled);
  const product = new Float64Array(n * n); // A~ A~^T
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < n; k++) product[i * n + j] += dense[i * n + k] * dense[j * n + k];
    }
  }
  return Math.max(...eigenvaluesOf(product, n));
}

function eigenvaluesOf(matrix: Readonly<Float64Array>, n: number): Float64Array {
  if (matrix.length !== n * n) {
    throw new TypeError(
      `Cannot compute eigenvalues: matrix must have shape [${n}, ${n}], ` +
        `current length is ${matrix.length}`,
    );
  }
  return symmetricEigenvalues(matrix, n);
}
