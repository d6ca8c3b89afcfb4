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

import type { Evaluator } from "../engine/mod.ts";
import { type LinePoint, wolfeSearch } from "./line_search.ts";
import {
  type EpochStatus,
  type Optimizer,
  type OptimizerState,
  startingPoint,
  takeReading,
} from "./optimizer.ts";
import { shortestCombination } from "./_kink.ts";
import { addScaled, dot, maxNorm, step, sumNorm } from "./_vector.ts";

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
  /** Ends when `max |g_i|` is at most this. Default 1e-12 (seeds/003 appendix D). */
  readonly gradientTolerance?: number;
  /**
   * Ends when neither parameters nor objective change by more. Default: 1e-9 without a line
   * search, as torch's; with one 0, so that only steps that change nothing end it.
   */
  readonly changeTolerance?: number;
}

/** State of L-BFGS: the pairs as two lists, oldest first. */
export interface LbfgsState extends OptimizerState {
  /** Steps `x_{k+1} - x_k`. */
  steps: Float64Array[];
  /** Gradient differences `g_{k+1} - g_k`. */
  differences: Float64Array[];
  /** Iterations since the start. */
  iterations: number;
  /** Gradients met on other sides of a kink since the latest step. */
  sides: Float64Array[];
}

/**
 * Creates the L-BFGS optimizer.
 *
 * @param options Its numbers.
 * @returns The optimizer.
 * @throws {RangeError} If a number is out of range.
 */
export function lbfgs(options: LbfgsOptions = {}): Optimizer<LbfgsState> {
  const lineSearch = options.lineSearch ?? "wolfe";
  const resolved = {
    lineSearch,
    memory: options.memory ?? 100,
    maxIterations: options.maxIterations ?? 20,
    maxEvaluations: options.maxEvaluations ?? 25,
    gradientTolerance: options.gradientTolerance ?? 1e-12,
    changeTolerance: options.changeTolerance ?? (lineSearch === "none" ? 1e-9 : 0),
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
    async epoch(state, evaluator, onStep) {
      // Steps that somebody watches are taken here, one by one.
      const reading = onStep ? undefined : await evaluator.runEpoch?.(method, state.parameters);
      return reading
        ? takeReading(state, reading)
        : await runEpoch(state, evaluator, resolved, onStep);
    },
  };
}

type Resolved = Required<LbfgsOptions>;

/** Gradients gathered around a kink before it counts as a stationary point. */
const MOST_SIDES = 8;

async function runEpoch(
  state: LbfgsState,
  evaluator: Evaluator,
  options: Resolved,
  onStep?: (state: Readonly<OptimizerState>) => Promise<void>,
): Promise<EpochStatus> {
  const { maxIterations, gradientTolerance, changeTolerance } = options;
  const lastEvaluation = state.evaluations + options.maxEvaluations;
  const n = state.parameters.length;
  if (Number.isNaN(state.objective)) {
    state.objective = await evaluator.valueAndGradient(state.parameters, state.gradient);
    state.evaluations++;
  }
  const { sides } = state;
  for (let k = 0; k < maxIterations; k++) {
    if (!Number.isFinite(state.objective) || !Number.isFinite(maxNorm(state.gradient))) {
      return "diverged";
    }
    if (maxNorm(state.gradient) <= gradientTolerance) return "converged";
    if (state.evaluations >= lastEvaluation) return "running";
    const direction = sides.length > 0
      ? shortestCombination([state.gradient, ...sides]).map((g) => -g)
      : twoLoop(state);
    let slope = dot(direction, state.gradient);
    if (sides.length > 0) {
      slope = -dot(direction, direction);
      if (!(maxNorm(direction) > gradientTolerance)) return "converged";
    } else if (!(slope < 0)) {
      // Rounding has spoilt the pairs: start again from steepest descent.
      forget(state);
      for (let i = 0; i < n; i++) direction[i] = -state.gradient[i];
      slope = dot(direction, state.gradient);
    }
    if (options.lineSearch === "none" && slope > -changeTolerance) return "converged";
    const fresh = options.lineSearch === "none" ? state.iterations === 0 : state.steps.length === 0;
    const firstStep = fresh ? Math.min(1, 1 / sumNorm(state.gradient)) : 1;
    const parameters = new Float64Array(n), gradient = new Float64Array(n);
    let objective: number;
    if (options.lineSearch === "none") {
      step(parameters, state.parameters, firstStep, direction);
      objective = await evaluator.valueAndGradient(parameters, gradient);
      state.evaluations++;
    } else {
      const found = await search(state, evaluator, direction, slope, firstStep, {
        parameters,
        gradient,
        evaluations: lastEvaluation - state.evaluations,
      });
      state.evaluations += found.evaluations;
      if (!found.decreased) {
        if (state.evaluations >= lastEvaluation) return "running";
        // Not even downhill: a kink, pairs spoilt by rounding, or the end.
        sides.push(found.lastGradient);
        if (sides.length > MOST_SIDES) {
          if (state.steps.length === 0) return "converged";
          forget(state);
        }
        continue;
      }
      objective = found.value;
      sides.length = 0;
    }
    const before = state.objective;
    const change = accept(state, parameters, gradient, objective, options);
    await onStep?.(state);
    if (change <= changeTolerance || Math.abs(objective - before) < changeTolerance) {
      return "converged";
    }
  }
  return "running";
}

