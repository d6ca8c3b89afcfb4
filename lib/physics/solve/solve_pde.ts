/**
 * From a problem to its solution in one call.
 *
 * @module
 */

import { checkPde, type PdeProblem } from "../equations/pde.ts";
import type { Peers } from "../../engine/mod.ts";
import { checkOptions } from "../../numerics/inner.ts";
import {
  countParameters,
  createNetwork,
  type Network,
  type NetworkOptions,
  scaleOutputs,
} from "../../model/mod.ts";
import {
  customSchedule,
  multilevelSchedule,
  type Schedule,
  scheduleCost,
} from "../../multilevel/mod.ts";
import { type FinishedEvent, gaussNewton, lbfgs, type Optimizer } from "../../train/mod.ts";
import { startSeeds } from "../../train/inner.ts";
import { firstSampler } from "../points/adaptive_points.ts";
import { automaticNetwork, fineNetwork, levelPoints } from "./automatic.ts";
import { type CoefficientIntervals, coefficientIntervals } from "./coefficient_intervals.ts";
import { estimateError } from "./error_estimate.ts";
import { checkStart } from "./check_start.ts";
import { curveGuess } from "./curve_guess.ts";
import { firstGuess, isPlainNetwork } from "./first_guess.ts";
import { asking, startClock } from "./clock.ts";
import type { PdeEngineOptions } from "./pde_engine.ts";
import { numPdeInputs } from "../equations/inputs.ts";
import { MOST_PARAMETERS, runLevels } from "./levels.ts";
import { judgeEnd } from "./judge_end.ts";
import {
  beginRun,
  correctRun,
  firstAndRest,
  type PdeListener,
  type PdeRun,
  type PdeTermLoss,
  runPiece,
  secondsSince,
} from "./piece_runs.ts";
import { problemNotes } from "../equations/problem_notes.ts";
import { fitContinuation, type Renewal, renewalSchedule } from "../points/renewal.ts";
import { renewingEngine } from "./renewing_engine.ts";
import { checkPositive, readOnce, resolvePde } from "../equations/resolve.ts";
import type { LevelsEnd, PdeLevel, SearchSnapshot, SolveStatus } from "./search_state.ts";
import { sheetGuess } from "./sheet_guess.ts";
import { openDirections } from "./singular_directions.ts";
import type { Sampler } from "../points/sampling.ts";
import { withStrengths } from "./smoothness.ts";
import { type SolutionError, solutionError } from "./solution.ts";
import {
  checkSolveOrigin,
  restoredRun,
  snapshotOf,
  type SolveCheckpoint,
  solveCheckpoint,
  type SolveKeeper,
  type SolveOrigin,
  solveOrigin,
} from "./solve_checkpoint.ts";
import { type PdeVerification, verifySolution } from "./verification.ts";
import { windowGuess } from "./window_guess.ts";

export type { PdeLevel, SolveStatus } from "./search_state.ts";
export type { PdeListener, PdeTermLoss } from "./piece_runs.ts";

