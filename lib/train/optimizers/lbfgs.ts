/**
 * L-BFGS: limited-memory BFGS, Nocedal and Wright (2006), Algorithms 7.4 and 7.5.
 *
 * Conventions of torch.optim.LBFGS: an epoch is at most 20 iterations or 25 evaluations, the
 * initial matrix is `(y.s / y.y) I`, the first step is `min(1, 1 / |g|_1)`. With
 * `lineSearch: "none"` every later step is the full one and a pair `(s, y)` is kept if
 * `y.s > 1e-10`, as there. The default `"wolfe"` searches a step with the weak Wolfe conditions,
 * never ends an epoch higher than it began, and keeps a pair if `y.s > 2.2e-16 y.y`: an absolute
 * bound would stop all learning of curvature once the loss is small.
 *
 * @module
 */

import { checkOptions, dot, maxNorm, step, sumNorm } from "../../numerics/inner.ts";
import type { Transfer } from "../../multilevel/mod.ts";
import type { Evaluator } from "../../engine/mod.ts";
import {
  type EpochStatus,
  type Optimizer,
  type OptimizerState,
  startingPoint,
  takeReading,
} from "./optimizer.ts";
import { MOST_SIDES, shortestCombination } from "./gauss_newton/kink.ts";
import { type LbfgsWork, workOf } from "./lbfgs_work.ts";
import { searchAlong } from "./search_along.ts";

/** Numbers of L-BFGS; all may be left out. */
export interface LbfgsOptions {
  /** `"wolfe"` (default) or `"none"`: unit steps, as torch.optim.LBFGS without a line search. */
  readonly lineSearch?: "wolfe" | "none";
  /** Stored pairs. Default 100. */
  readonly memory?: number;
  /** Iterations per epoch. Default 20. */
  readonly maxIterations?: number;
  /** Evaluations per epoch. Default 25. */
  readonly maxEvaluations?: number;
  /** Ends when `max |g_i|` is at most this. Default 1e-12 (Actor et al. 2025, appendix D). */
  readonly gradientTolerance?: number;
  /**
   * Ends when neither parameters nor objective change by more. Default: 1e-9 without a line
   * search, as torch's; with one 0, so that only steps that change nothing end it.
   */
  readonly changeTolerance?: number;
  /**
   * Whether the stored pairs are kept over a refinement or a rescaling, mapped as
   * {@linkcode prolongationTransfer} says. Default false: it lowers losses in most cases, but two
   * of five seeds of nonsmooth on uniform knots end ten times higher (bench/carried_memory.ts).
   */
  readonly carryMemory?: boolean;
}

/** State of L-BFGS: the pairs as two lists, oldest first, of arrays that may share a buffer. */
export interface LbfgsState extends OptimizerState {
  /** Steps `x_{k+1} - x_k`. */
  steps: Float64Array[];
  /** Gradient differences `g_{k+1} - g_k`. */
  differences: Float64Array[];
  /** Iterations since the start. */
  iterations: number;
  /** Gradients met on other sides of a kink since the latest step. */
  sides: Float64Array[];
  /** What an engine has learned that runs epochs on a device, in place of the pairs. */
  memory?: Float32Array;
}

/**
 * Creates the L-BFGS optimizer.
 *
 * @param options Its numbers.
 * @returns The optimizer.
 * @throws {RangeError} If a number is out of range.
 *
 * @example
 * ```ts
 * import {
 *   createNetwork, findProblem, galleryDatasets, lbfgs, multilevelSchedule, trainToEnd,
 * } from "@freeknot/freeknot";
 * import { assert } from "@std/assert";
 *
 * const { train: rows } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const optimizer = lbfgs({ memory: 20 }), schedule = multilevelSchedule([4, 2]);
 * const { loss } = await trainToEnd(network, rows, { schedule, optimizer });
 * assert(loss < 0.1);
 * ```
 */
export function lbfgs(options: LbfgsOptions = {}): Optimizer<LbfgsState> {
  checkOptions(
    "create lbfgs",
    options,
    "lineSearch memory maxIterations maxEvaluations gradientTolerance changeTolerance carryMemory",
  );
  const lineSearch = options.lineSearch ?? "wolfe";
  const resolved = {
    lineSearch,
    memory: options.memory ?? 100,
    maxIterations: options.maxIterations ?? 20,
    maxEvaluations: options.maxEvaluations ?? 25,
    gradientTolerance: options.gradientTolerance ?? 1e-12,
    changeTolerance: options.changeTolerance ?? (lineSearch === "none" ? 1e-9 : 0),
    carryMemory: options.carryMemory ?? false,
  };
  if (lineSearch !== "wolfe" && lineSearch !== "none") {
    throw new RangeError(
      `Cannot create lbfgs: lineSearch must be wolfe or none, current value is ${lineSearch}`,
    );
  }
  for (const name of ["memory", "maxIterations", "maxEvaluations"] as const) {
    if (!Number.isInteger(resolved[name]) || resolved[name] < 1) {
      throw new RangeError(
        `Cannot create lbfgs: ${name} must be an integer >= 1, current value is ${resolved[name]}`,
      );
    }
  }
  for (const name of ["gradientTolerance", "changeTolerance"] as const) {
    if (!(resolved[name] >= 0)) {
      throw new RangeError(
        `Cannot create lbfgs: ${name} must be a number >= 0, current value is ${resolved[name]}`,
      );
    }
  }
  const method = { kind: "lbfgs", ...resolved } as const;
  return {
    name: "lbfgs",
    options: resolved,
    init: (parameters) => ({
      ...startingPoint(parameters),
      steps: [],
      differences: [],
      iterations: 0,
      sides: [],
    }),
    restart: (state, parameters, transfer) => restart(state, parameters, transfer, resolved),
    async epoch(state, evaluator, onStep) {
      // Steps that a listener follows are taken on the host, one by one.
      const reading = onStep
        ? undefined
        : await evaluator.resident?.runEpoch(method, state.parameters, { memory: state.memory });
      if (!reading) {
        delete state.memory;
        return await runEpoch(state, evaluator, resolved, onStep);
      }
      if (reading.memory) state.memory = reading.memory;
      return takeReading(state, reading);
    },
  };
}

