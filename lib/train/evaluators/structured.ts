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
import type { Evaluator } from "../../engine/mod.ts";
import type { Network } from "../../model/mod.ts";
import { withTerm } from "./with_term.ts";

/** Adds the penalties to an evaluator. */
export function structured(
  inner: Evaluator,
  network: Network,
  penalty: StructurePenalty,
): Evaluator {
  const { value, curvatures } = createStructureTerms(network, penalty);
  return withTerm(inner, {
    value,
    addMatrix(parameters, matrixOut) {
      addBlocks(curvatures(parameters), matrixOut, parameters.length);
    },
    addProduct(parameters, vector, out) {
      addCurvatureProduct(curvatures(parameters), vector, out);
    },
    reported: true,
  });
}
