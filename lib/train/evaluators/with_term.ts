/**
 * Evaluators with one more term in their objective.
 *
 * @module
 */

import type { Curvature, Evaluator } from "../../engine/mod.ts";

/** A function of the parameters that no row enters. */
export interface ObjectiveTerm {
  /** Its value; its gradient is added. */
  value(parameters: Float64Array, gradient?: Float64Array): number;
  /** Adds a positive semidefinite matrix in place of its second derivatives. */
  addMatrix(parameters: Float64Array, matrixOut: Float64Array): void;
  /** Adds the product of that matrix with a vector. */
  addProduct(parameters: Float64Array, vector: Float64Array, out: Float64Array): void;
  /** Whether evaluations give it as part of their penalty. */
  readonly reported: boolean;
}

/**
 * Adds a term to an evaluator: objectives, gradients and matrices include it, losses do not. Epochs
 * are not run on a device, which does not know it.
 */
export function withTerm(inner: Evaluator, term: ObjectiveTerm): Evaluator {
  const { resident: _, curvature, ...rest } = inner;
  return {
    ...rest,
    async evaluate(parameters, gradientOut) {
      const evaluation = await inner.evaluate(parameters, gradientOut);
      if (!Number.isFinite(evaluation.objective)) return evaluation;
      const value = term.value(parameters, gradientOut);
      return {
        ...evaluation,
        objective: evaluation.objective + value,
        ...(term.reported && { penalty: (evaluation.penalty ?? 0) + value }),
      };
    },
    ...(curvature && { curvature: curvatureWithTerm(curvature, term) }),
  };
}

/** Its residuals are the loss's alone: their rows say nothing of the term, and are left out. */
function curvatureWithTerm(
  { jacobian: _, ...curvature }: Curvature,
  term: ObjectiveTerm,
): Curvature {
  const { matrix, sample } = curvature;
  return {
    ...curvature,
    ...(matrix && {
      async matrix(parameters, matrixOut, gradientOut) {
        const value = await matrix(parameters, matrixOut, gradientOut);
        if (!Number.isFinite(value)) return value;
        term.addMatrix(parameters, matrixOut);
        return value + term.value(parameters, gradientOut);
      },
    } satisfies Partial<Curvature>),
    ...(sample && {
      async sample(parameters, matrixOut) {
        await sample(parameters, matrixOut);
        term.addMatrix(parameters, matrixOut);
      },
    } satisfies Partial<Curvature>),
    async product(parameters, vector, out) {
      await curvature.product(parameters, vector, out);
      term.addProduct(parameters, vector, out);
    },
  };
}
