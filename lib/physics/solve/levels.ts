/**
 * Level after level until the equations hold at fresh points, or the budget is used up.
 *
 * @module
 */

import type { JetDevice } from "../../engine/mod.ts";
import { countParameters, type Network } from "../../model/mod.ts";
import { customSchedule, prolong } from "../../multilevel/mod.ts";
import {
  type Checkpoint,
  type FinishedEvent,
  gaussNewton,
  lbfgs,
  type Optimizer,
} from "../../train/mod.ts";
import { epochWork } from "./automatic.ts";
import { type ErrorEstimate, estimateError, expectedError } from "./error_estimate.ts";
import { type PdeEngine, pdeEngine, type PdeEngineOptions } from "./pde_engine.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { correctRun, type PdeListener, type PdeRun, runPiece, solutionOf } from "./piece_runs.ts";
import { noiseAfter } from "./noise.ts";
import {
  beginSearch,
  type Drawn,
  guessOf,
  type LevelOptions,
  type LevelSearch,
  type LevelsEnd,
  optionsAt,
  snapshotSearch,
  type SolveStatus,
} from "./search_state.ts";
import { snapshotOf } from "./solve_checkpoint.ts";
import { evaluateSolution, relativeDistance, testPoints } from "./solution.ts";
import { type PdeVerification, verifySolution, worstPoints } from "./verification.ts";

/** Epochs between two verifications, and what makes a finer grid worth while. */
const ROUND = 60, LEAST_EPOCHS = 20;
/** Epochs on first estimates of the sizes, before they are measured. */
const FIRST_EPOCHS = 15;
/** A loss after the first epochs at which no other guess is tried. */
const GOOD_START = 1e-6;
/** A grid is left when a round has not lowered the loss to this share. */
const PROGRESS = 0.25;
/** Where no finer grid is to be had, rounds go on until the loss falls to no less than this share. */
const SLOW = 0.9;
/** Rounds with added points where nothing else would be done. */
const MOST_CURES = 3;
/** A round may use this share of the work that is left. */
const SHARE = 0.4;
const STALL = { share: 0.05, epochs: 10 } as const;
/** Residuals, in units of the tolerance, of which the error need not be told. */
const SURE = 0.2;
/** Fresh residuals may exceed trained ones by this factor. */
export const HONEST = 3;
/** Share of the budget that another first guess is worth. */
const AGAIN = 0.3;
/** Epochs beyond the budget that points get which were added last. */
const CURE_EPOCHS = 25;
/**
 * Of the damping, see `gaussNewton`: splines of a high degree differ more in their effects. Helmholtz,
 * `[2, 8, 1]`, degree 9, after 100 epochs on 8 pieces: a residual of 4.8e-5 with 0, 2.0e-5 with 0.2,
 * 7.8e-6 with 0.4, 2.0e-6 with 0.7, 1.1e-5 with 1. Free knots need the other one: a soliton of KdV's
 * equation, `[2, 8, 4, 1]`, ends at an error of 2.4e-4 with 0.7 and 2.0e-6 with 0.4.
 */
const DAMPING_POWER = 0.7, FREE_DAMPING_POWER = 0.4;
/** Parameters up to which Gauss-Newton pays. */
export const MOST_PARAMETERS = 2500;

/**
 * Trains round after round: on the same grid while that pays, each time at other points, then on the
 * next finer one.
 */
