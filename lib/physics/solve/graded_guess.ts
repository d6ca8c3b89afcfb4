/**
 * Problems in two coordinates with corners, and in shapes: products of splines on pieces that shrink
 * towards the corners, each time on more and shorter ones, until two solutions are as near each other
 * as is wanted.
 *
 * @module
 */

import { createNetwork } from "../../model/mod.ts";
import { isLinear as isLinearPde } from "./automatic.ts";
import { convergedRun, type DirectOptions, type DirectRun, tellLevel } from "./direct_run.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { type ResolvedPde, resolvePde } from "../equations/resolve.ts";
import { beginRun } from "./piece_runs.ts";
import {
  collocateSheet,
  freshOfSheet,
  type Sheet,
  sheetWork,
  solveSheet,
  takesSheets,
} from "./sheet_collocation.ts";
import { gradedLine, type Grading } from "./graded_line.ts";
import { distancePowers, type SolutionCorner, solutionCorners } from "../points/corners.ts";
import { joinSheet, measureSheet, sheetDistance, sheetValues } from "./sheet_network.ts";
import { pow } from "../../numerics/inner.ts";
import { splineFit } from "./spline_fits.ts";
import type { Line } from "./window_space.ts";

/** Multiply-adds of all triangles, at most. */
const MOST_WORK = 6e10;
/** The first sheet's pieces; what the next one's are shorter by, as long as residuals ask for it. */
const FIRST: Grading = { shortest: 1e-2, growth: 0.6, pieces: 8 }, FINER = 0.75;
/**
 * What the shortest piece is shorter by, until second derivatives are rounding, or in units of the
 * tolerance a jump cannot be seen.
 */
const SHORTER = 0.1, SHORTEST = 1e-5, UNSEEN = 0.5;
/** Residuals that are sought, in units of the tolerance. */
const SOUGHT = 0.1;
/** Errors behind a sheet, in units of those before, at least and at most for an estimate. */
const LEAST_RATIO = 0.2, MOST_RATIO = 0.6;
/** A relative residual above which a sheet is no solution. */
const MOST_RESIDUAL = 0.01;

/** Whether a problem is one in a shape or has corners near which its solution has no derivatives. */
export function takesGraded(problem: PdeProblem): boolean {
  const resolved = resolvePde(problem);
  return takesSheets(resolved) && (!!problem.shape || solutionCorners(resolved).length > 0);
}

/** The shortest piece of all. */
function shortestFor(corners: readonly SolutionCorner[], tolerance: number): number {
  if (corners.length === 0) return FIRST.shortest;
  return corners.every(({ isJump }) => isJump)
    ? Math.max(SHORTEST, Math.min(FIRST.shortest, UNSEEN * tolerance))
    : SHORTEST;
}

/** A sheet, its residuals at other points, and the distance from the one before. */
interface GradedSheet {
  readonly sheet: Sheet;
  readonly fresh: number;
  readonly distance: number;
}

/**
 * A run at its end, which keeps the tolerance or comes near it; undefined where there is no such problem,
 * or no solution is found.
 */
export async function gradedGuess(
  problem: PdeProblem,
  { tolerance, signal, onLevel, journal }: DirectOptions,
): Promise<DirectRun | undefined> {
  if (!takesGraded(problem)) return undefined;
  const resolved = resolvePde(problem), isLinear = isLinearPde(resolved);
  const run = beginRun(problem, createNetwork({ widths: [2, 1], firstLayer: "spline" }));
  let last: GradedSheet | undefined, work = 0, grading = FIRST;
  const corners = solutionCorners(resolved), shortest = shortestFor(corners, tolerance);
  const join = async ({ sheet }: GradedSheet) => {
    const joined = await joinSheet(problem, run, sheet, tolerance);
    tellLevel(run, joined.verification, Math.min(1, work / MOST_WORK), onLevel);
    return joined;
  };
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve)); // a signal may come
    const lines = linesOf(resolved, grading);
    if (signal?.aborted || work + sheetWork(lines, resolved) > MOST_WORK) break;
    const begin = last && !isLinear
      ? onOtherLines(last.sheet, lines)
      : new Float64Array(lines[0].count * lines[1].count * resolved.unknowns.length);
    const before = work;
    const solved = await journal.stage("sheet", () => {
      const on = collocateSheet(resolved, { lines, corners }, run.scales.terms);
      return solveSheet(on, begin, { isLinear, mostWork: MOST_WORK - before });
    });
    work += solved.work;
    const sheet: Sheet = { lines, corners, coefficients: solved.coefficients };
    if (!last) measureSheet(problem, run, sheet);
    const fresh = freshOfSheet(resolved, sheet, run.scales.terms);
    if (!Number.isFinite(fresh)) break;
    const distance = last ? sheetDistance(problem, last.sheet, sheet) : Infinity;
    const found: GradedSheet = { sheet, fresh, distance };
    for (const each of last ? estimates(last, found, tolerance) : []) {
      if (!(each.relative <= tolerance)) continue;
      const joined = await join(each);
      if (joined.verification.fresh <= tolerance) return convergedRun(run, joined, each.relative);
    }
    last = found;
    grading = finerGrading(grading, fresh <= SOUGHT * tolerance, shortest);
  }
  if (!last || !(last.fresh <= MOST_RESIDUAL)) return undefined;
  const relative = last.distance;
  return {
    run,
    end: {
      ...signal?.aborted ? STOPPED : STALLED,
      ...await join(last),
      ...(relative < Infinity && { errorEstimate: { relative, changes: {} } }),
    },
  };
}

