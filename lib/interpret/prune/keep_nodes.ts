/**
 * A network with some of its inputs and hidden nodes.
 *
 * @module
 */

import {
  addConstants,
  blockValues,
  findBlock,
  layerBaseWeights,
  layerCoefficients,
  type LinearStage,
  setLayerBaseWeights,
  setLayerCoefficients,
  type SplineStage,
  splineStage,
  stagesOf,
  stageValues,
} from "../../model/inner.ts";
import {
  createNetwork,
  type Network,
  type NetworkConfig,
  type NormalisationStatistics,
  resolveConfig,
} from "../../model/mod.ts";
import { edgeFlow } from "../scores/edge_flow.ts";
import { countRows } from "../structure/output_function.ts";

/**
 * Takes some inputs and hidden nodes of a network, and puts the means of what the others send in
 * their place: as constants of the next layer, so that only what varies is lost.
 *
 * @param network The network; not changed.
 * @param kept The nodes to keep, per width, inputs first, each in rising order. The last ones, the
 * outputs, must be all.
 * @param inputs Rows that means are taken over, shape `[rows, nIn]` with all inputs.
 * @returns A network of smaller widths.
 * @throws {RangeError} If a width keeps no node, or a node that it does not have, or with a mask of
 * edges a node keeps no edge.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { keepNodes } from "@freeknot/freeknot/interpret";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [3, 5, 1] }, { seed: 1 });
 * const inputs = Float64Array.from({ length: 300 }, (_, i) => Math.sin(i));
 * const smaller = keepNodes(network, [[0, 2], [0, 1, 4], [0]], inputs);
 * assertEquals(smaller.config.widths, [2, 3, 1]);
 * ```
 */
export function keepNodes(
  network: Network,
  kept: readonly (readonly number[])[],
  inputs: Float64Array,
): Network {
  const { config } = network, { widths } = config;
  const rows = countRows("keep nodes", inputs, widths[0]);
  checkKept(kept, widths);
  const stages = stagesOf(config), values = stageValues(network, inputs, rows);
  const edges = keptEdges(config, kept);
  const config2: NetworkConfig = resolveConfig({
    ...config,
    widths: kept.map((nodes) => nodes.length),
    edges,
  });
  const smaller = emptyNetwork(network, config2, kept);
  const statistics: NormalisationStatistics[] = [...smaller.statistics];
  const result = { ...smaller, statistics, ...keptGrids(network, kept) };
  const newStages = stagesOf(config2);
  let level = 0;
  stages.forEach((stage, k) => {
    if (stage.kind === "relu" || stage.kind === "tanh") return;
    const [from, to] = [kept[level], kept[level + 1]];
    copyBlocks(network, result, stage, from, to);
    const means = droppedMeans(network, stage, values[k], from, to);
    addMeans(result, newStages[k] as typeof stage, newStages[k + 1]?.kind === "spline", means);
    level++;
  });
  return result;
}

function checkKept(kept: readonly (readonly number[])[], widths: readonly number[]): void {
  const fits = kept.length === widths.length && kept.every((nodes, k) =>
    nodes.length >= 1 &&
    nodes.every((node, i) =>
      Number.isInteger(node) && node >= (i === 0 ? 0 : nodes[i - 1] + 1) && node < widths[k]
    )
  ) && kept[kept.length - 1].length === widths[widths.length - 1];
  if (fits) return;
  throw new RangeError(
    `Cannot keep nodes: kept must be rising lists of nodes of the widths [${
      widths.join(", ")
    }], at ` +
      `least one of each and all outputs, current value is ${JSON.stringify(kept)}`,
  );
}

/** A network of the smaller widths with the statistics and breakpoints of the nodes that stay. */
function emptyNetwork(
  { config: { knotSharing, intervals }, statistics, breakpoints }: Network,
  smaller: NetworkConfig,
  kept: readonly (readonly number[])[],
): Network {
  const first = smaller.firstLayer === "linear" ? 1 : 0; // width in front of the first spline layer
  const points = breakpoints?.map((all, layer) => {
    if (knotSharing === "layer") return all;
    const size = intervals + 1;
    return Float64Array.from(
      kept[layer + first].flatMap((p) => [...all.subarray(p * size, (p + 1) * size)]),
    );
  });
  const network = createNetwork(smaller, points && { breakpoints: points });
  return {
    ...network,
    parameters: new Float64Array(network.parameters.length),
    statistics: statistics.map((each, layer) => takeStatistics(each, kept[layer + first])),
  };
}

/** The masks of the nodes that stay. */
function keptEdges(
  { edges, firstLayer }: NetworkConfig,
  kept: readonly (readonly number[])[],
): NetworkConfig["edges"] {
  const first = firstLayer === "linear" ? 1 : 0;
  return edges?.map((rows, layer) =>
    rows && kept[layer + first].map((p) => kept[layer + first + 1].map((q) => rows[p][q]).join(""))
  );
}

