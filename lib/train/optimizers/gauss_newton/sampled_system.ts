/**
 * Steps by products with the matrix of all residuals, preconditioned by the matrix of a sample of them.
 *
 * Conjugate gradients alone need as many products as the matrix has sizes of eigenvalues, which for
 * equations are very many. Where a sample of a few times as many residuals as there are parameters is
 * drawn, its matrix is close to that of all in every direction (sketching, Rokhlin and Tygert 2008):
 * with its factor as preconditioner a few products are enough, of however many residuals.
 *
 * @module
 */

import { createCholesky } from "../../../engine/inner.ts";
import type { Curvature, Evaluator } from "../../../engine/mod.ts";
import { addScaled, dot } from "../../../numerics/inner.ts";
import { type DampedStep, type DampedSystem, largestCosine, scalesOf } from "./damped_system.ts";

/** Iterations end at this share of the first residual, in the preconditioner's norm, or after so many. */
const RESIDUAL = 0.001, MOST_ITERATIONS = 30;

/**
 * `(A + mu D) d = -g` with products by A, and with D and the preconditioner from a sample's matrix.
 *
 * @param sample The matrix of a sample of the residuals, see `Curvature.sample`.
 */
export function sampledSystem(
  evaluator: Evaluator,
  sample: NonNullable<Curvature["sample"]>,
  n: number,
  dampingPower: number,
): DampedSystem {
  const factor = evaluator.curvature!.cholesky?.(n) ?? createCholesky(n), { matrix } = factor;
  let at: Float64Array = new Float64Array(0), scales = at;

  /** `S A S v + mu v`. */
  async function product(vector: Float64Array, damping: number): Promise<Float64Array> {
    const out = new Float64Array(n);
    await evaluator.curvature!.product(at, vector.map((x, i) => x * scales[i]), out);
    for (let i = 0; i < n; i++) out[i] = out[i] * scales[i] + damping * vector[i];
    return out;
  }

  /** Conjugate gradients (Hestenes and Stiefel 1952) from 0. */
  async function solve(gradient: Float64Array, damping: number): Promise<DampedStep | undefined> {
    if (!factor.factorise({ scales, shift: damping + (scales[0] === 0 ? 1 : 0) })) return undefined;
    const right = gradient.map((g, i) => -g * scales[i]);
    const x = new Float64Array(n), residual = right.slice();
    let towards = preconditioned(residual), square = dot(residual, towards);
    const direction = towards.slice(), goal = RESIDUAL * RESIDUAL * square;
    for (let k = 0; k < MOST_ITERATIONS && square > goal; k++) {
      const image = await product(direction, damping), curvature = dot(direction, image);
      if (!(curvature > 0)) break; // rounding
      const length = square / curvature;
      addScaled(x, length, direction);
      addScaled(residual, -length, image);
      towards = preconditioned(residual);
      const next = dot(residual, towards);
      for (let i = 0; i < n; i++) direction[i] = towards[i] + next / square * direction[i];
      square = next;
    }
    // (S A S + mu) x = right - residual
    const decrease = (dot(residual, x) + damping * dot(x, x) + dot(right, x)) / 2;
    return decrease > 0 ? { ...stepOf(x), decrease } : undefined;
  }

  /** The step, and the way to correct it: by the preconditioner, which is near enough for that. */
  function stepOf(x: Float64Array): Pick<DampedStep, "step" | "again"> {
    return {
      step: x.map((value, i) => value * scales[i]),
      again(right) {
        const other = preconditioned(right.map((g, i) => g * scales[i]));
        const share = Math.sqrt(dot(other, other) / dot(x, x));
        return { solution: other.map((value, i) => value * scales[i]), share };
      },
    };
  }

  function preconditioned(vector: Float64Array): Float64Array {
    const result = vector.slice();
    factor.solve(result);
    return result;
  }

  return {
    async move(parameters, gradientOut) {
      at = parameters.slice();
      const { objective } = await evaluator.evaluate(parameters, gradientOut);
      await sample(at, matrix);
      scales = scalesOf(matrix, n, dampingPower);
      return objective;
    },
    optimality: (gradient, objective) => largestCosine(matrix, gradient, objective),
    solve,
  };
}
