/**
 * Pieces of a solver's run: each a schedule on its own points, all told as one run.
 *
 * @module
 */

import type { JetDevice } from "../../engine/mod.ts";
import { type Network, scaleOutputs } from "../../model/mod.ts";
import type { Schedule } from "../../multilevel/mod.ts";
import {
  type Checkpoint,
  type EpochRecord,
  type FinishedEvent,
  type LevelSummary,
  type Optimizer,
  type Policy,
  train,
  type TrainEvent,
} from "../../train/mod.ts";
import type { PdeEngine } from "./pde_engine.ts";
import type { PdeEvaluator } from "./pde_evaluator.ts";
import { firstScales, measuredScales } from "./measured_scales.ts";
import { withNoise } from "./noise.ts";
import type { PdeProblem } from "../equations/pde.ts";
import type { PdeScales } from "./scales.ts";

/** The share of one equation or condition in the loss. */
export interface PdeTermLoss {
  /** Its name. */
  readonly name: string;
  /** Its weight times its mean squared residual, in units of its size. */
  readonly loss: number;
}

/**
 * Hears every event, the terms and coefficients after it, and can have the solution as it stands: the
 * best network of the stage, for `evaluateSolution`. Asking for it costs an evaluation and leaves the
 * run as it is.
 */
export type PdeListener = (
  event: TrainEvent,
  terms: readonly PdeTermLoss[],
  coefficients: Readonly<Record<string, number>>,
  solution: () => Network,
) => void;

/** Epochs on one grid, and where they were computed. */
export interface EngineShare {
  /** Pieces of each spline. */
  readonly intervals: number;
  /** `cpu`, or the name of a device. */
  readonly engine: string;
  /** Precision of its arithmetic. */
  readonly dtype: "float32" | "float64";
  /** Epochs on it, one after the other. */
  readonly epochs: number;
}

/** What a run has at the beginning of a piece. */
export interface RunSnapshot {
  /** Its outputs in units of `scales.unknowns`. */
  network: Network;
  /** Sizes of the unknowns and of the equations' terms. */
  scales: PdeScales;
  /** Coefficients as they were found so far. */
  coefficients: Readonly<Record<string, number>>;
  /** What is taken for noise of measurements, and the tolerance that it counts as. */
  noise?: { readonly levels: readonly number[]; readonly tolerance: number };
  /** Strengths of the problem's penalties, as measurements want them. */
  strengths?: readonly number[];
  /** The levels so far. */
  readonly levels: LevelSummary[];
  /** Where their epochs were computed, in order. */
  readonly engines: EngineShare[];
  /** Loss of the latest piece. */
  loss: number;
  /** Stages so far. */
  stages: number;
  /** Epochs so far. */
  epochs: number;
  /** Work so far. */
  work: number;
  /** Evaluations so far. */
  evaluations: number;
  /** What the latest evaluator hands on. */
  carried?: unknown;
}

/** Where a run stands between its pieces. */
export interface PdeRun extends RunSnapshot {
  /** When it began, by the clock of `performance`. */
  readonly begun: number;
}

/** Begins a run. */
export function beginRun(problem: PdeProblem, network: Network): PdeRun {
  return {
    network,
    scales: firstScales(problem),
    coefficients: problem.coefficients ?? {},
    levels: [],
    engines: [],
    loss: NaN,
    ...{ stages: 0, epochs: 0, work: 0, evaluations: 0, begun: performance.now() },
  };
}

/** Seconds since the run began. */
export function secondsSince({ begun }: PdeRun): number {
  return (performance.now() - begun) / 1000;
}

/** What a piece runs with. */
export interface PieceTraining {
  readonly engine: PdeEngine;
  readonly schedule: Schedule;
  /** The device that computes the grids that it is asked for; default: none does. */
  readonly deviceOf?: ((intervals: number) => JetDevice | undefined) | undefined;
  // deno-lint-ignore no-explicit-any
  readonly optimizer: Optimizer<any>;
  readonly signal?: AbortSignal;
  /** A loss at which the piece is done. */
  readonly goal?: number;
  readonly onEvent?: PdeListener | undefined;
  /** Hears of every epoch, also of those before a checkpoint that the piece goes on from. */
  readonly onRecord?: (record: EpochRecord) => void;
  /** Goes on from a checkpoint of this piece; what it has told is not told again. */
  readonly resume?: Checkpoint | undefined;
  /** Called after every epoch with the way to keep it. */
  readonly keep?:
    | ((epoch: number, checkpoint: () => Checkpoint) => void | Promise<void>)
    | undefined;
}

/** Runs a piece and takes it into the run. */
export async function runPiece(run: PdeRun, piece: PieceTraining): Promise<FinishedEvent> {
  const { schedule, optimizer, onEvent, goal = 0, resume } = piece;
  const { stages, epochs, work, evaluations } = run;
  const { signal } = piece;
  let evaluator: PdeEvaluator | undefined, finished: FinishedEvent | undefined;
  let again = resume?.events.length ?? 0; // events that were told before
  const engine = watched(piece.engine, run, (compiled) => evaluator = compiled);
  for await (
    const event of train(run.network, undefined, {
      ...{ engine, schedule, optimizer, policies: [goalPolicy(goal)] },
      ...(signal && { signal }),
      ...(resume && { resume }),
    })
  ) {
    const told = later(event, { stages, epochs, work, evaluations }, run.begun);
    if (event.type === "finished") finished = event;
    else if (again-- <= 0) {
      const solution = () => solutionOf(run, event, evaluator);
      onEvent?.(told, evaluator?.terms() ?? [], evaluator?.coefficients() ?? {}, solution);
    }
    if (event.type !== "epoch") continue;
    run.coefficients = evaluator?.coefficients() ??
      { ...run.coefficients, ...carriedCoefficients(Object.keys(run.coefficients), resume!) };
    run.epochs = epochs + event.record.epoch;
    run.work = work + event.record.work;
    piece.onRecord?.(event.record);
    if (event.checkpoint) await piece.keep?.(run.epochs, event.checkpoint);
  }
  run.network = finished!.network;
  run.loss = finished!.loss;
  run.stages += schedule.stages.length;
  run.carried = evaluator?.carried?.();
  run.evaluations = evaluations + finished!.evaluations;
  for (const level of finished!.levels) {
    addLevel(run.levels, level);
    addEngine(run.engines, level, piece.deviceOf?.(level.intervals));
  }
  return finished!;
}

