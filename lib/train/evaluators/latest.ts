/**
 * Evaluators that remember where they were evaluated last.
 *
 * @module
 */

import type { Evaluator } from "../../engine/mod.ts";
import { aroundCurvature } from "./around_curvature.ts";

/** What an evaluator offers without evaluating. */
const READS: readonly string[] = ["loss", "statistics", "outputs", "dispose"];

/**
 * Wraps an evaluator: a value that was computed last is not computed again, and what is asked of
 * the parameters evaluated last (loss, statistics, outputs) is there at once.
 */
export function rememberLatest(evaluator: Evaluator): Evaluator {
  const latest = new Float64Array(evaluator.numParameters);
  let objective: number | undefined;

  function isLatest(parameters: Float64Array): boolean {
    if (objective === undefined) return false;
    for (let i = 0; i < latest.length; i++) if (parameters[i] !== latest[i]) return false;
    return true;
  }
  function remember(parameters: Float64Array, value: number): number {
    latest.set(parameters);
    return objective = value;
  }

  const wrapped = { ...evaluator } as unknown as Record<string, unknown>;
  for (const [name, own] of Object.entries(evaluator)) {
    if (typeof own !== "function" || READS.includes(name)) continue;
    wrapped[name] = (...args: unknown[]) => {
      objective = undefined; // whatever else an engine offers may evaluate somewhere
      return own(...args);
    };
  }
  const { curvature } = evaluator;
  return {
    ...wrapped as unknown as Evaluator,
    ...(curvature && { curvature: aroundCurvature(curvature, () => void (objective = undefined)) }),
    async value(parameters) {
      if (isLatest(parameters)) return objective!;
      objective = undefined;
      return remember(parameters, await evaluator.value(parameters));
    },
    async valueAndGradient(parameters, gradientOut) {
      objective = undefined;
      return remember(parameters, await evaluator.valueAndGradient(parameters, gradientOut));
    },
  };
}
