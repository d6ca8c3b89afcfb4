/**
 * Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019), on the whole training set or on
 * mini-batches.
 *
 * With `k` the count of steps and `rate` what the schedule gives:
 * `g <- g min(1, clipNorm / (|g| + 1e-6))`, `x <- (1 - rate weightDecay) x` (AdamW only),
 * `m <- b1 m + (1 - b1) g`, `v <- b2 v + (1 - b2) g^2`,
 * `x <- x - rate (m / (1 - b1^k)) / (sqrt(v / (1 - b2^k)) + epsilon)`, as in PyTorch.
 *
 * @module
 */

import { checkOptions, pow } from "../../numerics/inner.ts";
import type { AdamMethod, Evaluator } from "../../engine/mod.ts";
import {
  type EpochStatus,
  type Optimizer,
  type OptimizerState,
  startingPoint,
  takeReading,
} from "./optimizer.ts";
import {
  type LearningRateSchedule,
  learningRateShare,
  resolveLearningRateSchedule,
} from "./learning_rate.ts";
import { drawBatches } from "./batches.ts";
import { batchedPass, checkRows, clipShare, type OnStep, wholePass } from "./passes.ts";

/** Numbers of Adam; defaults are torch.optim.Adam's. */
export interface AdamOptions {
  /** Step size, the highest of the schedule. Default 1e-3. */
  readonly learningRate?: number;
  /** How the learning rate changes. Default `{ kind: "constant" }`. */
  readonly schedule?: LearningRateSchedule;
  /** Decay of the mean gradient. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean square. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root. Default 1e-8. */
  readonly epsilon?: number;
  /** Longer gradients are shortened to this Euclidean norm. Default `Infinity`. */
  readonly clipNorm?: number;
  /**
   * Rows of a mini-batch; the last of an epoch may be smaller. Default: all rows. Minima and maxima
   * of min-max normalisation are the batch's.
   */
  readonly batchSize?: number;
  /** Seed of the order in which mini-batches draw the rows. Default 0. */
  readonly batchSeed?: number;
}

/** Numbers of AdamW; defaults are torch.optim.AdamW's. */
export interface AdamwOptions extends AdamOptions {
  /** Share of the learning rate by which every step shrinks every parameter. Default 0.01. */
  readonly weightDecay?: number;
}

/**
 * State of Adam. With mini-batches the objective counts all rows at the end of the epoch,
 * `gradient` is the mean of the epoch's batch gradients, and `evaluations` counts passes over the
 * rows: two per epoch, one in batches and one for the value at the end.
 */
export interface AdamState extends OptimizerState {
  /** Mean gradient. */
  mean: Float64Array;
  /** Mean square of the gradient. */
  square: Float64Array;
  /** Steps since `mean` and `square` began. */
  iterations: number;
  /** Epochs since the start of the run: the schedule's time, and the order of the rows. */
  epochs: number;
  /** Rows of the training set; 0 if that was not told. */
  rows: number;
}

/**
 * Creates the Adam optimizer; an epoch is one pass over the training set: one step, or one for
 * each mini-batch.
 *
 * @param options Its numbers.
 * @returns The optimizer.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import {
 *   adam, createNetwork, findProblem, trainToEnd, galleryDatasets,
 * } from "@freeknot/freeknot";
 * import { coarseSchedule } from "@freeknot/freeknot";
 * import { assert } from "@std/assert";
 *
 * const { train: rows } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
 * const optimizer = adam({ learningRate: 0.02, schedule: { kind: "cosine", epochs: 30 } });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const { loss } = await trainToEnd(network, rows, { schedule: coarseSchedule(30), optimizer });
 * assert(loss < 0.1);
 * ```
 */
export function adam(options: AdamOptions = {}): Optimizer<AdamState> {
  return createAdam("adam", options, 0);
}

/**
 * Creates the AdamW optimizer: Adam with weight decay that acts on the parameters, not on the
 * gradient. An epoch is as for {@linkcode adam}.
 *
 * @param options Its numbers.
 * @returns The optimizer.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import {
 *   coarseSchedule, createNetwork, findProblem, galleryDatasets, trainToEnd,
 * } from "@freeknot/freeknot";
 * import { adamw } from "@freeknot/freeknot/train";
 * import { assert } from "@std/assert";
 *
 * const { train: rows } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
 * const optimizer = adamw({ learningRate: 0.02, weightDecay: 0.001, batchSize: 50 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const { loss } = await trainToEnd(network, rows, { schedule: coarseSchedule(30), optimizer });
 * assert(loss < 0.1);
 * ```
 */
export function adamw(options: AdamwOptions = {}): Optimizer<AdamState> {
  return createAdam("adamw", options, options?.weightDecay ?? 0.01);
}

interface Resolved extends Required<Omit<AdamOptions, "batchSize" | "batchSeed">> {
  readonly weightDecay: number;
  readonly batchSize?: number;
  readonly batchSeed: number;
}

const OPTIONS =
  "learningRate schedule beta1 beta2 epsilon clipNorm batchSize batchSeed weightDecay";

function createAdam(
  name: "adam" | "adamw",
  options: AdamOptions,
  weightDecay: number,
): Optimizer<AdamState> {
  checkOptions(`create ${name}`, options, OPTIONS);
  const resolved = resolve(name, options, weightDecay);
  const { learningRate, schedule, beta1, beta2, epsilon, clipNorm, batchSize, batchSeed } =
    resolved;
  return {
    name,
    options: {
      ...{ learningRate, schedule, beta1, beta2, epsilon },
      ...(name === "adamw" ? { weightDecay } : {}),
      ...(clipNorm === Infinity ? {} : { clipNorm }),
      ...(batchSize === undefined ? {} : { batchSize, batchSeed }),
    },
    init(parameters, rows = 0) {
      checkRows(name, batchSize, rows);
      return start(parameters, rows, 0);
    },
    restart: (state, parameters) => ({
      ...start(parameters, state.rows, state.epochs),
      evaluations: state.evaluations,
    }),
    epoch(state, evaluator, onStep) {
      return batchSize !== undefined && batchSize < state.rows
        ? batchedEpoch(state, evaluator, resolved, batchSize, onStep)
        : wholeEpoch(state, evaluator, resolved, onStep);
    },
  };
}