/** Options of {@linkcode solvePde}; all may be left out. */
export interface SolveOptions {
  /** Fields of the network's configuration; `hidden`: widths without inputs and outputs. */
  readonly network?: PdeNetworkOptions;
  /** Default 1234. */
  readonly seed?: number;
  /**
   * The solution of a near problem, whose network the run begins with, instead of a first guess: of
   * the same coordinates and unknowns, in their own units. Fields of `network` do not count then.
   */
  readonly start?: Network;
  /** Where coefficients begin, instead of where the problem says. */
  readonly coefficients?: Readonly<Record<string, number>>;
  /**
   * Epochs and grids. Default: the problem's, else level after level until `tolerance` is reached or
   * the budget used up.
   */
  readonly schedule?: Schedule;
  /** The algorithm. Default: Gauss-Newton for B-splines up to 2,500 parameters, else L-BFGS. */
  // deno-lint-ignore no-explicit-any
  readonly optimizer?: Optimizer<any>;
  /** Points inside, the same in all stages. Default: the problem's, else as many as parameters want. */
  readonly sampler?: Sampler;
  /** What is renewed on the way. Default: the problem's; `{}` renews nothing. */
  readonly renewal?: Renewal;
  /**
   * What a run ends at: the root mean square of the residuals at fresh points, each in units of its
   * equation's largest summand, and the estimate of the relative error both keep it. Default 3e-7.
   */
  readonly tolerance?: number;
  /**
   * Seconds after which the run ends: with it results depend on the machine's speed. Default: an
   * amount of work that takes about a minute on two cores, the same on every machine.
   */
  readonly timeLimit?: number;
  /** Threads, the caller included; see {@linkcode pdeEngine}. */
  readonly threads?: number;
  /**
   * Processes that share the points; all must make the same calls. Results are the same bits for any
   * number. Default: this one has all.
   */
  readonly peers?: Peers;
  /** Stops the search. */
  readonly signal?: AbortSignal;
  /**
   * Hears every event, the weighted mean square of each term and the coefficients after it, and can
   * have the solution as it stands.
   */
  readonly onEvent?: PdeListener;
  /** Hears how far the residuals at fresh points have fallen after every level. */
  readonly onLevel?: (level: PdeLevel) => void;
  /** Called after every epoch with the way to keep it; what it returns is waited for. */
  readonly onCheckpoint?: SolveKeeper;
  /**
   * Goes on from a checkpoint of the same run, to the same bits as without a break: problem and all
   * other options must be the same as then. What was told before is not told again.
   */
  readonly resume?: SolveCheckpoint;
}

/** Fields of a network for a problem; what is left out is the problem's choice. */
export type PdeNetworkOptions = Partial<NetworkOptions> & {
  /** Widths between inputs and outputs. */
  readonly hidden?: readonly number[];
};

/** How a solver's run ended. */
export type SolveEnd = Omit<FinishedEvent, "status"> & { readonly status: SolveStatus };

/** A solved problem. */
export interface PdeSolution {
  /** The network, for `evaluateSolution`. */
  readonly network: Network;
  /** How training ended. */
  readonly finished: SolveEnd;
  /** Shares of the loss. */
  readonly terms: readonly PdeTermLoss[];
  /** How well all equations and conditions hold where they were trained, and elsewhere. */
  readonly verification: PdeVerification;
  /** What equations and conditions leave open or contradict, in sentences; usually empty. */
  readonly notes: readonly string[];
  /** Coefficients of an inverse problem. */
  readonly coefficients: Readonly<Record<string, number>>;
  /** How sure they are, where there are measurements, and what noise these have. */
  readonly coefficientIntervals?: CoefficientIntervals;
  /**
   * Estimate of the relative L2 error, by one step of the linearised equations on twice the pieces at
   * fresh points; absent of MLPs, of networks of more than 2,500 parameters, and where no such step
   * lowers the residuals. Of a solution that went window after window in time: the distance of two
   * passes.
   */
  readonly errorEstimate?: number;
  /** Distance from the true solution, where it is known. */
  readonly error?: SolutionError;
}

/**
 * The configuration of a network for a problem.
 *
 * Defaults: the problem's own network; splines of degree 5 on even knots, in one dimension one per
 * unknown, else two hidden layers of 5 with batch normalisation (`solvePde` takes one hidden layer of
 * 8 and degree 9 for tolerances below 1e-7). Of a problem's network of splines
 * an MLP takes the widths alone, and the other way round.
 *
 * @param problem The problem.
 * @param options Fields that replace the defaults.
 *
 * @example
 * ```ts
 * import { findPde } from "@freeknot/freeknot";
 * import { pdeNetwork } from "@freeknot/freeknot/physics";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(pdeNetwork(findPde("heat"), { hidden: [7] }).widths, [2, 7, 1]);
 * ```
 */
export function pdeNetwork(
  problem: PdeProblem,
  options: PdeNetworkOptions = {},
): NetworkOptions {
  checkPde("configure network", problem);
  const { hidden: usual, ...known }: Partial<NonNullable<PdeProblem["network"]>> =
    problem.network ?? {};
  const { activation = known.activation ?? "spline" } = options, isSpline = activation === "spline";
  const alike = isSpline === ((known.activation ?? "spline") === "spline");
  const automatic = automaticNetwork(problem, options.hidden ?? usual);
  const { hidden, ...splines } = automatic;
  const { hidden: _, ...chosen } = options;
  return {
    ...(isSpline ? splines : {}),
    ...(alike ? known : {}),
    ...chosen,
    widths: options.widths ?? [
      numPdeInputs(problem),
      ...(isSpline ? hidden : options.hidden ?? usual ?? [5]),
      resolvePde(problem).unknowns.length,
    ],
  };
}