type Resolved = Required<LbfgsOptions>;

function restart(
  state: LbfgsState,
  parameters: Float64Array,
  transfer: (() => Transfer) | undefined,
  { carryMemory }: Resolved,
): LbfgsState {
  const { evaluations } = state;
  const next = {
    ...startingPoint(parameters),
    evaluations,
    steps: [],
    differences: [],
    iterations: 0,
    sides: [],
  };
  if (!carryMemory || !transfer || state.steps.length === 0) return next;
  const { step, difference } = transfer();
  const steps = state.steps.map(step), differences = state.differences.map(difference);
  return { ...next, steps, differences, iterations: state.iterations };
}

async function runEpoch(
  state: LbfgsState,
  evaluator: Evaluator,
  options: Resolved,
  onStep?: (state: Readonly<OptimizerState>) => Promise<void>,
): Promise<EpochStatus> {
  const { maxIterations, gradientTolerance, changeTolerance } = options;
  const lastEvaluation = state.evaluations + options.maxEvaluations;
  if (Number.isNaN(state.objective)) {
    ({ objective: state.objective } = await evaluator.evaluate(state.parameters, state.gradient));
    state.evaluations++;
  }
  const work = workOf(state, options.memory);
  const { sides, gradient } = state;
  const { direction, pairs } = work;
  for (let k = 0; k < maxIterations; k++) {
    const steepest = maxNorm(gradient);
    if (!Number.isFinite(state.objective) || !Number.isFinite(steepest)) return "diverged";
    if (steepest <= gradientTolerance) return "converged";
    if (state.evaluations >= lastEvaluation) return "running";
    let slope: number;
    if (sides.length > 0) {
      negate(direction, shortestCombination([gradient, ...sides]));
      slope = -dot(direction, direction);
      if (!(maxNorm(direction) > gradientTolerance)) return "converged";
    } else {
      pairs.inverseHessianTimes(gradient, direction);
      slope = 0;
      for (let i = 0; i < direction.length; i++) {
        direction[i] = -direction[i];
        slope += direction[i] * gradient[i];
      }
      if (!(slope < 0)) {
        // Rounding has spoilt the pairs: start again from steepest descent.
        forget(state, work);
        negate(direction, gradient);
        slope = dot(direction, gradient);
      }
    }
    if (options.lineSearch === "none" && slope > -changeTolerance) return "converged";
    const fresh = options.lineSearch === "none" ? state.iterations === 0 : state.steps.length === 0;
    const firstStep = fresh ? Math.min(1, 1 / sumNorm(gradient)) : 1;
    let objective: number;
    if (options.lineSearch === "none") {
      step(work.found, state.parameters, firstStep, direction);
      ({ objective } = await evaluator.evaluate(work.found, work.foundGradient));
      state.evaluations++;
    } else {
      const left = Math.max(1, lastEvaluation - state.evaluations);
      const search = await searchAlong(state, work, evaluator, slope, firstStep, left);
      state.evaluations += search.evaluations;
      if (!search.decreased) {
        if (state.evaluations >= lastEvaluation) return "running";
        // Not even downhill: a kink, pairs spoilt by rounding, or the end.
        sides.push(work.nearGradient.slice());
        if (sides.length > MOST_SIDES) {
          if (state.steps.length === 0) return "converged";
          forget(state, work);
        }
        continue;
      }
      objective = search.value;
      sides.length = 0;
    }
    const before = state.objective;
    const change = accept(state, work, objective, options);
    await onStep?.(state);
    if (change <= changeTolerance || Math.abs(objective - before) < changeTolerance) {
      return "converged";
    }
  }
  return "running";
}

/** Drops what was learned of the curvature and of kinks. */
function forget(state: LbfgsState, { pairs }: LbfgsWork): void {
  pairs.clear();
  state.sides.length = 0;
}

/** Moves the state to the point found; stores the pair. Returns the largest change. */
function accept(
  state: LbfgsState,
  { pairs, found, foundGradient }: LbfgsWork,
  objective: number,
  { lineSearch }: Resolved,
): number {
  const { parameters, gradient } = state;
  const { step: s, difference: y } = pairs.draft();
  let change = 0;
  for (let i = 0; i < parameters.length; i++) {
    s[i] = found[i] - parameters[i];
    y[i] = foundGradient[i] - gradient[i];
    const size = Math.abs(s[i]);
    if (size > change) change = size;
    parameters[i] = found[i];
    gradient[i] = foundGradient[i];
  }
  if (lineSearch === "none") pairs.keepDraft(1e-10, 0);
  else pairs.keepDraft(0, Number.EPSILON);
  state.objective = objective;
  state.iterations++;
  return change;
}

function negate(out: Float64Array, x: Float64Array): void {
  for (let i = 0; i < x.length; i++) out[i] = -x[i];
}
