/**
 * Networks with masks of edges as networks with all edges, and back.
 *
 * A missing edge is an edge whose coefficients are 0 and stay 0. What is no inner loop reads or
 * changes a layer in that form.
 *
 * @module
 */

import type { EdgeMask, EdgeRows } from "./edge_mask.ts";
import { blockValues, countParameters, parameterLayout } from "./layout.ts";
import type { Network, NetworkConfig } from "./network.ts";
import { type SplineStage, splineStages } from "./stage.ts";

/** Reads the coefficients of a layer, `[nIn, numBasis, nOut]`: a view, with a mask a copy. */
export function layerCoefficients(network: Network, stage: SplineStage): Float64Array {
  return layerValues(network, stage, "coefficients", stage.numBasis);
}

/** Reads the weights of a layer's base branch, `[nIn, nOut]`: a view, with a mask a copy. */
export function layerBaseWeights(network: Network, stage: SplineStage): Float64Array {
  return layerValues(network, stage, "baseWeights", 1);
}

/** Writes the coefficients of a layer, `[nIn, numBasis, nOut]`; those of missing edges are left out. */
export function setLayerCoefficients(
  network: Network,
  stage: SplineStage,
  values: Float64Array,
): void {
  setLayerValues(network, stage, "coefficients", stage.numBasis, values);
}

/** Writes the weights of a layer's base branch, `[nIn, nOut]`; those of missing edges are left out. */
export function setLayerBaseWeights(
  network: Network,
  stage: SplineStage,
  values: Float64Array,
): void {
  setLayerValues(network, stage, "baseWeights", 1, values);
}

/**
 * Finds for every number of a layer's edges its place among those of all edges: from
 * `[edges, count]` to `[nIn, count, nOut]`.
 */
export function edgePlaces(edges: EdgeMask, count: number): Int32Array {
  const { outputs, inDegrees: { length: nOut } } = edges;
  const places = new Int32Array(edges.count * count);
  let at = 0;
  outputs.forEach((each, p) => {
    for (const q of each) {
      for (let i = 0; i < count; i++) places[at++] = (p * count + i) * nOut + q;
    }
  });
  return places;
}

function layerValues(
  network: Network,
  { layer, nIn, nOut, edges }: SplineStage,
  name: "coefficients" | "baseWeights",
  count: number,
): Float64Array {
  const block = blockValues(network, `spline${layer}.${name}`);
  if (!edges || block.length === 0) return block;
  const all = new Float64Array(nIn * count * nOut);
  edgePlaces(edges, count).forEach((place, i) => all[place] = block[i]);
  return all;
}

function setLayerValues(
  network: Network,
  { layer, edges }: SplineStage,
  name: "coefficients" | "baseWeights",
  count: number,
  values: Float64Array,
): void {
  const block = blockValues(network, `spline${layer}.${name}`);
  if (block.length === 0) return;
  if (!edges) return block.set(values);
  edgePlaces(edges, count).forEach((place, i) => block[i] = values[place]);
}

/** The same configuration with all edges. */
export function withAllEdges(config: NetworkConfig): NetworkConfig {
  if (!config.edges) return config;
  const { edges: _, ...others } = config;
  return Object.freeze(others);
}

/** Finds for every parameter of a network its place in the vector of the one with all edges. */
export function parameterPlaces(config: NetworkConfig): Int32Array {
  const places = new Int32Array(countParameters(config)), stages = splineStages(config);
  const all = parameterLayout(withAllEdges(config));
  parameterLayout(config).forEach(({ name, offset, size }, b) => {
    const from = all[b].offset, [prefix, kind] = name.split(".");
    const layer = Number(prefix.slice("spline".length));
    const edges = kind === "coefficients" || kind === "baseWeights"
      ? stages[layer].edges
      : undefined;
    const inBlock = edges && edgePlaces(edges, size / edges.count);
    for (let i = 0; i < size; i++) places[offset + i] = from + (inBlock ? inBlock[i] : i);
  });
  return places;
}

/** The same network with all edges: those that were missing have coefficients 0. */
export function addMissingEdges(network: Network): Network {
  if (!network.config.edges) return network;
  const config = withAllEdges(network.config), layout = parameterLayout(config);
  const parameters = new Float64Array(countParameters(config));
  parameterPlaces(network.config).forEach((place, i) => parameters[place] = network.parameters[i]);
  return { ...network, config, layout, parameters };
}

/** A network with all edges without those that a mask leaves out, whatever these were. */
export function dropEdges(network: Network, edges: readonly (EdgeRows | null)[]): Network {
  const config = Object.freeze({ ...network.config, edges });
  const parameters = Float64Array.from(parameterPlaces(config), (at) => network.parameters[at]);
  return { ...network, config, layout: parameterLayout(config), parameters };
}

/**
 * Changes a network as the one with all edges, and takes the missing edges out again; the change must
 * keep widths, and what is 0 at 0.
 */
export function throughAllEdges(network: Network, change: (all: Network) => Network): Network {
  const { edges } = network.config;
  if (!edges) return change(network);
  const all = addMissingEdges(network), changed = change(all);
  return changed === all ? network : dropEdges(changed, edges);
}

/** Counts the edges of a spline layer. */
export function numLayerEdges({ nIn, nOut, edges }: SplineStage): number {
  return edges?.count ?? nIn * nOut;
}

/** Counts the edges of a network's spline layers. */
export function numSplineEdges(config: NetworkConfig): number {
  return splineStages(config).reduce((sum, stage) => sum + numLayerEdges(stage), 0);
}
