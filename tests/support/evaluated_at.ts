/**
 * Evaluations of engines that answer at once.
 *
 * @module
 */

import type { Evaluation, Evaluator } from "../../lib/engine/mod.ts";

/** Evaluates where no promise can be awaited. */
export function evaluatedAt(
  evaluator: Evaluator,
  parameters: Float64Array,
  gradientOut?: Float64Array,
): Evaluation {
  const evaluation = evaluator.evaluate(parameters, gradientOut);
  if (evaluation instanceof Promise) {
    throw new TypeError("Cannot evaluate at once: it is a promise");
  }
  return evaluation;
}
