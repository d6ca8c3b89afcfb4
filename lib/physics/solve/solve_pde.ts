/**
 * From a problem to its solution in one call.
 *
 * @module
 */

import { checkPde, type PdeProblem } from "../equations/pde.ts";
import { checkOptions } from "../../numerics/inner.ts";
import { createNetwork, type Network, type NetworkOptions, scaleOutputs } from "../../model/mod.ts";
import { multilevelSchedule, type Schedule } from "../../multilevel/mod.ts";
import type { FinishedEvent } from "../../train/mod.ts";
import { startSeeds } from "../../train/inner.ts";
import { automaticNetwork, fineNetwork } from "./automatic.ts";
import { type CoefficientIntervals, coefficientIntervals } from "./coefficient_intervals.ts";
import { estimateError } from "./error_estimate.ts";
import { checkStart } from "./check_start.ts";
import { curveGuess } from "./curve_guess.ts";
import { firstGuess, isPlainNetwork } from "./first_guess.ts";
import { gradedGuess } from "./graded_guess.ts";
import { asking, startClock } from "./clock.ts";
import { numPdeInputs } from "../equations/inputs.ts";
import { MOST_PARAMETERS, runLevels } from "./levels.ts";
import { judgeEnd } from "./judge_end.ts";
import { type EngineShare, type PdeRun, type PdeTermLoss, secondsSince } from "./piece_runs.ts";
import { problemNotes } from "../equations/problem_notes.ts";
import { checkPositive, readOnce, resolvePde } from "../equations/resolve.ts";
import type { RunJournal } from "./run_journal.ts";
import { runSchedule } from "./run_schedule.ts";
import type { SearchSnapshot, SolveStatus } from "./search_state.ts";
import { sheetGuess } from "./sheet_guess.ts";
import { openDirections } from "./singular_directions.ts";
import { withStrengths } from "./smoothness.ts";
import { type SolutionError, solutionError } from "./solution.ts";
import { checkSolveOrigin, restoredRun, snapshotOf } from "./solve_checkpoint.ts";
import {
  type AskedRun,
  beginAt,
  type EndedRun,
  openKeeping,
  originOf,
  type PdeNetworkOptions,
  type RunKeeping,
  type SolveOptions,
} from "./asked_run.ts";
import type { PdeVerification } from "./verification.ts";
import { windowGuess, type WindowGuessOptions } from "./window_guess.ts";

export type { PdeLevel, SolveStatus } from "./search_state.ts";
export type { EngineShare, PdeListener, PdeTermLoss } from "./piece_runs.ts";
export type { PdeNetworkOptions, SolveOptions } from "./asked_run.ts";

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
  /** Where the epochs of every grid were computed, in order; of direct ways there are none. */
  readonly engines: readonly EngineShare[];
  /** Coefficients of an inverse problem. */
  readonly coefficients: Readonly<Record<string, number>>;
  /** How sure they are, where there are measurements, and what noise these have. */
  readonly coefficientIntervals?: CoefficientIntervals;
  /**
   * Estimate of the relative L2 error, by one step of the linearised equations on twice the pieces at
   * fresh points; absent of MLPs, of networks of more than 2,500 parameters, and where no such step
   * lowers the residuals, unless there was one on a coarser grid: that in the ratio of the residuals.
   * Of a solution that went window after window in time: from the distance of
   * two passes and the ratio of their residuals.
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
    "network start coefficients seed schedule optimizer sampler renewal tolerance timeLimit threads peers device signal onEvent onLevel onCheckpoint resume",
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
  const request: AskedRun = {
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
      !options.renewal && !options.device,
  };
  const schedule = options.schedule ??
    (problem.epochs && multilevelSchedule(problem.epochs));
  if (schedule && problem.smooth) {
    throw new RangeError(
      "Cannot solve: schedule and epochs must be left out where the problem has smooth unknowns (their " +
        `strength is found between grids), current value is one of ${schedule.stages.length} stages`,
    );
  }
  if (options.device && (options.peers?.size ?? 1) > 1) {
    throw new RangeError(
      "Cannot solve: device must be left out where processes share the points, current value is " +
        options.device.name,
    );
  }
  if (request.start) checkStart(problem, request.start, request.network);
  const origin = originOf(problem, request, schedule);
  if (options.resume) checkSolveOrigin(options.resume, origin);
  const keeping = openKeeping(request, origin);
  const { run, end } = await runAny(problem, request, schedule, keeping);
  const { status, reason } = judgeEnd(end, tolerance, {
    stopped: signal?.aborted ?? false,
    outOfTime: clock?.signal.aborted ?? false,
  });
  const solved = run.strengths ? withStrengths(problem, run.strengths) : problem;
  return await solutionOf(solved, options, { run, end }, { status, reason });
}

/** What equations and conditions leave open, in sentences. */
async function openNotes(
  problem: PdeProblem,
  network: Network,
  { engineOptions, isDecided }: EndedRun["end"],
): Promise<string[]> {
  const found = network.parameters.length <= MOST_ANALYSED
    ? await openDirections(problem, network, engineOptions)
    : [];
  // on many pieces rounding hides directions that a march has met
  return found.length === 0 && isDecided === false ? [LEFT_OPEN] : found;
}