const STOPPED = { status: "stopped", reason: "the search was asked to stop" } as const;
const STALLED = {
  status: "stalled",
  reason: "finer pieces that come nearer are more than may be worked on",
} as const;

/**
 * Relative errors of the last two sheets: what lies between them is the error of the first but for that of
 * the second, which is smaller by about as much as distances or residuals are.
 */
function estimates(last: GradedSheet, found: GradedSheet, tolerance: number) {
  const { distance, fresh } = found;
  const isFine = fresh <= SOUGHT * tolerance; // what is left of residuals is not what errors are of
  const ratio = Math.max(
    LEAST_RATIO,
    isFine ? 0 : fresh / last.fresh,
    last.distance < Infinity ? distance / last.distance : 0,
  );
  if (!(ratio < MOST_RATIO)) return [];
  const before = { ...last, relative: distance / (1 - ratio) };
  if (last.distance === Infinity) return [before];
  return [before, { ...found, relative: distance * ratio / (1 - ratio) }];
}

/** Shorter pieces near corners until they are shortest, and everywhere unless residuals are small. */
function finerGrading(before: Grading, isFine: boolean, shortest: number): Grading {
  const isShortest = before.shortest <= shortest, stays = isFine && !isShortest;
  return {
    shortest: isShortest ? before.shortest : Math.max(shortest, SHORTER * before.shortest),
    growth: stays ? before.growth : FINER * before.growth,
    pieces: stays ? before.pieces : Math.ceil(before.pieces / FINER),
  };
}

/** Lines that are dense towards all corners. */
function linesOf(resolved: ResolvedPde, grading: Grading): readonly [Line, Line] {
  const corners = solutionCorners(resolved), powers = distancePowers(resolved);
  const [x, y] = resolved.ranges.map((range, c) =>
    gradedLine(range, corners.map(({ at }) => at[c]), {
      ...grading,
      shortest: pow(grading.shortest, 1 / powers[c]),
      growth: grading.growth * Math.sqrt(powers[c]), // heat is exp(-x^2/(4 t)) times a power
    })
  );
  return [x, y];
}

/** Coefficients on other lines of about the same functions. */
function onOtherLines(sheet: Sheet, [x, y]: readonly [Line, Line]): Float64Array {
  const unknowns = sheet.coefficients.length / sheet.lines[0].count / sheet.lines[1].count;
  const [first, second] = [x, y].map(meanKnots);
  const points = new Float64Array(2 * x.count * y.count);
  first.forEach((a, i) => second.forEach((b, j) => points.set([a, b], 2 * (i * y.count + j))));
  const values = sheetValues(sheet, points), all = new Float64Array(values.length);
  const along = [splineFit(x.knots, first), splineFit(y.knots, second)];
  for (let u = 0; u < unknowns; u++) {
    const rows = Array.from({ length: x.count }, (_, i) =>
      along[1](
        Float64Array.from({ length: y.count }, (_, j) => values[(i * y.count + j) * unknowns + u]),
      ));
    for (let j = 0; j < y.count; j++) {
      along[0](rows.map((row) => row[j])).forEach((c, i) =>
        all[(i * y.count + j) * unknowns + u] = c
      );
    }
  }
  return all;
}

/** The means of the knots inside each function (Greville): as many points as functions. */
function meanKnots({ knots: { values, degree }, count, breakpoints }: Line): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let k = 1; k <= degree; k++) sum += values[i + k];
    return Math.min(breakpoints.at(-1)!, Math.max(breakpoints[0], sum / degree));
  });
}
