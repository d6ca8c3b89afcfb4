/**
 * Evolution equations with fronts: window after window, then one network of all windows.
 *
 * The windows are sought twice, the second time with smaller residuals. What lies between both
 * solutions is the error of the first and more than that of the second: the estimate of its error.
 *
 * @module
 */

import type { Peers } from "../../engine/mod.ts";
import { createNetwork, type Network, scaleOutputs } from "../../model/mod.ts";
import { levelPoints } from "./automatic.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { type ResolvedPde, resolvePde } from "../equations/resolve.ts";
import type { PdeEngineOptions } from "./pde_engine.ts";
import { beginRun, correctRun, type PdeRun, secondsSince } from "./piece_runs.ts";
import type { LevelsEnd, PdeLevel } from "./search_state.ts";
import { evaluateSolution, testPoints } from "./solution.ts";
import { type PdeVerification, verifySolution } from "./verification.ts";
import { findEvolution, marchWindows } from "./window_march.ts";
import { windowNetwork } from "./window_network.ts";
import { sumOfWindows } from "./window_products.ts";

/** Residuals that are sought, in units of the tolerance, until the estimate keeps it. */
const GOALS = [10, 0.3, 0.01];
/** Multiply-adds of all triangles, at most. */
const MOST_WORK = 8e10;
/**
 * Sizes of products that are left out, as shares of the largest and in units of the tolerance: the
 * first that is good enough; the last is all.
 */
const CUTS = [0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6];
/** Residuals of fewer products, in units of all products' and of the tolerance, that are good enough. */
const CUT_SHARE = 1.2, CUT_TOLERANCE = 0.2;
/** Parameters of a network after which no further pass is made: it would take minutes. */
const MOST_JOINED = 400_000;
/** Points that residuals of networks are checked at: as for so many parameters. */
const CHECKED = 1000;
/** A relative residual above which windows are no solution. */
const MOST_RESIDUAL = 0.01;

/** What windows are sought for. */
export interface WindowGuessOptions {
  readonly tolerance: number;
  /** Where there is one, and no other process whose clock differs, the amount of work has no limit. */
  readonly timeLimit?: number | undefined;
  readonly peers?: Peers | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hears what each pass has reached. */
  readonly onLevel?: ((level: PdeLevel) => void) | undefined;
}

/** A run that is at its end, or undefined where windows lead to no solution. */
export async function windowGuess(
  problem: PdeProblem,
  { tolerance, timeLimit, peers, signal, onLevel }: WindowGuessOptions,
): Promise<{ readonly run: PdeRun; readonly end: LevelsEnd } | undefined> {
  const resolved = resolvePde(problem);
  const most = timeLimit === undefined || peers ? MOST_WORK : Infinity;
  const evolution = findEvolution(problem, resolved);
  if (!evolution) return undefined;
  const { scales, begun } = beginRun(problem, emptyNetwork(resolved));
  let work = 0, found: JoinedWindows | undefined, relative: number | undefined;
  let isSpent = false;
  for (const goal of GOALS) {
    const marched = await marchWindows(problem, resolved, evolution, {
      scales,
      ...{ goal: goal * tolerance, mostWork: most - work, signal },
    });
    work += marched.work;
    isSpent = marched.isSpent;
    if (!marched.windows) break;
    const next = await join(problem, resolved, marched.windows, evolution.time, {
      ...{ tolerance, begun },
    });
    if (found) relative = distance(problem, found.run, next.run);
    found = next;
    const { verification: { trained, fresh, terms }, run: { network } } = next;
    onLevel?.({
      intervals: network.config.intervals,
      parameters: network.parameters.length,
      points: terms[0].trained.points,
      ...{ trained, fresh, used: Math.min(1, work / MOST_WORK), guess: 1 },
    });
    if (network.parameters.length > MOST_JOINED) {
      isSpent = true;
      break;
    }
    if (relative !== undefined && Math.max(relative, next.verification.fresh) <= tolerance) break;
  }
  if (!found || !(found.verification.fresh <= MOST_RESIDUAL)) return undefined;
  const { run, verification, engineOptions } = found;
  return {
    run,
    end: {
      ...judge(verification.fresh, relative, tolerance, signal?.aborted ?? false, isSpent),
      ...{ verification, engineOptions },
      ...(relative !== undefined && { errorEstimate: { relative, changes: {} } }),
    },
  };
}

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
        : "residuals at fresh points and the estimate of the error keep the tolerance",
    };
  }
  if (isStopped) return { status: "stopped", reason: "the search was asked to stop" };
  return isSpent
    ? { status: "budget", reason: "the work is used up" }
    : { status: "stalled", reason: "windows of time with smaller residuals are not to be had" };
}

