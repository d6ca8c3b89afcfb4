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
import { resolvePde } from "../equations/resolve.ts";
import { beginRun } from "./piece_runs.ts";
import {
  collocateSheet,
  freshOfSheet,
  type Sheet,
  sheetWork,
  solveSheet,
  takesSheets,
} from "./sheet_collocation.ts";
import { type Grading, gradedLine } from "./graded_line.ts";
import { distancePowers, solutionCorners } from "../points/corners.ts";
import { joinSheet, measureSheet, sheetDistance, sheetValues } from "./sheet_network.ts";
import { pow } from "../../numerics/inner.ts";
import { splineFit } from "./spline_fits.ts";
import type { Line } from "./window_space.ts";

/** Multiply-adds of all triangles, at most. */
const MOST_WORK = 6e10;
/** Sheets at most. */
const MOST_SHEETS = 8;
/** The first sheet's pieces; what the next one's are shorter by. */
const FIRST: Grading = { shortest: 1e-2, growth: 0.6, pieces: 8 };
const FINER = 0.75, SHORTER = 0.2;
/** The shortest piece of all, in units of the tolerance: a jump there is no larger an error. */
const SHORTEST = 0.5;
/** Residuals of a sheet in units of those before that tell nothing of the error before. */
const ALIKE = 0.8;

/** Whether a problem is one in a shape or has corners near which its solution has no derivatives. */
export function takesGraded(problem: PdeProblem): boolean {
  const resolved = resolvePde(problem);
  return takesSheets(resolved) && (!!problem.shape || solutionCorners(resolved).length > 0);
}

/** A run that keeps the tolerance; undefined where there is no such problem, or none is found. */
export async function gradedGuess(
  problem: PdeProblem,
  { tolerance, signal, onLevel }: DirectOptions,
): Promise<DirectRun | undefined> {
  if (!takesGraded(problem)) return undefined;
  const resolved = resolvePde(problem), corners = solutionCorners(resolved);
  const isLinear = isLinearPde(resolved), unknowns = resolved.unknowns.length;
  const powers = distancePowers(resolved).map((power) => 1 / power);
  const run = beginRun(problem, createNetwork({ widths: [2, 1], firstLayer: "spline" }));
  let last: { readonly sheet: Sheet; readonly fresh: number } | undefined, work = 0;
  for (let level = 0; level < MOST_SHEETS; level++) {
    await new Promise((resolve) => setTimeout(resolve)); // a signal may come
    const grading: Grading = {
      shortest: Math.max(SHORTEST * tolerance, FIRST.shortest * pow(SHORTER, level)),
      growth: FIRST.growth * pow(FINER, level),
      pieces: Math.ceil(FIRST.pieces / pow(FINER, level)),
    };
    const [x, y] = resolved.ranges.map((range, c) =>
      gradedLine(range, corners.map(({ at }) => at[c]), {
        ...grading,
        shortest: pow(grading.shortest, powers[c]),
      })
    );
    const lines = [x, y] as const;
    if (signal?.aborted || work + sheetWork(lines, resolved) > MOST_WORK) return undefined;
    const on = collocateSheet(resolved, { lines, corners }, run.scales.terms);
    const begin = last && !isLinear
      ? onOtherLines(last.sheet, lines)
      : new Float64Array(x.count * y.count * unknowns);
    const solved = solveSheet(on, begin, { isLinear, mostWork: MOST_WORK - work });
    work += solved.work;
    const sheet: Sheet = { lines, corners, coefficients: solved.coefficients };
    if (!last) measureSheet(problem, run, sheet);
    const fresh = freshOfSheet(resolved, sheet, run.scales.terms);
    if (!Number.isFinite(fresh)) return undefined;
    if (Deno.env.get("DBG")) console.log("level", level, x.count, y.count, "fresh", fresh, last && sheetDistance(problem, last.sheet, sheet), work.toExponential(1), performance.now() - run.begun);
    if (last && fresh < ALIKE * last.fresh) {
      const relative = sheetDistance(problem, last.sheet, sheet) / (1 - fresh / last.fresh);
      if (relative <= tolerance) {
        const joined = await joinSheet(problem, run, last.sheet, tolerance);
        if (Deno.env.get("DBG")) console.log("joined", joined.verification.fresh, run.network.config.widths, run.network.parameters.length, performance.now() - run.begun, JSON.stringify(joined.verification.terms.map(t => [t.name, t.fresh.rms / t.size, t.fresh.at])));
        tellLevel(run, joined.verification, Math.min(1, work / MOST_WORK), onLevel);
        if (joined.verification.fresh <= tolerance) return convergedRun(run, joined, relative);
      }
    }
    last = { sheet, fresh };
  }
  return undefined;
}

/** Coefficients on other lines of about the same functions. */
function onOtherLines(sheet: Sheet, [x, y]: readonly [Line, Line]): Float64Array {
  const unknowns = sheet.coefficients.length / sheet.lines[0].count / sheet.lines[1].count;
  const [first, second] = [x, y].map(meanKnots);
  const points = new Float64Array(2 * x.count * y.count);
  first.forEach((a, i) =>
    second.forEach((b, j) => points.set([a, b], 2 * (i * y.count + j)))
  );
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
