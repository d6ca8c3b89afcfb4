/**
 * Level after level until the equations hold where nobody trained, or the budget is used up.
 *
 * @module
 */

import { countParameters, type Network } from "../../model/mod.ts";
import { customSchedule, prolong } from "../../multilevel/mod.ts";
import { gaussNewton, lbfgs, type Optimizer, type TrainStatus } from "../../train/mod.ts";
import { epochWork, levelPoints, MINUTE_OF_WORK } from "./automatic.ts";
import { pdeEngine, type PdeEngineOptions } from "./pde_engine.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { correctRun, type PdeListener, type PdeRun, runPiece } from "./piece_runs.ts";
import { resolvePde } from "../equations/resolve.ts";
import type { Sampler } from "../points/sampling.ts";
import { type PdeVerification, verifySolution, worstPoints } from "./verification.ts";

/** How a solver's run ended. */
export type SolveStatus =
  | TrainStatus
  /** The work or the time is used up before the tolerance is reached. */
  | "budget"
  /** Equations or conditions do not hold where nobody trained. */
  | "unresolved";

/** What a level has reached. */
export interface PdeLevel {
  /** Pieces of each spline. */
  readonly intervals: number;
  /** Parameters of the network. */
  readonly parameters: number;
  /** Points inside. */
  readonly points: number;
  /** Root mean square of the relative residuals at the points of training. */
  readonly trained: number;
  /** The same at fresh points. */
  readonly fresh: number;
  /** Share of the budget that is used up. */
  readonly used: number;
  /** Number of the first guess that the network comes from: another one where one gets stuck. */
  readonly guess: number;
}

/** What levels run with. */
export interface LevelOptions {
  readonly tolerance: number;
  /** Work that may be done, by `epochWork`. Default: that of a minute on two cores. */
  readonly budget?: number;
  /** Points inside that the user chose. */
  readonly sampler?: Sampler | undefined;
  readonly threads?: number | undefined;
  // deno-lint-ignore no-explicit-any
  readonly optimizer?: Optimizer<any> | undefined;
  /** Other first guesses, tried while the first epochs end far from a solution. */
  readonly starts?: readonly Network[];
  /** Most parameters. */
  readonly mostParameters?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: PdeListener | undefined;
  readonly onLevel?: ((level: PdeLevel) => void) | undefined;
}

/** How the levels ended. */
export interface LevelsEnd {
  readonly status: SolveStatus;
  readonly reason: string;
  readonly verification: PdeVerification;
  /** What the last level was trained on. */
  readonly engineOptions: PdeEngineOptions;
}