export async function runLevels(
  problem: PdeProblem,
  run: PdeRun,
  options: LevelOptions,
): Promise<LevelsEnd> {
  const search = beginSearch(problem, run, options), { budget } = search;
  let training = options.resume?.training;
  const { tolerance, signal, onEvent, mostParameters = MOST_PARAMETERS } = options;
  for (;; search.round++) {
    const { config, parameters: { length: parameters } } = run.network;
    const before = run.loss, isFirst = search.round === 0;
    const round = await trainRound(search, training);
    const { engine, engineOptions, each, finished } = round;
    training = undefined;
    if (isFirst && triesAnother(search)) continue;
    if (Number.isFinite(run.loss)) correctRun(problem, run);
    let verification = await verifySolution(problem, run.network, engineOptions());
    if (!isFirst && takesNoise(search, verification)) {
      verification = await verifySolution(problem, run.network, engineOptions());
    }
    options.onLevel?.({
      intervals: config.intervals,
      parameters,
      points: engine.residuals.rows,
      trained: verification.trained,
      fresh: verification.fresh,
      used: Math.min(1, search.used / budget),
      guess: search.guess,
      ...(round.device && { device: round.device.name }),
    });
    const { status, reason } = finished;
    const estimated = await checkError(search, verification, engineOptions());
    keepBest(search, round, {
      ...{ status, reason, verification, engineOptions: engineOptions(), ...estimated },
    });
    const finer = config.activation === "spline"
      ? countParameters({ ...config, intervals: 2 * config.intervals })
      : Infinity; // an MLP has no grid
    const left = budget - search.used, isSpent = each > left;
    const { pays, isLast, ending } = judgeRound({
      ...{ status, reason, verification, isFirst, isSpent, mostParameters, finer },
      tolerance: tolerance / search.strictness,
      isStopped: signal?.aborted ?? false,
      isDear: LEAST_EPOCHS * epochWork(config, finer, engine.numPoints * finer / parameters) > left,
      fell: run.loss / before,
      isEstimated: estimated.errorEstimate !== undefined,
    });
    if (leavesDevice(search, isLast, ending)) continue;
    if (await addsPoints(search, round, verification, isSpent, ending)) continue;
    if (ending && startsAgain(search, ending.status)) continue;
    if (ending) {
      const { levels, engines, epochs, stages, work, evaluations } = run, best = search.best!;
      Object.assign(run, best.run, { levels, engines, epochs, stages, work, evaluations });
      return { ...best.end, ...ending };
    }
    if (pays || isLast) continue;
    refine(run, onEvent);
    search.damping = undefined;
  }
}

/** What a round was trained on, and how that ended. */
interface TrainedRound {
  readonly engine: PdeEngine;
  /** The device that it was computed on. */
  readonly device: JetDevice | undefined;
  readonly drawn: Drawn;
  /** The engine's options, with sizes and coefficients as they are when it is called. */
  engineOptions(): PdeEngineOptions;
  /** Work of an epoch. */
  readonly each: number;
  readonly finished: FinishedEvent;
}

async function trainRound(search: LevelSearch, resume?: Checkpoint): Promise<TrainedRound> {
  const { problem, run, options, budget, round, cure } = search;
  const { config, parameters: { length: parameters } } = run.network;
  const { signal, mostParameters = MOST_PARAMETERS } = options;
  const drawn: Drawn = { parameters, round, extra: search.extra };
  const points = optionsAt(search, drawn, run);
  const engineOptions = (): PdeEngineOptions => ({
    ...{ ...points, scales: run.scales, coefficients: run.coefficients },
  });
  const kept = options.keep && { run: snapshotOf(run), search: snapshotSearch(search) };
  const device = search.onDevice ? options.device : undefined;
  const engine = pdeEngine(problem, {
    ...engineOptions(),
    ...(device && { firstStages: { device, count: Infinity } }),
  });
  const each = epochWork(config, parameters, engine.numPoints);
  const affordable = Math.floor((budget - search.used) / each);
  const wanted = round === 0 ? FIRST_EPOCHS : Math.max(
    LEAST_EPOCHS,
    Math.min(ROUND, Math.floor(SHARE * affordable)),
  );
  // where a device has used the work up, some epochs in float64 are still due
  const least = options.device && !device ? CURE_EPOCHS : 1;
  const done = run.epochs;
  let fine = 0;
  const finished = await runPiece(run, {
    engine,
    deviceOf: () => device,
    schedule: customSchedule(
      [{
        epochs: cure ? CURE_EPOCHS : Math.max(least, Math.min(wanted, affordable)),
        stall: STALL,
      }],
      { name: "automatic" },
    ),
    optimizer: options.optimizer ?? automaticOptimizer(run.network, mostParameters, search.damping),
    goal: (options.tolerance / search.strictness / 2) ** 2,
    ...(signal && { signal }),
    ...{ resume, onEvent: options.onEvent },
    keep: kept &&
      ((epoch, training) => options.keep!(epoch, () => ({ ...kept, training: training() }))),
    onRecord: ({ step }) => {
      search.damping = step?.damping ?? search.damping;
      if (step?.reflected) fine += engine.residuals.rows * parameters ** 2; // a triangle of all rows
    },
  });
  search.used += (run.epochs - done) * each + fine;
  return { engine, device, drawn, engineOptions, each, finished };
}

/** From the device, in float32, to float64: on the last grid, and before any other end. */
function leavesDevice(search: LevelSearch, isLast: boolean, ending: Ending | undefined): boolean {
  const goesOn = !ending || ending.status === "converged" || isCurable(ending.status);
  if (!search.onDevice || !goesOn || !(isLast || ending)) return false;
  search.onDevice = false;
  search.damping = undefined;
  return true;
}

