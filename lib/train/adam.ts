/**
 * Adam (Kingma and Ba 2015), full batch.
 *
 * `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`,
 * `x -= learningRate (m / (1 - b1^k)) / (sqrt(v / (1 - b2^k)) + epsilon)`.
 *
 * @module
 */

import type { Evaluator } from "../engine/mod.ts";
import {
  type EpochStatus,
  type Optimizer,
  type OptimizerState,
  startingPoint,
} from "./optimizer.ts";
import { maxNorm } from "./_vector.ts";

/** Numbers of Adam; defaults are torch.optim.Adam's. */
export interface AdamOptions {
  /** Step size. Default 1e-3. */
  readonly learningRate?: number;
  /** Decay of the mean gradient. Default 0.9. */
  readonly beta1?: number;
  /** Decay of the mean square. Default 0.999. */
  readonly beta2?: number;
  /** Added to the root. Default 1e-8. */
  readonly epsilon?: number;
}

/** State of Adam. */
export interface AdamState extends OptimizerState {
  /** Mean gradient. */
  mean: Float64Array;
  /** Mean square of the gradient. */
  square: Float64Array;
  /** Steps done. */
  iterations: number;
}

/**
 * Creates the Adam optimizer; an epoch is one step on the whole training set.
 *
 * @param options Its numbers.
 * @returns The optimizer.
 * @throws {RangeError} If a number is out of range.
 */
export function adam(options: AdamOptions = {}): Optimizer<AdamState> {
  const resolved = {
    learningRate: options.learningRate ?? 1e-3,
    beta1: options.beta1 ?? 0.9,
    beta2: options.beta2 ?? 0.999,
    epsilon: options.epsilon ?? 1e-8,
  };
  function check(name: keyof typeof resolved, ok: boolean, rule: string): void {
    if (ok) return;
    throw new RangeError(
      `Cannot create adam: ${name} must be ${rule}, current value is ${resolved[name]}`,
    );
  }
  const { learningRate, beta1, beta2, epsilon } = resolved;
  check("learningRate", learningRate > 0 && learningRate < Infinity, "a number > 0");
  check("beta1", beta1 >= 0 && beta1 < 1, "from 0 to below 1");
  check("beta2", beta2 >= 0 && beta2 < 1, "from 0 to below 1");
  check("epsilon", epsilon > 0 && epsilon < Infinity, "a number > 0");

  async function epoch(
    state: AdamState,
    evaluator: Evaluator,
    onStep?: (state: Readonly<OptimizerState>) => Promise<void>,
  ): Promise<EpochStatus> {
    const { gradient, mean, square } = state;
    if (Number.isNaN(state.objective)) {
      state.objective = await evaluator.valueAndGradient(state.parameters, gradient);
      state.evaluations++;
    }
    if (!Number.isFinite(state.objective) || !Number.isFinite(maxNorm(gradient))) return "diverged";
    state.iterations++;
    const parameters = new Float64Array(state.parameters.length);
    const rate = learningRate / (1 - beta1 ** state.iterations);
    const correction = 1 / (1 - beta2 ** state.iterations);
    for (let i = 0; i < parameters.length; i++) {
      mean[i] = beta1 * mean[i] + (1 - beta1) * gradient[i];
      square[i] = beta2 * square[i] + (1 - beta2) * gradient[i] * gradient[i];
      parameters[i] = state.parameters[i] -
        rate * mean[i] / (Math.sqrt(square[i] * correction) + epsilon);
    }
    state.parameters = parameters;
    state.objective = await evaluator.valueAndGradient(parameters, gradient);
    state.evaluations++;
    if (!Number.isFinite(state.objective)) return "diverged";
    await onStep?.(state);
    return "running";
  }

  return {
    name: "adam",
    options: resolved,
    init: (parameters) => ({
      ...startingPoint(parameters),
      mean: new Float64Array(parameters.length),
      square: new Float64Array(parameters.length),
      iterations: 0,
    }),
    epoch,
  };
}
