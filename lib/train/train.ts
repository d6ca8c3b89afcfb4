/**
 * The training loop: walks a schedule, tells what happens.
 *
 * @module
 */

import type { Network } from "../model/mod.ts";
import {
  multilevelSchedule,
  type Schedule,
  type ScheduleStage,
  type StallRule,
} from "../multilevel/mod.ts";
import type { Dataset } from "../data/mod.ts";
import {
  addWeightDecay,
  checkProblem,
  cpuEngine,
  type Engine,
  EngineError,
  type Evaluator,
  type Loss,
} from "../engine/mod.ts";
import { checkOrigin, checkpointOrigin } from "./checkpoint.ts";
import type {
  Checkpoint,
  EpochEvent,
  EpochRecord,
  FinishedEvent,
  LevelSummary,
  TrainEvent,
  TrainStatus,
} from "./events.ts";
import { defaultOptimizer } from "./optimizers/default_optimizer.ts";
import {
  type EpochStatus,
  freezeParameters,
  type Optimizer,
  type OptimizerState,
} from "./optimizers/optimizer.ts";
import { stageOptimizers } from "./optimizers/stage_optimizers.ts";
import { expecting } from "./evaluators/expecting.ts";
import { hasStalled } from "./policies/stall.ts";
import { keepBest, orInfinity } from "./policies/best.ts";
import { interruptible, StopRequest } from "./evaluators/interruptible.ts";
import { smoothed } from "./evaluators/smoothed.ts";
import { stageEvaluator } from "./evaluators/stage_evaluator.ts";
import { type Tournament, tournamentStart } from "./tournament.ts";
import { beginning, rebalance, refined, rescaling, transferTo } from "./policies/transfers.ts";
import { norm } from "../numerics/inner.ts";

/** `TrainOptions.smoothing` that pays by Gauss-Newton; see docs/optimizers.md. */
export const GAUSS_NEWTON_SMOOTHING = 1e-3;

/** What to train with; all may be left out. */
export interface TrainOptions {
  /** The criterion. Default mean squared error. */
  readonly loss?: Loss;
  /** Epochs and grids. Default `multilevelSchedule([32, 16, 8, 4])`. */
  readonly schedule?: Schedule;
  /** The algorithm. Default: what `defaultOptimizer` chooses. */
  // deno-lint-ignore no-explicit-any
  readonly optimizer?: Optimizer<any>;
  /** Algorithms by the names that the schedule's stages use, see {@linkcode stageOptimizers}. */
  // deno-lint-ignore no-explicit-any
  readonly optimizers?: Readonly<Record<string, Optimizer<any>>>;
  /** Where the arithmetic runs. Default `cpuEngine`. */
  readonly engine?: Engine;
  /** Rows that choose the best parameters and stop training early; never the test rows. */
  readonly validation?: Dataset;
  /** Epochs without a lower validation loss after which training ends. Default 10. */
  readonly patience?: number;
  /**
   * Weight of a penalty on second differences of coefficients, as a share of each stage's first
   * loss: pieces that see no data stay smooth. Losses that are told do not include it; B-splines
   * only. Default 0.
   */
  readonly smoothing?: number;
  /**
   * First guesses that compete before the first stage; training goes on from the winner instead of
   * the given network. Default: none.
   */
  readonly tournament?: Tournament;
  /** Stops training; the best network so far is returned with status `stopped`. */
  readonly signal?: AbortSignal;
  /**
   * Goes on from a checkpoint of the same run, to the same bits as without a break: network,
   * dataset and all other options must be those that it was made with. The events that it holds
   * come first, again.
   */
  readonly resume?: Checkpoint;
}

/** The best point of a level. */
interface Point {
  readonly network: Network;
  /** Training loss, without weight decay. */
  readonly loss: number;
}

/** How a run ends. */
interface Ending {
  readonly status: TrainStatus;
  readonly reason: string;
}

/**
 * Trains a network from coarse to fine.
 *
 * At every refinement the best parameters so far are prolonged exactly, evenly or where the error
 * is, the engine compiles again and the optimizer starts anew. The generator never throws for what
 * training does: divergence, interruption and a device that fails are statuses of the last event,
 * which carries the best network. No loss is ever NaN: that of a network that overflows is infinite.
 *
 * @param network The network to start from, on the schedule's first grid: its intervals are
 * `schedule.startFactor` times the coarsest ones. Not changed.
 * @param dataset Training rows.
 * @param options Loss, schedule, optimizer, engine, validation rows, abort signal.
 * @returns Events, the last one of type `finished`.
 * @throws {TypeError} If network and dataset (or validation rows) do not fit.
 * @throws {RangeError} If an option is out of range, a number of a dataset is not finite (the
 * message names row and column), or the checkpoint is of another run.
 *
 * @example
 * ```ts
 * import { createNetwork, findProblem, galleryDatasets, multilevelSchedule, train } from "@freeknot/freeknot";
 * import { assert } from "@std/assert";
 *
 * const { train: rows } = galleryDatasets(findProblem("nonsmooth"), { rows: 300 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * for await (const event of train(network, rows, { schedule: multilevelSchedule([2, 1]) })) {
 *   if (event.type === "finished") assert(event.loss < 0.1);
 * }
 * ```
 */