/**
 * Solves a problem: samples points, creates a network, trains it from coarse to fine. Where nothing
 * is chosen, a problem in two coordinates and linear ones in up to six begin with a sum of products,
 * if there is a good one, and an evolution in two coordinates goes window after window in time.
 *
 * @param asked The problem.
 * @param options Network, schedule, optimizer, points, seed.
 * @returns The network, its loss by terms, its distance from the true solution.
 * @throws {RangeError} If the problem is not complete, its domain not bounded, or the degree too low
 * for its derivatives; before any training.
 *
 * @example One's own equation: u' = -u^2, u(0) = 1
 * ```ts
 * import { evaluateSolution, solvePde } from "@freeknot/freeknot";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const problem = {
 *   name: "decay",
 *   title: "u' = -u^2",
 *   domain: { t: [0, 1] },
 *   equations: [{ equation: "u_t = -u^2" }],
 *   conditions: [{ at: { t: 0 }, equation: "u = 1" }],
 *   exact: { u: "1/(1 + t)" },
 * } as const;
 * const { network, error } = await solvePde(problem);
 * assertAlmostEquals(evaluateSolution(problem, network, new Float64Array([1]))[0][0], 0.5, 1e-3);
 * assertAlmostEquals(error!.relativeL2, 0, 1e-3);
 * ```
 */
export async function solvePde(
  asked: PdeProblem,
  options: SolveOptions = {},
): Promise<PdeSolution> {
  checkPde("solve", asked);
  checkOptions(
    "solve",
    options,
    "network start coefficients seed schedule optimizer sampler renewal tolerance timeLimit threads peers signal onEvent onLevel onCheckpoint resume",
  );
  refuseEigenvalue(asked);
  const problem = readOnce(asked);
  const { tolerance = DEFAULT_TOLERANCE, timeLimit, signal } = options;
  checkPositive("tolerance", tolerance);
  if (timeLimit !== undefined) checkPositive("timeLimit", timeLimit);
  const spent = options.resume?.seconds ?? 0;
  const clock = timeLimit === undefined ? undefined : startClock(timeLimit - spent, options.peers);
  const signals = [signal, clock?.signal].filter((each) => each !== undefined);
  const isChosen = options.schedule || Object.keys(options.network ?? {}).length > 0;
  const request: Request = {
    ...options,
    ...(signals.length > 0 && { signal: AbortSignal.any(signals) }),
    ...(clock && { onCheckpoint: asking(clock, options.onCheckpoint) }),
    tolerance,
    network: pdeNetwork(
      problem,
      isChosen ? options.network : fineNetwork(problem, tolerance),
    ),
    seed: options.seed ?? 1234,
    isFree: !isChosen && !options.start && !options.sampler && !options.optimizer &&
      !options.renewal,
  };
  const schedule = options.schedule ??
    (problem.epochs && multilevelSchedule(problem.epochs));
  if (schedule && problem.smooth) {
    throw new RangeError(
      "Cannot solve: schedule and epochs must be left out where the problem has smooth unknowns (their " +
        `strength is found between grids), current value is one of ${schedule.stages.length} stages`,
    );
  }
  if (request.start) checkStart(problem, request.start, request.network);
  const origin = originOf(problem, request, schedule);
  if (options.resume) checkSolveOrigin(options.resume, origin);
  const { run, end } = schedule
    ? request.isFree && !options.resume && await windowGuess(problem, request) ||
      await runSchedule(problem, request, schedule, origin)
    : await runAutomatically(problem, request, origin);
  const { status, reason } = judgeEnd(end, tolerance, {
    stopped: signal?.aborted ?? false,
    outOfTime: clock?.signal.aborted ?? false,
  });
  const solved = run.strengths ? withStrengths(problem, run.strengths) : problem;
  return await solutionOf(solved, options, { run, end }, { status, reason });
}

