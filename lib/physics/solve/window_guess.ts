/**
 * Evolution equations with fronts: window after window, then one network of all windows.
 *
 * The windows are sought at least twice, each time with smaller residuals. What lies between two solutions
 * is the error of the first; that of the second is smaller by about as much as its residuals are.
 *
 * @module
 */

import type { Peers } from "../../engine/mod.ts";
import { createNetwork, type Network, scaleOutputs } from "../../model/mod.ts";
import { type DirectOptions, type DirectRun, KEPT_TOLERANCE, writeLevel } from "./direct_run.ts";
import { levelPoints } from "./automatic.ts";
import { slopeScales } from "./first_order.ts";
import { numPdeInputs } from "../equations/inputs.ts";
import { readOutputName } from "../equations/outputs.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { type ResolvedPde, resolvePde } from "../equations/resolve.ts";
import type { PdeEngineOptions } from "./pde_engine.ts";
import { beginRun, correctRun, type PdeRun } from "./piece_runs.ts";
import type { RunJournal } from "./run_journal.ts";
import type { PdeScales } from "./scales.ts";
import { compileTape } from "../equations/tape.ts";
import type { LevelsEnd } from "./search_state.ts";
import { evaluateSolution, relativeDistance, testPoints } from "./solution.ts";
import { TENSOR_DEGREE } from "./tensor_space.ts";
import { type PdeVerification, verifySolution } from "./verification.ts";
import { createCrew, type WindowCrew } from "./window_crew.ts";
import { marchWindows, residualOfWindows } from "./window_march.ts";
import { windowNetwork } from "./window_network.ts";
import { type Evolution, findEvolution } from "./window_problem.ts";
import { sumOfWindows, type WindowSum } from "./window_products.ts";
import { evaluateWindows, ORDER, type Window } from "./window_space.ts";

/** Residuals that are sought, in units of the tolerance, until the estimate keeps it. */
const GOALS = [10, 0.3, 0.01];
/** Residuals that sizes of unknowns and terms are measured at: so many times the tolerance, and at most. */
const ROUGH_GOAL = 1000, MOST_ROUGH = 3e-3;
/** Multiply-adds of all triangles, at most. */
const MOST_WORK = 8e10;
/** Errors behind a pass may be so many times what its residuals let expect. */
const SAFETY = 3;
/** Residuals of windows, in units of the tolerance, that leave some to the network. */
const FAIR = 0.7;
/** Of a network: residuals in units of the windows' or the tolerance, its distance from them in units of the latter. */
const CLOSE_RESIDUAL = 1.3, CLOSE = 0.2;
/** Sizes of products that are left out, as shares of the largest and in units of the tolerance. */
const CUTS = [1, 0.3, 0.1, 0.03, 0.01, 1e-3, 1e-4, 1e-5];
/** Pieces of a network, as shares of the windows'. */
const SHARES = [1 / 4, 1 / 3, 0.45, 0.6, 0.8, 1];
const LEAST_PIECES = 8;
/** Points that residuals of networks are checked at: as for so many parameters. */
const TRIED = 250, CHECKED = 1000;
/** A relative residual above which windows are no solution. */
const MOST_RESIDUAL = 0.01;
/** Products that sizes of terms are measured with, as a share of the largest. */
const ROUGH = 1e-4;

/** What windows are sought for. */
export interface WindowGuessOptions extends DirectOptions {
  /** Where there is one, and no other process whose clock differs, the amount of work has no limit. */
  readonly timeLimit?: number | undefined;
  readonly peers?: Peers | undefined;
  /** Threads; two are of use. */
  readonly threads?: number | undefined;
}

/** A problem that is marched through. */
interface March {
  readonly problem: PdeProblem;
  readonly resolved: ResolvedPde;
  readonly evolution: Evolution;
  readonly tolerance: number;
  readonly journal: RunJournal;
}

/** Windows of one pass. */
interface Pass {
  readonly windows: readonly Window[];
  /** Sizes that they are in units of. */
  readonly scales: PdeScales;
  /** Root mean square of the relative residuals, in newer sizes where there are some. */
  readonly fresh: number;
}

/** A run that is at its end, or undefined where windows lead to no solution. */
export async function windowGuess(
  problem: PdeProblem,
  options: WindowGuessOptions,
): Promise<DirectRun | undefined> {
  const resolved = resolvePde(problem), evolution = findEvolution(problem, resolved);
  if (!evolution) return undefined;
  const crew = createCrew(problem, evolution, options.threads);
  try {
    return await passWindows(
      { problem, resolved, evolution, tolerance: options.tolerance, journal: options.journal },
      crew,
      options,
    );
  } finally {
    crew.dispose();
  }
}