/** The grids of the edges that stay. */
function keptGrids(
  { config: { firstLayer, widths }, edgeGrids }: Network,
  kept: readonly (readonly number[])[],
): Pick<Network, "edgeGrids"> {
  const first = firstLayer === "linear" ? 1 : 0;
  return edgeGrids === undefined ? {} : {
    edgeGrids: edgeGrids.map((words, layer) => {
      const level = layer + first, nOut = widths[level + 1];
      return kept[level].flatMap((p) => kept[level + 1].map((q) => words[p * nOut + q]));
    }),
  };
}

function takeStatistics(
  statistics: NormalisationStatistics,
  nodes: readonly number[],
): NormalisationStatistics {
  const take = (values: Float64Array) => Float64Array.from(nodes, (p) => values[p]);
  if (statistics.kind === "none") return statistics;
  if (statistics.kind === "minmax") {
    const { kind, minimum, maximum } = statistics;
    return { kind, minimum: take(minimum), maximum: take(maximum) };
  }
  const { kind, mean, variance } = statistics;
  return { kind, mean: take(mean), variance: take(variance) };
}

function copyBlocks(
  from: Network,
  to: Network,
  stage: LinearStage | SplineStage,
  inputs: readonly number[],
  outputs: readonly number[],
): void {
  const take = (
    source: Float64Array,
    rows: readonly number[],
    columns: readonly number[],
    nOut: number,
  ) => Float64Array.from(rows.flatMap((row) => columns.map((q) => source[row * nOut + q])));
  const copy = (name: string, ...what: [readonly number[], readonly number[], number]) => {
    const target = blockValues(to, name);
    if (target.length > 0) target.set(take(blockValues(from, name), ...what));
  };
  const { nOut } = stage;
  if (stage.kind === "linear") {
    copy(`${stage.name}.weights`, inputs, outputs, nOut);
    copy(`${stage.name}.bias`, [0], outputs, nOut);
    return;
  }
  const { layer, numBasis, numKnotVectors } = stage, name = `spline${layer}`;
  const basisRows = inputs.flatMap((p) =>
    Array.from({ length: numBasis }, (_, i) => p * numBasis + i)
  );
  const smaller = splineStage(to.config, layer);
  setLayerCoefficients(to, smaller, take(layerCoefficients(from, stage), basisRows, outputs, nOut));
  if (stage.base === "silu") {
    setLayerBaseWeights(to, smaller, take(layerBaseWeights(from, stage), inputs, outputs, nOut));
  }
  const logits = findBlock(from.layout, `${name}.knotLogits`);
  if (logits === undefined) return;
  const size = logits.size / numKnotVectors, all = Array.from({ length: size }, (_, i) => i);
  copy(`${name}.knotLogits`, numKnotVectors === 1 ? [0] : inputs, all, size);
}

/** The mean of what the dropped inputs of a stage send to the outputs that stay. */
function droppedMeans(
  network: Network,
  stage: LinearStage | SplineStage,
  x: Float64Array,
  inputs: readonly number[],
  outputs: readonly number[],
): number[] {
  const sums = new Float64Array(stage.nOut), rows = x.length / stage.nIn, stays = new Set(inputs);
  for (let p = 0; p < stage.nIn; p++) {
    if (stays.has(p)) continue;
    edgeFlow(network, stage, x, p).forEach((value, i) => sums[i % stage.nOut] += value / rows);
  }
  return outputs.map((q) => sums[q]);
}

/** Adds constants to the outputs of a stage, or takes them from what the next layer has measured. */
function addMeans(
  network: { readonly statistics: NormalisationStatistics[] } & Network,
  stage: LinearStage | SplineStage,
  beforeSpline: boolean,
  means: readonly number[],
): void {
  if (means.every((mean) => mean === 0)) return;
  if (stage.kind === "spline") return addConstants(network, stage, means);
  if (stage.bias) {
    const bias = blockValues(network, `${stage.name}.bias`);
    means.forEach((mean, q) => bias[q] += mean);
    return;
  }
  if (!beforeSpline) return; // the last map of an MLP has no constant
  const statistics = network.statistics[0];
  const shifted = (values: Float64Array) => values.map((value, q) => value - means[q]);
  if (statistics.kind === "minmax") {
    const { kind, minimum, maximum } = statistics;
    network.statistics[0] = { kind, minimum: shifted(minimum), maximum: shifted(maximum) };
  } else if (statistics.kind === "batchnorm") {
    network.statistics[0] = { ...statistics, mean: shifted(statistics.mean) };
  }
}
