/**
 * Gauss-Newton with Levenberg-Marquardt damping.
 *
 * A step solves `(A + mu D) d = -g` with the Gauss-Newton matrix `A` (`J^T J` of squared residuals,
 * the generalised one of other losses) and `D_i = A_ii^0.4 (max A_jj)^0.6` (0.4 is `dampingPower`), between Levenberg's
 * multiple of the identity and Marquardt's diagonal: parameters whose effect is small, as that of
 * outer basis functions, are damped in smaller units, yet not so freely that knots and fringes run
 * away before the coefficients have settled. Steps follow the bend of curved valleys
 * (acceleration.ts), `mu` the ratio of the decrease to what the quadratic model predicts
 * (damping.ts).
 *
 * Min-max normalisation makes the objective piecewise smooth. Where no damping finds a decrease,
 * the gradient of the other side is gathered, and the next steps use the shortest combination.
 *
 * @module
 */

import { checkOptions, maxNorm, step } from "../../../numerics/inner.ts";
import type { Evaluator } from "../../../engine/mod.ts";
import { accelerate, type AcceleratedStep, ACCELERATION_EVALUATIONS } from "./acceleration.ts";
import {
  type DampedStep,
  type DampedSystem,
  DAMPING_POWER,
  directSystem,
  productSystem,
} from "./damped_system.ts";
import { sampledSystem } from "./sampled_system.ts";
import { lowerDamping, MOST_DAMPING, raiseDamping } from "./damping.ts";
import { MOST_SIDES, shortestCombination } from "./kink.ts";
import {
  type EpochStatus,
  type Optimizer,
  type OptimizerState,
  startingPoint,
} from "../optimizer.ts";

/** Numbers of Gauss-Newton; all may be left out. */
export interface GaussNewtonOptions {
  /** `mu` of the first step. Default 1e-3. */
  readonly damping?: number;
  /** Trials of an epoch before it ends without a step. Default 20. */
  readonly maxTrials?: number;
  /** Ends when `max |g_i|` is at most this. Default 1e-12. */
  readonly gradientTolerance?: number;
  /**
   * `gtol` of MINPACK: ends when the largest cosine between the residuals and a column of their
   * Jacobian is at most this, in any units. Default 1e-10.
   */
  readonly optimalityTolerance?: number;
  /**
   * More parameters than this, or an engine that cannot assemble the matrix, and steps are solved
   * by conjugate gradients, without a matrix; up to so many the engine may give the matrix of a sample
   * as their preconditioner. Default 5000.
   */
  readonly directLimit?: number;
  /**
   * Steps are corrected for the residuals' bend where the correction's length is at most this share
   * of theirs, and not tried where it is more; 0: steps are straight. Default 0.75. Steps by
   * conjugate gradients are always straight.
   */
  readonly accelerationLimit?: number;
  /** Share of a step over which its bend is measured, in (0, 1]. Default 0.5. */
  readonly accelerationReach?: number;
  /**
   * Factor by which `mu` grows where a step bends too much. Growing it as after a failure, 2, 4, 8,
   * ends a hundred times higher on xor. Default 10.
   */
  readonly shortening?: number;
  /**
   * `mu` below which steps come from a triangle of the residuals' rows, where the engine writes them
   * (equations): the product of the rows has too few digits for them; 0: never. Default 1e-11.
   */
  readonly fineDamping?: number;
  /**
   * Power of a parameter's own diagonal entry in the damping: 0 is Levenberg's multiple of the
   * identity, 1 Marquardt's diagonal. Default 0.4; equations take 0.7.
   */
  readonly dampingPower?: number;
}

/** State of Gauss-Newton. */
export interface GaussNewtonState extends OptimizerState {
  /** `mu` of the next trial. */
  damping: number;
  /** Factor by which the next failure raises `mu`. */
  growth: number;
  /** Accepted steps since the start. */
  iterations: number;
  /** The first objective; NaN until it is known. */
  first: number;
  /** Gradients met on other sides of a kink since the latest step. */
  sides: Float64Array[];
}