/** Refuses problems that another function solves. */
function refuseEigenvalue({ eigenvalue }: PdeProblem): void {
  if (eigenvalue === undefined) return;
  throw new RangeError(
    "Cannot solve: problem must be one without eigenvalue (solveEigenvalues solves these), " +
      `current value is one with ${eigenvalue}`,
  );
}

/** What a run has come to, with its errors and all that is told of it. */
async function solutionOf(
  problem: PdeProblem,
  options: SolveOptions,
  { run, end }: Ended,
  { status, reason }: Pick<SolveEnd, "status" | "reason">,
): Promise<PdeSolution> {
  const network = scaleOutputs(run.network, run.scales.unknowns);
  const finished: SolveEnd = {
    ...{ type: "finished", status, reason, network, loss: run.loss },
    ...{ evaluations: run.evaluations, seconds: secondsSince(run), levels: run.levels },
  };
  const small = run.network.parameters.length <= MOST_ANALYSED;
  const notes = [
    ...problemNotes(problem, options.sampler),
    ...small && status !== "diverged" && !problem.incomplete
      ? await openDirections(problem, run.network, end.engineOptions)
      : [],
  ];
  const { terms: resolved } = resolvePde(problem);
  const terms = end.verification.terms.map(({ name, size, trained }, k) => ({
    name,
    loss: resolved[k].weight * (trained.rms / size) ** 2,
  }));
  const told = status === "budget" || status === "unresolved" ? "stalled" : status;
  options.onEvent?.({ ...finished, status: told }, terms, run.coefficients, () => network);
  const error = solutionError(problem, network);
  const isSound = status !== "diverged" && status !== "failed";
  const estimate = end.errorEstimate ??
    (isSound ? await estimateError(problem, run.network, end.engineOptions) : undefined);
  const intervals = isSound
    ? await coefficientIntervals(problem, run.network, end.engineOptions, estimate?.changes)
    : undefined;
  return {
    network,
    finished,
    terms,
    verification: end.verification,
    notes,
    coefficients: run.coefficients,
    ...(intervals && { coefficientIntervals: intervals }),
    ...(estimate && { errorEstimate: estimate.relative }),
    ...(error ? { error } : {}),
  };
}

/** What a run is asked for. */
type Request = Omit<SolveOptions, "network"> & {
  readonly network: NetworkOptions;
  readonly tolerance: number;
  readonly seed: number;
  /** Whether neither caller nor problem choose network, points or optimizer. */
  readonly isFree: boolean;
};

/** What a checkpoint of a request belongs to. */
function originOf(problem: PdeProblem, request: Request, schedule: Schedule | undefined) {
  const { network, seed, start, coefficients, optimizer, sampler, renewal, tolerance } = request;
  return solveOrigin(problem, {
    ...{ network, seed, coefficients, sampler, renewal, tolerance, schedule },
    isTimed: request.timeLimit !== undefined,
    start: start && { config: start.config, parameters: start.parameters },
    optimizer: optimizer && { name: optimizer.name, options: optimizer.options },
  });
}

/** A run and how it ended. */
interface Ended {
  readonly run: PdeRun;
  readonly end: LevelsEnd;
}

/** Begins at the network that the caller has, in units of the first sizes, or at a first guess. */
function beginAt(
  problem: PdeProblem,
  { start, coefficients }: Request,
  guess: () => Network,
): PdeRun {
  const run = beginRun(problem, start ?? guess());
  if (start) run.network = scaleOutputs(start, run.scales.unknowns.map((size) => 1 / size));
  run.coefficients = { ...run.coefficients, ...coefficients };
  return run;
}

/** Relative residual at fresh points that a run ends at by default. */
export const DEFAULT_TOLERANCE = 3e-7;
/** First guesses, the seed's own among them. */
const STARTS = 4;

