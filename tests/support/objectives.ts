/**
 * Objectives with known minima, as evaluators, and textbook optimizers to compare with.
 *
 * @module
 */

import type { Evaluation, Evaluator } from "../../lib/engine/mod.ts";
import { createRandom } from "../../lib/model/mod.ts";

/** An objective: writes the gradient, returns the value. */
export type Objective = (x: Float64Array, gradientOut: Float64Array) => number;

/** An evaluator of an objective that counts its calls. */
export function evaluatorOf(n: number, f: Objective): Evaluator & {
  calls: number;
  evaluate(x: Float64Array, gradientOut?: Float64Array): Evaluation;
} {
  const scratch = new Float64Array(n);
  const evaluator = {
    numParameters: n,
    calls: 0,
    evaluate(x: Float64Array, gradientOut = scratch): Evaluation {
      evaluator.calls++;
      const objective = f(x, gradientOut);
      return {
        objective,
        loss: objective,
        statistics: () => [],
        outputs: () => new Float64Array(0),
      };
    },
    batches: { select() {} },
    dispose() {},
  };
  return evaluator;
}

/** `x^T M x / 2 - b^T x` with `M` symmetric positive definite, eigenvalues 1 to `condition`. */
export function quadratic(
  n: number,
  condition: number,
  seed: number,
): { f: Objective; matrix: Float64Array; vector: Float64Array; minimum: Float64Array } {
  const random = createRandom(seed);
  const minimum = Float64Array.from({ length: n }, () => random.normal());
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = n === 1 ? 1 : condition ** (i / (n - 1));
  for (let k = 0; k < 3; k++) { // three reflections: M <- H M H
    const v = Float64Array.from({ length: n }, () => random.normal());
    const square = v.reduce((sum, x) => sum + x * x, 0);
    for (const transposed of [false, true]) {
      for (let j = 0; j < n; j++) {
        const at = (i: number) => transposed ? j * n + i : i * n + j;
        let sum = 0;
        for (let i = 0; i < n; i++) sum += v[i] * matrix[at(i)];
        for (let i = 0; i < n; i++) matrix[at(i)] -= 2 * sum / square * v[i];
      }
    }
  }
  const multiply = (x: Float64Array) =>
    x.map((_, i) => x.reduce((sum, each, j) => sum + matrix[i * n + j] * each, 0));
  const vector = multiply(minimum);
  const f: Objective = (x, g) => {
    const product = multiply(x);
    let value = 0;
    for (let i = 0; i < n; i++) {
      g[i] = product[i] - vector[i];
      value += x[i] * (product[i] / 2 - vector[i]);
    }
    return value;
  };
  return { f, matrix, vector, minimum };
}

/** Rosenbrock's valley in 2 dimensions; minimum 0 at (1, 1). */
export function rosenbrock(x: Float64Array, g: Float64Array): number {
  const a = 1 - x[0], b = x[1] - x[0] * x[0];
  g[0] = -2 * a - 400 * x[0] * b;
  g[1] = 200 * b;
  return a * a + 100 * b * b;
}

/**
 * The inverse Hessian approximation of BFGS as a dense matrix, from the pairs oldest first:
 * `H <- V^T H V + rho s s^T`, `V = I - rho y s^T`, `rho = 1 / y.s`, starting with
 * `(s.y / y.y) I` of the latest pair (Nocedal and Wright 2006, eq. (7.16) and (7.20)).
 */
export function denseBfgs(
  n: number,
  steps: Float64Array[],
  differences: Float64Array[],
): Float64Array {
  const dot = (x: Float64Array, y: Float64Array) =>
    x.reduce((sum, each, i) => sum + each * y[i], 0);
  let h = new Float64Array(n * n);
  const last = steps.length - 1;
  const scale = last < 0
    ? 1
    : dot(steps[last], differences[last]) / dot(differences[last], differences[last]);
  for (let i = 0; i < n; i++) h[i * n + i] = scale;
  steps.forEach((s, k) => {
    const y = differences[k], rho = 1 / dot(y, s);
    const v = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) v[i * n + j] = (i === j ? 1 : 0) - rho * y[i] * s[j];
    }
    const next = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = rho * s[i] * s[j];
        for (let a = 0; a < n; a++) {
          for (let b = 0; b < n; b++) sum += v[a * n + i] * h[a * n + b] * v[b * n + j];
        }
        next[i * n + j] = sum;
      }
    }
    h = next;
  });
  return h;
}
