/**
 * Gauss-Newton with Levenberg-Marquardt damping.
 *
 * A step solves `(A + mu D) d = -g` with the Gauss-Newton matrix `A` (`J^T J` of squared
 * residuals, the generalised one of other losses) and `D_i = A_ii^0.4 (max A_jj)^0.6`, between
 * Levenberg's multiple of the identity and Marquardt's diagonal: parameters whose effect is small,
 * as that of outer basis functions, are damped in smaller units, yet not so freely that knots and
 * fringes run away before the coefficients have settled. `mu` follows the ratio of the decrease to
 * what the quadratic model predicts (Nielsen 1999).
 *
 * Min-max normalisation makes the objective piecewise smooth. Where no damping finds a decrease,
 * the gradient of the other side is gathered, and the next steps use the shortest combination.
 *
 * @module
 */

import type { Evaluator } from "../engine/mod.ts";
import { factorise, solveFactorised } from "./_cholesky.ts";
import { shortestCombination } from "./_kink.ts";
import {
  type EpochStatus,
  type Optimizer,
  type OptimizerState,
  startingPoint,
} from "./optimizer.ts";
import { dot, maxNorm, step } from "./_vector.ts";

/** Numbers of Gauss-Newton; all may be left out. */
export interface GaussNewtonOptions {
  /** `mu` of the first step. Default 1e-3. */
  readonly damping?: number;
  /** Trials of an epoch before it ends without a step. Default 20. */
  readonly maxTrials?: number;
  /** Ends when `max |g_i|` is at most this. Default 1e-12. */
  readonly gradientTolerance?: number;
}

/** State of Gauss-Newton. */
export interface GaussNewtonState extends OptimizerState {
  /** `mu` of the next trial. */
  damping: number;
  /** Factor by which the next failure raises `mu`. */
  growth: number;
  /** Accepted steps since the start. */
  iterations: number;
  /** Gradients met on other sides of a kink since the latest step. */
  sides: Float64Array[];
}

const LEAST_DAMPING = 1e-13;
const MOST_DAMPING = 1e16;
/**
 * `D_i = A_ii^POWER (max A)^(1 - POWER)`. On the nonsmooth problem ([2, 5, 1], free knots, 5,000
 * rows, [32, 16, 8, 4], seeds 1234 to 1237) the worst final losses were 1.1e-6 with power 0.25,
 * 3.1e-7 with 0.4, 1.6e-7 with 0.5, 5.5e-7 with 0.6, 4.4e-6 with 1 and 2.7e-6 with 0.
 */
const POWER = 0.4;
/** Diagonal entries below this share of the largest count as this. */
const LEAST_DIAGONAL = 1e-18;
/** Gradients gathered around a kink before it counts as a stationary point. */
const MOST_SIDES = 8;

/**
 * Creates the Gauss-Newton optimizer; an epoch is one accepted step, or a retry that found none.
 *
 * @param options Its numbers.
 * @returns The optimizer.
 * @throws {RangeError} If a number is out of range.
 */
export function gaussNewton(options: GaussNewtonOptions = {}): Optimizer<GaussNewtonState> {
  const resolved = {
    damping: options.damping ?? 1e-3,
    maxTrials: options.maxTrials ?? 20,
    gradientTolerance: options.gradientTolerance ?? 1e-12,
  };
  function check(name: keyof typeof resolved, ok: boolean, rule: string): void {
    if (ok) return;
    throw new RangeError(
      `Cannot create gaussNewton: ${name} must be ${rule}, current value is ${resolved[name]}`,
    );
  }
  const { damping, maxTrials, gradientTolerance } = resolved;
  check("damping", damping > 0 && damping <= MOST_DAMPING, "a number > 0");
  check("maxTrials", Number.isInteger(maxTrials) && maxTrials >= 1, "an integer >= 1");
  check("gradientTolerance", gradientTolerance >= 0, "a number >= 0");
  /** Matrices at the states' parameters: large, and never needed to go on from a state. */
  const matrices = new WeakMap<GaussNewtonState, Float64Array>();

  return {
    name: "gauss-newton",
    options: resolved,
    init: (parameters) => ({
      ...startingPoint(parameters),
      damping,
      growth: 2,
      iterations: 0,
      sides: [],
    }),
    async epoch(state, evaluator, onStep) {
      const n = state.parameters.length;
      let matrix = matrices.get(state);
      if (!matrix) {
        matrices.set(state, matrix = new Float64Array(n * n));
        if (Number.isNaN(state.objective)) state.evaluations++;
        state.objective = await assemble(evaluator, state.parameters, matrix, state.gradient);
      }
      return await runEpoch(state, matrix, evaluator, resolved, onStep);
    },
  };
}

