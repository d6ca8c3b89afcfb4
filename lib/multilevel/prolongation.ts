/**
 * Prolongation: coefficients on finer knots that give the same spline.
 *
 * The coefficient of the fine B-spline `j` is the blossom of the coarse spline's polynomial piece,
 * taken at the fine knots `tau_{j+1} .. tau_{j+degree}` (Ramshaw 1989); where the fine knots
 * contain all coarse ones this is the Oslo algorithm of Cohen, Lyche and Riesenfeld (1980).
 *
 * @module
 */

import { type KnotVector, numBasis, numIntervals } from "../knots/mod.ts";
import { multiply, type SparseRows } from "../basis/mod.ts";
import { checkSameSpace, nestKnots } from "./_nesting.ts";

/**
 * Computes the matrix `P` with `sum_j (P c)_j B_j^fine = sum_i c_i B_i^coarse` on the domain.
 *
 * The fine knots inside the domain must contain the coarse ones (up to a few units of roundoff of
 * `b - a`); the outer knots may differ. `P` is unique, its rows sum to 1, and where the fine knots
 * contain the outer coarse ones too its entries are not negative. Each row takes the piece and the
 * order of arguments in which the blossom's intermediate sums grow least. 0/0 = 0 at empty
 * intervals.
 *
 * @param coarse Coarse knots.
 * @param fine Fine knots, of the same degree and domain.
 * @returns `P`, `[fine numBasis, coarse numBasis]`, `degree + 1` entries per row.
 * @throws {TypeError} If degrees or domains differ.
 * @throws {RangeError} If a coarse knot inside the domain is missing in the fine ones.
 *
 * @example Hat functions, one interval halved
 * ```ts
 * import { prolongationMatrix } from "@freeknot/freeknot/multilevel";
 * import { refineKnots, toDense, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const coarse = uniformKnots({ degree: 1, intervals: 1 });
 * const matrix = prolongationMatrix(coarse, refineKnots(coarse, 2, "even"));
 * assertEquals([...toDense(matrix)], [1, 0, 0.5, 0.5, 0, 1]);
 * ```
 */
export function prolongationMatrix(coarse: KnotVector, fine: KnotVector): SparseRows {
  const verb = "compute prolongation";
  checkSameSpace(verb, coarse, fine);
  const { degree } = coarse;
  const { knots: tau, intervals: coarseOf } = nestKnots(verb, coarse, fine);
  const rows = numBasis(fine), width = degree + 1;
  const starts = new Int32Array(rows);
  const values = new Float64Array(rows * width);
  const points = new Float64Array(degree);
  const trial = new Float64Array(width);
  const first = degree, last = degree + numIntervals(fine) - 1;

  for (let j = 0; j < rows; j++) {
    let least = Infinity, previous = -1;
    let from = Math.max(j, first), to = Math.min(j + degree, last);
    if (!(tau[to + 1] > tau[from])) {
      // Fine function j vanishes on the domain, so row j may come from any coarse piece. The nearest
      // piece that is not empty keeps the entries small.
      while (from > first && !(tau[to + 1] > tau[from])) from--;
      while (to < last && !(tau[to + 1] > tau[from])) to++;
    }
    for (let k = from; k <= to; k++) {
      const mu = coarseOf[k];
      if (!(tau[k + 1] > tau[k]) || mu === previous) continue;
      previous = mu;
      for (let i = 0; i < degree; i++) points[i] = tau[j + 1 + i];
      const growth = blossomRow(coarse.values, degree, mu, points, trial);
      if (growth < least * (1 - 1e-12) || least === Infinity) {
        least = growth;
        starts[j] = mu - degree;
        for (let i = 0; i < width; i++) values[j * width + i] = trial[i] + 0; // -0 becomes 0
      }
    }
  }
  return { rows, columns: numBasis(coarse), width, starts, values };
}

/**
 * Prolongs coefficients, `P c`.
 *
 * @param matrix `P`, from {@linkcode prolongationMatrix}.
 * @param coefficients `c`, shape `[coarse numBasis, m]`, row-major.
 * @param m Number of splines side by side. Default 1.
 * @returns `P c`, shape `[fine numBasis, m]`.
 * @throws {TypeError} If `coefficients` has another length.
 *
 * @example
 * ```ts
 * import { prolongationMatrix, prolongCoefficients } from "@freeknot/freeknot/multilevel";
 * import { refineKnots, uniformKnots } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const coarse = uniformKnots({ degree: 1, intervals: 1 });
 * const matrix = prolongationMatrix(coarse, refineKnots(coarse, 2, "even"));
 * assertEquals([...prolongCoefficients(matrix, new Float64Array([2, 4]))], [2, 3, 4]);
 * ```
 */
export function prolongCoefficients(
  matrix: SparseRows,
  coefficients: Readonly<Float64Array>,
  m = 1,
): Float64Array {
  return multiply(matrix, coefficients, m);
}

/**
 * Writes the blossom at `points` of the `degree + 1` coarse basis functions on interval `mu`.
 *
 * The local recursion with another argument at each level; the blossom is symmetric, so the
 * arguments nearest to the interval go first, where the spans of knots are shortest.
 *
 * @returns The largest sum of magnitudes met on the way; 1 if all steps were convex.
 */
function blossomRow(
  t: Float64Array,
  degree: number,
  mu: number,
  points: Float64Array,
  out: Float64Array,
): number {
  const left = t[mu], right = t[mu + 1];
  sortByDistance(points, left, right);
  let growth = 1;
  out.fill(0);
  out[0] = 1;
  for (let k = 1; k <= degree; k++) {
    const u = points[k - 1];
    let saved = 0, sum = 0;
    for (let r = 0; r < k; r++) {
      const low = t[mu + 1 + r - k], high = t[mu + 1 + r];
      const share = out[r] / (high - low);
      out[r] = saved + (high - u) * share;
      saved = (u - low) * share;
      sum += Math.abs(out[r]);
    }
    out[k] = saved;
    growth = Math.max(growth, sum + Math.abs(saved));
  }
  return growth;
}

/** Sorts in place by the distance to `[left, right]`, nearest first; at most five points. */
function sortByDistance(points: Float64Array, left: number, right: number): void {
  for (let i = 1; i < points.length; i++) {
    const point = points[i];
    const distance = Math.max(left - point, point - right, 0);
    let k = i - 1;
    while (k >= 0 && Math.max(left - points[k], points[k] - right, 0) > distance) {
      points[k + 1] = points[k];
      k--;
    }
    points[k + 1] = point;
  }
}
