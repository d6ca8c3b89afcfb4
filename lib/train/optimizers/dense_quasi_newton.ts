/**
 * Quasi-Newton methods that keep the whole matrix.
 *
 * `H` approximates the inverse of the objective's Hessian. A step goes along `-H g`, its length by
 * the weak Wolfe conditions, with which BFGS learns kinks, too (Lewis and Overton 2013); the first
 * trial is 1, without pairs `min(1, 1 / |g|_1)`. What becomes of `H` after a step is the method's
 * own; before the first pair `H = (y.s / y.y) I`, with the step `s` and the difference of gradients
 * `y`. A pair counts if `y.s > 2.2e-16 y.y`. An epoch is as of L-BFGS: at most 20 iterations or 25
 * evaluations.
 *
 * @module
 */

import type { Evaluator } from "../../engine/mod.ts";
import { checkOptions, dot, maxNorm, sumNorm } from "../../numerics/inner.ts";
import {
  type EpochStatus,
  type Optimizer,
  type OptimizerState,
  startingPoint,
} from "./optimizer.ts";
import type { OnStep } from "./passes.ts";
import { searchAlong, type SearchWork, searchWork } from "./search_along.ts";

/** Numbers of BFGS and of the self-scaled Broyden method; all may be left out. */
export interface BfgsOptions {
  /** Iterations per epoch. Default 20. */
  readonly maxIterations?: number;
  /** Evaluations per epoch. Default 25. */
  readonly maxEvaluations?: number;
  /** Ends when `max |g_i|` is at most this. Default 1e-12. */
  readonly gradientTolerance?: number;
  /** Ends when neither parameters nor objective change by more. Default 0. */
  readonly changeTolerance?: number;
}

/** State of a method with the whole matrix. */
export interface BfgsState extends OptimizerState {
  /** `H` row by row, shape `[numParameters, numParameters]`; empty before the first pair. */
  inverse: Float64Array;
  /** Iterations since the start. */
  iterations: number;
}

/** The most parameters whose matrix is kept: 200 MB. */
const MOST_PARAMETERS = 5000;

/** A step, as a method learns from it. */
export interface Pair {
  /** `s`, where the parameters went. */
  readonly s: Float64Array;
  /** `y`, how the gradient changed. */
  readonly y: Float64Array;
  /** `y.s`, positive. */
  readonly product: number;
  /** `s.B s / y.s` with `B = H^-1`, from the direction of the step: `s = -t H g` gives `B s = -t g`. */
  readonly model: number;
}

/** Changes `H`, shape `[n, n]`, symmetric, by a pair. */
export type Learn = (inverse: Float64Array, pair: Pair) => void;

/**
 * Creates a method.
 *
 * @param name Its name.
 * @param options Its numbers.
 * @param learn What becomes of the matrix.
 * @throws {RangeError} If a number is out of range.
 */
export function denseQuasiNewton(
  name: string,
  options: BfgsOptions,
  learn: Learn,
): Optimizer<BfgsState> {
  const verb = `create ${name}`;
  checkOptions(verb, options, "maxIterations maxEvaluations gradientTolerance changeTolerance");
  const resolved = {
    maxIterations: options.maxIterations ?? 20,
    maxEvaluations: options.maxEvaluations ?? 25,
    gradientTolerance: options.gradientTolerance ?? 1e-12,
    changeTolerance: options.changeTolerance ?? 0,
  };
  for (const [key, value] of Object.entries(resolved)) {
    const counts = key.startsWith("max");
    if (counts ? Number.isInteger(value) && value >= 1 : value >= 0) continue;
    throw new RangeError(
      `Cannot ${verb}: ${key} must be ${counts ? "an integer >= 1" : "a number >= 0"}, ` +
        `current value is ${value}`,
    );
  }
  return {
    name,
    options: resolved,
    mostParameters: MOST_PARAMETERS,
    init: start,
    restart: (state, parameters) => ({ ...start(parameters), evaluations: state.evaluations }),
    epoch: (state, evaluator, onStep) => runEpoch(state, evaluator, resolved, learn, onStep),
  };
}

function start(parameters: Float64Array): BfgsState {
  return { ...startingPoint(parameters), inverse: new Float64Array(0), iterations: 0 };
}

async function runEpoch(
  state: BfgsState,
  evaluator: Evaluator,
  options: Required<BfgsOptions>,
  learn: Learn,
  onStep?: OnStep,
): Promise<EpochStatus> {
  const lastEvaluation = state.evaluations + options.maxEvaluations;
  if (Number.isNaN(state.objective)) {
    ({ objective: state.objective } = await evaluator.evaluate(state.parameters, state.gradient));
    state.evaluations++;
  }
  const work = searchWork(state.parameters.length), { direction } = work;
  for (let k = 0; k < options.maxIterations; k++) {
    const { gradient } = state, steepest = maxNorm(gradient);
    if (!Number.isFinite(state.objective) || !Number.isFinite(steepest)) return "diverged";
    if (steepest <= options.gradientTolerance) return "converged";
    if (state.evaluations >= lastEvaluation) return "running";
    let slope = aim(direction, state);
    if (!(slope < 0)) {
      state.inverse = new Float64Array(0); // rounding has spoilt the matrix
      slope = aim(direction, state);
    }
    const plain = state.inverse.length === 0;
    const first = plain ? Math.min(1, 1 / sumNorm(gradient)) : 1;
    const left = Math.max(1, lastEvaluation - state.evaluations);
    const search = await searchAlong(state, work, evaluator, slope, first, left);
    state.evaluations += search.evaluations;
    if (!search.decreased) {
      if (state.evaluations >= lastEvaluation) return "running";
      if (plain) return "stalled";
      state.inverse = new Float64Array(0);
      continue;
    }
    const before = state.objective, change = accept(state, work, search, learn);
    await onStep?.(state);
    const { changeTolerance } = options;
    if (change <= changeTolerance || Math.abs(state.objective - before) < changeTolerance) {
      return "converged";
    }
  }
  return "running";
}

/** Writes `-H g`; returns its product with `g`. */
function aim(direction: Float64Array, { inverse, gradient }: BfgsState): number {
  const turned = inverse.length === 0 ? gradient : timesInverse(inverse, gradient);
  turned.forEach((x, i) => direction[i] = -x);
  return dot(direction, gradient);
}

/** Moves the state to the point found, and learns from the step. Returns the largest change. */
function accept(
  state: BfgsState,
  { found, foundGradient }: SearchWork,
  { value, length }: { readonly value: number; readonly length: number },
  learn: Learn,
): number {
  const { gradient } = state, n = gradient.length;
  const s = found.map((x, i) => x - state.parameters[i]);
  const y = foundGradient.map((g, i) => g - gradient[i]);
  state.parameters = found.slice();
  state.gradient = foundGradient.slice();
  state.objective = value;
  state.iterations++;
  const product = dot(y, s), square = dot(y, y);
  if (product > Number.EPSILON * square) {
    const isFirst = state.inverse.length === 0;
    if (isFirst) state.inverse = scaledIdentity(n, product / square);
    const model = isFirst ? dot(s, s) * square / product : -length * dot(s, gradient);
    learn(state.inverse, { s, y, product, model: model / product });
  }
  return maxNorm(s);
}

function scaledIdentity(n: number, scale: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = scale;
  return matrix;
}

/** `H v`. */
export function timesInverse(inverse: Float64Array, v: Float64Array): Float64Array {
  const n = v.length;
  return v.map((_, i) => dot(inverse.subarray(i * n, (i + 1) * n), v));
}