function start(parameters: Float64Array, rows: number, epochs: number): AdamState {
  return {
    ...startingPoint(parameters),
    mean: new Float64Array(parameters.length),
    square: new Float64Array(parameters.length),
    iterations: 0,
    epochs,
    rows,
  };
}

/** One step on all rows. */
function wholeEpoch(
  state: AdamState,
  evaluator: Evaluator,
  options: Resolved,
  onStep?: OnStep,
): Promise<EpochStatus> {
  return wholePass(state, evaluator, (parameters, gradient) => {
    state.iterations++;
    move(parameters, gradient, state, options, state.epochs, 1);
  }, onStep);
}

/** A step for each mini-batch. */
async function batchedEpoch(
  state: AdamState,
  evaluator: Evaluator,
  options: Resolved,
  batchSize: number,
  onStep?: OnStep,
): Promise<EpochStatus> {
  const drawn = drawBatches(state.rows, batchSize, options.batchSeed, state.epochs);
  const reading = onStep ? undefined : await evaluator.resident?.runEpoch(
    passOf(state, drawn, options),
    state.parameters,
  );
  if (reading) {
    if (reading.moments!.iterations === state.iterations) return "diverged";
    Object.assign(state, reading.moments);
    state.epochs++;
    return takeReading(state, reading);
  }
  const moments = {
    mean: state.mean.slice(),
    square: state.square.slice(),
    iterations: state.iterations,
  };
  return await batchedPass(state, evaluator, drawn, moments, (parameters, gradient, b) => {
    moments.iterations++;
    move(parameters, gradient, moments, options, state.epochs + b / drawn.length, drawn.length);
  }, onStep);
}

/** The pass as data, for engines that run it where the parameters are. */
function passOf(
  { epochs, mean, square, iterations }: AdamState,
  batches: readonly Int32Array[],
  { learningRate, schedule, beta1, beta2, epsilon, clipNorm, weightDecay }: Resolved,
): AdamMethod {
  const share = (b: number) =>
    learningRateShare(schedule, epochs + b / batches.length, 1 / batches.length);
  const steps = batches.map((rows, b) => ({ rows, rate: learningRate * share(b) }));
  return {
    kind: "adam",
    ...{ steps, beta1, beta2, epsilon, clipNorm, weightDecay, mean, square, iterations },
  };
}

/** Moves `parameters` in place; `moments.iterations` already counts this step. */
function move(
  parameters: Float64Array,
  gradient: Float64Array,
  { mean, square, iterations }: Pick<AdamState, "mean" | "square" | "iterations">,
  { learningRate, schedule, beta1, beta2, epsilon, clipNorm, weightDecay }: Resolved,
  time: number,
  stepsPerEpoch: number,
): void {
  const rate = learningRate * learningRateShare(schedule, time, 1 / stepsPerEpoch);
  const clip = clipShare(gradient, clipNorm);
  const scaled = rate / (1 - pow(beta1, iterations));
  const correction = 1 / (1 - pow(beta2, iterations));
  const kept = 1 - rate * weightDecay;
  for (let i = 0; i < parameters.length; i++) {
    const g = clip * gradient[i];
    mean[i] = beta1 * mean[i] + (1 - beta1) * g;
    square[i] = beta2 * square[i] + (1 - beta2) * g * g;
    parameters[i] = kept * parameters[i] -
      scaled * mean[i] / (Math.sqrt(square[i] * correction) + epsilon);
  }
}

function resolve(name: string, options: AdamOptions, weightDecay: number): Resolved {
  const numbers = {
    learningRate: options.learningRate ?? 1e-3,
    beta1: options.beta1 ?? 0.9,
    beta2: options.beta2 ?? 0.999,
    epsilon: options.epsilon ?? 1e-8,
    clipNorm: options.clipNorm ?? Infinity,
    batchSeed: options.batchSeed ?? 0,
    ...(options.batchSize === undefined ? {} : { batchSize: options.batchSize }),
    weightDecay,
  };
  function check(key: keyof typeof numbers, ok: boolean, rule: string): void {
    if (ok) return;
    throw new RangeError(
      `Cannot create ${name}: ${key} must be ${rule}, current value is ${numbers[key]}`,
    );
  }
  const { learningRate, beta1, beta2, epsilon, clipNorm, batchSeed, batchSize = 1 } = numbers;
  check("learningRate", learningRate > 0 && learningRate < Infinity, "a number > 0");
  check("beta1", beta1 >= 0 && beta1 < 1, "from 0 to below 1");
  check("beta2", beta2 >= 0 && beta2 < 1, "from 0 to below 1");
  check("epsilon", epsilon > 0 && epsilon < Infinity, "a number > 0");
  check("clipNorm", clipNorm > 0, "a number > 0");
  check("batchSeed", Number.isSafeInteger(batchSeed), "an integer");
  check("batchSize", Number.isSafeInteger(batchSize) && batchSize >= 1, "an integer >= 1");
  check("weightDecay", weightDecay >= 0 && weightDecay < Infinity, "a number >= 0");
  const schedule = resolveLearningRateSchedule(
    options.schedule ?? { kind: "constant" },
    `create ${name}`,
  );
  return { ...numbers, schedule };
}
