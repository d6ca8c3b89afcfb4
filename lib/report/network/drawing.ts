/**
 * From a network and its scores to a drawing.
 *
 * @module
 */

import { evaluateSpline } from "../../basis/mod.ts";
import { type EdgeScore, edgeScores, type NetworkScores } from "../../interpret/mod.ts";
import {
  blockValues,
  edgeBaseWeight,
  hasEdge,
  silu,
  type SplineStage,
  splineStages,
} from "../../model/inner.ts";
import { edgeSpline, type Network } from "../../model/mod.ts";
import { checkOptions, defined } from "../../numerics/inner.ts";
import { nodeNames } from "../training/names.ts";
import { rounded } from "../html/numbers.ts";
import type { DrawnEdge, DrawnLayer, NetworkDrawing } from "./data.ts";

/** Options of {@linkcode networkDrawing}. */
export interface NetworkDrawingOptions {
  /** Names of the inputs. Default `x`, or `x1`, `x2`, ... */
  readonly inputNames?: readonly string[] | undefined;
  /** Names of the outputs. Default `y`, or `y1`, `y2`, ... */
  readonly outputNames?: readonly string[] | undefined;
  /** Names of functions that edges of spline layers are, by `layer.input.output`. */
  readonly symbols?: Readonly<Record<string, string>> | undefined;
  /** Scores that are known already. */
  readonly scores?: NetworkScores | undefined;
  /** Most edges of a layer that are drawn, those that matter most. Default 60, of linear maps 600. */
  readonly most?: number | undefined;
}

/** Positions of a curve. */
const SAMPLES = 40;

/**
 * Makes the drawing of a network as pykan draws it: every edge of a spline layer with its curve,
 * fainter the less it matters. A linear map is lines, of MLPs there is nothing else.
 *
 * @param network The network.
 * @param inputs Rows as the network sees them, shape `[rows, nIn]`: edges are scored by them.
 * @param options Names, and how many edges.
 * @returns Plain data for {@linkcode networkSvg}.
 * @throws {TypeError} If the inputs are not rows of the network.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { networkDrawing, networkSvg } from "@freeknot/freeknot/report";
 * import { assertEquals, assertStringIncludes } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
 * const inputs = Float64Array.from({ length: 200 }, (_, i) => Math.sin(i));
 * const drawing = networkDrawing(network, inputs, { inputNames: ["age", "mass"] });
 * assertEquals(drawing.layers.map(({ edges }) => edges.length), [6, 3]);
 * assertStringIncludes(networkSvg(drawing), "mass");
 * ```
 */
export function networkDrawing(
  network: Network,
  inputs: Float64Array,
  options: NetworkDrawingOptions = {},
): NetworkDrawing {
  checkOptions("draw network", options, "inputNames outputNames symbols scores most");
  const { config } = network, { widths } = config, { symbols = {} } = options;
  const scores = options.scores ?? edgeScores(network, inputs), splines = splineStages(config);
  let spline = 0;
  const layers = scores.layers.map(({ name, nIn, nOut, edges }): DrawnLayer => {
    const kind = name.startsWith("linear") ? "linear" : "spline";
    const layer = kind === "spline" ? spline++ : -1;
    const stage = kind === "spline" ? splines[layer] : undefined;
    const there = stage?.edges
      ? edges.filter(({ input, output }) => hasEdge(stage, input, output))
      : edges;
    const largest = Math.max(...edges.map(({ attribution }) => attribution));
    const most = options.most ?? (kind === "spline" ? 60 : 600);
    const drawn = there.toSorted((a, b) => b.attribution - a.attribution).slice(0, most)
      .sort((a, b) => a.input - b.input || a.output - b.output);
    return {
      ...{ kind, nIn, nOut },
      ...(there.length < edges.length && { missing: edges.length - there.length }),
      edges: drawn.map((edge): DrawnEdge => ({
        input: edge.input,
        output: edge.output,
        score: relative(edge, largest),
        ...(stage === undefined ? { sign: weightSign(network, name, edge, nOut) } : {
          curve: curveOf(network, stage, edge),
          ...defined({ symbol: symbols[`${layer}.${edge.input}.${edge.output}`] }),
        }),
      })),
    };
  });
  return {
    layers,
    inputs: nodeNames(widths[0], "x", options.inputNames ?? []),
    outputs: nodeNames(widths[widths.length - 1], "y", options.outputNames ?? []),
    nodes: scores.nodes.map((nodes) => {
      const largest = Math.max(...nodes.map(({ attribution }) => attribution));
      return nodes.map((node) => relative(node, largest));
    }),
  };
}

function relative({ attribution }: Pick<EdgeScore, "attribution">, largest: number): number {
  return largest > 0 ? Number((attribution / largest).toPrecision(3)) : 0;
}

function weightSign(
  network: Network,
  name: string,
  { input, output }: EdgeScore,
  nOut: number,
): number {
  return Math.sign(blockValues(network, `${name}.weights`)[input * nOut + output]);
}

function curveOf(network: Network, stage: SplineStage, { input, output }: EdgeScore) {
  const { knots, coefficients } = edgeSpline(network, stage.layer, input, output);
  const [a, b] = network.config.domain;
  const weight = edgeBaseWeight(network, stage, input, output);
  const x = Array.from({ length: SAMPLES + 1 }, (_, k) => a + (b - a) * k / SAMPLES);
  const y = x.map((u) =>
    evaluateSpline(knots, coefficients, u) + (weight === 0 ? 0 : weight * silu(u))
  );
  return {
    x: rounded(x, 4).map((value) => value ?? 0),
    y: rounded(y, 4).map((value) => value ?? 0),
  };
}
