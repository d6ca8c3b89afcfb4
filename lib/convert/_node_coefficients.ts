/**
 * The coefficients of the edges that leave a node.
 *
 * @module
 */

import { blockValues, type SplineStage } from "../model/inner.ts";
import type { Network } from "../model/mod.ts";

/**
 * Copies the coefficients of one input node of a spline layer of a network with all edges, shape
 * `[numBasis, nOut]`.
 */
export function nodeCoefficients(network: Network, stage: SplineStage, p: number): Float64Array {
  const size = stage.numBasis * stage.nOut;
  return blockValues(network, `spline${stage.layer}.coefficients`).slice(p * size, (p + 1) * size);
}
