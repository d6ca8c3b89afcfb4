/**
 * A network with some of its edges.
 *
 * @module
 */

import {
  addConstants,
  addMissingEdges,
  dropEdges,
  hasEdge,
  type SplineStage,
  splineStage,
  splineStages,
  stagesOf,
  stageValues,
} from "../../model/inner.ts";
import { type Network, type NetworkConfig, resolveConfig } from "../../model/mod.ts";
import { edgeFlow } from "../scores/edge_flow.ts";
import { countRows } from "../structure/output_function.ts";

/**
 * Takes some edges of a network's spline layers, and puts the means of what the others send in their
 * place: as constants of the edges that lead to the same node, so that only what varies is lost.
 *
 * @param network The network; not changed.
 * @param edges The edges to keep, as `NetworkConfig.edges`: per spline layer null for all, or a word
 * of `0` and `1` for every input. What the network does not have stays missing.
 * @param inputs Rows that means are taken over, shape `[rows, nIn]`.
 * @returns A network with a mask: it has the parameters of the edges that are left.
 * @throws {TypeError} If the inputs are not rows of the network.
 * @throws {RangeError} If the masks do not fit the layers, or a node keeps no edge.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { keepEdges } from "@freeknot/freeknot/interpret";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 3, 2], knots: "uniform" }, { seed: 1 });
 * const inputs = Float64Array.from({ length: 200 }, (_, i) => Math.sin(i));
 * const smaller = keepEdges(network, [["10", "11", "01"]], inputs);
 * assertEquals(smaller.parameters.length, network.parameters.length - 2 * 8);
 * ```
 */
export function keepEdges(
  network: Network,
  edges: NonNullable<NetworkConfig["edges"]>,
  inputs: Float64Array,
): Network {
  const rows = countRows("keep edges", inputs, network.config.widths[0]);
  const kept = resolveConfig({ ...network.config, edges }).edges; // checks the shapes
  const { edges: both } = resolveConfig({
    ...network.config,
    edges: commonEdges(network.config.edges, kept),
  });
  if (!both) return network;
  const smaller = dropEdges(addMissingEdges(network), both);
  const values = stageValues(network, inputs, rows), stages = stagesOf(network.config);
  for (const stage of splineStages(smaller.config)) {
    const k = stages.findIndex((each) => each.kind === "spline" && each.layer === stage.layer);
    const means = droppedMeans(network, stage, values[k]);
    if (means.some((mean) => mean !== 0)) addConstants(smaller, stage, means);
  }
  return smaller;
}

/** The edges that two masks have in common. */
function commonEdges(
  one: NetworkConfig["edges"],
  other: NetworkConfig["edges"],
): NetworkConfig["edges"] {
  if (!one || !other) return one ?? other;
  return one.map((rows, layer) => {
    const others = other[layer];
    if (!rows || !others) return rows ?? others;
    return rows.map((row, p) =>
      [...row].map((each, q) => each === "1" && others[p][q] === "1" ? "1" : "0").join("")
    );
  });
}

/** The mean of what the edges that a layer is to lose send to its outputs. */
function droppedMeans(network: Network, smaller: SplineStage, x: Float64Array): number[] {
  const stage = splineStage(network.config, smaller.layer), { nIn, nOut } = stage;
  const means = new Array<number>(nOut).fill(0), rows = x.length / nIn;
  for (let p = 0; p < nIn; p++) {
    const gone = means.map((_, q) => q).filter((q) =>
      hasEdge(stage, p, q) && !hasEdge(smaller, p, q)
    );
    if (gone.length === 0) continue;
    const flow = edgeFlow(network, stage, x, p);
    for (const q of gone) {
      for (let i = q; i < flow.length; i += nOut) means[q] += flow[i] / rows;
    }
  }
  return means;
}
