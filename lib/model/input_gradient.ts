/**
 * How a network's outputs move with its inputs.
 *
 * @module
 */

import { evaluateEdge } from "./edge.ts";
import { layerInputs } from "./forward.ts";
import { blockValues } from "./layout.ts";
import type { Network } from "./network.ts";
import { applyNodeMap, nodeMap } from "./normalise.ts";
import { stagesOf } from "./stage.ts";

/**
 * The Jacobian of the outputs by the inputs, normalisation statistics held constant.
 *
 * The chain rule stage by stage: `W` for the linear map, `phi_pq'(u_p) du_p/dx_p` for splines.
 *
 * @param network The network.
 * @param inputs Shape `[rows, nIn]`, row-major.
 * @param rows Number of rows; default `inputs.length / nIn`.
 * @returns `d output_q / d input_p`, shape `[rows, nOut, nIn]`.
 * @throws {TypeError} If the inputs are not `rows x nIn` numbers.
 *
 * @example
 * ```ts
 * import { createNetwork, inputGradient } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * assertEquals(inputGradient(network, new Float64Array([0.1, 0.2])).length, 2);
 * ```
 */
export function inputGradient(network: Network, inputs: Float64Array, rows?: number): Float64Array {
  const layers = layerInputs(network, inputs, rows);
  const numInputs = network.config.widths[0];
  const count = rows ?? inputs.length / numInputs;
  const stages = stagesOf(network.config);
  const numOutputs = stages[stages.length - 1].nOut;
  const result = new Float64Array(count * numOutputs * numInputs);
  for (let r = 0; r < count; r++) {
    let jacobian = identity(numInputs); // [nodes, numInputs]
    for (const stage of stages) {
      const { nIn, nOut } = stage;
      const local = new Float64Array(nIn * nOut); // d y_q / d x_p at [p, q]
      if (stage.kind === "linear") {
        local.set(blockValues(network, "linear.weights"));
      } else {
        for (let p = 0; p < nIn; p++) {
          const map = nodeMap(network.statistics[stage.layer], stage.space.domain, p);
          const u = applyNodeMap(map, stage.space.domain, layers[stage.layer][r * nIn + p]);
          for (let q = 0; q < nOut; q++) {
            local[p * nOut + q] = evaluateEdge(network, stage.layer, p, q, u, 1) * map.scale;
          }
        }
      }
      const next = new Float64Array(nOut * numInputs);
      for (let q = 0; q < nOut; q++) {
        for (let p = 0; p < nIn; p++) {
          for (let i = 0; i < numInputs; i++) {
            next[q * numInputs + i] += local[p * nOut + q] * jacobian[p * numInputs + i];
          }
        }
      }
      jacobian = next;
    }
    result.set(jacobian, r * numOutputs * numInputs);
  }
  return result;
}

function identity(n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1;
  return matrix;
}
