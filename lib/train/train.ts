/**
 * The training loop: walks a schedule, tells what happens.
 *
 * @module
 */

import { balance, type Network } from "../model/mod.ts";
import {
  multilevelSchedule,
  prolong,
  type Schedule,
  type ScheduleStage,
} from "../multilevel/mod.ts";
import type { Dataset } from "../data/mod.ts";
import {
  addWeightDecay,
  cpuEngine,
  type Engine,
  EngineError,
  type Evaluator,
  type Loss,
} from "../engine/mod.ts";
import type {
  EpochRecord,
  FinishedEvent,
  LevelSummary,
  TrainEvent,
  TrainStatus,
} from "./events.ts";
import { lbfgs } from "./lbfgs.ts";
import {
  type EpochStatus,
  freezeParameters,
  type Optimizer,
  type OptimizerState,
} from "./optimizer.ts";
import { keepBest } from "./_best.ts";
import { interruptible, StopRequest } from "./_interrupt.ts";
import { norm } from "./_vector.ts";

/** What to train with; all may be left out. */
export interface TrainOptions {
  /** The criterion. Default mean squared error. */
  readonly loss?: Loss;
  /** Epochs and grids. Default `multilevelSchedule([32, 16, 8, 4])`. */
  readonly schedule?: Schedule;
  /** The algorithm. Default `lbfgs()`. */
  // deno-lint-ignore no-explicit-any
  readonly optimizer?: Optimizer<any>;
  /** Where the arithmetic runs. Default `cpuEngine`. */
  readonly engine?: Engine;
  /** Rows that choose the best parameters and stop training early; never the test rows. */
  readonly validation?: Dataset;
  /** Epochs without a lower validation loss after which training ends. Default 10. */
  readonly patience?: number;
  /** Stops training; the best network so far is returned with status `stopped`. */
  readonly signal?: AbortSignal;
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
 * At every refinement the best parameters so far are prolonged exactly, the engine compiles again
 * and the optimizer starts anew. The generator never throws for what training does: divergence,
 * interruption and a device that fails are statuses of the last event, which carries the best network.
 *
 * @param network The network to start from, on the schedule's first grid: its intervals are
 * `schedule.startFactor` times the coarsest ones. Not changed.
 * @param dataset Training rows.
 * @param options Loss, schedule, optimizer, engine, validation rows, abort signal.
 * @returns Events, the last one of type `finished`.
 * @throws {TypeError} If network and dataset do not fit.
 * @throws {RangeError} If an option is out of range.
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
  const optimizer = options.optimizer ?? lbfgs();
  const engine = options.engine ?? cpuEngine;
  const patience = checkPatience(options.patience ?? 10);
  const coarsest = coarsestIntervals(network, schedule);
  const rescales = network.config.normalisation === "minmax" && !loss.weightDecay;
  const totalEpochs = schedule.stages.reduce((sum, stage) => sum + stage.epochs, 0);
  const begun = performance.now();
  const seconds = () => (performance.now() - begun) / 1000;

  const levels: LevelSummary[] = [];
  let epochs = 0, work = 0, evaluations = 0, unimproved = 0;
  let ending: Ending | undefined;
  let best: Point = { network, loss: NaN };

