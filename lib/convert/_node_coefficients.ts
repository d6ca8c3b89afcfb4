/**
 * The coefficients of the edges that leave a node.
 *
 * @module
 */

import { blockValues, type SplineStage } from "../model/inner.ts";
import type { Network } from "../model/mod.ts";

/** Copies the parameters of one input node of a spline layer, shape `[numBasis, nOut]`. */
export function nodeCoefficients(network: Network, stage: SplineStage, p: number): Float64Array {
  const { layer, nIn, nOut, numBasis } = stage, size = numBasis * nOut;
  const all = blockValues(network, `spline${layer}.coefficients`); // [nIn, numBasis, nOut]
  if (all.length !== nIn * size) {
    throw new RangeError(
      `Cannot convert network: coefficients of spline layer ${layer} must be those of all ` +
        `${nIn} x ${nOut} edges, current value is ${all.length} numbers`,
    );
  }
  return all.slice(p * size, (p + 1) * size);
}
