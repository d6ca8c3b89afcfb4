/**
 * Gauss-Legendre quadrature.
 *
 * @module
 */

import { cos } from "./elementary/mod.ts";

/** Nodes and weights of a quadrature rule on `[-1, 1]`. */
export interface QuadratureRule {
  /** Nodes in increasing order, shape `[n]`. */
  readonly nodes: Float64Array;
  /** Weights, summing to 2, shape `[n]`. */
  readonly weights: Float64Array;
}

/**
 * Computes the Gauss-Legendre rule with `n` points, exact for polynomials of degree `2 n - 1`.
 *
 * Newton's method on the three-term recurrence of the Legendre polynomials.
 *
 * @param n Number of points, 1 to 100.
 * @returns Nodes and weights on `[-1, 1]`.
 * @throws {RangeError} If `n` is not an integer from 1 to 100.
 *
 * @example
 * ```ts
 * import { gaussLegendre } from "@freeknot/freeknot/splines";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const { nodes, weights } = gaussLegendre(2);
 * const integral = nodes.reduce((sum, x, i) => sum + weights[i] * x ** 2, 0);
 * assertAlmostEquals(integral, 2 / 3, 1e-15);
 * ```
 */
export function gaussLegendre(n: number): QuadratureRule {
  if (!(Number.isInteger(n) && n >= 1 && n <= 100)) {
    throw new RangeError(
      `Cannot compute a Gauss-Legendre rule: n must be an integer from 1 to 100, ` +
        `current value is ${n}`,
    );
  }
  const nodes = new Float64Array(n), weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = -cos(Math.PI * (i + 0.75) / (n + 0.5));
    let slope = 0;
    for (let iteration = 0; iteration < 100; iteration++) {
      const [value, derivative] = legendre(n, x);
      slope = derivative;
      const step = value / derivative;
      x -= step;
      if (Math.abs(step) < 1e-16) break;
    }
    if (2 * i + 1 === n) x = 0;
    slope = legendre(n, x)[1];
    nodes[i] = x;
    weights[i] = 2 / ((1 - x * x) * slope * slope);
  }
  return { nodes, weights };
}

/** The Legendre polynomial of degree `n` and its derivative, for `|x| < 1`. */
function legendre(n: number, x: number): [number, number] {
  let previous = 1, value = x;
  for (let k = 2; k <= n; k++) {
    const next = ((2 * k - 1) * x * value - (k - 1) * previous) / k;
    previous = value;
    value = next;
  }
  return [value, n * (x * value - previous) / (x * x - 1)];
}
