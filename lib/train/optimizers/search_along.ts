/**
 * A step along a direction: the lowest point that a line search meets.
 *
 * @module
 */

import type { Evaluator } from "../../engine/mod.ts";
import { dot, step } from "../../numerics/inner.ts";
import { type LinePoint, wolfeSearch } from "./line_search.ts";
import type { OptimizerState } from "./optimizer.ts";

/** Arrays that a search works with; what they hold between steps means nothing. */
export interface SearchWork {
  /** Where the search goes. */
  readonly direction: Float64Array;
  /** The lowest point of a search, and its gradient. */
  readonly found: Float64Array;
  readonly foundGradient: Float64Array;
  /** The latest point of a search, and its gradient. */
  readonly trial: Float64Array;
  readonly trialGradient: Float64Array;
  /** The gradient at the shortest step of a search. */
  readonly nearGradient: Float64Array;
}

/** Arrays for `n` parameters. */
export function searchWork(n: number): SearchWork {
  const array = () => new Float64Array(n);
  return {
    direction: array(),
    found: array(),
    foundGradient: array(),
    trial: array(),
    trialGradient: array(),
    nearGradient: array(),
  };
}

/** Searches along `work.direction`; the lowest point met is left in `work.found`. */
export async function searchAlong(
  state: OptimizerState,
  { direction, found, foundGradient, trial, trialGradient, nearGradient }: SearchWork,
  evaluator: Evaluator,
  slope: number,
  firstStep: number,
  maxEvaluations: number,
): Promise<{ value: number; length: number; decreased: boolean; evaluations: number }> {
  let decreased = false, lowest = state.objective, lowestAt = 0, shortest = Infinity;
  nearGradient.fill(0);
  const { evaluations } = await wolfeSearch(
    async (length): Promise<LinePoint> => {
      step(trial, state.parameters, length, direction);
      const { objective: value } = await evaluator.evaluate(trial, trialGradient);
      if (value < lowest) {
        lowest = value;
        lowestAt = length;
        decreased = true;
        found.set(trial);
        foundGradient.set(trialGradient);
      }
      if (length < shortest && Number.isFinite(value)) {
        shortest = length;
        nearGradient.set(trialGradient);
      }
      return { step: length, value, slope: dot(trialGradient, direction) };
    },
    { step: 0, value: state.objective, slope },
    firstStep,
    { c1: 1e-4, c2: 0.9, curvature: "weak", maxEvaluations },
  );
  // The lowest trial is taken, be it the search's answer or a point it passed on its way.
  return { value: lowest, length: lowestAt, decreased, evaluations };
}
