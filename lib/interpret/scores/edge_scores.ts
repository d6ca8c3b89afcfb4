/**
 * How much every edge, node and input of a network matters at some rows.
 *
 * @module
 */

import { checkOptions } from "../../numerics/inner.ts";
import {
  checkNetwork,
  type LinearStage,
  type SplineStage,
  stagesOf,
  stageValues,
} from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import { countRows } from "../structure/output_function.ts";
import { edgeFlow } from "./edge_flow.ts";

/** What one edge carries, and what of it arrives. */
export interface EdgeScore {
  /** Input node of the layer. */
  readonly input: number;
  /** Output node of the layer. */
  readonly output: number;
  /** `mean_r |phi(x_r)|`: the mean size of what flows, constants included. */
  readonly magnitude: number;
  /** Standard deviation of `phi(x_r)`: what varies of it. */
  readonly deviation: number;
  /**
   * From the outputs back, as pykan's attribution: the score of the output node times the edge's
   * deviation over the node's own. Never negative; edges that cancel out all count.
   */
  readonly attribution: number;
  /**
   * From the outputs back by variances: the share of the output node times
   * `cov(phi_pq, y_q) / var(y_q)`. The shares of a layer sum to 1; an edge that works against the
   * others has a negative one.
   */
  readonly share: number;
}

/** What one node does. */
export type NodeScore = Pick<EdgeScore, "deviation" | "attribution" | "share">;

/** The edges of one map of the network, the linear one or a spline layer. */
export interface LayerScores {
  /** `linear`, `spline0`, ...: the prefix of its parameter blocks. */
  readonly name: string;
  /** Number of input nodes. */
  readonly nIn: number;
  /** Number of output nodes. */
  readonly nOut: number;
  /** Shape `[nIn, nOut]`, row-major. */
  readonly edges: readonly EdgeScore[];
}

/** Scores of a network at some rows. */
export interface NetworkScores {
  /** Number of rows. */
  readonly rows: number;
  /** First to last. */
  readonly layers: readonly LayerScores[];
  /** Scores of the nodes of every width: `nodes[0]` are the inputs, the last ones the outputs. */
  readonly nodes: readonly (readonly NodeScore[])[];
}

/** Options of {@linkcode edgeScores}. */
export interface EdgeScoreOptions {
  /** The output that is asked about. Default: all, each by its part of their variance. */
  readonly output?: number | undefined;
}

/**
 * Scores edges, nodes and inputs of a network by what flows through them at some rows; exact for
 * these rows, nothing is sampled.
 *
 * The attribution is that of pykan's `attribute` (Z. Liu et al., KAN 2.0, 2024, section 3), without
 * the 1e-4 that it adds to deviations.
 *
 * @param network The network.
 * @param inputs Rows as the network sees them, shape `[rows, nIn]`.
 * @param options The output that counts.
 * @returns Scores per layer and per node.
 * @throws {TypeError} If the inputs are not rows of the network.
 * @throws {RangeError} If there is no such output.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { edgeScores } from "@freeknot/freeknot/interpret";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const inputs = Float64Array.from({ length: 200 }, (_, i) => Math.sin(i));
 * const { nodes } = edgeScores(network, inputs);
 * assertAlmostEquals(nodes[0].reduce((sum, { share }) => sum + share, 0), 1, 1e-10);
 * ```
 */
export function edgeScores(
  network: Network,
  inputs: Float64Array,
  options: EdgeScoreOptions = {},
): NetworkScores {
  const verb = "score edges";
  checkNetwork(verb, network);
  checkOptions(verb, options, "output");
  const { widths } = network.config;
  const rows = countRows(verb, inputs, widths[0]);
  const nOut = widths[widths.length - 1];
  const { output } = options;
  if (output !== undefined && !(Number.isInteger(output) && output >= 0 && output < nOut)) {
    throw new RangeError(
      `Cannot ${verb}: output must be an integer from 0 to ${nOut - 1}, current value is ${output}`,
    );
  }
  const values = stageValues(network, inputs, rows), stages = stagesOf(network.config);
  let above = outputNodes(values[values.length - 1], nOut, output);
  const layers: LayerScores[] = [], nodes: NodeScore[][] = [above];
  for (let k = stages.length - 1; k >= 0; k--) {
    const stage = stages[k];
    if (stage.kind === "relu" || stage.kind === "tanh") continue; // a node hands its score on
    const edges = layerEdges(network, stage, values[k], values[k + 1], above);
    const spread = deviations(values[k], stage.nIn);
    above = spread.map((deviation, p) => ({
      deviation,
      ...sumScores(edges.slice(p * stage.nOut, (p + 1) * stage.nOut)),
    }));
    const name = stage.kind === "linear" ? stage.name : `spline${stage.layer}`;
    layers.unshift({ name, nIn: stage.nIn, nOut: stage.nOut, edges });
    nodes.unshift(above);
  }
  return { rows, layers, nodes };
}

function outputNodes(
  values: Float64Array,
  nOut: number,
  output: number | undefined,
): NodeScore[] {
  const spread = deviations(values, nOut);
  const variance = spread.reduce((sum, deviation) => sum + deviation ** 2, 0);
  return spread.map((deviation, q) => {
    const score = output !== undefined
      ? Number(q === output)
      : variance > 0
      ? deviation ** 2 / variance
      : 1 / nOut;
    return { deviation, attribution: score, share: score };
  });
}

/** Standard deviation of every column. */
function deviations(values: Float64Array, columns: number): number[] {
  return Array.from({ length: columns }, (_, c) => {
    const { mean, rows } = columnMean(values, columns, c);
    let sum = 0;
    for (let i = c; i < values.length; i += columns) sum += (values[i] - mean) ** 2;
    return Math.sqrt(sum / rows);
  });
}

function columnMean(values: Float64Array, columns: number, c: number) {
  const rows = values.length / columns;
  let sum = 0;
  for (let i = c; i < values.length; i += columns) sum += values[i];
  return { mean: sum / rows, rows };
}

function layerEdges(
  network: Network,
  stage: LinearStage | SplineStage,
  x: Float64Array,
  y: Float64Array,
  above: readonly NodeScore[],
): EdgeScore[] {
  const { nIn, nOut } = stage, rows = x.length / nIn;
  const means = above.map((_, q) => columnMean(y, nOut, q).mean);
  // What follows the layer may be a function of the node: variances are taken in front of it.
  const spread = deviations(y, nOut);
  const edges: EdgeScore[] = [];
  for (let p = 0; p < nIn; p++) {
    const flow = edgeFlow(network, stage, x, p);
    for (let q = 0; q < nOut; q++) {
      const { mean } = columnMean(flow, nOut, q);
      let magnitude = 0, square = 0, product = 0;
      for (let r = 0; r < rows; r++) {
        const value = flow[r * nOut + q];
        magnitude += Math.abs(value);
        square += (value - mean) ** 2;
        product += (value - mean) * (y[r * nOut + q] - means[q]);
      }
      const deviation = Math.sqrt(square / rows), node = spread[q];
      edges.push({
        ...{ input: p, output: q, magnitude: magnitude / rows, deviation },
        attribution: node > 0 ? above[q].attribution * deviation / node : 0,
        share: node > 0 ? above[q].share * (product / rows) / node ** 2 : 0,
      });
    }
  }
  return edges;
}

function sumScores(edges: readonly EdgeScore[]): Omit<NodeScore, "deviation"> {
  let attribution = 0, share = 0;
  for (const edge of edges) {
    attribution += edge.attribution;
    share += edge.share;
  }
  return { attribution, share };
}
