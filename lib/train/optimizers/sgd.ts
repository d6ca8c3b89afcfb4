/**
 * Stochastic gradient descent with momentum (Polyak 1964; Nesterov 1983), on mini-batches or on the
 * whole training set.
 *
 * With `rate` what the schedule gives: `g <- g min(1, clipNorm / (|g| + 1e-6))`,
 * `v <- momentum v + g`, `x <- x - rate v`, with Nesterov's look ahead
 * `x <- x - rate (g + momentum v)`, as in PyTorch. `v` is 0 at first.
 *
 * @module
 */

import type { Evaluator } from "../../engine/mod.ts";
import { checkOptions } from "../../numerics/inner.ts";
import { drawBatches } from "./batches.ts";
import {
  type LearningRateSchedule,
  learningRateShare,
  resolveLearningRateSchedule,
} from "./learning_rate.ts";
import {
  type EpochStatus,
  type Optimizer,
  type OptimizerState,
  startingPoint,
} from "./optimizer.ts";
import { batchedPass, checkRows, clipShare, type OnStep, wholePass } from "./passes.ts";

/** Numbers of stochastic gradient descent; all may be left out. */
export interface SgdOptions {
  /** Step size, the highest of the schedule. Default 0.01. */
  readonly learningRate?: number;
  /** How the learning rate changes. Default `{ kind: "constant" }`. */
  readonly schedule?: LearningRateSchedule;
  /** Share of the last move that is made again. Default 0.9; 0: none. */
  readonly momentum?: number;
  /** Whether a step looks ahead as Nesterov's does. Default no. */
  readonly nesterov?: boolean;
  /** Longer gradients are shortened to this Euclidean norm. Default `Infinity`. */
  readonly clipNorm?: number;
  /** Rows of a mini-batch; the last of an epoch may be smaller. Default: all rows. */
  readonly batchSize?: number;
  /** Seed of the order in which mini-batches draw the rows. Default 0. */
  readonly batchSeed?: number;
}

/**
 * State of stochastic gradient descent. With mini-batches `gradient` is the mean of the epoch's
 * batch gradients, and `evaluations` counts two passes per epoch, as for Adam.
 */
export interface SgdState extends OptimizerState {
  /** What moves the parameters: gradients of the past, the older the less. */
  velocity: Float64Array;
  /** Epochs since the start of the run: the schedule's time, and the order of the rows. */
  epochs: number;
  /** Rows of the training set; 0 if that was not told. */
  rows: number;
}

interface Resolved extends Required<Omit<SgdOptions, "batchSize">> {
  readonly batchSize: number | undefined;
}

/**
 * Creates stochastic gradient descent with momentum; an epoch is one pass over the training set: one
 * step, or one for each mini-batch.
 *
 * @param options Its numbers.
 * @returns The optimizer.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import { coarseSchedule, createNetwork, findProblem, galleryDatasets, trainToEnd } from "@freeknot/freeknot";
 * import { sgd } from "@freeknot/freeknot/train";
 * import { assert } from "@std/assert";
 *
 * const { train: rows } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
 * const optimizer = sgd({ learningRate: 0.1, momentum: 0.9, batchSize: 20 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const { loss } = await trainToEnd(network, rows, { schedule: coarseSchedule(30), optimizer });
 * assert(loss < 0.1);
 * ```
 */
export function sgd(options: SgdOptions = {}): Optimizer<SgdState> {
  checkOptions(
    "create sgd",
    options,
    "learningRate schedule momentum nesterov clipNorm batchSize batchSeed",
  );
  const resolved = resolve(options);
  const { clipNorm, batchSize, batchSeed, learningRate, schedule, momentum, nesterov } = resolved;
  return {
    name: "sgd",
    options: {
      ...{ learningRate, schedule, momentum, nesterov },
      ...(clipNorm === Infinity ? {} : { clipNorm }),
      ...(batchSize === undefined ? {} : { batchSize, batchSeed }),
    },
    init(parameters, rows = 0) {
      checkRows("sgd", batchSize, rows);
      return start(parameters, rows, 0);
    },
    restart: (state, parameters) => ({
      ...start(parameters, state.rows, state.epochs),
      evaluations: state.evaluations,
    }),
    epoch: (state, evaluator, onStep) => runEpoch(state, evaluator, resolved, onStep),
  };
}

function start(parameters: Float64Array, rows: number, epochs: number): SgdState {
  const velocity = new Float64Array(parameters.length);
  return { ...startingPoint(parameters), velocity, epochs, rows };
}

function runEpoch(
  state: SgdState,
  evaluator: Evaluator,
  options: Resolved,
  onStep?: OnStep,
): Promise<EpochStatus> {
  const { batchSize, batchSeed } = options, { rows, epochs } = state;
  if (batchSize === undefined || batchSize >= rows) {
    return wholePass(
      state,
      evaluator,
      (parameters, gradient) => move(parameters, gradient, state.velocity, options, epochs, 1),
      onStep,
    );
  }
  const drawn = drawBatches(rows, batchSize, batchSeed, epochs), steps = drawn.length;
  const moments = { velocity: state.velocity.slice() };
  return batchedPass(
    state,
    evaluator,
    drawn,
    moments,
    (parameters, gradient, b) =>
      move(parameters, gradient, moments.velocity, options, epochs + b / steps, steps),
    onStep,
  );
}

/** Moves `parameters` and `velocity` in place. */
function move(
  parameters: Float64Array,
  gradient: Float64Array,
  velocity: Float64Array,
  { learningRate, schedule, momentum, nesterov, clipNorm }: Resolved,
  time: number,
  stepsPerEpoch: number,
): void {
  const rate = learningRate * learningRateShare(schedule, time, 1 / stepsPerEpoch);
  const clip = clipShare(gradient, clipNorm);
  for (let i = 0; i < parameters.length; i++) {
    const g = clip * gradient[i];
    velocity[i] = momentum * velocity[i] + g;
    parameters[i] -= rate * (nesterov ? g + momentum * velocity[i] : velocity[i]);
  }
}

function resolve(options: SgdOptions): Resolved {
  const numbers = {
    learningRate: options.learningRate ?? 0.01,
    momentum: options.momentum ?? 0.9,
    nesterov: options.nesterov ?? false,
    clipNorm: options.clipNorm ?? Infinity,
    batchSize: options.batchSize,
    batchSeed: options.batchSeed ?? 0,
  };
  function check(key: keyof typeof numbers, ok: boolean, rule: string): void {
    if (ok) return;
    throw new RangeError(
      `Cannot create sgd: ${key} must be ${rule}, current value is ${numbers[key]}`,
    );
  }
  const { learningRate, momentum, nesterov, clipNorm, batchSeed, batchSize = 1 } = numbers;
  check("learningRate", learningRate > 0 && learningRate < Infinity, "a number > 0");
  check("momentum", momentum >= 0 && momentum < 1, "from 0 to below 1");
  check("nesterov", typeof nesterov === "boolean", "true or false");
  check("nesterov", !nesterov || momentum > 0, "false without momentum");
  check("clipNorm", clipNorm > 0, "a number > 0");
  check("batchSeed", Number.isSafeInteger(batchSeed), "an integer");
  check("batchSize", Number.isSafeInteger(batchSize) && batchSize >= 1, "an integer >= 1");
  const schedule = resolveLearningRateSchedule(
    options.schedule ?? { kind: "constant" },
    "create sgd",
  );
  return { ...numbers, schedule };
}
