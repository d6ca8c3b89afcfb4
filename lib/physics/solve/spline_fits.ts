/**
 * Splines on breakpoints of any spacing: fitted to values, and shared out among coarser ones.
 *
 * @module
 */

import { designMatrix, gaussLegendre } from "../../basis/mod.ts";
import { type KnotVector, numBasis } from "../../knots/mod.ts";
import { createBandTriangle } from "../../engine/inner.ts";
import { multiply, type SparseRows } from "../../numerics/inner.ts";
import { knotsToEnds } from "./window_products.ts";

/** Breakpoints of knots, both ends included. */
export function breakpointsOf({ values, degree }: KnotVector): Float64Array {
  return values.slice(degree, values.length - degree);
}

/** Least squares of values at ascending points by splines on knots. */
export function splineFit(
  knots: KnotVector,
  points: ArrayLike<number>,
): (values: ArrayLike<number>) => Float64Array {
  const matrix: SparseRows = designMatrix(knots, points), { width } = matrix;
  return (values) => {
    const triangle = createBandTriangle({ blocks: numBasis(knots), size: 1, width, border: 0 });
    const { stride } = triangle;
    for (let block = 0, from = 0; block < numBasis(knots); block++, triangle.next()) {
      let to = from;
      while (to < matrix.rows && matrix.starts[to] === block) to++;
      const rows = new Float64Array((to - from) * stride);
      for (let s = from; s < to; s++) {
        rows.set(matrix.values.subarray(s * width, (s + 1) * width), (s - from) * stride);
        rows[(s - from) * stride + stride - 1] = values[s];
      }
      triangle.add(rows, to - from);
      from = to;
    }
    return triangle.solve();
  };
}

/** The largest absolute value of a spline at points that are dense in its pieces. */
export function largestValue(knots: KnotVector, coefficients: Float64Array): number {
  const points = gaussPoints(knots, 4);
  points.push(-1, 1);
  return multiply(designMatrix(knots, points), coefficients)
    .reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}

/** Gauss's points of all pieces, ascending. */
export function gaussPoints(knots: KnotVector, each: number): number[] {
  const ends = breakpointsOf(knots), { nodes } = gaussLegendre(each), points: number[] = [];
  for (let i = 1; i < ends.length; i++) {
    nodes.forEach((x) =>
      points.push((ends[i - 1] + ends[i]) / 2 + (ends[i] - ends[i - 1]) / 2 * x)
    );
  }
  return points;
}

/** The middles of all pieces added. */
export function halvedKnots(knots: KnotVector): KnotVector {
  const ends = breakpointsOf(knots);
  return knotsToEnds(
    Array.from(ends).flatMap((x, i) => i === 0 ? [x] : [(ends[i - 1] + x) / 2, x]),
  );
}

/** Some functions of finer knots, on knots of few pieces that have theirs. */
export interface SplineRun {
  readonly knots: KnotVector;
  /** First function, the one behind the last, and how much earlier the first is among the run's. */
  readonly from: number;
  readonly to: number;
  readonly shift: number;
}

/**
 * Shares the functions of knots out among knots of at most so many pieces: those of a run of
 * neighbouring breakpoints, and a long piece to either end. A B-spline whose breakpoints are all in
 * the run is the same function there.
 */
export function splineRuns(fine: KnotVector, pieces: number): SplineRun[] {
  const ends = breakpointsOf(fine),
    last = ends.length - 1,
    { degree } = fine,
    all: SplineRun[] = [];
  for (let start = 0, from = 0; from < numBasis(fine);) {
    const ahead = start > 0 ? 1 : 0;
    const end = start + pieces - ahead >= last ? last : start + pieces - ahead - 1;
    const run = Array.from(ends.subarray(start, end + 1));
    const knots = knotsToEnds([...ahead ? [-1] : [], ...run, ...end < last ? [1] : []]);
    const to = end === last ? numBasis(fine) : end;
    all.push({ knots, from, to, shift: start - ahead });
    [from, start] = [to, end - degree];
  }
  return all;
}

/** The part of a spline on the fine knots that a run has. */
export function runCoefficients({ knots, from, to, shift }: SplineRun, fine: Float64Array) {
  const part = new Float64Array(numBasis(knots));
  part.set(fine.subarray(from, to), from - shift);
  return part;
}