/** Whether residuals at measurements are noise that was not known as such, or was another. */
function takesNoise(search: LevelSearch, verification: PdeVerification): boolean {
  const { problem, run, misfits, resolved, options: { tolerance } } = search;
  const { network: { config: { intervals } } } = run;
  const latest = verification.terms.map(({ trained }) => trained.rms);
  const before = misfits.intervals !== undefined && misfits.intervals < intervals
    ? misfits.latest
    : misfits.before;
  search.misfits = { intervals, latest, ...(before && { before }) };
  const levels = noiseAfter(resolved, verification, tolerance, before, run.noise?.levels);
  if (!levels) return false;
  run.noise = { levels, tolerance };
  const changes = correctRun(problem, run);
  // the best network so far was the best by other measures
  if (changes) search.best = undefined;
  return changes;
}

/** After the first round: another first guess where this one is far off, else the best of them. */
function triesAnother(search: LevelSearch): boolean {
  const { run, problem, starts, guesses, options: { signal } } = search;
  guesses.push(guessOf(run));
  const other = run.loss > GOOD_START && !signal?.aborted ? starts.shift() : undefined;
  if (other) {
    run.network = other;
    run.coefficients = problem.coefficients ?? {};
    search.damping = undefined;
    search.round--;
    return true;
  }
  guesses.sort((a, b) => a.loss > b.loss || Number.isNaN(a.loss) ? 1 : -1);
  Object.assign(run, guesses.shift());
  return false;
}

/**
 * Where residuals keep the tolerance, whether the error does; if not, and where nothing tells the error
 * of residuals that only just keep it, residuals have to be smaller.
 */
async function checkError(
  search: LevelSearch,
  { fresh }: PdeVerification,
  engineOptions: PdeEngineOptions,
): Promise<Pick<LevelsEnd, "errorEstimate">> {
  const { problem, run, options: { tolerance } } = search;
  if (!(fresh <= tolerance / search.strictness)) return {};
  const made = await estimateError(problem, run.network, engineOptions);
  // residuals that are noise fall no further, and say nothing of the error
  const errorEstimate = made ?? (run.noise ? undefined : expectedError(search.estimated, fresh) ??
    errorByChange(problem, search.best, { run, fresh }));
  if (
    !errorEstimate && !run.noise && fresh > SURE * tolerance && run.network.config.widths.length > 2
  ) {
    search.strictness = 2 * tolerance / fresh;
  }
  if (made) search.estimated = { ...made, fresh };
  if (errorEstimate && errorEstimate.relative > tolerance) {
    search.strictness = tolerance / fresh * Math.max(2, errorEstimate.relative / tolerance);
  }
  return { errorEstimate };
}

/** Residuals, in units of those before, at most and at least for the change to tell the error. */
const MOST_RATIO = 0.7, LEAST_RATIO = 0.2;

/**
 * The error by what training has changed since the best network so far: where errors fall as residuals
 * do, by a factor `q`, the change is `1 - q` of the error before.
 */
function errorByChange(
  problem: PdeProblem,
  best: LevelSearch["best"],
  { run, fresh }: { readonly run: PdeRun; readonly fresh: number },
): ErrorEstimate | undefined {
  if (!best) return undefined;
  const q = Math.max(LEAST_RATIO, fresh / best.end.verification.fresh);
  if (!(q <= MOST_RATIO)) return undefined;
  const points = testPoints(problem), names = problem.unknowns ?? ["u"];
  const [before, after] = [best.run, run].map((each) =>
    evaluateSolution(problem, solutionOf(each), points, names, each.coefficients)
  );
  const share = q / (1 - q);
  const changes = Object.entries(run.coefficients).map(([name, value]) =>
    [name, share * Math.abs(value - best.run.coefficients[name])] as const
  );
  return {
    relative: share * relativeDistance(before, after),
    changes: Object.fromEntries(changes),
  };
}

function keepBest(search: LevelSearch, { drawn }: TrainedRound, end: LevelsEnd): void {
  const { round, guess, best, run } = search;
  // sizes are measured after the first round: what it has reached counts roughly
  const rough = round === 1 && guess === 1 ? HONEST : 1;
  if (!best || !(end.verification.fresh > rough * best.end.verification.fresh)) {
    search.best = { run: { ...run }, end, guess, drawn };
  }
}

/**
 * Adds points where the equations do not hold between the points of training: as often as that
 * helps, once also beyond the budget.
 *
 * @returns Whether the round is repeated for them although it would have been the last.
 */
