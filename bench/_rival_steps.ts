/**
 * Rules of Gauss-Newton steps that did not become the optimizer's, to be measured beside it: one
 * factorisation with several dampings and a target for the gain ratio, and momentum.
 *
 * @module
 */

import { gaussNewton } from "@freeknot/freeknot";
import type { Evaluator } from "@freeknot/freeknot/engine";
import type { GaussNewtonState, Optimizer } from "@freeknot/freeknot/train";
import { accelerate } from "../lib/train/optimizers/gauss_newton/acceleration.ts";
import {
  type DampedStep,
  type DampedSystem,
  directSystem,
} from "../lib/train/optimizers/gauss_newton/damped_system.ts";
import { lowerDamping, raiseDamping } from "../lib/train/optimizers/gauss_newton/damping.ts";

/** Which rule. */
export interface Rule {
  /**
   * Gain ratio of a step (Webb, Jerad and Cartis 2026, DSGNAR): of several dampings at the same point
   * the least is taken up to which no gain ratio is below it. Absent: Nielsen's rule, one damping.
   */
  readonly target?: (damping: number) => number;
  /**
   * Share `b` of the step before, `d'`, in `(A + mu D) d = -g + mu b D d'`: what the rows say nothing
   * of is `b d'` (Goldshlager, Abrahamsen and Lin 2024, SPRING). Default 0.
   */
  readonly momentum?: number;
  /** `mu` below which a step comes from the triangle of the rows. */
  readonly fineDamping: number;
  /** As of `gaussNewton`. */
  readonly dampingPower: number;
}

/** What is kept beside a state. */
interface Beside {
  readonly system: DampedSystem;
  /** `A` at the parameters, and `D`. */
  matrix: Float64Array;
  metric: Float64Array;
  latest: Float64Array | undefined;
}

const TRIALS = 20, REACH = 0.5, LIMIT = 0.75, SHORTENING = 10;
/** Dampings that are tried at a point, in units of the latest, from the largest. */
const WINDOW = [1e3, 1e2, 10, 1, 0.1, 1e-2, 1e-3, 1e-4];

/** Creates the optimizer of a rule. */
export function rivalSteps(rule: Rule): Optimizer<GaussNewtonState> {
  const kept = new WeakMap<GaussNewtonState, Beside>();
  return {
    ...gaussNewton({ dampingPower: rule.dampingPower }),
    async epoch(state, evaluator, onStep) {
      let beside = kept.get(state);
      if (!beside) {
        beside = await begin(state, evaluator, rule);
        kept.set(state, beside);
      }
      const step = rule.target ? byTarget : byMomentum;
      const found = await step(state, beside, evaluator, rule);
      if (!found) return "stalled";
      const trial = state.parameters.map((x, i) => x + found[i]);
      state.parameters = trial;
      state.objective = await beside.system.move(trial, state.gradient);
      state.evaluations++;
      state.iterations++;
      await onStep?.(state);
      return "running";
    },
  };
}

async function begin(state: GaussNewtonState, evaluator: Evaluator, rule: Rule): Promise<Beside> {
  const n = state.parameters.length, curvature = evaluator.curvature!;
  const seen: Evaluator = {
    ...evaluator,
    curvature: {
      ...curvature,
      async matrix(parameters, matrixOut, gradientOut) {
        const value = await curvature.matrix!(parameters, matrixOut, gradientOut);
        beside.matrix = matrixOut;
        beside.metric = metricOf(matrixOut, n, rule.dampingPower);
        return value;
      },
    },
  };
  const none = new Float64Array(0);
  const beside: Beside = {
    system: directSystem(seen, n, rule),
    ...{ matrix: none, metric: none, latest: undefined },
  };
  state.objective = await beside.system.move(state.parameters, state.gradient);
  return beside;
}

/** `D`. */
function metricOf(matrix: Float64Array, n: number, power: number): Float64Array {
  const diagonal = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]);
  const most = diagonal.reduce((a, b) => Math.max(a, b), 0);
  return diagonal.map((each) => most * Math.pow(Math.max(each / most, 1e-18), power));
}

/** `-(g.d + d.A d / 2)`. */
function decreaseOf(matrix: Float64Array, gradient: Float64Array, d: Float64Array): number {
  const n = d.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let product = matrix[i * n + i] * d[i] / 2;
    for (let j = 0; j < i; j++) product += matrix[i * n + j] * d[j];
    sum -= d[i] * (gradient[i] + product);
  }
  return sum;
}

/** The objective after a step. */
async function after(state: GaussNewtonState, evaluator: Evaluator, step: Float64Array) {
  state.evaluations++;
  return (await evaluator.evaluate(state.parameters.map((x, i) => x + step[i]))).objective;
}

/** The longest of several steps whose gain ratio, and those of all shorter ones, meet the target. */
async function byTarget(
  state: GaussNewtonState,
  { system }: Beside,
  evaluator: Evaluator,
  rule: Rule,
): Promise<Float64Array | undefined> {
  const least = system.leastDamping?.() ?? 1e-13;
  for (let t = 0; t < TRIALS; t++) {
    const middle = state.damping;
    let best: Float64Array | undefined;
    for (const factor of WINDOW) {
      const damping = middle * factor;
      if (damping < least) break;
      const found = await system.solve(state.gradient, damping);
      if (!found) break;
      const gain = (state.objective - await after(state, evaluator, found.step)) / found.decrease;
      if (!(gain >= rule.target!(damping)) && (best || !(gain > 0))) break;
      best = found.step;
      state.damping = damping;
      if (gain < rule.target!(damping)) break;
    }
    if (best) return best;
    state.damping = middle * 1e4;
    if (state.damping > 1e16) return undefined;
  }
  return undefined;
}

/** A step with momentum, damped by Nielsen's rule and bent as the optimizer's. */
async function byMomentum(
  state: GaussNewtonState,
  beside: Beside,
  evaluator: Evaluator,
  { momentum = 0 }: Rule,
): Promise<Float64Array | undefined> {
  const { system } = beside;
  for (let t = 0; t < TRIALS; t++) {
    const straight = await system.solve(state.gradient, state.damping);
    if (straight) {
      const step = withMomentum(straight, beside, momentum * state.damping);
      const decrease = decreaseOf(beside.matrix, state.gradient, step);
      state.evaluations += 3;
      const again = straight.again!;
      const found = { ...straight, step, again };
      const bent = await accelerate(evaluator.curvature!, state.parameters, found, REACH);
      if (bent.bend > LIMIT) {
        state.damping *= SHORTENING;
        continue;
      }
      const value = await after(state, evaluator, bent.step);
      if (value < state.objective) {
        const gain = (state.objective - value) / decrease;
        const isFine = straight.reflected ?? false, least = system.leastDamping?.() ?? 1e-13;
        lowerDamping(state, gain, { least, isFine });
        beside.latest = bent.step;
        return bent.step;
      }
    }
    raiseDamping(state);
    beside.latest = undefined; // what led uphill is forgotten
    if (state.damping > 1e16) return undefined;
  }
  return undefined;
}

/** `-(A + mu D)^-1 g + weight (A + mu D)^-1 D d'`, `weight = mu b`. */
function withMomentum(
  { step, again }: DampedStep,
  { metric, latest }: Beside,
  weight: number,
): Float64Array {
  if (!latest || weight === 0) return step;
  const { solution } = again!(latest.map((d, i) => metric[i] * d));
  return step.map((d, i) => d + weight * solution[i]);
}
