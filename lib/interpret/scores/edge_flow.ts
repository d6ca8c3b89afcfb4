/**
 * What flows along the edges of a network at some rows.
 *
 * @module
 */

import {
  applyNodeMap,
  blockValues,
  layerBaseWeights,
  layerCoefficients,
  type LinearStage,
  localFunctions,
  nodeMap,
  silu,
  type SplineStage,
} from "../../model/inner.ts";
import { layerKnots, type Network } from "../../model/mod.ts";

/**
 * Computes what leaves one input node of a stage along all of its edges: `phi_pq(x_p)`, of a linear
 * map `w_pq x_p`.
 *
 * @param x What enters the stage, shape `[rows, nIn]`.
 * @returns Shape `[rows, nOut]`.
 */
export function edgeFlow(
  network: Network,
  stage: LinearStage | SplineStage,
  x: Float64Array,
  p: number,
): Float64Array {
  const { nIn, nOut } = stage, rows = x.length / nIn;
  const values = new Float64Array(rows * nOut);
  if (stage.kind === "linear") {
    const w = blockValues(network, `${stage.name}.weights`);
    for (let r = 0; r < rows; r++) {
      for (let q = 0; q < nOut; q++) values[r * nOut + q] = x[r * nIn + p] * w[p * nOut + q];
    }
    return values;
  }
  const { layer, numBasis, space, basis, base, extrapolation } = stage;
  const c = layerCoefficients(network, stage); // [nIn, numBasis, nOut]
  const weights = layerBaseWeights(network, stage); // [nIn, nOut]
  const knots = layerKnots(network, layer, p);
  const map = nodeMap(network.statistics[layer], space.domain, p);
  for (let r = 0; r < rows; r++) {
    const u = applyNodeMap(map, space.domain, x[r * nIn + p]);
    const local = localFunctions(knots, u, basis, extrapolation);
    for (let i = 0; i < local.values.length; i++) {
      const at = (p * numBasis + local.first + i) * nOut;
      for (let q = 0; q < nOut; q++) values[r * nOut + q] += local.values[i] * c[at + q];
    }
    if (base !== "silu") continue;
    for (let q = 0; q < nOut; q++) values[r * nOut + q] += silu(u) * weights[p * nOut + q];
  }
  return values;
}
