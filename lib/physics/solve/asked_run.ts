/**
 * What a run of `solvePde` is asked for.
 *
 * @module
 */

import type { JetDevice, Peers } from "../../engine/mod.ts";
import { type Network, type NetworkOptions, scaleOutputs } from "../../model/mod.ts";
import type { Schedule } from "../../multilevel/mod.ts";
import type { Optimizer } from "../../train/mod.ts";
import type { PdeProblem } from "../equations/pde.ts";
import type { Renewal } from "../points/renewal.ts";
import type { Sampler } from "../points/sampling.ts";
import { beginRun, type PdeListener, type PdeRun } from "./piece_runs.ts";
import type { LevelsEnd, PdeLevel } from "./search_state.ts";
import { NO_JOURNAL, openJournal, type RunJournal } from "./run_journal.ts";
import {
  type SolveCheckpoint,
  type SolveKeeper,
  type SolveOrigin,
  solveOrigin,
  type SolvePiece,
} from "./solve_checkpoint.ts";

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
  /**
   * A device that computes all grids but the last in float32, see `webgpuJets`; the last one is
   * computed here in float64. What else comes before the grids is left out then: pieces of one and two
   * coordinates, windows of time, sums of products. Default: none.
   */
  readonly device?: JetDevice;
  /** Stops the search. */
  readonly signal?: AbortSignal;
  /**
   * Hears every event, the weighted mean square of each term and the coefficients after it, and can
   * have the solution as it stands.
   */
  readonly onEvent?: PdeListener;
  /** Hears how far the residuals at fresh points have fallen after every level. */
  readonly onLevel?: (level: PdeLevel) => void;
  /**
   * Called after every epoch with the way to keep it; what it returns is waited for. Where curves,
   * sheets or windows are found without epochs, after every stage of these.
   */
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

/** What a run is asked for. */
export type AskedRun = Omit<SolveOptions, "network"> & {
  readonly network: NetworkOptions;
  readonly tolerance: number;
  readonly seed: number;
  /** Whether neither caller nor problem choose network, points or optimizer. */
  readonly isFree: boolean;
};

/** What a checkpoint of a request belongs to. */
export function originOf(
  problem: PdeProblem,
  request: AskedRun,
  schedule: Schedule | undefined,
) {
  const { network, seed, start, coefficients, optimizer, sampler, renewal, tolerance } = request;
  return solveOrigin(problem, {
    ...{ network, seed, coefficients, sampler, renewal, tolerance, schedule },
    isTimed: request.timeLimit !== undefined,
    device: request.device?.name,
    start: start && { config: start.config, parameters: start.parameters },
    optimizer: optimizer && { name: optimizer.name, options: optimizer.options },
  });
}

/** What a run is kept with, and what it goes on from. */
export interface RunKeeping {
  readonly journal: RunJournal;
  /** The piece that goes on, and seconds of the run before. */
  readonly resumed?: { readonly piece: SolvePiece; readonly seconds: number } | undefined;
  /** Keeps a piece after an epoch. */
  readonly keep?:
    | ((epoch: number, piece: () => SolvePiece) => void | Promise<void>)
    | undefined;
}

/** Opens what a run is kept with; without a keeper and a checkpoint nothing is. */
export function openKeeping(
  { resume, signal, onCheckpoint }: AskedRun,
  origin: SolveOrigin,
): RunKeeping {
  if (!resume && !onCheckpoint) return { journal: NO_JOURNAL };
  const begun = performance.now() - 1000 * (resume?.seconds ?? 0);
  const checkpoint = (piece?: SolvePiece): SolveCheckpoint => ({
    ...{ origin, seconds: (performance.now() - begun) / 1000, stages: journal.stages.slice() },
    ...(piece && { piece }),
  });
  const journal = openJournal({
    ...{ done: resume?.stages, signal },
    keep: onCheckpoint && ((count) => onCheckpoint(count, () => checkpoint())),
  });
  return {
    journal,
    resumed: resume?.piece && { piece: resume.piece, seconds: resume.seconds },
    keep: onCheckpoint &&
      ((epoch, piece) => onCheckpoint(epoch, () => checkpoint(piece()))),
  };
}

/** A run and how it ended. */
export interface EndedRun {
  readonly run: PdeRun;
  readonly end: LevelsEnd;
}

/** Begins at the network that the caller has, in units of the first sizes, or at a first guess. */
export function beginAt(
  problem: PdeProblem,
  { start, coefficients }: AskedRun,
  guess: () => Network,
): PdeRun {
  const run = beginRun(problem, start ?? guess());
  if (start) run.network = scaleOutputs(start, run.scales.unknowns.map((size) => 1 / size));
  run.coefficients = { ...run.coefficients, ...coefficients };
  return run;
}
