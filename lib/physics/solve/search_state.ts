/**
 * The search for grids: what it runs with, what it knows from round to round, and that as plain data.
 *
 * @module
 */

import type { JetDevice, Peers } from "../../engine/mod.ts";
import type { Network } from "../../model/mod.ts";
import type { Checkpoint, Optimizer, TrainStatus } from "../../train/mod.ts";
import { levelPoints, MINUTE_OF_WORK } from "./automatic.ts";
import type { PdeProblem } from "../equations/pde.ts";
import { type ResolvedPde, resolvePde } from "../equations/resolve.ts";
import type { Sampler } from "../points/sampling.ts";
import type { PdeEngineOptions } from "./pde_engine.ts";
import type { ErrorEstimate } from "./error_estimate.ts";
import type { PdeListener, PdeRun, RunSnapshot } from "./piece_runs.ts";
import { snapshotOf } from "./solve_checkpoint.ts";
import type { PdeVerification } from "./verification.ts";

/** How a solver's run ended. */
export type SolveStatus =
  | TrainStatus
  /** The work or the time is used up before the tolerance is reached. */
  | "budget"
  /** Equations or conditions do not hold at fresh points. */
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
  /** The device that the level was computed on, in float32; absent: here, in float64. */
  readonly device?: string;
  /** Number of the first guess that the network comes from: another one where one gets stuck. */
  readonly guess: number;
}

/** What levels run with. */
export interface LevelOptions {
  readonly tolerance: number;
  /** Work that may be done, by `epochWork`. Default: a minute's work on two cores. */
  readonly budget?: number;
  /** Points inside that the user chose. */
  readonly sampler?: Sampler | undefined;
  readonly threads?: number | undefined;
  readonly peers?: Peers | undefined;
  /** A device for the grids before the last one. */
  readonly device?: JetDevice | undefined;
  // deno-lint-ignore no-explicit-any
  readonly optimizer?: Optimizer<any> | undefined;
  /** Other first guesses, tried while the first epochs end far from a solution. */
  readonly starts?: readonly Network[];
  /** Most parameters. */
  readonly mostParameters?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: PdeListener | undefined;
  readonly onLevel?: ((level: PdeLevel) => void) | undefined;
  /** Called after every epoch with the way to keep it. */
  readonly keep?: LevelsKeeper | undefined;
  /** What `keep` was given, and the training of its piece: the run goes on from there. */
  readonly resume?: { readonly search: SearchSnapshot; readonly training: Checkpoint } | undefined;
}

/** Keeps a run, the search as it was at the beginning of a piece, and the piece's training. */
export type LevelsKeeper = (
  epoch: number,
  kept: () => {
    readonly run: RunSnapshot;
    readonly search: SearchSnapshot;
    readonly training: Checkpoint;
  },
) => void | Promise<void>;

/** How the levels ended. */
export interface LevelsEnd {
  readonly status: SolveStatus;
  readonly reason: string;
  readonly verification: PdeVerification;
  /** What the last level was trained on. */
  readonly engineOptions: PdeEngineOptions;
  /** The estimate of the error; undefined where there is none, absent where none was tried. */
  readonly errorEstimate?: ErrorEstimate | undefined;
  /** Whether equations and conditions are known to leave nothing open. */
  readonly isDecided?: boolean;
}

/** All that changes from round to round. */
export interface LevelSearch {
  readonly problem: PdeProblem;
  readonly resolved: ResolvedPde;
  readonly run: PdeRun;
  readonly options: LevelOptions;
  readonly budget: number;
  /** First guesses that were not trained yet. */
  readonly starts: Network[];
  /** Trained first guesses that were left for a better one. */
  readonly guesses: Guess[];
  round: number;
  /** Work done. */
  used: number;
  /** Number of the guess that the network comes from. */
  guess: number;
  /** Points added where equations did not hold. */
  extra: Float64Array<ArrayBuffer>;
  /** Whether points were added beyond the budget, and how often where nothing else could be done. */
  cure: boolean;
  cures: number;
  /** Whether the device computes. */
  onDevice: boolean;
  /** Share of the tolerance that residuals have to keep for the error's estimate to keep it. */
  strictness: number;
  /** The latest estimate of the error, and the residuals that it was made at. */
  estimated: (ErrorEstimate & { readonly fresh: number }) | undefined;
  /** Damping to go on with. */
  damping: number | undefined;
  /** Residuals of each term at the end of the latest round, and on the grid before. */
  misfits: Misfits;
  best:
    | {
      readonly run: PdeRun;
      readonly end: LevelsEnd;
      readonly guess: number;
      readonly drawn: Drawn;
    }
    | undefined;
}

