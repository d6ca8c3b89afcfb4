/**
 * BFGS with the whole matrix, Nocedal and Wright (2006), Algorithm 6.1.
 *
 * `H` approximates the inverse of the objective's Hessian. A step goes along `-H g`, its length by
 * the weak Wolfe conditions, with which BFGS learns kinks, too (Lewis and Overton 2013); the first
 * trial is 1, without pairs `min(1, 1 / |g|_1)`. With the step `s` and the difference of gradients
 * `y`, `H <- V^T H V + rho s s^T`, `V = I - rho y s^T`, `rho = 1 / y.s`; before the first pair
 * `H = (y.s / y.y) I`. A pair counts if `y.s > 2.2e-16 y.y`. An epoch is as of L-BFGS: at most 20
 * iterations or 25 evaluations.
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

/** Numbers of BFGS; all may be left out. */
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

/** State of BFGS. */
export interface BfgsState extends OptimizerState {
  /** `H` row by row, shape `[numParameters, numParameters]`; empty before the first pair. */
  inverse: Float64Array;
  /** Iterations since the start. */
  iterations: number;
}

/** The most parameters whose matrix is kept: 200 MB. */
const MOST_PARAMETERS = 5000;

/**
 * Creates the BFGS optimizer, for up to 5,000 parameters. After a refinement it begins anew.
 *
 * @param options Its numbers.
 * @returns The optimizer.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import { createNetwork, findProblem, galleryDatasets, multilevelSchedule, trainToEnd } from "@freeknot/freeknot";
 * import { bfgs } from "@freeknot/freeknot/train";
 * import { assert } from "@std/assert";
 *
 * const { train: rows } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const schedule = multilevelSchedule([4, 2]);
 * const { loss } = await trainToEnd(network, rows, { schedule, optimizer: bfgs() });
 * assert(loss < 0.1);
 * ```
 */
export function bfgs(options: BfgsOptions = {}): Optimizer<BfgsState> {
  const verb = "create bfgs";
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
    name: "bfgs",
    options: resolved,
    mostParameters: MOST_PARAMETERS,
    init: start,
    restart: (state, parameters) => ({ ...start(parameters), evaluations: state.evaluations }),
    epoch: (state, evaluator, onStep) => runEpoch(state, evaluator, resolved, onStep),
  };
}

function start(parameters: Float64Array): BfgsState {
  return { ...startingPoint(parameters), inverse: new Float64Array(0), iterations: 0 };
}

async function runEpoch(
  state: BfgsState,
  evaluator: Evaluator,
  options: Required<BfgsOptions>,
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
    const before = state.objective, change = accept(state, work, search.value);
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
  const n = gradient.length;
  for (let i = 0; i < n; i++) {
    direction[i] = inverse.length === 0
      ? -gradient[i]
      : -dot(inverse.subarray(i * n, (i + 1) * n), gradient);
  }
  return dot(direction, gradient);
}

/** Moves the state to the point found, and learns from the step. Returns the largest change. */
function accept(state: BfgsState, { found, foundGradient }: SearchWork, value: number): number {
  const s = found.map((x, i) => x - state.parameters[i]);
  const y = foundGradient.map((g, i) => g - state.gradient[i]);
  state.parameters = found.slice();
  state.gradient = foundGradient.slice();
  state.objective = value;
  state.iterations++;
  const product = dot(y, s), square = dot(y, y);
  if (product > Number.EPSILON * square) {
    if (state.inverse.length === 0) state.inverse = scaledIdentity(s.length, product / square);
    update(state.inverse, s, y, product);
  }
  return maxNorm(s);
}

function scaledIdentity(n: number, scale: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = scale;
  return matrix;
}

/** `H <- H - rho (s (H y)^T + (H y) s^T) + (rho^2 y.H y + rho) s s^T`, the same in one pass. */
function update(inverse: Float64Array, s: Float64Array, y: Float64Array, product: number): void {
  const n = s.length, rho = 1 / product;
  const z = s.map((_, i) => dot(inverse.subarray(i * n, (i + 1) * n), y));
  const weight = rho * (rho * dot(y, z) + 1);
  for (let i = 0; i < n; i++) {
    // the same sum for both halves keeps the matrix symmetric to the last bit
    for (let j = 0; j <= i; j++) {
      const value = inverse[i * n + j] - rho * (s[i] * z[j] + z[i] * s[j]) + weight * s[i] * s[j];
      inverse[i * n + j] = value;
      inverse[j * n + i] = value;
    }
  }
}
