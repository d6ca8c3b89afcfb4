/**
 * From fine to coarse: gradients by the transpose, functions by L2 projection.
 *
 * @module
 */

import { domainOf, findInterval, type KnotVector, numBasis, numIntervals } from "../knots/mod.ts";
import {
  bsplineBasis,
  gaussLegendre,
  gramMatrix,
  multiplyTransposed,
  type SparseRows,
} from "../basis/mod.ts";
import { solvePositive } from "../numerics/inner.ts";
import { checkSameSpace } from "./_nesting.ts";
import { prolongationMatrix, prolongCoefficients } from "./prolongation.ts";

/**
 * Restricts a gradient by fine coefficients to one by coarse coefficients, `P^T g`.
 *
 * The chain rule for `c_fine = P c_coarse`: gradients are dual to coefficients and go this way.
 *
 * @param matrix `P`, from {@linkcode prolongationMatrix}.
 * @param gradient `g`, shape `[fine numBasis, m]`, row-major.
 * @param m Number of splines side by side. Default 1.
 * @returns `P^T g`, shape `[coarse numBasis, m]`.
 * @throws {TypeError} If `gradient` has another length.
 *
 * @example
 * ```ts
 * import { prolongationMatrix, restrictGradient } from "@freeknot/freeknot/multilevel";
 * import { refineKnots, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const coarse = uniformKnots({ degree: 1, intervals: 1 });
 * const matrix = prolongationMatrix(coarse, refineKnots(coarse, 2, "even"));
 * assertEquals([...restrictGradient(matrix, new Float64Array([1, 1, 1]))], [1.5, 1.5]);
 * ```
 */
export function restrictGradient(
  matrix: SparseRows,
  gradient: Readonly<Float64Array>,
  m = 1,
): Float64Array {
  return multiplyTransposed(matrix, gradient, m);
}

/**
 * Restricts splines to coarser knots by L2 projection, `c = M^{-1} (integral of B_c B_f^T) c_f`.
 *
 * `M` is the coarse Gram matrix. The knots need not be nested: quadrature runs over the pieces of
 * both. A spline that lies in the coarse space stays the same.
 *
 * @param coarse Coarse knots.
 * @param fine Fine knots, of the same degree and domain.
 * @param coefficients Fine coefficients `c_f`, shape `[fine numBasis, m]`, row-major.
 * @param m Number of splines side by side. Default 1.
 * @returns Coarse coefficients `c`, shape `[coarse numBasis, m]`.
 * @throws {TypeError} If degrees or domains differ, or `coefficients` has another length.
 *
 * @example
 * ```ts
 * import { l2Restriction } from "@freeknot/freeknot/multilevel";
 * import { grevilleAbscissae, refineKnots, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const coarse = uniformKnots({ degree: 2, intervals: 4 });
 * const fine = refineKnots(coarse, 2, "even");
 * const restricted = l2Restriction(coarse, fine, grevilleAbscissae(fine)); // f(x) = x
 * const expected = grevilleAbscissae(coarse);
 * for (let i = 0; i < 6; i++) assertAlmostEquals(restricted[i], expected[i], 1e-13);
 * ```
 */
export function l2Restriction(
  coarse: KnotVector,
  fine: KnotVector,
  coefficients: Readonly<Float64Array>,
  m = 1,
): Float64Array {
  checkSameSpace("restrict coefficients", coarse, fine);
  const { degree } = coarse;
  if (coefficients.length !== numBasis(fine) * m) {
    throw new TypeError(
      `Cannot restrict coefficients: coefficients must have shape [${numBasis(fine)}, ${m}], ` +
        `current length is ${coefficients.length}`,
    );
  }
  const pieces = Float64Array.from([...inner(coarse), ...inner(fine)]).sort();
  return project(coarse, pieces, degree + 1, m, (origin, middle) => {
    const mu = findInterval(fine, middle);
    const local = localKnots(fine, mu, origin);
    return (offset, out) => {
      const { values } = bsplineBasis(local, offset, degree);
      out.fill(0);
      for (let k = 0; k <= degree; k++) {
        const row = (mu - degree + k) * m;
        for (let q = 0; q < m; q++) out[q] += coefficients[row + q] * values[k];
      }
    };
  });
}