async function addsPoints(
  search: LevelSearch,
  { engine, engineOptions }: TrainedRound,
  { fresh, trained }: PdeVerification,
  isSpent: boolean,
  ending: Ending | undefined,
): Promise<boolean> {
  const { problem, run, options, round, guess } = search, best = search.best!;
  const cheats = fresh > HONEST * trained && !options.sampler;
  if (!cheats || (ending && !isCurable(ending.status))) return false;
  const { residuals: { rows } } = engine;
  const added = await worstPoints(problem, run.network, engineOptions(), round, rows);
  search.extra = Float64Array.of(...search.extra, ...added);
  // a network that bends between the points is left for the best one; the points it has shown stay
  if (best.guess === guess && fresh > HONEST * best.end.verification.fresh) {
    Object.assign(run, guessOf(best.run));
    search.damping = undefined;
  }
  if (!ending || (isSpent ? search.cure : search.cures >= MOST_CURES)) return false;
  if (isSpent) search.cure = true;
  else search.cures++;
  return true;
}

/** Whether more points or another guess may help. */
function isCurable(status: SolveStatus): boolean {
  return status === "budget" || status === "stalled";
}

/** Goes back to the next first guess, where work is left for it. */
function startsAgain(search: LevelSearch, status: SolveStatus): boolean {
  const { budget, used, run, guesses } = search;
  const canPay = budget === Infinity || budget - used > AGAIN * budget;
  const again = isCurable(status) && canPay ? guesses.shift() : undefined;
  if (!again) return false;
  Object.assign(run, again);
  search.extra = new Float64Array(0);
  search.damping = search.estimated = undefined;
  search.cures = search.round = 0;
  search.guess++;
  return true;
}

/** What a round has come to. */
interface Round extends Pick<LevelsEnd, "status" | "reason" | "verification"> {
  readonly isFirst: boolean;
  readonly isStopped: boolean;
  /** No epoch more can be paid. */
  readonly isSpent: boolean;
  /** A finer grid cannot be paid. */
  readonly isDear: boolean;
  /** Parameters on a finer grid. */
  readonly finer: number;
  readonly mostParameters: number;
  readonly tolerance: number;
  /** Whether there is an estimate of the error. */
  readonly isEstimated: boolean;
  /** The loss as a share of what it was. */
  readonly fell: number;
}

/** How the last round ends the levels. */
type Ending = Pick<LevelsEnd, "status" | "reason">;

/** Whether to go on on the same grid, whether there is no other one, and whether that is the end. */
function judgeRound(round: Round): {
  readonly pays: boolean;
  readonly isLast: boolean;
  readonly ending?: Ending;
} {
  const { status, reason, fell, isDear, mostParameters } = round;
  const pays = round.isFirst || status === "completed" && !(fell > PROGRESS);
  const isFine = round.finer > mostParameters, isLast = isFine || isDear;
  const end = (status: SolveStatus, reason: string) => ({
    ...{ pays, isLast },
    ending: { status, reason },
  });
  if (status === "diverged" || status === "failed" || round.isStopped) return end(status, reason);
  if (round.verification.fresh <= round.tolerance) {
    return end(
      "converged",
      round.isEstimated
        ? "residuals at fresh points and the estimate of the error keep the tolerance"
        : "residuals at fresh points keep the tolerance; the error could not be estimated",
    );
  }
  if (round.isSpent) return end("budget", "the work is used up");
  if (pays || !isLast || fell < SLOW) return { pays, isLast };
  if (round.finer === Infinity) return end("stalled", "the loss has stopped falling");
  return isDear
    ? end("budget", "a finer grid needs more work than is left")
    : end("stalled", `a finer grid has over ${mostParameters} parameters`);
}

// deno-lint-ignore no-explicit-any
function automaticOptimizer(network: Network, most: number, damping?: number): Optimizer<any> {
  if (network.parameters.length > most) return lbfgs();
  const isFree = network.config.knots === "free";
  // sizes of gradients near a solution say nothing
  const end = { gradientTolerance: 0, dampingPower: isFree ? FREE_DAMPING_POWER : DAMPING_POWER };
  return gaussNewton(damping === undefined ? end : { ...end, damping: Math.min(1e-3, damping) });
}

/** Halves every interval; the function stays the same. */
function refine(run: PdeRun, onEvent: PdeListener | undefined): void {
  const { intervals } = run.network.config;
  run.network = prolong(run.network, 2);
  onEvent?.(
    {
      type: "refined",
      fromIntervals: intervals,
      toIntervals: 2 * intervals,
      lossBefore: run.loss,
      lossAfter: run.loss,
    },
    [],
    run.coefficients,
    () => solutionOf(run),
  );
}