export async function* train(
  network: Network,
  dataset: Dataset,
  options: TrainOptions = {},
): AsyncGenerator<TrainEvent, void, void> {
  const loss = options.loss ?? { kind: "mse" };
  const schedule = options.schedule ?? multilevelSchedule([32, 16, 8, 4]);
  const engine = options.engine ?? cpuEngine;
  const usual = options.optimizer ?? defaultOptimizer(network.config, schedule, loss, engine);
  const optimizers = stageOptimizers(schedule, usual, options.optimizers);
  if (options.validation) checkProblem(network, loss, options.validation);
  const patience = checkPatience(options.patience ?? 10);
  const smoothing = checkSmoothing(options.smoothing ?? 0);
  const coarsest = coarsestIntervals(network, schedule);
  const rescales = network.config.normalisation === "minmax" && !loss.weightDecay;
  const totalEpochs = schedule.stages.reduce((sum, stage) => sum + stage.epochs, 0);
  const { validation, resume } = options;
  const origin = lazily(() =>
    checkpointOrigin(network, dataset, {
      ...{ loss, schedule, optimizer: usual, optimizers, engine, validation, patience },
      ...{ smoothing, tournament: options.tournament },
    })
  );
  if (resume) checkOrigin(resume, origin());
  const begun = performance.now() - (resume?.seconds ?? 0) * 1000;
  const seconds = () => (performance.now() - begun) / 1000;

  const levels: LevelSummary[] = [...resume?.levels ?? []];
  const events: Checkpoint["events"][number][] = [...resume?.events ?? []];
  let { epochs, work, evaluations, unimproved } = resume ?? NOTHING_DONE;
  let ending: Ending | undefined = resume?.ending;
  let best: Point = { network, loss: NaN };
  let latest: OptimizerState | undefined;
  yield* events;
  if (options.tournament && !resume) {
    const first = await tournamentStart(network, dataset, options.tournament, {
      ...{ loss, optimizer: usual, engine },
      ...(options.signal && { signal: options.signal }),
    });
    if (first) {
      best = { network: first.network, loss: NaN };
      evaluations += first.event.evaluations;
      events.push(first.event);
      yield first.event;
    } else ending = { status: "stopped", reason: STOPPED };
  }

  for (const [index, stage] of schedule.stages.entries()) {
    if (resume && index < resume.stage) continue;
    const resumed = index === resume?.stage ? resume : undefined;
    const refine = stage.refine ?? 1;
    const coarse = best;
    let start = resumed?.start ?? refined(coarse.network, stage, loss, dataset);
    const optimizer = optimizers[index];
    const { intervals } = start.config;
    const freezes = (stage.freeze?.length ?? 0) > 0;
    const splits = !resumed && refine > 1 && stage.placement !== "residual";
    let compiled: Evaluator;
    try {
      const from = splits ? coarse.network : undefined;
      ({ compiled, start } = await stageEvaluator(engine, start, loss, dataset, from));
    } catch (error) {
      if (!(error instanceof EngineError) || levels.length === 0) throw error;
      ending = failed(error); // what the coarser grids reached is kept
      break;
    }
    /** With held-out rows every step is judged: an epoch is long enough to overfit. */
    const judgeStep = options.validation &&
      ((now: Readonly<OptimizerState>) => kept.consider(now.parameters, now.objective));
    let left = 0; // epochs after the one that runs
    const smooth = smoothing > 0 ? smoothed(compiled, start) : undefined;
    if (smooth) smooth.weight = resumed?.smoothing ?? 0;
    const evaluator = interruptible(
      expecting(withFrozen(smooth?.evaluator ?? compiled, start, stage), () => left > 0),
      options.signal,
    );
    const before = resumed?.before ?? { seconds: seconds(), evaluations, epochs };
    const kept = keepBest(start, compiled, loss, options.validation, resumed?.best);

    const transfer = transferTo(schedule, index, coarse.network);
    let state: OptimizerState = resumed
      ? structuredClone(resumed.optimizer)
      : latest && optimizer.restart && optimizer === optimizers[index - 1]
      ? optimizer.restart(latest, start.parameters, transfer)
      : beginning(optimizer, start.parameters, dataset.rows, evaluations);
    let counted = state.evaluations;
    let stageEnded = resumed?.stageEnded ?? false;
    const records = events.flatMap((event) =>
      event.type === "epoch" && event.record.stage === index ? [event.record] : []
    );

    try {
      if (!resumed) {
        const first = await compiled.value(start.parameters);
        evaluations++;
        const lossAfter = orInfinity(compiled.loss());
        if (smooth && lossAfter < Infinity) smooth.weight = smoothing * lossAfter;
        await kept.consider(start.parameters, first + (smooth?.penalty(start.parameters) ?? 0));
        if (refine > 1) {
          events.push({
            type: "refined",
            fromIntervals: coarse.network.config.intervals,
            toIntervals: intervals,
            lossBefore: coarse.loss,
            lossAfter,
          });
          yield events[events.length - 1];
        }
        events.push({
          type: "stage",
          stage: index,
          intervals,
          epochs: stage.epochs,
          parameters: start.parameters.length,
          totalEpochs,
          ...(compiled.bytes === undefined ? {} : { bytes: compiled.bytes }),
        });
        yield events[events.length - 1];
        if (!Number.isFinite(first)) ending = diverged(first, "before the first step");
      }
      for (
        let epoch = resumed?.stageEpochs ?? 0;
        epoch < stage.epochs && !ending && !stageEnded;
        epoch++
      ) {
        const improvements = kept.improvements;
        left = stage.epochs - epoch - 1;
        const status = await optimizer.epoch(state, evaluator, judgeStep);
        evaluations += state.evaluations - counted;
        counted = state.evaluations;
        epochs++;
        work += intervals / coarsest;
        if (!Number.isFinite(state.objective)) {
          ending = diverged(state.objective, `in epoch ${epochs}`);
          break;
        }
        if (!judgeStep) await kept.consider(state.parameters, state.objective);
        unimproved = kept.improvements > improvements ? 0 : unimproved + 1;
        const record: EpochRecord = {
          stage: index,
          intervals,
          epoch: epochs,
          work,
          loss: state.objective - addWeightDecay(loss, state.parameters) -
            (smooth?.penalty(state.parameters) ?? 0),
          objective: state.objective,
          ...(options.validation ? { validationLoss: kept.latest } : {}),
          gradientNorm: orInfinity(norm(state.gradient)),
          ...(state.step ? { step: state.step } : {}),
          evaluations,
          seconds: seconds(),
        };
        records.push(record);
        const last = index === schedule.stages.length - 1;
        stageEnded = status !== "running" || (!!validation && unimproved >= patience);
        if (stageEnded) {
          ending = endOfStage(status, last, patience);
        } else if (stage.stall && hasStalled(stage.stall, records)) {
          stageEnded = true;
          if (last) ending = { status: "stalled", reason: stalledBy(stage.stall) };
        } else if (rescales && !freezes) {
          const balanced = await rebalance(start, state.parameters, compiled);
          if (balanced) {
            const { parameters, factors } = balanced;
            state = optimizer.restart
              ? optimizer.restart(state, parameters, () => rescaling(factors))
              : beginning(optimizer, parameters, dataset.rows, counted);
          }
        }
        events.push({ type: "epoch", record });
        yield* withCheckpoint({ type: "epoch", record }, () => ({
          origin: origin(),
          stage: index,
          stageEpochs: epoch + 1,
          stageEnded,
          ...(ending ? { ending } : {}),
          start,
          optimizer: structuredClone(state),
          best: structuredClone(kept.state()),
          ...(smooth ? { smoothing: smooth.weight } : {}),
          ...{ epochs, work, evaluations, unimproved, before },
          seconds: seconds(),
          levels: levels.slice(),
          events: events.slice(),
        }));
      }
      best = await kept.network();
      latest = state;
    } catch (error) {
      if (error instanceof EngineError) {
        ending = failed(error);
        best = await kept.network(await cpuEngine.compile(start, loss, dataset));
      } else if (error instanceof StopRequest) {
        ending = { status: "stopped", reason: STOPPED };
        evaluations += state.evaluations - counted;
        await kept.consider(state.parameters, state.objective);
        best = await kept.network();
      } else throw error;
    } finally {
      compiled.dispose(); // also where the listener has left, or an optimizer has failed
    }
    levels.push({
      intervals,
      parameters: start.parameters.length,
      epochs: epochs - before.epochs,
      evaluations: evaluations - before.evaluations,
      loss: best.loss,
      seconds: seconds() - before.seconds,
    });
    if (ending) break;
  }
  ending ??= { status: "completed", reason: "every epoch of the schedule is done" };
  yield { type: "finished", ...ending, ...best, evaluations, seconds: seconds(), levels };
}