/** Epochs between two verifications, and what makes a finer grid worth while. */
const ROUND = 60, LEAST_EPOCHS = 20;
/** Epochs on first estimates of the sizes, before they are measured. */
const FIRST_EPOCHS = 15;
/** A loss after them at which nobody else is tried. */
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
/** Fresh residuals may exceed trained ones by this factor. */
export const HONEST = 3;
/** Share of the budget that another first guess is worth. */
const AGAIN = 0.3;
/** Epochs beyond the budget that points get which were added last. */
const CURE_EPOCHS = 25;
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
  const resolved = resolvePde(problem), starts = options.starts?.slice() ?? [];
  const guesses: Guess[] = [];
  let guess = 1, extra = new Float64Array(0), cure = false, cures = 0;
  const { tolerance, signal, onEvent, mostParameters = MOST_PARAMETERS } = options;
  const budget = options.budget ?? MINUTE_OF_WORK, goal = (tolerance / 2) ** 2;
  let used = 0, damping: number | undefined;
  let best: { run: PdeRun; end: LevelsEnd; guess: number } | undefined;
  for (let round = 0;; round++) {
    const { config } = run.network, parameters = run.network.parameters.length;
    const engineOptions = (): PdeEngineOptions => ({
      ...points,
      scales: run.scales,
      coefficients: run.coefficients,
      // statistics of other points would make another function of the same parameters
      ...(round > 1 && { frozenStatistics: true }),
      ...(options.threads === undefined ? {} : { threads: options.threads }),
    });
    const points = levelPoints(
      resolved,
      parameters,
      Math.max(0, round - 1),
      options.sampler,
      extra,
    );
    const engine = pdeEngine(problem, engineOptions());
    const each = epochWork(config, parameters, engine.numPoints);
    const affordable = Math.floor((budget - used) / each);
    const wanted = round === 0 ? FIRST_EPOCHS : Math.max(
      LEAST_EPOCHS,
      Math.min(ROUND, Math.floor(SHARE * affordable)),
    );
    const done = run.epochs, before = run.loss;
    const finished = await runPiece(run, {
      engine,
      schedule: customSchedule(
        [{ epochs: cure ? CURE_EPOCHS : Math.max(1, Math.min(wanted, affordable)), stall: STALL }],
        { name: "automatic" },
      ),
      optimizer: options.optimizer ?? automaticOptimizer(parameters, mostParameters, damping),
      goal,
      ...(signal && { signal }),
      onEvent: (event, ...rest) => {
        if (event.type === "epoch") damping = event.record.step?.damping ?? damping;
        onEvent?.(event, ...rest);
      },
    });
    used += (run.epochs - done) * each;
    if (round === 0) {
      guesses.push(guessOf(run));
      const other = run.loss > GOOD_START && !signal?.aborted ? starts.shift() : undefined;
      if (other) {
        run.network = other;
        run.coefficients = problem.coefficients ?? {};
        damping = undefined;
        round--;
        continue;
      }
      guesses.sort((a, b) => a.loss > b.loss || Number.isNaN(a.loss) ? 1 : -1);
      Object.assign(run, guesses.shift());
    }
    if (Number.isFinite(run.loss)) correctRun(problem, run);
    const verification = await verifySolution(problem, run.network, engineOptions());
    options.onLevel?.({
      intervals: config.intervals,
      parameters,
      points: engine.residuals.rows,
      trained: verification.trained,
      fresh: verification.fresh,
      used: Math.min(1, used / budget),
      guess,
    });
    const { status, reason } = finished;
    // sizes are measured after the first round: what it has reached counts roughly
    const rough = round === 1 && guess === 1 ? HONEST : 1;
    if (!best || !(verification.fresh > rough * best.end.verification.fresh)) {
      const end = { status, reason, verification, engineOptions: engineOptions() };
      best = { run: { ...run }, end, guess };
    }
    const finer = countParameters({ ...config, intervals: 2 * config.intervals });
    const left = budget - used, isSpent = each > left, isFirst = round === 0;
    const { pays, isLast, ending } = judgeRound({
      ...{ status, reason, verification, isFirst, isSpent, tolerance, mostParameters, finer },
      isStopped: signal?.aborted ?? false,
      isDear: LEAST_EPOCHS * epochWork(config, finer, engine.numPoints * finer / parameters) > left,
      fell: run.loss / before,
    });
    // where the equations do not hold between the points of training, points are added: as often as
    // that helps, once also beyond the budget
    const cheats = verification.fresh > HONEST * verification.trained && !options.sampler;
    if (cheats && !(ending && ending.status !== "budget" && ending.status !== "stalled")) {
      const added = await worstPoints(
        problem,
        run.network,
        engineOptions(),
        round,
        engine.residuals.rows,
      );
      extra = Float64Array.of(...extra, ...added);
      // what has learned to pass between the points is left, not what it has shown
      if (best.guess === guess && verification.fresh > HONEST * best.end.verification.fresh) {
        Object.assign(run, guessOf(best.run));
        damping = undefined;
      }
      if (ending && !(isSpent ? cure : cures >= MOST_CURES)) {
        if (isSpent) cure = true;
        else cures++;
        continue;
      }
    }
    const isStuck = ending?.status === "budget" || ending?.status === "stalled";
    const canPay = budget === Infinity || left > AGAIN * budget;
    const again = isStuck && canPay ? guesses.shift() : undefined;
    if (again) {
      Object.assign(run, again);
      extra = new Float64Array(0);
      damping = undefined;
      cures = round = 0;
      guess++;
      continue;
    }
    if (ending) {
      const { levels, epochs, stages, work, evaluations } = run;
      Object.assign(run, best.run, { levels, epochs, stages, work, evaluations });
      return { ...best.end, ...ending };
    }
    if (pays || isLast) continue;
    refine(run, onEvent);
    damping = undefined;
  }
}

/** Where a run may go on from. */
type Guess = Pick<PdeRun, "network" | "scales" | "coefficients" | "loss">;

function guessOf({ network, scales, coefficients, loss }: PdeRun): Guess {
  return { network, scales, coefficients, loss };
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
  /** The loss as a share of what it was. */
  readonly fell: number;
}

/** Whether to go on on the same grid, whether there is no other one, and whether that is the end. */
function judgeRound(round: Round): {
  readonly pays: boolean;
  readonly isLast: boolean;
  readonly ending?: Pick<LevelsEnd, "status" | "reason">;
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
    return end("converged", "the tolerance is kept at fresh points");
  }
  if (round.isSpent) return end("budget", "the work is used up");
  if (pays || !isLast || fell < SLOW) return { pays, isLast };
  return isDear
    ? end("budget", "a finer grid needs more work than is left")
    : end("stalled", `a finer grid has over ${mostParameters} parameters`);
}

// deno-lint-ignore no-explicit-any
function automaticOptimizer(parameters: number, most: number, damping?: number): Optimizer<any> {
  if (parameters > most) return lbfgs();
  return gaussNewton(damping === undefined ? {} : { damping: Math.min(1e-3, damping) });
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
  );
}
