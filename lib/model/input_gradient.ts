/**
 * Derivatives of a network's outputs by its inputs.
 *
 * @module
 */

import { layerBaseWeights, layerCoefficients } from "./all_edges.ts";
import { siluDerivative } from "./edge.ts";
import { stageValues } from "./forward.ts";
import { layerKnots } from "./layer_knots.ts";
import { blockValues } from "./layout.ts";
import { localFunctions } from "./local_functions.ts";
import type { Network } from "./network.ts";
import { applyNodeMap, nodeMap } from "./normalise.ts";
import { type SplineStage, stagesOf } from "./stage.ts";

/**
 * Computes the Jacobian of the outputs by the inputs, normalisation statistics held constant.
 *
 * The chain rule stage by stage: `W` for a linear map, 1 or 0 for ReLU (0 at the corner),
 * `phi_pq'(u_p) du_p/dx_p` for splines.
 *
 * @param network The network.
 * @param inputs Shape `[rows, nIn]`, row-major.
 * @param rows Number of rows; default `inputs.length / nIn`.
 * @returns `d output_q / d input_p`, shape `[rows, nOut, nIn]`.
 * @throws {TypeError} If the inputs are not `rows x nIn` numbers.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { inputGradient } from "@freeknot/freeknot/model";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * assertEquals(inputGradient(network, new Float64Array([0.1, 0.2])).length, 2);
 * ```
 */
export function inputGradient(network: Network, inputs: Float64Array, rows?: number): Float64Array {
  const values = stageValues(network, inputs, rows);
  const numInputs = network.config.widths[0];
  const count = rows ?? inputs.length / numInputs;
  let jacobian = new Float64Array(count * numInputs * numInputs); // [rows, nodes, numInputs]
  for (let r = 0; r < count; r++) {
    for (let i = 0; i < numInputs; i++) jacobian[(r * numInputs + i) * numInputs + i] = 1;
  }
  stagesOf(network.config).forEach((stage, k) => {
    const { nIn, nOut } = stage;
    if (stage.kind === "relu") {
      jacobian = jacobian.map((j, i) => values[k][Math.floor(i / numInputs)] > 0 ? j : 0);
      return;
    }
    if (stage.kind === "tanh") {
      const outputs = values[k + 1];
      jacobian = jacobian.map((j, i) => j * (1 - outputs[Math.floor(i / numInputs)] ** 2));
      return;
    }
    const slopes = stage.kind === "linear"
      ? undefined
      : edgeSlopes(network, stage, values[k], count);
    const weights = stage.kind === "linear"
      ? blockValues(network, `${stage.name}.weights`)
      : new Float64Array(0);
    const next = new Float64Array(count * nOut * numInputs);
    for (let r = 0; r < count; r++) {
      for (let p = 0; p < nIn; p++) {
        for (let q = 0; q < nOut; q++) {
          const factor = slopes ? slopes[(r * nIn + p) * nOut + q] : weights[p * nOut + q];
          const from = (r * nIn + p) * numInputs, to = (r * nOut + q) * numInputs;
          for (let i = 0; i < numInputs; i++) next[to + i] += factor * jacobian[from + i];
        }
      }
    }
    jacobian = next;
  });
  return jacobian;
}

/** `d phi_pq / d x_p` of every edge at every row, shape `[rows, nIn, nOut]`. */
function edgeSlopes(
  network: Network,
  stage: SplineStage,
  x: Float64Array,
  rows: number,
): Float64Array {
  const { layer, nIn, nOut, numBasis, space } = stage;
  const c = layerCoefficients(network, stage); // [nIn, numBasis, nOut]
  const base = layerBaseWeights(network, stage); // [nIn, nOut]
  const result = new Float64Array(rows * nIn * nOut);
  for (let p = 0; p < nIn; p++) {
    const knots = layerKnots(network, layer, p);
    const map = nodeMap(network.statistics[layer], space.domain, p);
    for (let r = 0; r < rows; r++) {
      const u = applyNodeMap(map, space.domain, x[r * nIn + p]);
      const { first, slopes } = localFunctions(knots, u, stage.basis, stage.extrapolation);
      for (let q = 0; q < nOut; q++) {
        let slope = stage.base === "silu" ? siluDerivative(u) * base[p * nOut + q] : 0;
        for (let i = 0; i < slopes.length; i++) {
          slope += slopes[i] * c[(p * numBasis + first + i) * nOut + q];
        }
        result[(r * nIn + p) * nOut + q] = slope * map.scale;
      }
    }
  }
  return result;
}
