/**
 * Points of the equations and conditions of a problem on a sheet: Gauss's points of its pieces, on faces,
 * and on curves that bound a shape.
 *
 * @module
 */

import { gaussLegendre } from "../../basis/mod.ts";
import { readFaces } from "../equations/faces.ts";
import { outputsOf } from "../equations/outputs.ts";
import type { PdeProblem } from "../equations/pde.ts";
import type { ResolvedPde, ResolvedTerm } from "../equations/resolve.ts";
import { type BoundaryCurve, boundaryCurves, isInDomain } from "../points/domain.ts";
import { withoutSingular } from "../points/lay_out.ts";
import { cornerFactors, type SolutionCorner } from "../points/corners.ts";
import { pointsOnLine } from "./window_points.ts";
import type { Line } from "./window_space.ts";

/** Points of a piece, inside and near the ends: for solving, and for checking at others. */
const SOLVE = { time: 0, piece: 2, end: 5 }, CHECK = { time: 0, piece: 3, end: 3 };
/** The same of a curve between two lines that it crosses. */
const ON_CURVE = { solve: 4, check: 3 };

/** What points are for. */
export type SheetPurpose = "solve" | "check";

/** Points, shape `[rows, 2]`, and the share of the squared residuals that each has. */
export interface SheetPoints {
  readonly points: Float64Array;
  readonly shares: Float64Array;
}

/** The points of a term; those near corners count less. */
export function sheetPoints(
  resolved: ResolvedPde,
  lines: readonly [Line, Line],
  corners: readonly SolutionCorner[],
  term: ResolvedTerm,
  purpose: SheetPurpose,
): SheetPoints {
  const { condition } = term, { problem } = resolved;
  const isEven = purpose === "solve" && corners.length === 0;
  const all = !condition
    ? pointsInside(resolved, lines, purpose, isEven)
    : condition.on === undefined
    ? pointsOnFaces(resolved, lines, condition.at!, purpose, isEven)
    : pointsOnCurves(lines, boundaryCurves(problem, condition.on), ON_CURVE[purpose]);
  const { points, shares } = finite(resolved, term, withCorners(term, corners, all, purpose));
  const least = purpose === "check" && corners.length > 0 ? UNSOLVED * shortestOf(lines) : 0;
  const factors = cornerFactors(resolved, corners, term, points, least);
  return { points, shares: shares.map((share, r) => share * factors[r] ** 2) };
}

/** Shortest pieces from a corner within which no splines follow the solution. */
const UNSOLVED = 4;

/** The longer of both lines' shortest pieces, as a share of the whole. */
function shortestOf(lines: readonly [Line, Line]): number {
  return Math.max(...lines.map(({ breakpoints: ends }) => {
    const pieces = Array.from(ends.subarray(1), (x, i) => x - ends[i]);
    return Math.min(...pieces) / (ends[ends.length - 1] - ends[0]);
  }));
}

/** What the value at a corner counts beside those on all faces of its condition. */
const CORNER = 1e-4, NEAR = 1e-3;

/** With corners that values are asked for at: a solution without derivatives has these. */
function withCorners(
  { condition, residual }: ResolvedTerm,
  corners: readonly SolutionCorner[],
  all: SheetPoints,
  purpose: SheetPurpose,
): SheetPoints {
  const asksValues = condition &&
    outputsOf(residual).every(({ derivative }) => derivative.length === 0);
  if (!asksValues || purpose === "check") return all;
  const { points, shares } = all;
  const here = corners.filter(({ at, isJump }) =>
    !isJump &&
    shares.some((_, r) =>
      Math.abs(points[2 * r] - at[0]) + Math.abs(points[2 * r + 1] - at[1]) < NEAR
    )
  );
  return {
    points: Float64Array.of(...points, ...here.flatMap(({ at }) => at)),
    shares: Float64Array.of(...shares, ...here.map(() => CORNER)),
  };
}

/** Without points at which a term has no value; the others' shares stay. */
function finite(resolved: ResolvedPde, term: ResolvedTerm, all: SheetPoints): SheetPoints {
  const points = withoutSingular(resolved, term, all.points);
  if (points.length === all.points.length) return all;
  const shares = new Float64Array(points.length / 2);
  for (let r = 0, k = 0; r < shares.length; r++, k++) {
    while (all.points[2 * k] !== points[2 * r] || all.points[2 * k + 1] !== points[2 * r + 1]) k++;
    shares[r] = all.shares[k];
  }
  return { points, shares };
}

/** Points of a line; weights as of their share of it, even ones half of that the same per piece. */
function weighted(line: Line, purpose: SheetPurpose, isEven: boolean) {
  const points = pointsOnLine(line, purpose === "solve" ? SOLVE : CHECK);
  const { breakpoints } = line, pieces = breakpoints.length - 1;
  const length = breakpoints[pieces] - breakpoints[0];
  const weights = points.weights.map((weight, r) => {
    const p = points.pieces[r], part = (breakpoints[p + 1] - breakpoints[p]) / length;
    return weight * (isEven ? (1 + 1 / part / pieces) / 2 : 1);
  });
  return { at: points.at, weights };
}

