/**
 * Norms of edges from their definition.
 *
 * @module
 */

import { applyNodeMap, nodeMap, stagesOf, stageValues } from "../../lib/model/inner.ts";
import { evaluateEdge, type Network } from "../../lib/model/mod.ts";

/** `mean |phi_pq(x_p)|` over the rows, `[nIn, nOut]` per spline layer, under the kept statistics. */
export function plainEdgeNorms(network: Network, inputs: Float64Array): number[][][] {
  const rows = inputs.length / network.config.widths[0];
  const values = stageValues(network, inputs, rows);
  return stagesOf(network.config).flatMap((stage, k) => {
    if (stage.kind !== "spline") return [];
    const { layer, nIn, nOut, space: { domain } } = stage;
    return [Array.from({ length: nIn }, (_, p) => {
      const map = nodeMap(network.statistics[layer], domain, p);
      return Array.from({ length: nOut }, (_, q) => {
        let sum = 0;
        for (let r = 0; r < rows; r++) {
          sum += Math.abs(
            evaluateEdge(network, layer, p, q, applyNodeMap(map, domain, values[k][r * nIn + p])),
          );
        }
        return sum / rows;
      });
    })];
  });
}