/**
 * Trains a network to the end of its schedule.
 *
 * @param network As for {@linkcode train}.
 * @param dataset As for {@linkcode train}.
 * @param options As for {@linkcode train}, and a listener for events on the way.
 * @returns The last event: the best network, its loss, the status.
 * @throws As {@linkcode train}.
 */
export async function fit(
  network: Network,
  dataset: Dataset,
  options: TrainOptions & { readonly onEvent?: (event: TrainEvent) => void } = {},
): Promise<FinishedEvent> {
  let last: FinishedEvent | undefined;
  for await (const event of train(network, dataset, options)) {
    options.onEvent?.(event);
    if (event.type === "finished") last = event;
  }
  return last!;
}

const STOPPED = "training was asked to stop";

/** The counters at the start of a run. */
const NOTHING_DONE = { epochs: 0, work: 0, evaluations: 0, unimproved: 0 } as const;

/** Tells an epoch with the way to keep it, which ends as soon as training goes on. */
function* withCheckpoint(event: EpochEvent, copy: (() => Checkpoint) | undefined) {
  yield {
    ...event,
    checkpoint() {
      if (copy) return copy();
      throw new RangeError(
        "Cannot make checkpoint: the event must be the latest one, current value is an earlier one",
      );
    },
  };
  copy = undefined;
}