/** Residuals of each term in its own units: on a grid, and on the one before. */
export interface Misfits {
  readonly intervals?: number;
  readonly latest?: readonly number[];
  readonly before?: readonly number[];
}

/** Begins a search, or goes on with one. */
export function beginSearch(problem: PdeProblem, run: PdeRun, options: LevelOptions): LevelSearch {
  const { budget = MINUTE_OF_WORK, starts = [] } = options;
  const search: LevelSearch = {
    ...{ problem, resolved: resolvePde(problem), run, options, budget },
    ...{ starts: starts.slice(), guesses: [], round: 0, used: 0, guess: 1 },
    ...{ extra: new Float64Array(0), cure: false, cures: 0, strictness: 1 },
    ...{ estimated: undefined, damping: undefined, best: undefined, misfits: {} },
    onDevice: options.device !== undefined,
  };
  return options.resume ? restoreSearch(search, options.resume.search) : search;
}

/** What a search for grids knew at the beginning of a piece: plain data. */
export interface SearchSnapshot extends
  Pick<
    LevelSearch,
    | ("round" | "used" | "guess" | "extra" | "cure" | "cures" | "strictness" | "estimated")
    | ("damping" | "onDevice")
  > {
  readonly starts: readonly Network[];
  readonly guesses: readonly Guess[];
  readonly best?: {
    readonly run: RunSnapshot;
    readonly guess: number;
    readonly drawn: Drawn;
    readonly end: Omit<LevelsEnd, "engineOptions">;
  };
}

/** What a search knows, as plain data. */
export function snapshotSearch(search: LevelSearch): SearchSnapshot {
  const { round, used, guess, extra, cure, cures, strictness, damping, best, misfits } = search;
  const { estimated, onDevice } = search;
  const kept = best && {
    ...{ run: snapshotOf(best.run), guess: best.guess, drawn: best.drawn },
    end: (({ engineOptions: _, ...end }) => end)(best.end),
  };
  return {
    ...{ round, used, guess, extra, cure, cures, strictness, damping, misfits, onDevice },
    ...{ estimated, starts: search.starts.slice(), guesses: search.guesses.slice() },
    ...(kept && { best: kept }),
  };
}

function restoreSearch(search: LevelSearch, { best, ...kept }: SearchSnapshot): LevelSearch {
  Object.assign(search, kept, { starts: kept.starts.slice(), guesses: kept.guesses.slice() });
  if (!best) return search;
  const run: PdeRun = { ...best.run, begun: search.run.begun };
  search.best = {
    ...{ run, guess: best.guess, drawn: best.drawn },
    end: { ...best.end, engineOptions: optionsAt(search, best.drawn, run) },
  };
  return search;
}

/** Which points a round drew. */
export interface Drawn {
  readonly parameters: number;
  readonly round: number;
  readonly extra: Float64Array;
}

/** Options of an engine on a round's points, for a run as it is. */
export function optionsAt(
  { resolved, options: { sampler, threads, peers } }: LevelSearch,
  { parameters, round, extra }: Drawn,
  { scales, coefficients }: PdeRun,
): PdeEngineOptions {
  return {
    ...levelPoints(resolved, parameters, Math.max(0, round - 1), sampler, extra.slice()),
    ...{ scales, coefficients },
    // statistics of other points would make another function of the same parameters
    ...(round > 1 && { frozenStatistics: true }),
    ...(threads === undefined ? {} : { threads }),
    ...(peers && { peers }),
  };
}

/** Where a run may go on from. */
export type Guess = Pick<PdeRun, "network" | "scales" | "coefficients" | "loss">;

/** Where a run stands, to go back to. */
export function guessOf({ network, scales, coefficients, loss }: PdeRun): Guess {
  return { network, scales, coefficients, loss };
}
