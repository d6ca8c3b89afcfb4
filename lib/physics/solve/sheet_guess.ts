/**
 * Problems on rectangles with peaks and layers: products of splines on pieces that follow the solution
 * along both coordinates.
 *
 * Pieces are halved where the solution's highest derivative jumps most from piece to piece: there the
 * splines are farthest from it. The solution on the next finer pieces tells the error.
 *
 * @module
 */

import { createNetwork } from "../../model/mod.ts";
import { pow } from "../../numerics/inner.ts";
import { convergedRun, type DirectOptions, type DirectRun, tellLevel } from "./direct_run.ts";
import { isLinear as isLinearPde } from "./automatic.ts";
import { outputsOf } from "../equations/outputs.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { type ResolvedPde, resolvePde } from "../equations/resolve.ts";
import { beginRun } from "./piece_runs.ts";
import type { RunJournal } from "./run_journal.ts";
import {
  collocateSheet,
  freshOfSheet,
  refineSheet,
  type Sheet,
  sheetWork,
  solveSheet,
  takesSheets,
} from "./sheet_collocation.ts";
import { joinSheet, measureSheet, sheetDistance } from "./sheet_network.ts";
import { halvePieces, type Line, lineOn, ORDER, valuesOnLine } from "./window_space.ts";

/** Pieces to begin with along both coordinates. */
const FIRST_PIECES = 8;
/** Multiply-adds of all triangles, at most. */
const MOST_WORK = 4e10;
/**
 * Residuals that are sought, in units of the tolerance; and for the estimate, of those found,
 * but no less than a share of the tolerance.
 */
const SOUGHT = 0.1, FINER = 0.1, ROUNDED = 1e-5;
/** Residuals at which sizes are measured. */
const ROUGH = 1e-3;
/** Pairs of sheets at most. */
const MOST_PASSES = 3;
/** Pieces are halved whose jumps are beyond this share of the largest. */
const LEADING = 0.02;
/** A refinement that leaves more of the residuals was of no use; so many in a row end it. */
const HELPS = 0.7, MOST_FUTILE = { linear: 5, other: 1 };
/** The shortest piece, as a share of the whole. */
const SHORTEST = 1e-6;

/** A run that keeps the tolerance; undefined where there is no such problem, or none is found. */
export async function sheetGuess(
  problem: PdeProblem,
  { tolerance, signal, onLevel, journal }: DirectOptions,
): Promise<DirectRun | undefined> {
  const resolved = resolvePde(problem);
  if (!takesSheets(resolved)) return undefined;
  const run = beginRun(problem, createNetwork({ widths: [2, 1], firstLayer: "spline" }));
  const search: SheetSearch = {
    ...{ resolved, isLinear: isLinearPde(resolved), signal, journal, work: 0 },
    sizes: run.scales.terms,
  };
  const rough = await adaptSheet(search, emptySheet(resolved), ROUGH);
  if (!rough) return undefined;
  measureSheet(problem, run, rough.found.sheet);
  search.sizes = run.scales.terms;
  const first = await adaptSheet(search, rough.found.sheet, SOUGHT * tolerance, true);
  // what came before the last refinement may be good enough, and the last tells its error
  let pair = first && !isCoarse(first.before, first.found, tolerance)
    ? { found: first.before!, finer: first.found }
    : first && await finerThan(search, first.found, tolerance);
  for (let pass = 0; pair && pass < MOST_PASSES; pass++) {
    const { found, finer } = pair;
    const relative = sheetDistance(problem, found.sheet, finer.sheet);
    if (relative <= tolerance) {
      const { verification, engineOptions } = await joinSheet(problem, run, found.sheet, tolerance);
      tellLevel(run, verification, Math.min(1, search.work / MOST_WORK), onLevel);
      if (verification.fresh <= tolerance) {
        return convergedRun(run, { verification, engineOptions }, relative);
      }
      search.sizes = run.scales.terms;
    }
    pair = await finerThan(search, finer, tolerance);
  }
  return undefined;
}

/** Whether a sheet's residuals are no measure of its error beside those of a finer one. */
function isCoarse(before: FoundSheet | undefined, found: FoundSheet, tolerance: number): boolean {
  return !before || !(before.fresh <= tolerance) || !(found.fresh <= FINER * before.fresh);
}

/** A sheet and a finer one, where the former's residuals keep the tolerance. */
async function finerThan(search: SheetSearch, found: FoundSheet, tolerance: number) {
  if (!(found.fresh <= tolerance)) return undefined;
  const goal = Math.max(FINER * Math.min(found.fresh, SOUGHT * tolerance), ROUNDED * tolerance);
  const begin = refineSheet(found.sheet, finerLines(search.resolved, found.sheet));
  const finer = await adaptSheet(search, begin, goal);
  return finer && { found, finer: finer.found };
}

/** What a search knows. */
interface SheetSearch {
  readonly resolved: ResolvedPde;
  readonly isLinear: boolean;
  readonly signal: AbortSignal | undefined;
  readonly journal: RunJournal;
  sizes: readonly number[];
  work: number;
}

/** A sheet, and its residuals at other points. */
interface FoundSheet {
  readonly sheet: Sheet;
  readonly fresh: number;
}

