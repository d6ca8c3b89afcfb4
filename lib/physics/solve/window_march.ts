/**
 * Evolution equations window after window in time, each on pieces and of a length that its residuals
 * ask for.
 *
 * A window begins with the values at the end of the one before. Where residuals are too large because
 * of the pieces, those that have most of them are halved; where because of the window's length, it is
 * shortened. Pieces are never joined again, so that those of the last window hold all functions.
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import type { ResolvedPde } from "../equations/resolve.ts";
import { isLinear } from "./automatic.ts";
import type { RunJournal } from "./run_journal.ts";
import type { PdeScales } from "./scales.ts";
import { checkWindow, solveWindow, type WindowCheck } from "./window_collocation.ts";
import type { WindowCrew } from "./window_crew.ts";
import type { WindowJob, WindowTeam } from "./window_desk.ts";
import { type Evolution, keptBy } from "./window_problem.ts";
import {
  continueWindow,
  halvePieces,
  inOrderOfTime,
  type Line,
  lineOn,
  ORDER,
  refineWindow,
  type Window,
} from "./window_space.ts";

/** Pieces to begin with, and functions of all unknowns at most. */
const FIRST_PIECES = 8, FIRST_AROUND = 24, MOST_FUNCTIONS = 1600;
/** Windows to begin with, and shortest ones. */
const FIRST_WINDOWS = 8, MOST_WINDOWS = 2 ** 18;
/** Short windows may have larger residuals: those of a share of the whole count so much. */
const LENIENCE = 0.25;
/** Bounds of what a window's length is changed by. */
const SHORTER = [0.2, 0.75] as const, LONGER = [0.5, 2.5] as const;
/** Pieces are halved that have more than this of what residuals may have, and of the largest. */
const FAIR = 0.5, LEADING = 1e-3;
/** A change that leaves more of the residuals than this was of no use; so many in a row end it. */
const HELPS = 0.7, MOST_FUTILE = 4;
/** Of residuals that do not get smaller, those that are not too far off are taken. */
const FAR = 100;

/** What windows are sought with. */
export interface MarchWindowsOptions {
  readonly crew: WindowCrew;
  readonly scales: PdeScales;
  /** Residuals that are sought. */
  readonly goal: number;
  /** Multiply-adds of all triangles, at most. */
  readonly mostWork: number;
  readonly signal?: AbortSignal | undefined;
  /** Takes every window that is done. */
  readonly journal?: RunJournal | undefined;
}

/** A window that is done, and what the next one begins with. */
interface DoneWindow {
  readonly window: Window;
  readonly line: Line;
  /** Length of the next window. */
  readonly length: number;
  /** Work of all so far. */
  readonly work: number;
}

/** Windows from the beginning to the end. */
export interface MarchedWindows {
  /** In the order of time; undefined where they do not reach the end. */
  readonly windows: readonly Window[] | undefined;
  readonly work: number;
  /** Whether that was for want of work. */
  readonly isSpent: boolean;
}

