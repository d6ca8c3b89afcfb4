/**
 * The coefficients of the edges that leave a node.
 *
 * @module
 */

import { layerCoefficients, type SplineStage } from "../model/inner.ts";
import type { Network } from "../model/mod.ts";

/**
 * Copies the coefficients of one input node of a spline layer, shape `[numBasis, nOut]`; those of edges
 * that a mask leaves out are 0.
 */
export function nodeCoefficients(network: Network, stage: SplineStage, p: number): Float64Array {
  const size = stage.numBasis * stage.nOut;
  return layerCoefficients(network, stage).slice(p * size, (p + 1) * size);
}