  for (const [index, stage] of schedule.stages.entries()) {
    const refine = stage.refine ?? 1;
    const coarse = best;
    const start = refine > 1 ? prolong(coarse.network, refine) : coarse.network;
    const { intervals } = start.config;
    const freezes = (stage.freeze?.length ?? 0) > 0;
    let compiled: Evaluator;
    try {
      compiled = await engine.compile(start, loss, dataset);
    } catch (error) {
      if (!(error instanceof EngineError) || levels.length === 0) throw error;
      ending = failed(error); // what the coarser grids reached is kept
      break;
    }
    /** With held-out rows every step is judged: an epoch is long enough to overfit. */
    const judgeStep = options.validation &&
      ((now: Readonly<OptimizerState>) => kept.consider(now.parameters, now.objective));
    const evaluator = interruptible(withFrozen(compiled, start, stage), options.signal);
    const before = { seconds: seconds(), evaluations, epochs };
    const kept = keepBest(start, compiled, loss, options.validation);

    let state = optimizer.init(start.parameters);
    let counted = 0;

    try {
      const first = await compiled.value(start.parameters);
      evaluations++;
      const lossAfter = compiled.loss();
      await kept.consider(start.parameters, first);
      if (refine > 1) {
        yield {
          type: "refined",
          fromIntervals: coarse.network.config.intervals,
          toIntervals: intervals,
          lossBefore: coarse.loss,
          lossAfter,
        };
      }
      yield {
        type: "stage",
        stage: index,
        intervals,
        epochs: stage.epochs,
        parameters: start.parameters.length,
        totalEpochs,
      };
      if (!Number.isFinite(first)) ending = diverged(first, "before the first step");
      for (let epoch = 0; epoch < stage.epochs && !ending; epoch++) {
        const improvements = kept.improvements;
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
          loss: state.objective - addWeightDecay(loss, state.parameters),
          objective: state.objective,
          ...(options.validation ? { validationLoss: kept.latest } : {}),
          gradientNorm: norm(state.gradient),
          evaluations,
          seconds: seconds(),
        };
        yield { type: "epoch", record };
        if (status !== "running" || (options.validation && unimproved >= patience)) {
          ending = endOfStage(status, index === schedule.stages.length - 1, patience);
          break;
        }
        if (rescales && !freezes) {
          const balanced = await rebalance(start, state.parameters, compiled);
          if (balanced) state = { ...optimizer.init(balanced), evaluations: counted };
        }
      }
      best = await kept.network();
    } catch (error) {
      if (error instanceof EngineError) {
        ending = failed(error);
        best = await kept.network(await cpuEngine.compile(start, loss, dataset));
      } else if (error instanceof StopRequest) {
        ending = { status: "stopped", reason: "training was asked to stop" };
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

/** Parameters with collapsed nodes rescaled (see `balance`), or undefined if none are. */
async function rebalance(
  start: Network,
  parameters: Float64Array,
  evaluator: Evaluator,
): Promise<Float64Array | undefined> {
  await evaluator.value(parameters);
  const point = { ...start, parameters, statistics: evaluator.statistics() };
  const balanced = balance(point);
  return balanced === point ? undefined : balanced.parameters;
}

function failed({ message }: EngineError): Ending {
  return { status: "failed", reason: `${message}; the best network so far is kept` };
}

function diverged(objective: number, when: string): Ending {
  return { status: "diverged", reason: `the objective became ${objective} ${when}` };
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
  }
}

function withFrozen(evaluator: Evaluator, network: Network, stage: ScheduleStage): Evaluator {
  if (!stage.freeze?.length) return evaluator;
  const endings = { knots: ".knotLogits", coefficients: ".coefficients", linear: "linear." };
  const frozen = new Uint8Array(network.parameters.length);
  for (const { name, offset, size } of network.layout) {
    if (stage.freeze.some((group) => name.includes(endings[group]))) {
      frozen.fill(1, offset, offset + size);
    }
  }
  return freezeParameters(evaluator, frozen);
}

function coarsestIntervals(network: Network, schedule: Schedule): number {
  const coarsest = network.config.intervals / schedule.startFactor;
  if (!Number.isInteger(coarsest)) {
    throw new RangeError(
      `Cannot train: network intervals must be a multiple of the schedule's startFactor ${schedule.startFactor}, current value is ${network.config.intervals}`,
    );
  }
  return coarsest;
}

function checkPatience(patience: number): number {
  if (!Number.isInteger(patience) || patience < 1) {
    throw new RangeError(
      `Cannot train: patience must be an integer >= 1, current value is ${patience}`,
    );
  }
  return patience;
}