function emptySheet({ ranges, unknowns }: ResolvedPde): Sheet {
  const [x, y] = ranges.map(([a, b]) =>
    lineOn(
      Float64Array.from(
        { length: FIRST_PIECES + 1 },
        (_, i) => i === FIRST_PIECES ? b : a + (b - a) * i / FIRST_PIECES,
      ),
      false,
    )
  );
  return {
    lines: [x, y],
    coefficients: new Float64Array(x.count * y.count * unknowns.length),
  };
}

/**
 * Solves, and halves pieces, until residuals reach a goal; the best so far where work ends,
 * and the one before.
 *
 * @param isSolved Whether the sheet to begin with is a solution on its pieces.
 */
async function adaptSheet(
  search: SheetSearch,
  begin: Sheet,
  goal: number,
  isSolved = false,
): Promise<{ readonly before: FoundSheet | undefined; readonly found: FoundSheet } | undefined> {
  const { resolved, isLinear, signal } = search;
  let sheet = begin, best: FoundSheet | undefined, before: FoundSheet | undefined, futile = 0;
  for (;;) {
    const end = best && { before, found: best };
    await new Promise((resolve) => setTimeout(resolve)); // a signal may come
    const isDear = search.work + sheetWork(sheet.lines, resolved) > MOST_WORK;
    if (isDear || futile > MOST_FUTILE[isLinear ? "linear" : "other"] || signal?.aborted) {
      return end;
    }
    if (!isSolved || best) {
      const before = sheet;
      const { coefficients, work } = await search.journal.stage("sheet", () => {
        const on = collocateSheet(resolved, before, search.sizes);
        return solveSheet(on, before.coefficients, {
          ...{ isLinear, mostWork: MOST_WORK - search.work },
        });
      });
      search.work += work;
      sheet = { ...sheet, coefficients };
    }
    const fresh = freshOfSheet(resolved, sheet, search.sizes);
    if (!Number.isFinite(fresh)) return end;
    futile = best && fresh > HELPS * best.fresh ? futile + 1 : 0;
    if (!best || fresh < best.fresh) [before, best] = [best, { sheet, fresh }];
    if (best.fresh <= goal) return { before, found: best };
    sheet = refineSheet(sheet, finerLines(resolved, sheet));
  }
}

/** Lines whose pieces are halved where the highest derivative jumps most. */
function finerLines(resolved: ResolvedPde, sheet: Sheet): [Line, Line] {
  const jumps = [0, 1].map((d) => jumpsOf(resolved, sheet, d));
  const most = Math.max(...jumps.map((each) => Math.max(...each)));
  const [x, y] = sheet.lines.map((line, d) => {
    const { breakpoints } = line, last = breakpoints.length - 1;
    const shortest = SHORTEST * (breakpoints[last] - breakpoints[0]);
    return halvePieces(
      line,
      (p) => jumps[d][p] > LEADING * most && breakpoints[p + 1] - breakpoints[p] > shortest,
    );
  });
  return [x, y];
}

/**
 * How far splines of a coordinate may be from the solution, per piece: jumps of the highest derivative
 * times the piece's length to that power, for values; over the length once per derivative of the
 * equations.
 */
function jumpsOf({ terms }: ResolvedPde, { lines, coefficients }: Sheet, d: number): Float64Array {
  const line = lines[d], { breakpoints } = line, pieces = breakpoints.length - 1;
  const [n, m] = lines.map(({ count }) => count), nOut = coefficients.length / n / m;
  const order = Math.max(
    ...terms.flatMap(({ residual, condition }) =>
      condition
        ? [0]
        : outputsOf(residual).map(({ derivative }) => derivative.filter((i) => i === d).length)
    ),
  );
  const others = d === 0 ? m : n,
    each = others * nOut,
    length = breakpoints[pieces] - breakpoints[0];
  const highest = Array.from({ length: pieces }, (_, p) => {
    const middle = (breakpoints[p] + breakpoints[p + 1]) / 2, all = new Float64Array(each);
    const { piece, values } = valuesOnLine(line, middle, ORDER - 1);
    for (let i = 0; i < ORDER; i++) {
      const weight = values[(ORDER - 1) * ORDER + i];
      for (let o = 0; o < others; o++) {
        const from = d === 0 ? ((piece + i) * m + o) * nOut : (o * m + piece + i) * nOut;
        for (let u = 0; u < nOut; u++) all[o * nOut + u] += weight * coefficients[from + u];
      }
    }
    return all;
  });
  const sizes = new Float64Array(nOut);
  coefficients.forEach((c, i) => sizes[i % nOut] += c * c);
  const jumps = new Float64Array(pieces);
  for (let p = 1; p < pieces; p++) {
    let most = 0;
    for (let o = 0; o < each; o++) {
      const size = Math.sqrt(sizes[o % nOut] / (n * m)) || 1;
      most = Math.max(most, Math.abs(highest[p][o] - highest[p - 1][o]) / size);
    }
    for (const at of [p - 1, p]) {
      const h = breakpoints[at + 1] - breakpoints[at];
      const jump = most * pow(h, ORDER - 1) * pow(length / h, order) * Math.sqrt(h / length);
      jumps[at] = Math.max(jumps[at], jump);
    }
  }
  return jumps;
}