/** Where no step is found any more: up to this cosine the point counts as a minimum. */
const FOUND_OPTIMALITY = 1e-4;
/** Squared residuals below this share of the first ones are rounding. */
const ROUNDING = 1e-24;

/**
 * Creates the Gauss-Newton optimizer; an epoch is one accepted step, or a retry that found none.
 *
 * @param options Its numbers.
 * @returns The optimizer.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import {
 *   createNetwork, findProblem, trainToEnd, galleryDatasets, gaussNewton, multilevelSchedule,
 * } from "@freeknot/freeknot";
 * import { assert } from "@std/assert";
 *
 * const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 300 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const schedule = multilevelSchedule([20, 10]);
 * const { loss } = await trainToEnd(network, train, { optimizer: gaussNewton(), schedule });
 * assert(loss < 1e-3);
 * ```
 */
export function gaussNewton(options: GaussNewtonOptions = {}): Optimizer<GaussNewtonState> {
  checkOptions(
    "create gauss-newton",
    options,
    "damping maxTrials gradientTolerance optimalityTolerance directLimit accelerationLimit accelerationReach shortening fineDamping dampingPower",
  );
  const resolved = {
    damping: options.damping ?? 1e-3,
    maxTrials: options.maxTrials ?? 20,
    gradientTolerance: options.gradientTolerance ?? 1e-12,
    optimalityTolerance: options.optimalityTolerance ?? 1e-10,
    directLimit: options.directLimit ?? 5000,
    accelerationLimit: options.accelerationLimit ?? 0.75,
    accelerationReach: options.accelerationReach ?? 0.5,
    shortening: options.shortening ?? 10,
    fineDamping: options.fineDamping ?? 1e-11,
    dampingPower: options.dampingPower ?? DAMPING_POWER,
  };
  function check(name: keyof typeof resolved, ok: boolean, rule: string): void {
    if (ok) return;
    throw new RangeError(
      `Cannot create gaussNewton: ${name} must be ${rule}, current value is ${resolved[name]}`,
    );
  }
  const { damping, maxTrials, gradientTolerance, directLimit } = resolved;
  check("damping", damping > 0 && damping <= MOST_DAMPING, "a number > 0");
  check("maxTrials", Number.isInteger(maxTrials) && maxTrials >= 1, "an integer >= 1");
  check("fineDamping", resolved.fineDamping >= 0, "a number >= 0");
  const { dampingPower } = resolved;
  check("dampingPower", dampingPower >= 0 && dampingPower <= 1, "a number in [0, 1]");
  check("gradientTolerance", gradientTolerance >= 0, "a number >= 0");
  check("optimalityTolerance", resolved.optimalityTolerance >= 0, "a number >= 0");
  const { accelerationLimit: limit, accelerationReach: reach } = resolved;
  check("accelerationLimit", limit >= 0 && limit < Infinity, "a number >= 0");
  check("accelerationReach", reach > 0 && reach <= 1, "a number in (0, 1]");
  check("shortening", resolved.shortening > 1, "a number > 1");
  check("directLimit", Number.isInteger(directLimit) && directLimit >= 0, "an integer >= 0");
  /** Matrices at the states' parameters: large, and not needed to go on from a copy of a state. */
  const systems = new WeakMap<GaussNewtonState, DampedSystem>();

  return {
    name: "gauss-newton",
    options: resolved,
    init: (parameters) => ({
      ...startingPoint(parameters),
      damping,
      growth: 2,
      iterations: 0,
      first: NaN,
      sides: [],
    }),
    async epoch(state, evaluator, onStep) {
      let system = systems.get(state);
      if (!system) {
        system = systemOf(evaluator, state.parameters.length, resolved);
        if (Number.isNaN(state.objective)) state.evaluations++;
        state.objective = await system.move(state.parameters, state.gradient);
        if (Number.isNaN(state.first)) state.first = state.objective;
        systems.set(state, system);
      }
      return await runEpoch(state, system, evaluator, resolved, onStep);
    },
  };
}