/** Computes a value when it is first asked for. */
function lazily<Value>(compute: () => Value): () => Value {
  let value: { readonly of: Value } | undefined;
  return () => (value ??= { of: compute() }).of;
}

function failed({ message }: EngineError): Ending {
  return { status: "failed", reason: `${message}; the best network so far is kept` };
}

function diverged(objective: number, when: string): Ending {
  return { status: "diverged", reason: `the objective became ${objective} ${when}` };
}

function stalledBy({ share, epochs }: StallRule): string {
  return `the loss has fallen by less than ${+(100 * share).toPrecision(3)} % in ${epochs} epochs`;
}

/** How the run ends when a stage ends before its epochs are used up; undefined: go on. */
function endOfStage(status: EpochStatus, last: boolean, patience: number): Ending | undefined {
  switch (status) {
    case "running":
      return {
        status: "converged",
        reason: `the validation loss has not fallen for ${patience} epochs`,
      };
    case "diverged":
      return { status: "diverged", reason: "the optimizer found no finite step" };
    case "converged":
      return last
        ? { status: "converged", reason: "the optimizer's tolerances are met" }
        : undefined;
    case "stalled":
      return last
        ? { status: "stalled", reason: "no step lowers the loss, though its gradient is not 0" }
        : undefined;
  }
}

function withFrozen(evaluator: Evaluator, network: Network, stage: ScheduleStage): Evaluator {
  if (!stage.freeze?.length) return evaluator;
  const endings = { knots: ".knotLogits", coefficients: ".coefficients", linear: "linear" };
  const frozen = new Uint8Array(network.parameters.length);
  for (const { name, offset, size } of network.layout) {
    if (stage.freeze.some((group) => name.includes(endings[group]))) {
      frozen.fill(1, offset, offset + size);
    }
  }
  return freezeParameters(evaluator, frozen);
}

function coarsestIntervals(network: Network, schedule: Schedule): number {
  const refines = schedule.startFactor > 1 || schedule.stages.some(({ refine = 1 }) => refine > 1);
  if (refines && network.config.activation !== "spline") {
    throw new RangeError(
      "Cannot train: schedule must stay on one grid (coarseSchedule) for an MLP, which has no " +
        `intervals to split, current value is ${schedule.name}`,
    );
  }
  const coarsest = network.config.intervals / schedule.startFactor;
  if (!Number.isInteger(coarsest)) {
    throw new RangeError(
      `Cannot train: network intervals must be a multiple of the schedule's startFactor ${schedule.startFactor}, current value is ${network.config.intervals}`,
    );
  }
  return coarsest;
}

function checkSmoothing(smoothing: number): number {
  if (!(smoothing >= 0 && smoothing < Infinity)) {
    throw new RangeError(
      `Cannot train: smoothing must be a number >= 0, current value is ${smoothing}`,
    );
  }
  return smoothing;
}

function checkPatience(patience: number): number {
  if (!Number.isInteger(patience) || patience < 1) {
    throw new RangeError(
      `Cannot train: patience must be an integer >= 1, current value is ${patience}`,
    );
  }
  return patience;
}