/** Drops what was learned of the curvature and of kinks. */
function forget(state: LbfgsState): void {
  state.steps.length = state.differences.length = state.sides.length = 0;
}

/** Moves the state to a new point; stores the pair. Returns the largest change of a parameter. */
function accept(
  state: LbfgsState,
  parameters: Float64Array,
  gradient: Float64Array,
  objective: number,
  { memory, lineSearch }: Resolved,
): number {
  const n = parameters.length;
  const s = new Float64Array(n), y = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    s[i] = parameters[i] - state.parameters[i];
    y[i] = gradient[i] - state.gradient[i];
  }
  const least = lineSearch === "none" ? 1e-10 : Number.EPSILON * dot(y, y);
  if (dot(s, y) > least) {
    if (state.steps.length === memory) {
      state.steps.shift();
      state.differences.shift();
    }
    state.steps.push(s);
    state.differences.push(y);
  }
  state.parameters = parameters;
  state.gradient = gradient;
  state.objective = objective;
  state.iterations++;
  return maxNorm(s);
}

interface Trial {
  /** Receives the point found. */
  readonly parameters: Float64Array;
  /** Receives the gradient there. */
  readonly gradient: Float64Array;
  /** Evaluations left. */
  readonly evaluations: number;
}

interface SearchResult {
  readonly value: number;
  readonly decreased: boolean;
  readonly evaluations: number;
  /** Gradient at the shortest step tried. */
  readonly lastGradient: Float64Array;
}

async function search(
  state: LbfgsState,
  evaluator: Evaluator,
  direction: Float64Array,
  slope: number,
  firstStep: number,
  { parameters, gradient, evaluations }: Trial,
): Promise<SearchResult> {
  const trial = parameters.slice(), trialGradient = gradient.slice();
  let kept = NaN, lowest = state.objective, shortest = Infinity;
  const lastGradient = gradient.slice();
  const result = await wolfeSearch(
    async (length): Promise<LinePoint> => {
      step(trial, state.parameters, length, direction);
      const value = await evaluator.valueAndGradient(trial, trialGradient);
      if (value < lowest) {
        lowest = value;
        kept = length;
        parameters.set(trial);
        gradient.set(trialGradient);
      }
      if (length < shortest && Number.isFinite(value)) {
        shortest = length;
        lastGradient.set(trialGradient);
      }
      return { step: length, value, slope: dot(trialGradient, direction) };
    },
    { step: 0, value: state.objective, slope },
    firstStep,
    { c1: 1e-4, c2: 0.9, curvature: "weak", maxEvaluations: Math.max(1, evaluations) },
  );
  // The lowest trial is taken, be it the search's answer or a point it passed on its way.
  const { evaluations: used } = result;
  return { value: lowest, decreased: !Number.isNaN(kept), evaluations: used, lastGradient };
}

/** `-H g` by the two-loop recursion. */
function twoLoop({ gradient, steps, differences }: LbfgsState): Float64Array {
  const direction = gradient.map((g) => -g);
  const m = steps.length;
  const alpha = new Float64Array(m), rho = new Float64Array(m);
  for (let i = m - 1; i >= 0; i--) {
    rho[i] = 1 / dot(differences[i], steps[i]);
    alpha[i] = rho[i] * dot(steps[i], direction);
    addScaled(direction, -alpha[i], differences[i]);
  }
  if (m > 0) {
    const y = differences[m - 1];
    const scale = 1 / (rho[m - 1] * dot(y, y));
    for (let i = 0; i < direction.length; i++) direction[i] *= scale;
  }
  for (let i = 0; i < m; i++) {
    const beta = rho[i] * dot(differences[i], direction);
    addScaled(direction, alpha[i] - beta, steps[i]);
  }
  return direction;
}
