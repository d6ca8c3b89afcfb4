/**
 * Evaluators that do something before each of their functions.
 *
 * @module
 */

import type { Curvature, Evaluator } from "../../engine/mod.ts";

type Before = () => void | Promise<void>;

/** Wraps an evaluator: every function but `dispose` and `carried` first calls and awaits `before`. */
export function around(evaluator: Evaluator, before: Before): Evaluator {
  const { evaluate, curvature, resident } = evaluator;
  return {
    ...evaluator,
    evaluate: after(evaluate, before),
    ...(curvature && { curvature: aroundCurvature(curvature, before) }),
    ...(resident && {
      resident: {
        runEpoch: after(resident.runEpoch, before),
        ...(resident.start && { start: after(resident.start, before) }),
      },
    }),
  };
}

function aroundCurvature(
  { matrix, sample, jacobian, cholesky, product, residuals, jvp, vjp, secondJvp }: Curvature,
  before: Before,
): Curvature {
  return {
    ...(matrix && { matrix: after(matrix, before) }),
    ...(sample && { sample: after(sample, before) }),
    ...(jacobian && { jacobian: after(jacobian, before) }),
    ...(cholesky && { cholesky }),
    product: after(product, before),
    residuals: after(residuals, before),
    jvp: after(jvp, before),
    vjp: after(vjp, before),
    secondJvp: after(secondJvp, before),
  };
}

function after<Args extends unknown[], Result>(
  call: (...args: Args) => Result | Promise<Result>,
  before: Before,
): (...args: Args) => Promise<Result> {
  return async (...args) => {
    await before();
    return await call(...args);
  };
}