/** The system of an evaluator: a matrix, a sample's matrix and products, or products alone. */
function systemOf(
  evaluator: Evaluator,
  n: number,
  options: Required<GaussNewtonOptions>,
): DampedSystem {
  const { curvature } = evaluator, isSmall = n <= options.directLimit;
  if (isSmall && curvature?.matrix) return directSystem(evaluator, n, options);
  return isSmall && curvature?.sample
    ? sampledSystem(evaluator, curvature.sample, n, options.dampingPower)
    : productSystem(evaluator);
}

async function runEpoch(
  state: GaussNewtonState,
  system: DampedSystem,
  evaluator: Evaluator,
  options: Required<GaussNewtonOptions>,
  onStep?: (state: Readonly<OptimizerState>) => Promise<void>,
): Promise<EpochStatus> {
  const { maxTrials, gradientTolerance } = options;
  if (!Number.isFinite(state.objective) || !Number.isFinite(maxNorm(state.gradient))) {
    return "diverged";
  }
  if (maxNorm(state.gradient) <= gradientTolerance) return "converged";
  const optimality = system.optimality?.(state.gradient, state.objective);
  if (optimality !== undefined && optimality <= options.optimalityTolerance) return "converged";
  /** The status of an epoch that finds no step. */
  const found: EpochStatus = state.objective <= ROUNDING * state.first ||
      (optimality ?? 0) <= FOUND_OPTIMALITY
    ? "converged"
    : "stalled";
  const trial = state.parameters.slice();
  for (let t = 0; t < maxTrials; t++) {
    const gradient = state.sides.length > 0
      ? shortestCombination([state.gradient, ...state.sides])
      : state.gradient;
    if (!(maxNorm(gradient) > gradientTolerance)) return "converged";
    const straight = await system.solve(gradient, state.damping);
    const moved = straight && await follow(state, straight, evaluator, options);
    if (straight && moved && moved.bend <= options.accelerationLimit) {
      step(trial, state.parameters, 1, moved.step);
      if (trial.every((x, i) => x === state.parameters[i])) return found;
      const { objective: value } = await evaluator.evaluate(trial);
      state.evaluations++;
      if (value < state.objective) {
        const gain = (state.objective - value) / straight.decrease;
        state.step = {
          damping: state.damping,
          gain,
          bend: moved.bend,
          ...(straight.reflected && { reflected: true }),
          ...(optimality === undefined ? {} : { optimality }),
        };
        state.parameters = trial;
        state.objective = await system.move(trial, state.gradient);
        state.evaluations++;
        state.iterations++;
        state.sides.length = 0;
        lowerDamping(state, gain, {
          ...(system.leastDamping && { least: system.leastDamping() }),
          isFine: straight.reflected ?? false,
        });
        await onStep?.(state);
        return "running";
      }
    }
    if (moved && moved.bend > options.accelerationLimit) {
      state.damping *= options.shortening;
    } else raiseDamping(state);
    if (state.damping > MOST_DAMPING && !await meetSide(state, trial, evaluator)) return found;
  }
  return "running";
}

/** The step along the valley; straight where nothing measures its bend, or on a kink's sides. */
async function follow(
  state: GaussNewtonState,
  { again, ...found }: DampedStep,
  { curvature }: Evaluator,
  { accelerationLimit, accelerationReach }: Required<GaussNewtonOptions>,
): Promise<AcceleratedStep> {
  if (!again || !curvature || accelerationLimit === 0 || state.sides.length > 0) {
    return { step: found.step, bend: 0 };
  }
  state.evaluations += ACCELERATION_EVALUATIONS;
  return await accelerate(curvature, state.parameters, { ...found, again }, accelerationReach);
}

/** Gathers the gradient of a kink's other side; false where enough have been met. */
async function meetSide(
  state: GaussNewtonState,
  trial: Float64Array,
  evaluator: Evaluator,
): Promise<boolean> {
  if (state.sides.length >= MOST_SIDES) return false;
  state.damping = 1;
  state.growth = 2;
  const side = new Float64Array(trial.length);
  await evaluator.evaluate(trial, side);
  state.evaluations++;
  state.sides.push(side);
  return true;
}