/** Level after level, in time first where a problem wants that. */
async function runAutomatically(
  problem: PdeProblem,
  request: Request,
  origin: SolveOrigin,
): Promise<Ended> {
  const { network, seed, resume, onCheckpoint } = request;
  const isPlain = isPlainNetwork(network);
  const begin = () => beginAt(problem, request, () => createNetwork(network, { seed }));
  const curved = !resume && request.isFree && await curveGuess(problem, request);
  if (curved) return curved;
  const first = resume ? undefined : await firstGuess(problem, {
    ...request,
    hasStart: request.start !== undefined,
    begin,
    mostParameters: MOST_PARAMETERS,
  });
  const found = !first && !resume && request.isFree &&
    (await windowGuess(problem, request) ?? await sheetGuess(problem, request));
  if (found) return found;
  const run = resume ? restoredRun(resume) : first ?? begin();
  const asked = run.strengths ? withStrengths(problem, run.strengths) : problem;
  const end = await runLevels(asked, run, {
    ...request,
    keep: onCheckpoint &&
      ((epoch, kept) => onCheckpoint(epoch, () => solveCheckpoint(origin, run, kept()))),
    resume: resume &&
      { search: resume.search as SearchSnapshot, training: resume.training },
    starts: first || isPlain || request.start
      ? []
      : startSeeds(seed, STARTS).slice(1).map((each) => createNetwork(network, { seed: each })),
    ...(request.timeLimit === undefined ? {} : { budget: Infinity }),
  });
  return { run, end };
}

/** The epochs of a schedule, the sizes corrected after its first level. */
async function runSchedule(
  problem: PdeProblem,
  request: Request,
  planned: Schedule,
  origin: SolveOrigin,
): Promise<Ended> {
  const { network, seed, threads, peers, signal, onEvent, resume, onCheckpoint } = request;
  const { points, ...others } = request.renewal ?? problem.renewal ?? {};
  const renewal: Renewal = points && !request.sampler ? { points, ...others } : others;
  const schedule = renewalSchedule(planned, renewal), resolved = resolvePde(problem);
  const coarsest = request.start?.config.intervals ?? network.intervals ?? 5;
  const isSpline = (network.activation ?? "spline") === "spline";
  const start = request.start ?? createNetwork(
    { ...network, ...(isSpline ? { intervals: coarsest * schedule.startFactor } : {}) },
    { seed },
  );
  const { finestIntervals } = scheduleCost(schedule, coarsest);
  const most = countParameters({ ...start.config, intervals: finestIntervals });
  const direct = isSpline && start.config.basis === "bspline" && most <= MOST_PARAMETERS;
  const { optimizer = direct ? gaussNewton() : lbfgs() } = request;
  const run = resume ? restoredRun(resume) : beginAt(problem, request, () => start);
  const grid: Sampler | undefined = problem.grid && { kind: "grid", counts: problem.grid };
  const chosen = request.sampler ?? (points ? undefined : grid);
  const level = levelPoints(resolved, most, 0, firstSampler(points, chosen));
  const engineOptions: PdeEngineOptions = {
    ...level,
    get scales() {
      return run.scales;
    },
    ...(threads !== undefined && { threads }),
    ...(peers && { peers }),
  };
  const engine = renewingEngine(
    problem,
    fitContinuation(renewal, schedule.stages.length),
    engineOptions,
  );
  let finished: FinishedEvent | undefined;
  for (const [piece, stages] of firstAndRest(schedule).entries()) {
    if (stages.length === 0 || piece < (resume?.piece ?? 0)) continue;
    const before = onCheckpoint && snapshotOf(run);
    finished = await runPiece(run, {
      engine,
      schedule: customSchedule(stages, { name: schedule.name, startFactor: 1 }),
      ...{ optimizer, onEvent },
      ...(signal && { signal }),
      resume: piece === resume?.piece ? resume.training : undefined,
      keep: before &&
        ((epoch, training) =>
          onCheckpoint!(
            epoch,
            () => solveCheckpoint(origin, run, { run: before, piece, training: training() }),
          )),
    });
    if (finished.status === "diverged" || finished.status === "failed" || signal?.aborted) break;
    if (stages.length < schedule.stages.length) correctRun(problem, run);
  }
  const options: PdeEngineOptions = {
    ...level,
    scales: run.scales,
    coefficients: run.coefficients,
  };
  const verification = await verifySolution(problem, run.network, options);
  const { status, reason } = finished!;
  return { run, end: { status, reason, verification, engineOptions: options } };
}

/** Parameters up to which it is asked what the problem leaves open. */
const MOST_ANALYSED = 1500;
