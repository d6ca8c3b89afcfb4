/**
 * An evaluator whose sums over residuals have twice the digits: the objective `|r|^2 / 2` and its
 * gradient `J^T r`, by Dot2 (Ogita, Rump and Oishi 2005, Algorithm 5.3). Only to measure what that
 * would change: rows are written out for every gradient.
 *
 * @module
 */

import type { Curvature, Evaluator } from "@freeknot/freeknot/engine";
import { productError, sumError } from "../lib/numerics/inner.ts";

/** Sums of `factor * columns[i]` over rows, in two numbers each. */
function sums(n: number) {
  const high = new Float64Array(n), low = new Float64Array(n);
  return {
    add(row: Float64Array, factor: number): void {
      for (let i = 0; i < n; i++) {
        const product = factor * row[i], before = high[i], sum = before + product;
        low[i] += sumError(before, product, sum);
        low[i] += productError(factor, row[i], product);
        high[i] = sum;
      }
    },
    total: () => high.map((each, i) => each + low[i]),
  };
}

/** Wraps an evaluator that writes rows. */
export function compensated(evaluator: Evaluator): Evaluator {
  const inner = evaluator.curvature as Required<Curvature>;
  async function objectiveAt(parameters: Float64Array, gradientOut?: Float64Array) {
    const residuals = await inner.residuals(parameters), n = parameters.length;
    const square = sums(1);
    residuals.forEach((r) => square.add(Float64Array.of(r), r));
    if (gradientOut) {
      const rows = await inner.jacobian(parameters), gradient = sums(n);
      residuals.forEach((r, k) => gradient.add(rows.subarray(k * n, (k + 1) * n), r));
      gradientOut.set(gradient.total());
    }
    return square.total()[0] / 2;
  }
  return {
    ...evaluator,
    async evaluate(parameters, gradientOut) {
      const evaluation = await evaluator.evaluate(parameters, gradientOut);
      return { ...evaluation, objective: await objectiveAt(parameters, gradientOut) };
    },
    curvature: {
      ...inner,
      async matrix(parameters, matrixOut, gradientOut) {
        await inner.matrix(parameters, matrixOut, gradientOut);
        return await objectiveAt(parameters, gradientOut);
      },
    },
  };
}