async function assemble(
  evaluator: Evaluator,
  parameters: Float64Array,
  matrix: Float64Array,
  gradient: Float64Array,
): Promise<number> {
  if (!evaluator.normalEquations) {
    throw new TypeError(
      "Cannot train: engine must assemble normal equations for gaussNewton (use lbfgs), " +
        "current value has none for this network",
    );
  }
  return await evaluator.normalEquations(parameters, matrix, gradient);
}

async function runEpoch(
  state: GaussNewtonState,
  matrix: Float64Array,
  evaluator: Evaluator,
  { maxTrials, gradientTolerance }: Required<GaussNewtonOptions>,
  onStep?: (state: Readonly<OptimizerState>) => Promise<void>,
): Promise<EpochStatus> {
  const n = state.parameters.length;
  if (!Number.isFinite(state.objective) || !Number.isFinite(maxNorm(state.gradient))) {
    return "diverged";
  }
  if (maxNorm(state.gradient) <= gradientTolerance) return "converged";
  const scales = scalesOf(matrix, n);
  const factor = new Float64Array(n * n);
  const trial = new Float64Array(n);
  for (let t = 0; t < maxTrials; t++) {
    const gradient = state.sides.length > 0
      ? shortestCombination([state.gradient, ...state.sides])
      : state.gradient;
    if (!(maxNorm(gradient) > gradientTolerance)) return "converged";
    const found = dampedStep(matrix, factor, scales, gradient, state.damping);
    if (found) {
      step(trial, state.parameters, 1, found.step);
      if (trial.every((x, i) => x === state.parameters[i])) return "converged";
      const value = await evaluator.value(trial);
      state.evaluations++;
      if (value < state.objective) {
        const ratio = (state.objective - value) / found.decrease;
        state.parameters = trial;
        state.objective = await assemble(evaluator, trial, matrix, state.gradient);
        state.evaluations++;
        state.iterations++;
        state.sides.length = 0;
        state.damping = Math.max(
          LEAST_DAMPING,
          state.damping * Math.max(1 / 5, 1 - (2 * ratio - 1) ** 3),
        );
        state.growth = 2;
        await onStep?.(state);
        return "running";
      }
    }
    state.damping *= state.growth;
    state.growth *= 2;
    if (state.damping > MOST_DAMPING) {
      if (state.sides.length >= MOST_SIDES) return "converged";
      state.damping = 1;
      state.growth = 2;
      const side = new Float64Array(n);
      await evaluator.valueAndGradient(trial, side);
      state.evaluations++;
      state.sides.push(side);
    }
  }
  return "running";
}

/** `1 / sqrt(D_i)`; all 0 for a matrix of zeros. */
function scalesOf(matrix: Float64Array, n: number): Float64Array {
  let most = 0;
  for (let i = 0; i < n; i++) most = Math.max(most, matrix[i * n + i]);
  if (most === 0) return new Float64Array(n);
  return Float64Array.from({ length: n }, (_, i) => {
    const share = Math.max(matrix[i * n + i] / most, LEAST_DIAGONAL);
    return 1 / Math.sqrt(most * share ** POWER);
  });
}

/** Solves in units of the scales; undefined where the damped matrix is not positive. */
function dampedStep(
  matrix: Float64Array,
  factor: Float64Array,
  scales: Float64Array,
  gradient: Float64Array,
  damping: number,
): { step: Float64Array; decrease: number } | undefined {
  const n = scales.length;
  for (let i = 0; i < n; i++) {
    const row = i * n, own = scales[i];
    for (let j = 0; j <= i; j++) factor[row + j] = matrix[row + j] * own * scales[j];
    factor[row + i] += damping + (own === 0 ? 1 : 0);
  }
  if (!factorise(factor, n)) return undefined;
  const right = gradient.map((g, i) => -g * scales[i]);
  const scaled = right.slice();
  solveFactorised(factor, n, scaled);
  // -(g.d + d.A d / 2) with (A + mu D) d = -g
  const decrease = (dot(right, scaled) + damping * dot(scaled, scaled)) / 2;
  return { step: scaled.map((x, i) => x * scales[i]), decrease };
}