/** Ends a piece at a loss. */
function goalPolicy(goal: number): Policy {
  return {
    name: "goal",
    afterEpoch({ stage: { records } }) {
      if (!(records.at(-1)!.loss <= goal)) return undefined;
      return { ending: { status: "converged", reason: "the loss has reached its goal" } };
    },
  };
}

/** The coefficients that training had found when a checkpoint was made. */
function carriedCoefficients(
  names: readonly string[],
  { carried }: Checkpoint,
): Readonly<Record<string, number>> {
  const known = (carried as { coefficients?: Float64Array } | undefined)?.coefficients;
  return known ? Object.fromEntries(names.map((name, i) => [name, known[i]])) : {};
}

/** The network as it stands, in the units of the equations. */
export function solutionOf(
  { network, scales }: PdeRun,
  event?: TrainEvent,
  evaluator?: PdeEvaluator,
): Network {
  const state = event?.type === "epoch" ? event.checkpoint?.() : undefined;
  if (!state || !evaluator) return scaleOutputs(network, scales.unknowns);
  const { start, best: { parameters } } = state;
  const statistics = evaluator.statisticsAt(parameters);
  return scaleOutputs({ ...start, parameters, statistics }, scales.unknowns);
}

/** An engine that counts stages over the whole run, and shows each evaluator it makes. */
function watched(
  engine: PdeEngine,
  { stages, carried }: PdeRun,
  see: (evaluator: PdeEvaluator) => void,
): PdeEngine {
  return {
    ...engine,
    async compile(request) {
      const evaluator = await engine.compile({
        ...request,
        stage: stages + (request.stage ?? 0),
        carried: request.carried ?? carried,
      });
      see(evaluator);
      return evaluator;
    },
  };
}

/** Adds what happened on a grid to what happened there before. */
function addLevel(levels: LevelSummary[], next: LevelSummary): void {
  const last = levels.at(-1);
  if (last?.intervals !== next.intervals) levels.push(next);
  else {
    levels[levels.length - 1] = {
      ...next,
      epochs: last.epochs + next.epochs,
      evaluations: last.evaluations + next.evaluations,
      seconds: last.seconds + next.seconds,
    };
  }
}

/** Adds where a level was computed to what was computed there before. */
function addEngine(
  engines: EngineShare[],
  { intervals, epochs }: LevelSummary,
  device: JetDevice | undefined,
): void {
  if (epochs === 0) return;
  const engine = device?.name ?? "cpu", last = engines.at(-1);
  const isSame = last?.engine === engine && last.intervals === intervals;
  const dtype = device ? "float32" : "float64";
  const share = { ...{ intervals, engine, dtype } as const, epochs };
  if (!isSame) engines.push(share);
  else engines[engines.length - 1] = { ...share, epochs: last.epochs + epochs };
}

/** An event of a piece as one of the whole run. */
function later(
  event: TrainEvent,
  before: Pick<PdeRun, "stages" | "epochs" | "work" | "evaluations">,
  begun: number,
): TrainEvent {
  if (event.type === "stage") {
    return {
      ...event,
      stage: before.stages + event.stage,
      totalEpochs: before.epochs + event.totalEpochs,
    };
  }
  if (event.type !== "epoch") return event;
  const { record } = event;
  return {
    ...event,
    record: {
      ...record,
      stage: before.stages + record.stage,
      epoch: before.epochs + record.epoch,
      work: before.work + record.work,
      evaluations: before.evaluations + record.evaluations,
      seconds: (performance.now() - begun) / 1000,
    },
  };
}

/** The stages of the first grid, and the others. */
export function firstAndRest({ stages }: Schedule): Schedule["stages"][] {
  const at = stages.findIndex(({ refine = 1 }, i) => i > 0 && refine > 1);
  return at < 0 ? [stages] : [stages.slice(0, at), stages.slice(at)];
}

/** A size that has changed by more than this factor is corrected. */
const CORRECTION = 2;

/**
 * Measures the sizes anew, and goes over to them where one has changed much: the function stays the
 * same, its residuals count otherwise.
 */
export function correctRun(problem: PdeProblem, run: PdeRun): boolean {
  if (!run.network.parameters.every(Number.isFinite)) return false;
  const plain = measuredScales(problem, run.network, run.coefficients, run.scales);
  const measured = withNoise(plain, run.noise?.levels, run.noise?.tolerance ?? 1);
  const ratios = [
    ...measured.unknowns.map((size, k) => size / run.scales.unknowns[k]),
    ...measured.terms.map((size, k) => size / run.scales.terms[k]),
  ];
  if (ratios.every((ratio) => ratio <= CORRECTION && ratio >= 1 / CORRECTION)) return false;
  run.network = scaleOutputs(
    run.network,
    measured.unknowns.map((size, k) => run.scales.unknowns[k] / size),
  );
  run.scales = measured;
  return true;
}
