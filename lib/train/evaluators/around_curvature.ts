/**
 * Curvatures that do something before each of their functions.
 *
 * @module
 */

import type { Curvature } from "../../engine/mod.ts";

/** Wraps a curvature: every function first calls and awaits `before`. */
export function aroundCurvature(
  { matrix, product, residuals, jvp, vjp, secondJvp }: Curvature,
  before: () => void | Promise<void>,
): Curvature {
  function after<Given extends unknown[], Result>(
    call: (...given: Given) => Result | Promise<Result>,
  ): (...given: Given) => Promise<Result> {
    return async (...given) => {
      await before();
      return await call(...given);
    };
  }
  return {
    ...(matrix && { matrix: after(matrix) }),
    product: after(product),
    residuals: after(residuals),
    jvp: after(jvp),
    vjp: after(vjp),
    secondJvp: after(secondJvp),
  };
}