/** Marches to the end. */
export async function marchWindows(
  resolved: ResolvedPde,
  evolution: Evolution,
  options: MarchWindowsOptions,
): Promise<MarchedWindows> {
  const { time, isBackward, orders } = evolution,
    { crew, scales, goal, mostWork, signal } = options;
  const [a, b] = resolved.ranges[time], [start, end] = isBackward ? [b, a] : [a, b];
  const linear = isLinear(resolved);
  const unknowns = keptBy(orders, true).length;
  const windows: Window[] = [];
  let line = firstLine(resolved, time), from = start, length = (end - start) / FIRST_WINDOWS;
  let work = 0;
  while (from !== end) {
    const done = options.journal?.next<DoneWindow>("window");
    if (done) {
      ({ line, length, work } = done);
      windows.push(done.window);
      from = done.window.span[1];
      continue;
    }
    let futile = 0, last: WindowCheck | undefined, begin: Window | undefined;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve)); // a signal may come
      const isSpent = work > mostWork, isTiny = Math.abs(length) < (b - a) / MOST_WINDOWS;
      if (isSpent || signal?.aborted || isTiny || futile > MOST_FUTILE) {
        return { windows: undefined, work, isSpent };
      }
      const span = spanFrom(from, length, end), before = windows.at(-1);
      const kept = keptBy(orders, !before), asked = { scales, isFirst: !before, kept };
      const team = crew.team();
      begin ??= before
        ? continueWindow(refineWindow(before, line), span[1] - span[0], kept)
        : await firstWindow(team, { ...emptyWindow(span, line, unknowns), ...asked }, linear);
      const solved = await solveWindow(team, { ...begin, span, ...asked }, linear);
      if (!solved) {
        length = SHORTER[0] * (span[1] - span[0]);
        begin = undefined;
        continue;
      }
      work += solved.work;
      crew.worked(solved.work);
      const check = await checkWindow(team, { ...solved.window, ...asked });
      const share = (span[1] - span[0]) / (end - start);
      const allowed = goal * Math.max(1, LENIENCE / Math.sqrt(share));
      if (last && check.fresh > HELPS * last.fresh) futile++;
      else futile = 0;
      if (check.fresh <= allowed || (futile >= MOST_FUTILE && check.fresh <= FAR * allowed)) {
        windows.push(solved.window);
        from = span[1];
        const longer = 0.9 * pow(allowed / check.ofLength, 1 / ORDER);
        length = (span[1] - span[0]) * Math.min(LONGER[1], Math.max(LONGER[0], longer));
        await options.journal?.add("window", { window: solved.window, line, length, work });
        break;
      }
      last = check;
      // where one change was of no use the other one may be
      const isOfPieces = check.ofPieces > check.ofLength !== (futile % 2 === 1);
      const finer = isOfPieces ? refineLine(line, check, allowed) : line;
      if (isOfPieces && finer.count * unknowns <= MOST_FUNCTIONS) {
        begin = refineWindow(solved.window, finer);
        line = finer;
        continue;
      }
      const shorter = futile > 0 ? 0 : 0.9 * pow(allowed / check.fresh, 1 / ORDER);
      length = (span[1] - span[0]) * Math.min(SHORTER[1], Math.max(SHORTER[0], shorter));
      begin = undefined;
    }
  }
  return {
    windows: inOrderOfTime(windows.map((each) => refineWindow(each, line))),
    work,
    isSpent: false,
  };
}

/** What the first window begins with: of nonlinear equations the values of the beginning. */
async function firstWindow(team: WindowTeam, empty: WindowJob, isLinear: boolean): Promise<Window> {
  const { span, line, coefficients } = empty;
  const still = isLinear ? undefined : await solveWindow(team, { ...empty, isStill: true }, false);
  return still?.window ?? { span, line, coefficients };
}

/** Root mean square of the residuals of all windows at points of their own. */
export async function residualOfWindows(
  { ranges }: ResolvedPde,
  { time, isBackward, orders }: Evolution,
  { crew, scales }: Pick<MarchWindowsOptions, "crew" | "scales">,
  windows: readonly Window[],
): Promise<number> {
  const [a, b] = ranges[time];
  let squares = 0;
  for (const [k, window] of windows.entries()) {
    const isFirst = k === (isBackward ? windows.length - 1 : 0), { span: [from, to] } = window;
    const job: WindowJob = { ...window, scales, isFirst, kept: keptBy(orders, isFirst) };
    const { fresh, ofBeginning } = await checkWindow(crew.team(), job);
    squares += ofBeginning ** 2 + (fresh ** 2 - ofBeginning ** 2) * (to - from) / (b - a);
  }
  return Math.sqrt(squares);
}

function firstLine({ problem, coordinates, ranges }: ResolvedPde, time: number): Line {
  const [a, b] = ranges[1 - time];
  const isPeriodic = problem.periodic?.includes(coordinates[1 - time]) ?? false;
  const pieces = isPeriodic ? FIRST_AROUND : FIRST_PIECES;
  return lineOn(
    Float64Array.from(
      { length: pieces + 1 },
      (_, i) => i === pieces ? b : a + (b - a) * i / pieces,
    ),
    isPeriodic,
  );
}

/** The span of the next window; no shorter one is left behind it. */
function spanFrom(from: number, length: number, end: number): [number, number] {
  const left = Math.abs(end - from), size = Math.abs(length);
  if (1.01 * size >= left) return [from, end];
  return [from, 2 * size >= left ? (from + end) / 2 : from + length];
}

function emptyWindow(span: readonly [number, number], line: Line, unknowns: number): Window {
  return { span, line, coefficients: new Float64Array(line.count * unknowns * ORDER) };
}

/** Halves the pieces whose share of the residuals is unfair. */
function refineLine(line: Line, { perPiece }: WindowCheck, allowed: number): Line {
  const most = perPiece.reduce((most, each) => Math.max(most, each), 0);
  const fair = Math.max(FAIR * allowed ** 2 / perPiece.length, LEADING * most);
  return halvePieces(line, (piece) => perPiece[piece] > fair);
}