/** Pass after pass, until one keeps the tolerance. */
async function passWindows(
  march: March,
  crew: WindowCrew,
  { tolerance, timeLimit, peers, signal, onLevel }: WindowGuessOptions,
): Promise<DirectRun | undefined> {
  const { problem, resolved, evolution, journal } = march;
  const most = timeLimit === undefined || peers ? MOST_WORK : Infinity;
  const run = beginRun(problem, emptyNetwork(resolved));
  let last: Pass | undefined, isSpent = false;
  let estimate: number | undefined, joined: Joined | undefined;
  const rough = await marchWindows(resolved, evolution, {
    ...{ crew, scales: run.scales, mostWork: most, signal, journal },
    goal: Math.max(GOALS[0] * tolerance, Math.min(ROUGH_GOAL * tolerance, MOST_ROUGH)),
  });
  let work = rough.work;
  const isMeasured = rough.windows !== undefined &&
    await residualOfWindows(resolved, evolution, { crew, scales: run.scales }, rough.windows) <=
      MOST_RESIDUAL;
  if (isMeasured) measureSizes(march, rough.windows!, run);
  for (const goal of GOALS) {
    const marched = await marchWindows(resolved, evolution, {
      ...{ crew, scales: run.scales },
      ...{ goal: goal * tolerance, mostWork: most - work, signal, journal },
    });
    work += marched.work;
    isSpent = marched.isSpent;
    if (!marched.windows) break;
    const { scales } = run, { windows } = marched;
    if (!last && !isMeasured) measureSizes(march, windows, run);
    const fresh = await residualOfWindows(
      resolved,
      evolution,
      { crew, scales: run.scales },
      rescaled(march, windows, scales, run.scales),
    );
    if (last && fresh >= last.fresh) break;
    const pass: Pass = { windows, scales, fresh };
    if (last) {
      const far = relativeDistance(valuesOf(march, last), valuesOf(march, pass));
      estimate = far * Math.min(1, SAFETY * fresh / last.fresh);
    }
    last = pass;
    joined = undefined;
    onLevel?.({
      intervals: windows[0].line.breakpoints.length - 1,
      parameters: windows.length * windows[0].coefficients.length,
      points: windows.length,
      ...{ trained: fresh, fresh, used: Math.min(1, work / MOST_WORK), guess: 1 },
    });
    if (estimate === undefined || !(Math.max(estimate, fresh / FAIR) <= tolerance)) continue;
    joined = await join(march, pass, run);
    if (joined.verification.fresh <= tolerance && estimate + joined.far <= tolerance) break;
  }
  const isStopped = signal?.aborted ?? false;
  if (!last && isStopped) return await nothingYet(problem, run);
  if (!last || !(last.fresh <= MOST_RESIDUAL)) return undefined;
  joined ??= await join(march, last, run);
  const { verification, engineOptions, far } = joined;
  const relative = estimate === undefined ? undefined : estimate + far;
  return {
    run,
    end: {
      ...judge(verification.fresh, relative, tolerance, isStopped, isSpent),
      ...{ verification, engineOptions },
      ...(relative !== undefined && { errorEstimate: { relative, changes: {} } }),
    },
  };
}

/** A run that was stopped within its first windows: 0 everywhere. */
async function nothingYet(problem: PdeProblem, run: PdeRun): Promise<DirectRun> {
  const engineOptions: PdeEngineOptions = {
    ...levelPoints(resolvePde(problem), TRIED, 0, undefined),
    scales: run.scales,
  };
  const verification = await verifySolution(problem, run.network, engineOptions);
  run.loss = verification.trained ** 2;
  return { run, end: { ...STOPPED, verification, engineOptions } };
}

const STOPPED = { status: "stopped", reason: "the search was asked to stop" } as const;

/** How windows end. */
function judge(
  fresh: number,
  relative: number | undefined,
  tolerance: number,
  isStopped: boolean,
  isSpent: boolean,
): Pick<LevelsEnd, "status" | "reason"> {
  if (fresh <= tolerance && !(relative! > tolerance)) {
    return {
      status: "converged",
      reason: relative === undefined
        ? "residuals at fresh points keep the tolerance; the error could not be estimated"
        : KEPT_TOLERANCE,
    };
  }
  if (isStopped) return STOPPED;
  return isSpent
    ? { status: "budget", reason: "the work is used up" }
    : { status: "stalled", reason: "windows of time with smaller residuals are not to be had" };
}

function emptyNetwork({ problem, unknowns }: ResolvedPde): Network {
  const network = createNetwork({
    ...{ widths: [numPdeInputs(problem), unknowns.length], firstLayer: "spline" },
    ...{ degree: TENSOR_DEGREE, normalisation: "none" },
  });
  network.parameters.fill(0);
  return network;
}