function pointsInside(
  { problem }: ResolvedPde,
  lines: readonly [Line, Line],
  purpose: SheetPurpose,
  isEven: boolean,
): SheetPoints {
  if (problem.shape) return pointsInShape(problem, lines, purpose);
  const [xs, ys] = lines.map((line) => weighted(line, purpose, isEven));
  const points = new Float64Array(2 * xs.at.length * ys.at.length);
  const shares = new Float64Array(points.length / 2);
  xs.at.forEach((x, i) =>
    ys.at.forEach((y, j) => {
      const r = i * ys.at.length + j;
      points.set([x, y], 2 * r);
      shares[r] = xs.weights[i] * ys.weights[j];
    })
  );
  return { points, shares };
}

/**
 * Points in a shape, more of them in cells near its boundary: functions that are mostly outside are
 * decided by these.
 */
function pointsInShape(
  problem: PdeProblem,
  lines: readonly [Line, Line],
  purpose: SheetPurpose,
): SheetPoints {
  const { piece, end } = purpose === "solve" ? SOLVE : CHECK;
  const [xs, ys] = lines.map(({ breakpoints }) => breakpoints);
  const isInside = Array.from(
    xs,
    (x) => Array.from(ys, (y) => isInDomain(problem, [x, y])),
  );
  const isNear = (p: number, q: number) => {
    for (let i = p - 1; i <= p + 2; i++) {
      for (let j = q - 1; j <= q + 2; j++) if (!isInside[i]?.[j]) return true;
    }
    return false;
  };
  const points: number[] = [], shares: number[] = [];
  let all = 0;
  for (let p = 0; p + 1 < xs.length; p++) {
    for (let q = 0; q + 1 < ys.length; q++) {
      const { nodes, weights } = gaussLegendre(isNear(p, q) ? end : piece);
      const [dx, dy] = [xs[p + 1] - xs[p], ys[q + 1] - ys[q]];
      nodes.forEach((s, i) =>
        nodes.forEach((t, j) => {
          const point = [xs[p] + dx * (1 + s) / 2, ys[q] + dy * (1 + t) / 2];
          if (!isInDomain(problem, point)) return;
          points.push(...point);
          shares.push(weights[i] * weights[j] * dx * dy);
          all += shares[shares.length - 1];
        })
      );
    }
  }
  return {
    points: Float64Array.from(points),
    shares: Float64Array.from(shares, (share) => share / all),
  };
}

function pointsOnFaces(
  { coordinates, ranges, problem }: ResolvedPde,
  lines: readonly [Line, Line],
  at: NonNullable<NonNullable<ResolvedTerm["condition"]>["at"]>,
  purpose: SheetPurpose,
  isEven: boolean,
): SheetPoints {
  const [xs, ys] = readFaces(at, coordinates, ranges).map((face, c) => {
    if (face.kind === "positions") {
      return { at: face.values, weights: face.values.map(() => 1 / face.values.length) };
    }
    const { at, weights } = weighted(lines[c], purpose, isEven), [a, b] = face.range;
    const kept = Array.from(at.keys()).filter((i) => at[i] >= a && at[i] <= b);
    const part = (b - a) / (ranges[c][1] - ranges[c][0]);
    return { at: kept.map((i) => at[i]), weights: kept.map((i) => weights[i] / part) };
  });
  const points: number[] = [], shares: number[] = [];
  xs.at.forEach((x, i) =>
    ys.at.forEach((y, j) => {
      if (problem.shape && !isInDomain(problem, [x, y])) return;
      points.push(x, y);
      shares.push(xs.weights[i] * ys.weights[j]);
    })
  );
  return { points: Float64Array.from(points), shares: Float64Array.from(shares) };
}

/** Parts of a curve that are looked at for crossings with lines. */
const PARTS = 64, HALVINGS = 50;
/** Shorter parts of a curve have no points. */
const SHORTEST = 1e-12;

function pointsOnCurves(
  lines: readonly [Line, Line],
  curves: readonly BoundaryCurve[],
  each: number,
): SheetPoints {
  const rule = gaussLegendre(each), points: number[] = [], shares: number[] = [];
  let all = 0;
  for (const curve of curves) {
    const cuts = cutsOf(curve, lines);
    for (let i = 1; i < cuts.length; i++) {
      const part = cuts[i] - cuts[i - 1];
      if (part < SHORTEST) continue;
      rule.nodes.forEach((node, k) => {
        const point = curve.at(cuts[i - 1] + part * (1 + node) / 2);
        if (!curve.bounds(point)) return;
        points.push(...point);
        shares.push(curve.length * part * rule.weights[k] / 2);
        all += shares[shares.length - 1];
      });
    }
  }
  return {
    points: Float64Array.from(points),
    shares: Float64Array.from(shares, (share) => share / all),
  };
}

/** Where a curve crosses breakpoints of either line, and its ends. */
function cutsOf(curve: BoundaryCurve, lines: readonly [Line, Line]): number[] {
  const cuts = [0, 1];
  for (let k = 0; k < PARTS; k++) {
    const [from, to] = [k / PARTS, (k + 1) / PARTS], ends = [curve.at(from), curve.at(to)];
    cuts.push(to);
    lines.forEach(({ breakpoints }, c) => {
      const [a, b] = ends.map((end) => end[c]);
      for (const x of breakpoints) {
        if (x < a === x < b) continue;
        let [low, high] = [from, to];
        for (let i = 0; i < HALVINGS; i++) {
          const middle = (low + high) / 2;
          if (curve.at(middle)[c] > x === a > x) low = middle;
          else high = middle;
        }
        cuts.push(high);
      }
    });
  }
  return cuts.sort((a, b) => a - b);
}
