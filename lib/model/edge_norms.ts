/**
 * How much every edge of a network does: the mean of its absolute value.
 *
 * @module
 */

import { layerBaseWeights, layerCoefficients } from "./all_edges.ts";
import { layerKnots } from "./layer_knots.ts";
import { silu } from "./edge.ts";
import { layerInputs } from "./forward.ts";
import { localFunctions } from "./local_functions.ts";
import { checkNetwork, type Network } from "./network.ts";
import { applyNodeMap, nodeMap } from "./normalise.ts";
import { type SplineStage, splineStages } from "./stage.ts";

/**
 * Measures the edges of every spline layer: `A_pq = mean over the rows of |phi_pq(x_p)|`, base
 * branch included (Liu et al. 2024, eq. 2.17).
 *
 * @param network The network; its kept statistics hold.
 * @param inputs Rows of inputs, shape `[rows, nIn]`.
 * @param rows Number of rows; default `inputs.length / nIn`.
 * @returns Per spline layer the norms, shape `[nIn, nOut]` of the layer.
 * @throws {TypeError} If the inputs are not `rows x nIn` numbers.
 *
 * @example Sparse training silences edges
 * ```ts
 * import {
 *   createNetwork, findProblem, galleryDatasets, multilevelSchedule, trainToEnd,
 * } from "@freeknot/freeknot";
 * import { edgeNorms } from "@freeknot/freeknot/model";
 * import { assert } from "@std/assert";
 *
 * const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const options = { sparsity: 0.01, schedule: multilevelSchedule([20]) };
 * const sparse = await trainToEnd(network, train, options);
 * const [norms] = edgeNorms(sparse.network, train.inputs);
 * assert(Math.min(...norms) < 1e-2 * Math.max(...norms));
 * ```
 */
export function edgeNorms(network: Network, inputs: Float64Array, rows?: number): Float64Array[] {
  checkNetwork("measure edges", network);
  const layers = layerInputs(network, inputs, rows);
  return splineStages(network.config).map((stage) =>
    layerNorms(network, stage, layers[stage.layer])
  );
}

function layerNorms(network: Network, stage: SplineStage, x: Float64Array): Float64Array {
  const { layer, nIn, nOut, numBasis, basis, extrapolation, space: { domain } } = stage;
  const c = layerCoefficients(network, stage), rows = x.length / nIn;
  const base = layerBaseWeights(network, stage);
  const norms = new Float64Array(nIn * nOut);
  for (let p = 0; p < nIn; p++) {
    const knots = layerKnots(network, layer, p);
    const map = nodeMap(network.statistics[layer], domain, p);
    for (let r = 0; r < rows; r++) {
      const u = applyNodeMap(map, domain, x[r * nIn + p]);
      const { first, values } = localFunctions(knots, u, basis, extrapolation);
      const branch = stage.base === "silu" ? silu(u) : 0;
      for (let q = 0; q < nOut; q++) {
        let phi = stage.base === "silu" ? branch * base[p * nOut + q] : 0;
        for (let i = 0; i < values.length; i++) {
          phi += values[i] * c[(p * numBasis + first + i) * nOut + q];
        }
        norms[p * nOut + q] += Math.abs(phi) / rows;
      }
    }
  }
  return norms;
}