/** Measures the sizes of unknowns and terms on windows. */
function measureSizes(march: March, windows: readonly Window[], run: PdeRun): void {
  const sum = sumOfWindows(windows, march.resolved.unknowns.length, ROUGH);
  run.network = networkOf(march, sum, windows, { cut: ROUGH, share: 1 });
  correctRun(march.problem, run);
}

/** Windows in other units. */
function rescaled(
  { resolved, evolution: { orders, time } }: March,
  windows: readonly Window[],
  from: PdeScales,
  to: PdeScales,
): readonly Window[] {
  const [before, after] = [from, to].map((scales) =>
    slopeScales(resolved, scales, orders, time).unknowns
  );
  const ratios = before.map((size, u) => size / after[u]);
  if (ratios.every((ratio) => ratio === 1)) return windows;
  return windows.map((window) => ({
    ...window,
    coefficients: window.coefficients.map((c, i) =>
      c * ratios[Math.floor(i / ORDER) % ratios.length]
    ),
  }));
}

/** The unknowns of a pass at test points. */
function valuesOf({ problem, resolved, evolution }: March, { windows, scales }: Pass) {
  const points = testPoints(problem), { coordinates, unknowns } = resolved;
  const outputs = evaluateWindows(windows, unknowns.length, points, evolution.time);
  return unknowns.map((name) => {
    const tape = compileTape(resolved.formula(name), points.length / 2);
    tape.variables.forEach((each, v) => {
      const output = readOutputName(each), k = coordinates.indexOf(each);
      tape.columns[v].forEach((_, r, column) => {
        column[r] = output
          ? scales.unknowns[output.output] * outputs[output.output][r]
          : points[2 * r + k];
      });
    });
    return tape.run().slice();
  });
}

/** How many products and pieces of a sum a network has. */
interface Selection {
  readonly cut: number;
  /** Of the windows' pieces. */
  readonly share: number;
}

function networkOf(
  { resolved, evolution: { time } }: March,
  sum: WindowSum,
  windows: readonly Window[],
  { cut, share }: Selection,
): Network {
  const most = Math.max(sum.time.pieces, sum.line.pieces);
  return windowNetwork(sum, {
    ...{ cut, time, unknowns: resolved.unknowns.length },
    pieces: Math.max(LEAST_PIECES, Math.ceil(share * most)),
    isPeriodic: windows[0].line.isPeriodic,
  });
}

/** What a pass's network holds. */
interface Joined {
  readonly verification: PdeVerification;
  readonly engineOptions: PdeEngineOptions;
  /** Relative distance from the windows. */
  readonly far: number;
}

/** Joins windows to a small network that holds about as well, which the run takes. */
async function join(march: March, pass: Pass, run: PdeRun): Promise<Joined> {
  const { problem, resolved, tolerance, journal } = march, { scales } = run;
  const windows = rescaled(march, pass.windows, pass.scales, scales);
  const sum = sumOfWindows(windows, resolved.unknowns.length, tolerance * CUTS.at(-1)!);
  const values = valuesOf(march, pass), points = testPoints(problem);
  const optionsFor = (count: number): PdeEngineOptions => ({
    ...levelPoints(resolved, count, 0, undefined),
    scales,
  });
  const farOf = (network: Network) =>
    relativeDistance(
      values,
      evaluateSolution(problem, scaleOutputs(network, scales.unknowns), points),
    );
  const tried = optionsFor(TRIED);
  const isClose = async (selection: Selection): Promise<boolean> => {
    const network = networkOf(march, sum, windows, selection);
    if (!(farOf(network) <= CLOSE * tolerance)) return false;
    const { fresh } = await verifySolution(problem, network, tried);
    return fresh <= Math.max(CLOSE_RESIDUAL * pass.fresh, FAIR * tolerance);
  };
  const selection = await journal.stage("network", () => smallest(isClose, tolerance));
  run.network = networkOf(march, sum, windows, selection);
  const engineOptions = optionsFor(CHECKED);
  const verification = await verifySolution(problem, run.network, engineOptions);
  writeLevel(run, verification);
  return { verification, engineOptions, far: farOf(run.network) };
}

/** Few products and pieces that are close: first the products, then the pieces. */
async function smallest(
  isClose: (selection: Selection) => Promise<boolean>,
  tolerance: number,
): Promise<Selection> {
  let low = 0, high = CUTS.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (await isClose({ cut: tolerance * CUTS[middle], share: 1 })) high = middle;
    else low = middle + 1;
  }
  const cut = tolerance * CUTS[high];
  [low, high] = [0, SHARES.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (await isClose({ cut, share: SHARES[middle] })) high = middle;
    else low = middle + 1;
  }
  return { cut, share: SHARES[high] };
}
