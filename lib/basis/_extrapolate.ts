/**
 * The rule for points outside the domain, shared by both bases.
 *
 * @module
 */

import { domainOf, type KnotVector, numBasis } from "../knots/mod.ts";
import { checkOrder } from "./_check.ts";
import type { SplineOptions } from "./spline_options.ts";

/**
 * Checks a spline's coefficients (called `name`) and applies the rule for points outside the domain
 * to `inside`, which is called with points of the domain (or `NaN`) only.
 */
export function extrapolate(
  verb: string,
  name: string,
  knots: KnotVector,
  coefficients: ArrayLike<number>,
  x: number,
  options: SplineOptions,
  inside: (
    knots: KnotVector,
    coefficients: ArrayLike<number>,
    x: number,
    order: number,
  ) => number,
): number {
  const { derivative = 0, extrapolation = "linear" } = options;
  checkOrder(verb, "derivative", derivative);
  if (coefficients.length !== numBasis(knots)) {
    throw new TypeError(
      `Cannot ${verb}: ${name} must have length ${numBasis(knots)}, ` +
        `current length is ${coefficients.length}`,
    );
  }
  const evaluate = (at: number, order: number) => inside(knots, coefficients, at, order);
  const [a, b] = domainOf(knots);
  if (!(x < a || x > b)) return evaluate(x, derivative);
  const end = x < a ? a : b;
  switch (extrapolation) {
    case "linear":
      if (derivative === 0) return evaluate(end, 0) + evaluate(end, 1) * (x - end);
      return derivative === 1 ? evaluate(end, 1) : 0;
    case "clamp":
      return derivative === 0 ? evaluate(end, 0) : 0;
    case "error":
      throw new RangeError(
        `Cannot ${verb}: x must be in the domain [${a}, ${b}], current value is ${x}`,
      );
    default:
      throw new RangeError(
        `Cannot ${verb}: extrapolation must be "linear", "clamp" or "error", ` +
          `current value is ${extrapolation satisfies never}`,
      );
  }
}
