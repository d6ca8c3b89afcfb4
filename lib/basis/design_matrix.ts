/**
 * Values of a whole basis at many points, and the normal matrix of least squares.
 *
 * @module
 */

import { pow } from "../numerics/inner.ts";
import { domainOf, type KnotVector, numBasis } from "../knots/mod.ts";
import { bsplineBasis, bsplineDerivatives } from "./bspline.ts";
import { reluPowers } from "./relu.ts";
import type { SparseRows } from "../numerics/inner.ts";
import type { Extrapolation } from "./spline_options.ts";

/** Which basis: B-splines or powers of ReLU. */
export type Basis = "bspline" | "relu";

/** Options of {@linkcode designMatrix}. */
export interface DesignMatrixOptions {
  /** B-splines (default, `degree + 1` entries per row) or ReLU powers (`numBasis` entries). */
  readonly basis?: Basis;
  /** Rule for points outside the domain. Default `"linear"`. */
  readonly extrapolation?: Extrapolation;
}

/**
 * Evaluates every basis function at every point: `D[s, i] = B_i(x_s)`.
 *
 * `multiply(D, coefficients)` are the values of the spline at the points, also outside the domain
 * by the rule of `extrapolation`.
 *
 * @param knots Knot vector.
 * @param points Points `x_s`, in the units of the knots.
 * @param options Basis and extrapolation.
 * @returns `D`, `[points.length, numBasis]`.
 * @throws {RangeError} If a point is outside the domain and `extrapolation` is `"error"`.
 *
 * @example
 * ```ts
 * import { designMatrix, toDense, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 1, intervals: 2, domain: [0, 2] });
 * assertEquals([...toDense(designMatrix(knots, [0.25, 1]))], [0.75, 0.25, 0, 0, 1, 0]);
 * ```
 */
export function designMatrix(
  knots: KnotVector,
  points: ArrayLike<number>,
  options: DesignMatrixOptions = {},
): SparseRows {
  const { basis = "bspline", extrapolation = "linear" } = options;
  const { degree } = knots;
  const rows = points.length, columns = numBasis(knots);
  const width = basis === "bspline" ? degree + 1 : columns;
  const starts = new Int32Array(rows);
  const values = new Float64Array(rows * width);
  const [a, b] = domainOf(knots);
  for (let s = 0; s < rows; s++) {
    const x = points[s];
    const outside = x < a || x > b;
    if (outside && extrapolation === "error") {
      throw new RangeError(
        `Cannot evaluate basis: points must be in the domain [${a}, ${b}], ` +
          `current value at index ${s} is ${x}`,
      );
    }
    const end = x < a ? a : x > b ? b : x;
    const row = values.subarray(s * width, (s + 1) * width);
    if (basis === "bspline") {
      const local = bsplineBasis(knots, end);
      starts[s] = local.interval - degree;
      row.set(local.values);
    } else {
      row.set(reluPowers(knots, end));
    }
    if (outside && extrapolation === "linear") addTangent(knots, basis, end, x - end, row);
  }
  return { rows, columns, width, starts, values };
}

/**
 * Computes the normal matrix `D^T D` of least squares on samples, `sum_s B_i(x_s) B_j(x_s)`.
 *
 * @param knots Knot vector.
 * @param points Sample points `x_s`, in the units of the knots.
 * @param basis B-splines (default) or ReLU powers.
 * @returns Symmetric matrix, shape `[numBasis, numBasis]`, row-major.
 *
 * @example
 * ```ts
 * import { normalMatrix, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const knots = uniformKnots({ degree: 1, intervals: 1, domain: [0, 1] });
 * assertEquals([...normalMatrix(knots, [0, 0.5, 1])], [1.25, 0.25, 0.25, 1.25]);
 * ```
 */
export function normalMatrix(
  knots: KnotVector,
  points: ArrayLike<number>,
  basis: Basis = "bspline",
): Float64Array {
  const { rows, columns: n, width, starts, values } = designMatrix(knots, points, { basis });
  const matrix = new Float64Array(n * n);
  for (let s = 0; s < rows; s++) {
    for (let j = 0; j < width; j++) {
      for (let k = 0; k < width; k++) {
        matrix[(starts[s] + j) * n + starts[s] + k] += values[s * width + j] *
          values[s * width + k];
      }
    }
  }
  return matrix;
}

/** Adds `distance` times the derivatives at the end of the domain to a row of values there. */
function addTangent(
  knots: KnotVector,
  basis: Basis,
  end: number,
  distance: number,
  row: Float64Array,
): void {
  const { values: t, degree } = knots;
  if (basis === "bspline") {
    const slopes = bsplineDerivatives(knots, end, 1).values.subarray(degree + 1);
    for (let k = 0; k <= degree; k++) row[k] += slopes[k] * distance;
    return;
  }
  for (let i = 0; i < row.length; i++) {
    if (end < t[i] || (end === t[i] && i > degree)) continue;
    row[i] += degree * pow(end - t[i], degree - 1) * distance;
  }
}
