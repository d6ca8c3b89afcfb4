/**
 * The rule for points outside the domain, shared by both bases.
 *
 * @module
 */

import type { SplineOptions } from "./spline_options.ts";

/**
 * Applies the rule for points outside the domain to `evaluate(x, order)`, which is called with
 * points of the domain (or `NaN`) only.
 */
export function extrapolate(
  verb: string,
  domain: readonly [number, number],
  x: number,
  options: SplineOptions,
  evaluate: (x: number, order: number) => number,
): number {
  const { derivative = 0, extrapolation = "linear" } = options;
  const [a, b] = domain;
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
