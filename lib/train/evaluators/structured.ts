/**
 * Evaluators with penalties that no row enters: groups of edges, bending.
 *
 * @module
 */

import {
  addBlocks,
  addCurvatureProduct,
  createStructureTerms,
  type StructurePenalty,
} from "../../engine/inner.ts";
import type { Curvature, Evaluator } from "../../engine/mod.ts";
import type { Network } from "../../model/mod.ts";

/**
 * Adds the penalties to an evaluator: objectives, gradients and matrices include them, losses do not.
 * Epochs are not run on a device, which does not know them.
 */
export function structured(
  inner: Evaluator,
  network: Network,
  penalty: StructurePenalty,
): Evaluator {
  const { resident: _, curvature, ...rest } = inner;
  const terms = createStructureTerms(network, penalty);
  return {
    ...rest,
    async evaluate(parameters, gradientOut) {
      const evaluation = await inner.evaluate(parameters, gradientOut);
      if (!Number.isFinite(evaluation.objective)) return evaluation;
      const value = terms.value(parameters, gradientOut);
      return {
        ...evaluation,
        objective: evaluation.objective + value,
        penalty: (evaluation.penalty ?? 0) + value,
      };
    },
    ...(curvature && { curvature: structuredCurvature(curvature, terms) }),
  };
}

/** Its residuals are the loss's alone. */
function structuredCurvature(
  curvature: Curvature,
  terms: ReturnType<typeof createStructureTerms>,
): Curvature {
  const { matrix } = curvature;
  return {
    ...curvature,
    ...(matrix && {
      async matrix(parameters, matrixOut, gradientOut) {
        const value = await matrix(parameters, matrixOut, gradientOut);
        if (!Number.isFinite(value)) return value;
        addBlocks(terms.curvatures(parameters), matrixOut, parameters.length);
        return value + terms.value(parameters, gradientOut);
      },
    } satisfies Partial<Curvature>),
    async product(parameters, vector, out) {
      await curvature.product(parameters, vector, out);
      addCurvatureProduct(terms.curvatures(parameters), vector, out);
    },
  };
}
