/**
 * Plain gradient descent on the whole training set: the algorithm that theorems speak of.
 *
 * With a learning rate `x <- x - rate g`, `rate` as the schedule gives it. Without one the length of
 * every step is searched along `-g` by the weak Wolfe conditions; the first trial is
 * `min(1, 1 / |g|_1)`, later ones would lower the objective as the step before did, were it linear:
 * `t (g'.g') / (g.g)` with the last step's `t` and `g'` (Nocedal and Wright 2006, section 3.5).
 *
 * @module
 */

import type { Evaluator } from "../../engine/mod.ts";
import { checkOptions, dot, maxNorm, sumNorm } from "../../numerics/inner.ts";
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
import { clipShare, type OnStep, wholePass } from "./passes.ts";
import { searchAlong, searchWork } from "./search_along.ts";

/** Numbers of gradient descent; all may be left out. */
export interface GradientDescentOptions {
  /** Step size, the highest of the schedule. Default: every step's length is searched. */
  readonly learningRate?: number;
  /** How the learning rate changes. Default `{ kind: "constant" }`. */
  readonly schedule?: LearningRateSchedule;
  /** Longer gradients are shortened to this Euclidean norm. Default `Infinity`. */
  readonly clipNorm?: number;
}

/** State of gradient descent. */
export interface GradientDescentState extends OptimizerState {
  /** Length of the latest searched step, times the square of the gradient; 0 before the first. */
  decrease: number;
  /** Epochs since the start of the run: the schedule's time. */
  epochs: number;
  /** Rows of the training set; 0 if that was not told. */
  rows: number;
}

/** Evaluations that the search for one step may take. */
const MOST_TRIALS = 25;

/**
 * Creates plain gradient descent; an epoch is one step on all rows.
 *
 * @param options Its numbers.
 * @returns The optimizer.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import { coarseSchedule, createNetwork, findProblem, galleryDatasets, trainToEnd } from "@freeknot/freeknot";
 * import { gradientDescent } from "@freeknot/freeknot/train";
 * import { assert } from "@std/assert";
 *
 * const { train: rows } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const schedule = coarseSchedule(50), losses = [];
 * for (const optimizer of [gradientDescent(), gradientDescent({ learningRate: 0.1 })]) {
 *   losses.push((await trainToEnd(network, rows, { schedule, optimizer })).loss);
 * }
 * assert(losses.every((loss) => loss < 0.1));
 * ```
 */
export function gradientDescent(
  options: GradientDescentOptions = {},
): Optimizer<GradientDescentState> {
  const verb = "create gradient-descent";
  checkOptions(verb, options, "learningRate schedule clipNorm");
  const { learningRate, clipNorm = Infinity } = options;
  const schedule = resolveLearningRateSchedule(options.schedule ?? { kind: "constant" }, verb);
  if (learningRate === undefined) {
    for (const key of ["schedule", "clipNorm"] as const) {
      if (options[key] === undefined) continue;
      throw new RangeError(`Cannot ${verb}: ${key} must come with learningRate`);
    }
  } else if (!(learningRate > 0 && learningRate < Infinity)) {
    throw new RangeError(
      `Cannot ${verb}: learningRate must be a number > 0, current value is ${learningRate}`,
    );
  }
  if (!(clipNorm > 0)) {
    throw new RangeError(
      `Cannot ${verb}: clipNorm must be a number > 0, current value is ${clipNorm}`,
    );
  }
  return {
    name: "gradient-descent",
    options: learningRate === undefined
      ? {}
      : { learningRate, schedule, ...(clipNorm === Infinity ? {} : { clipNorm }) },
    init: (parameters, rows = 0) => start(parameters, rows, 0),
    restart: (state, parameters) => ({
      ...start(parameters, state.rows, state.epochs),
      evaluations: state.evaluations,
    }),
    epoch(state, evaluator, onStep) {
      if (learningRate === undefined) return searchedStep(state, evaluator, onStep);
      return wholePass(state, evaluator, (parameters, gradient) => {
        const rate = learningRate * learningRateShare(schedule, state.epochs);
        const length = rate * clipShare(gradient, clipNorm);
        for (let i = 0; i < parameters.length; i++) parameters[i] -= length * gradient[i];
      }, onStep);
    },
  };
}

function start(parameters: Float64Array, rows: number, epochs: number): GradientDescentState {
  return { ...startingPoint(parameters), decrease: 0, epochs, rows };
}

async function searchedStep(
  state: GradientDescentState,
  evaluator: Evaluator,
  onStep?: OnStep,
): Promise<EpochStatus> {
  const { gradient } = state;
  if (Number.isNaN(state.objective)) {
    ({ objective: state.objective } = await evaluator.evaluate(state.parameters, gradient));
    state.evaluations++;
  }
  const square = dot(gradient, gradient);
  if (!Number.isFinite(state.objective) || !Number.isFinite(square)) return "diverged";
  if (maxNorm(gradient) <= 1e-12) return "converged";
  const work = searchWork(gradient.length);
  for (let i = 0; i < gradient.length; i++) work.direction[i] = -gradient[i];
  const first = state.decrease > 0 ? state.decrease / square : Math.min(1, 1 / sumNorm(gradient));
  const { value, length, decreased, evaluations } = await searchAlong(
    state,
    work,
    evaluator,
    -square,
    first,
    MOST_TRIALS,
  );
  state.evaluations += evaluations;
  state.epochs++;
  if (!decreased) return "stalled";
  state.parameters = work.found;
  state.gradient = work.foundGradient;
  state.objective = value;
  state.decrease = length * square;
  await onStep?.(state);
  return "running";
}
