/**
 * Learned activations, sampled from a network.
 *
 * @module
 */

import { evaluateSpline } from "../../basis/mod.ts";
import type { ColumnScale, Dataset } from "../../data/mod.ts";
import {
  edgeBaseWeight,
  hasEdge,
  layerInputs,
  normalisationMap,
  numLayerEdges,
  silu,
  splineStage,
  splineStages,
} from "../../model/inner.ts";
import { edgeSpline, layerKnots, type Network } from "../../model/mod.ts";
import { unscaler } from "./error_map.ts";
import { chainNames } from "./names.ts";
import { layerShapes } from "./network_rows.ts";
import type { ActivationCurve } from "./data.ts";

/** Names, scales and the number of curves to keep. */
export interface ActivationOptions {
  readonly inputNames: readonly string[];
  readonly targetNames: readonly string[];
  readonly inputScales: readonly ColumnScale[] | undefined;
  /** Most curves over all layers; each layer keeps those with the largest range. */
  readonly most: number;
}

const MOST_ROWS = 5000; // enough to see the range of the data
const SAMPLES = 192; // per curve, spread evenly over the intervals

/** Samples the activations of every spline layer, in the order layer, input, output. */
export function learnedActivations(
  network: Network,
  train: Dataset,
  options: ActivationOptions,
): ActivationCurve[] {
  const { config } = network;
  const shapes = layerShapes(config);
  const names = chainNames(config, options.inputNames, options.targetNames);
  const raw = config.normalisation === "minmax" ? [] : rawInputs(network, train);
  const stages = splineStages(config);
  const quotas = shareOut(options.most, stages.map(numLayerEdges));
  return shapes.flatMap(([nIn, nOut], layer) => {
    const edges = Array.from({ length: nIn * nOut }, (_, e) => ({
      input: Math.floor(e / nOut),
      output: e % nOut,
    })).filter(({ input, output }) => hasEdge(stages[layer], input, output));
    const shown = quotas[layer] >= edges.length
      ? edges
      : largestRanges(network, layer, edges, quotas[layer]);
    return shown.map(({ input, output }): ActivationCurve => {
      const knots = innerKnots(network, layer, input);
      const x = samplePositions(knots, config.degree);
      const map = normalisationMap(network, layer, input);
      const scale = layer === 0 && config.firstLayer === "spline"
        ? options.inputScales?.[input]
        : undefined;
      const rawAt = (u: number) => unscaler(scale)(map.fromDomain(u));
      return {
        layer,
        input,
        output,
        x,
        y: edgeValues(network, layer, input, output, x),
        knots,
        dataRange: measuredRange(network, layer, input) ??
          rangeOf(raw[layer], input, nIn, map.toDomain) ?? config.domain,
        domain: config.domain,
        rawRange: [rawAt(config.domain[0]), rawAt(config.domain[1])],
        rawInputName: names[layer][input],
        outputName: names[layer + 1][output],
      };
    });
  });
}

/** Splits `total` over the layers: small layers whole, the rest evenly. */
function shareOut(total: number, sizes: readonly number[]): number[] {
  const quotas = new Array<number>(sizes.length).fill(0);
  const order = sizes.map((_, k) => k).sort((i, j) => sizes[i] - sizes[j]);
  let left = total;
  order.forEach((k, done) => {
    quotas[k] = Math.min(sizes[k], Math.max(1, Math.floor(left / (sizes.length - done))));
    left -= quotas[k];
  });
  return quotas;
}

/** The knots `t_0..t_n` inside the domain. */
export function innerKnots(network: Network, layer: number, input: number): number[] {
  const { values, degree } = layerKnots(network, layer, input);
  return [...values.subarray(degree, values.length - degree)];
}

interface Edge {
  readonly input: number;
  readonly output: number;
}

/** The edges whose values range furthest, in the order of `edges`. */
function largestRanges(
  network: Network,
  layer: number,
  edges: readonly Edge[],
  count: number,
): Edge[] {
  const ranges = edges.map(({ input, output }) => {
    const knots = innerKnots(network, layer, input);
    const y = edgeValues(network, layer, input, output, knots);
    return y.reduce((m, v) => Math.max(m, v), -Infinity) -
      y.reduce((m, v) => Math.min(m, v), Infinity);
  });
  const order = edges.map((_, e) => e).sort((i, j) => ranges[j] - ranges[i] || i - j);
  return order.slice(0, count).sort((i, j) => i - j).map((e) => edges[e]);
}

/** Positions in every interval of positive length, knots included, ascending. */
function samplePositions(knots: readonly number[], degree: number): number[] {
  const pieces = degree === 1 ? 1 : Math.max(2, Math.ceil(SAMPLES / (knots.length - 1)));
  const x = [knots[0]];
  for (let i = 1; i < knots.length; i++) {
    const from = knots[i - 1], to = knots[i];
    if (!(to > from)) continue;
    for (let j = 1; j < pieces; j++) x.push(from + (to - from) * j / pieces);
    x.push(to);
  }
  return x;
}

/** Values of one edge at many positions; the spline of the edge is made once. */
function edgeValues(
  network: Network,
  layer: number,
  input: number,
  output: number,
  x: readonly number[],
): number[] {
  const { knots, coefficients } = edgeSpline(network, layer, input, output);
  const weight = edgeBaseWeight(network, splineStage(network.config, layer), input, output);
  return x.map((u) =>
    evaluateSpline(knots, coefficients, u) + (weight === 0 ? 0 : weight * silu(u))
  );
}

/** The range that min-max normalisation has kept, as positions in the domain. */
function measuredRange(
  network: Network,
  layer: number,
  input: number,
): [number, number] | undefined {
  const statistics = network.statistics[layer];
  if (statistics.kind !== "minmax") return undefined;
  const { toDomain } = normalisationMap(network, layer, input);
  return [toDomain(statistics.minimum[input]), toDomain(statistics.maximum[input])];
}

/** Raw inputs of every spline layer for evenly chosen rows. */
function rawInputs(network: Network, { rows, nIn, inputs }: Dataset): Float64Array[] {
  const count = Math.min(rows, MOST_ROWS);
  if (count === 0) return [];
  const chosen = new Float64Array(count * nIn);
  for (let i = 0; i < count; i++) {
    const row = Math.floor(i * rows / count);
    chosen.set(inputs.subarray(row * nIn, (row + 1) * nIn), i * nIn);
  }
  return layerInputs(network, chosen, count);
}

/** Range of one node's positions in the domain; `undefined` without rows. */
function rangeOf(
  raw: Float64Array | undefined,
  node: number,
  nIn: number,
  toDomain: (x: number) => number,
): [number, number] | undefined {
  if (raw === undefined) return undefined;
  let low = Infinity, high = -Infinity;
  for (let i = node; i < raw.length; i += nIn) {
    low = Math.min(low, raw[i]);
    high = Math.max(high, raw[i]);
  }
  return low <= high ? [toDomain(low), toDomain(high)] : undefined;
}