/**
 * Projects a function onto the splines of given knots, the best approximation in L2 on the domain.
 *
 * Gauss-Legendre quadrature with `degree + 4` points per interval. For smooth functions the error
 * falls as `h^(degree + 1)`.
 *
 * @param f Function, called with points of the domain.
 * @param knots Knot vector.
 * @returns Coefficients, shape `[numBasis]`; `NaN` where `f` is `NaN`.
 *
 * @example
 * ```ts
 * import { l2Projection } from "@freeknot/freeknot/multilevel";
 * import { evaluateSpline, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 3, intervals: 20 });
 * const coefficients = l2Projection(Math.exp, knots);
 * assertAlmostEquals(evaluateSpline(knots, coefficients, 0.3), Math.exp(0.3), 1e-6);
 * ```
 */
export function l2Projection(f: (x: number) => number, knots: KnotVector): Float64Array {
  return project(knots, inner(knots), knots.degree + 4, 1, (origin) => (offset, out) => {
    out[0] = f(origin + offset);
  });
}

/**
 * Solves the normal equations of the L2 projection for `m` functions at once.
 *
 * Outer knots change the basis, not the splines. The equations are therefore solved with clamped
 * ends: scaled to a unit diagonal, their Gram matrix has a condition number bounded by a constant
 * of the degree, for any knots inside. The exact prolongation matrix then leads to the outer knots
 * of `knots`. `evaluatorOf` gives, for the piece that starts at `origin`, the functions' values at
 * `origin + offset`.
 */
function project(
  knots: KnotVector,
  pieces: Float64Array,
  points: number,
  m: number,
  evaluatorOf: (origin: number, middle: number) => (offset: number, out: Float64Array) => void,
): Float64Array {
  const { degree } = knots;
  const clamped = clampEnds(knots);
  const n = numBasis(knots);
  const right = new Float64Array(n * m), values = new Float64Array(m);
  const { nodes, weights } = gaussLegendre(points);
  for (let piece = 0; piece + 1 < pieces.length; piece++) {
    const origin = pieces[piece];
    const half = (pieces[piece + 1] - origin) / 2;
    if (!(half > 0)) continue;
    const mu = findInterval(clamped, origin + half);
    const local = localKnots(clamped, mu, origin);
    const evaluate = evaluatorOf(origin, origin + half);
    for (let g = 0; g < points; g++) {
      const offset = half * (1 + nodes[g]);
      evaluate(offset, values);
      const basis = bsplineBasis(local, offset, degree).values;
      for (let k = 0; k <= degree; k++) {
        const row = (mu - degree + k) * m;
        const factor = half * weights[g] * basis[k];
        for (let q = 0; q < m; q++) right[row + q] += factor * values[q];
      }
    }
  }
  const solution = solvePositive(gramMatrix(clamped), n, degree, right, m);
  return prolongCoefficients(prolongationMatrix(clamped, knots), solution, m);
}

/**
 * The knots of the functions on interval `mu`, measured from `origin` in or near the interval: so
 * points of a short interval far from 0 keep all their digits.
 */
function localKnots(knots: KnotVector, mu: number, origin: number): KnotVector {
  const { values: t, degree } = knots;
  return { values: t.slice(mu - degree, mu + degree + 2).map((knot) => knot - origin), degree };
}

/** The breakpoints `t_0 .. t_n` of a knot vector. */
function inner(knots: KnotVector): Float64Array {
  return knots.values.subarray(knots.degree, knots.degree + numIntervals(knots) + 1);
}

function clampEnds(knots: KnotVector): KnotVector {
  const { degree } = knots;
  const values = knots.values.slice();
  const [a, b] = domainOf(knots);
  values.fill(a, 0, degree);
  values.fill(b, values.length - degree);
  return { values, degree };
}
