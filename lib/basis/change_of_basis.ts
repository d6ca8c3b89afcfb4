/**
 * The change of basis between B-splines and ReLU powers (Actor et al. 2025, appendix B).
 *
 * Functions: `b = A psi` with an upper triangular banded `A`, `degree + 2` diagonals.
 * Coefficients: `sum_i c_i B_i = sum_i W_i psi_i` on the domain for `W = A^T c`.
 *
 * @module
 */

import {
  checkOptions,
  multiplyTransposed,
  solveUpperTransposed,
  type SparseRows,
} from "../numerics/inner.ts";
import {
  domainOf,
  type KnotVector,
  numBasis,
  uniformKnots,
  type UniformKnotsOptions,
} from "../knots/mod.ts";

/**
 * Computes `A` with `b = A psi` for any knots by the recursion of Actor et al. 2025, eq. (33).
 *
 * From order `r - 1` to `r`, starting with `A_ii = 1, A_{i,i+1} = -1` at order 1:
 * `A_ij = A_ij / (t_{i+r-1} - t_i) - A_{i+1,j} / (t_{i+r} - t_{i+1})`, up to `r = degree + 1`.
 * Columns of knots at `b` and beyond are left out: their powers vanish on the domain. Both terms
 * have the same sign, so each entry is accurate to a few units of roundoff. Where knots coincide,
 * 0/0 = 0; the ReLU powers no longer span the splines there.
 *
 * @param knots Knot vector.
 * @returns `A`, `[numBasis, numBasis]` with `starts[i] = i` and width `degree + 2`.
 *
 * @example Hat functions as ReLUs
 * ```ts
 * import { changeOfBasis, toDense, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 1, intervals: 2, domain: [0, 1] });
 * assertEquals([...toDense(changeOfBasis(knots))], [2, -4, 2, 0, 2, -4, 0, 0, 2]);
 * ```
 */
export function changeOfBasis(knots: KnotVector): SparseRows {
  const { values: t, degree } = knots;
  const n = numBasis(knots), width = degree + 2;
  // All rows 0..n+degree of order 1; order r needs rows up to n + degree + 1 - r.
  const band = new Float64Array((n + degree + 1) * width);
  for (let i = 0; i <= n + degree; i++) {
    band[i * width] = 1;
    band[i * width + 1] = -1;
  }
  for (let r = 2; r <= degree + 1; r++) {
    for (let i = 0; i <= n + degree + 1 - r; i++) {
      const span = t[i + r - 1] - t[i], nextSpan = t[i + r] - t[i + 1];
      for (let k = r; k >= 0; k--) { // column i + k, from the right: in place
        const below = k > 0 ? band[(i + 1) * width + k - 1] : 0;
        band[i * width + k] = ratio(band[i * width + k], span) - ratio(below, nextSpan);
      }
    }
  }
  return truncate(band.slice(0, n * width), n, width);
}

/**
 * Computes `A` for uniform knots in closed form (Actor et al. 2025, eq. (43), signs corrected).
 *
 * `A_ij = (-1)^(j-i) r / ((j-i)! (r-j+i)! h^(r-1))`, `i <= j <= i + r`, with `r = degree + 1` and
 * `h = (b - a) / intervals`; the outer knots have spacing `h`.
 *
 * @param options Degree, number of intervals, domain (default `[-1, 1]`).
 * @returns `A`, stored as by {@linkcode changeOfBasis}.
 * @throws {RangeError} If an option is out of its range.
 *
 * @example
 * ```ts
 * import { toDense, uniformChangeOfBasis } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const matrix = uniformChangeOfBasis({ degree: 1, intervals: 2, domain: [0, 1] });
 * assertEquals([...toDense(matrix)], [2, -4, 2, 0, 2, -4, 0, 0, 2]);
 * ```
 */
export function uniformChangeOfBasis(
  options: Omit<UniformKnotsOptions, "outerKnots">,
): SparseRows {
  checkOptions("change the basis", options, "degree intervals domain");
  const { degree, intervals } = options;
  const knots = uniformKnots({ ...options, outerKnots: "even" });
  const [a, b] = domainOf(knots);
  const r = degree + 1, n = intervals + degree, width = r + 1;
  const h = (b - a) / intervals;
  let entry = 1; // r / (0! r! h^(r-1)) = 1 / (degree! h^degree)
  for (let k = 1; k <= degree; k++) entry /= k * h;
  const values = new Float64Array(n * width);
  for (let k = 0; k <= r; k++) {
    for (let i = 0; i < n; i++) values[i * width + k] = entry;
    entry *= -(r - k) / (k + 1);
  }
  return truncate(values, n, width);
}

/**
 * Converts B-spline coefficients to coefficients of the ReLU powers, `W = A^T c`.
 *
 * @param knots Knot vector.
 * @param coefficients `c`, shape `[numBasis, m]`, row-major.
 * @param m Number of splines side by side. Default 1.
 * @returns `W`, shape `[numBasis, m]`.
 * @throws {TypeError} If `coefficients` has another length.
 *
 * @example
 * ```ts
 * import { toRelu, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 1, intervals: 2, domain: [0, 2] });
 * assertEquals([...toRelu(knots, new Float64Array([0, 1, 0]))], [0, 1, -2]);
 * ```
 */
export function toRelu(
  knots: KnotVector,
  coefficients: Readonly<Float64Array>,
  m = 1,
): Float64Array {
  return multiplyTransposed(changeOfBasis(knots), coefficients, m);
}

/**
 * Converts coefficients of the ReLU powers to B-spline coefficients: solves `A^T c = W`.
 *
 * The result satisfies `|A^T c - W| <= 16 u |A|^T |c|` (`u` = unit roundoff); `c` itself may lose
 * digits, more with more intervals, because the ReLU powers are almost dependent.
 *
 * @param knots Knot vector.
 * @param weights `W`, shape `[numBasis, m]`, row-major.
 * @param m Number of splines side by side. Default 1.
 * @returns `c`, shape `[numBasis, m]`.
 * @throws {TypeError} If `weights` has another length.
 *
 * @example
 * ```ts
 * import { fromRelu, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 1, intervals: 2, domain: [0, 2] });
 * assertEquals([...fromRelu(knots, new Float64Array([0, 1, -2]))], [0, 1, 0]);
 * ```
 */
export function fromRelu(
  knots: KnotVector,
  weights: Readonly<Float64Array>,
  m = 1,
): Float64Array {
  return solveUpperTransposed(changeOfBasis(knots), weights, m);
}

/** `entry / span` with 0/0 = 0: a basis function without support has no entries. */
function ratio(entry: number, span: number): number {
  return span === 0 ? 0 : entry / span;
}

/** An upper triangular band of `n` rows; entries beyond column `n - 1` become 0. */
function truncate(values: Float64Array, n: number, width: number): SparseRows {
  const starts = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    starts[i] = i;
    for (let k = Math.max(0, n - i); k < width; k++) values[i * width + k] = 0;
  }
  return { rows: n, columns: n, width, starts, values };
}
