/**
 * Evaluators that remember where they were evaluated last.
 *
 * @module
 */

import type { Evaluation, Evaluator } from "../../engine/mod.ts";
import { around } from "./around.ts";

/** Wraps an evaluator: what was evaluated last is not evaluated again where no gradient is asked for. */
export function rememberLatest(evaluator: Evaluator): Evaluator {
  const latest = new Float64Array(evaluator.numParameters);
  let evaluation: Evaluation | undefined;

  function forget(): void {
    evaluation = undefined; // the evaluator's other functions may evaluate elsewhere
  }
  function isLatest(parameters: Float64Array): boolean {
    if (evaluation === undefined) return false;
    for (let i = 0; i < latest.length; i++) if (parameters[i] !== latest[i]) return false;
    return true;
  }

  const { batches, penalty, curvature } = evaluator, wrapped = around(evaluator, forget);
  const matrix = curvature?.matrix?.bind(curvature);
  return {
    ...wrapped,
    ...(matrix && {
      curvature: {
        ...wrapped.curvature!,
        matrix(parameters, matrixOut, gradientOut) {
          if (!isLatest(parameters)) forget(); // else the evaluator stays where it is
          return matrix(parameters, matrixOut, gradientOut);
        },
      },
    }),
    async evaluate(parameters, gradientOut) {
      if (!gradientOut && isLatest(parameters)) return evaluation!;
      forget();
      const found = await evaluator.evaluate(parameters, gradientOut);
      latest.set(parameters);
      return evaluation = found;
    },
    ...(batches && {
      batches: {
        select(rows) {
          forget();
          batches.select(rows);
        },
      },
    }),
    ...(penalty && {
      penalty: {
        round(epsilon) {
          forget();
          penalty.round(epsilon);
        },
      },
    }),
  };
}