function emptyNetwork({ coordinates, unknowns }: ResolvedPde): Network {
  return createNetwork({ widths: [coordinates.length, unknowns.length], firstLayer: "spline" });
}

/** Windows as a run with a network. */
interface JoinedWindows {
  readonly run: PdeRun;
  readonly verification: PdeVerification;
  readonly engineOptions: PdeEngineOptions;
}

/** Joins windows to the smallest network that holds as well as all products. */
async function join(
  problem: PdeProblem,
  resolved: ResolvedPde,
  windows: Parameters<typeof sumOfWindows>[0],
  time: number,
  { tolerance, begun }: { readonly tolerance: number; readonly begun: number },
): Promise<JoinedWindows> {
  const unknowns = resolved.unknowns.length, sum = sumOfWindows(windows, unknowns);
  const { line } = windows[0], inputs = { time, ranges: resolved.ranges };
  const networkOf = (cut: number) => {
    // every output has a product
    const kept = sum.products.filter(({ size, unknown }, i) =>
      size > cut * sum.products[0].size ||
      sum.products.findIndex((each) => each.unknown === unknown) === i
    );
    return windowNetwork({ ...sum, products: kept }, line, { ...inputs, cut }, unknowns);
  };
  const run = { ...beginRun(problem, networkOf(tolerance * CUTS.at(-1)!)), begun };
  const first = run.scales;
  correctRun(problem, run);
  const engineOptions: PdeEngineOptions = {
    ...levelPoints(resolved, CHECKED, 0, undefined),
    scales: run.scales,
  };
  let verification = await verifySolution(problem, run.network, engineOptions);
  const enough = Math.max(CUT_SHARE * verification.fresh, CUT_TOLERANCE * tolerance);
  for (const cut of CUTS.slice(0, -1)) {
    const fewer = scaleOutputs(
      networkOf(tolerance * cut),
      first.unknowns.map((size, u) => size / run.scales.unknowns[u]),
    );
    if (fewer.parameters.length === run.network.parameters.length) break;
    const cutOff = await verifySolution(problem, fewer, engineOptions);
    if (!(cutOff.fresh <= enough)) continue;
    run.network = fewer;
    verification = cutOff;
    break;
  }
  run.loss = verification.trained ** 2;
  const { config: { intervals }, parameters: { length: parameters } } = run.network;
  run.levels.push({
    ...{ intervals, parameters, epochs: 0, evaluations: 0 },
    ...{ loss: run.loss, seconds: secondsSince(run) },
  });
  return { run, verification, engineOptions };
}

/** The relative L2 distance of two runs' solutions. */
function distance(problem: PdeProblem, a: PdeRun, b: PdeRun): number {
  const points = testPoints(problem);
  const [before, after] = [a, b].map(({ network, scales }) =>
    evaluateSolution(problem, scaleOutputs(network, scales.unknowns), points)
  );
  let change = 0, size = 0;
  after.forEach((values, k) =>
    values.forEach((value, r) => {
      change += (before[k][r] - value) ** 2;
      size += value ** 2;
    })
  );
  return Math.sqrt(change / size);
}