const LEFT_OPEN = "equations and conditions leave the solution open: one of many was found; " +
  "add a condition";

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
  { run, end }: EndedRun,
  { status, reason }: Pick<SolveEnd, "status" | "reason">,
): Promise<PdeSolution> {
  const network = scaleOutputs(run.network, run.scales.unknowns);
  const finished: SolveEnd = {
    ...{ type: "finished", status, reason, network, loss: run.loss },
    ...{ evaluations: run.evaluations, seconds: secondsSince(run), levels: run.levels },
  };
  const notes = [
    ...problemNotes(problem, options.sampler),
    ...options.device && run.engines.every(({ dtype }) => dtype === "float64")
      ? [`nothing was computed on ${options.device.name}: the first grid is the last one`]
      : [],
    ...status !== "diverged" && !problem.incomplete && !end.isDecided
      ? await openNotes(problem, run.network, end)
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
  const estimate = "errorEstimate" in end
    ? end.errorEstimate
    : isSound
    ? await estimateError(problem, run.network, end.engineOptions)
    : undefined;
  const intervals = isSound
    ? await coefficientIntervals(problem, run.network, end.engineOptions, estimate?.changes)
    : undefined;
  return {
    network,
    finished,
    terms,
    verification: end.verification,
    engines: run.engines,
    notes,
    coefficients: run.coefficients,
    ...(intervals && { coefficientIntervals: intervals }),
    ...(estimate && { errorEstimate: estimate.relative }),
    ...(error ? { error } : {}),
  };
}

/** Relative residual at fresh points that a run ends at by default. */
export const DEFAULT_TOLERANCE = 3e-7;
/** First guesses, the seed's own among them. */
const STARTS = 4;

/**
 * The first of the ways that leads to a solution: pieces of one coordinate, pieces that shrink towards
 * corners, a first guess, windows of time, pieces of two coordinates, epochs. A problem's own schedule
 * is for when these do not reach the end; a run that goes on has had its guess. Windows that stall, such
 * as on conditions that contradict each other a little, are kept where epochs come no nearer.
 */
async function runAny(
  problem: PdeProblem,
  request: AskedRun,
  schedule: Schedule | undefined,
  keeping: RunKeeping,
): Promise<EndedRun> {
  const { network, seed, isFree } = request, { journal, resumed } = keeping;
  const seconds = resumed ? 0 : request.resume?.seconds ?? 0;
  const options: WindowGuessOptions = { ...request, journal };
  const way = async (name: string, guess: typeof windowGuess): Promise<EndedRun | undefined> => {
    const found = isFree ? await journal.way(name, () => guess(problem, options)) : undefined;
    return found && { ...found, run: agedBy(found.run, seconds) };
  };
  const begin = () =>
    agedBy(beginAt(problem, request, () => createNetwork(network, { seed })), seconds);
  const curved = await way("curves", curveGuess);
  if (curved) return curved;
  const graded = await way("graded sheets", gradedGuess);
  if (graded && graded.end.status !== "stalled") return graded;
  const first = schedule || request.device
    ? undefined
    : await firstRun(problem, request, journal, begin);
  const direct = first
    ? undefined
    : await way("windows", windowGuess) ?? await way("sheets", sheetGuess);
  if (direct && direct.end.status !== "stalled") return direct;
  const found = nearer(graded, direct);
  const trained = schedule
    ? await runSchedule(problem, request, schedule, keeping)
    : await runAutomatically(problem, request, keeping, { first, begin });
  return trained.end.status === "converged" ? trained : nearer(found, trained) ?? trained;
}

/** Of two runs the one whose residuals are smaller; the second of equal ones. */
function nearer(one: EndedRun | undefined, two: EndedRun | undefined): EndedRun | undefined {
  if (!one || !two) return one ?? two;
  return one.end.verification.fresh <= two.end.verification.fresh ? one : two;
}

/** A run that began some seconds earlier, in another process. */
function agedBy(run: PdeRun, seconds: number): PdeRun {
  return seconds > 0 ? { ...run, begun: run.begun - 1000 * seconds } : run;
}

/** A run that begins near the solution, where there is such a guess. */
async function firstRun(
  problem: PdeProblem,
  request: AskedRun,
  journal: RunJournal,
  begin: () => PdeRun,
): Promise<PdeRun | undefined> {
  const begun = performance.now() - 1000 * (request.resume?.seconds ?? 0);
  const snapshot = await journal.way("first guess", () =>
    journal.stage("first guess", async () => {
      const hasStart = request.start !== undefined, mostParameters = MOST_PARAMETERS;
      const found = await firstGuess(problem, { ...request, hasStart, begin, mostParameters });
      return found && snapshotOf(found);
    }));
  return snapshot && { ...snapshot, levels: snapshot.levels.slice(), begun };
}

/** Level after level, from a first guess where there is one. */
async function runAutomatically(
  problem: PdeProblem,
  request: AskedRun,
  { resumed, keep }: RunKeeping,
  { first, begin }: { readonly first: PdeRun | undefined; begin(): PdeRun },
): Promise<EndedRun> {
  const { network, seed } = request, { piece, seconds = 0 } = resumed ?? {};
  const run = piece ? restoredRun(piece.run, seconds) : first ?? begin();
  const asked = run.strengths ? withStrengths(problem, run.strengths) : problem;
  const end = await runLevels(asked, run, {
    ...request,
    keep,
    resume: piece && { search: piece.search as SearchSnapshot, training: piece.training },
    starts: first || isPlainNetwork(network) || request.start
      ? []
      : startSeeds(seed, STARTS).slice(1).map((each) => createNetwork(network, { seed: each })),
    ...(request.timeLimit === undefined ? {} : { budget: Infinity }),
  });
  return { run, end };
}

/** Parameters up to which it is asked what the problem leaves open. */
const MOST_ANALYSED = 1500;
