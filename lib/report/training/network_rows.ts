/**
 * A network's options in words.
 *
 * @module
 */

import {
  activationName,
  numLayerEdges,
  numSplineLayers,
  splineStages,
  splineWidths,
} from "../../model/inner.ts";
import type { Network, NetworkConfig } from "../../model/mod.ts";
import type { TrainEvent } from "../../train/mod.ts";

/** Shape `[nIn, nOut]` of every spline layer. */
export function layerShapes(config: NetworkConfig): [number, number][] {
  return Array.from({ length: numSplineLayers(config) }, (_, k) => splineWidths(config, k));
}

/** Number of edges of every spline layer; undefined where all have all. */
export function layerEdgeCounts(config: NetworkConfig): number[] | undefined {
  return config.edges && splineStages(config).map(numLayerEdges);
}

/** The network in one line. */
export function describeNetwork(network: Network, events: readonly TrainEvent[]): string {
  const { widths, activation, degree, knots } = network.config;
  if (activation !== "spline") {
    return `A [${widths.join(", ")}] MLP with ${activationName(activation)}`;
  }
  return `A [${widths.join(", ")}] network of ${knots}-knot splines of degree ${degree}, ` +
    `${intervalsOf(network, events)} intervals`;
}

/** `5 → 40` after refinements, else `5`. */
function intervalsOf(network: Network, events: readonly TrainEvent[]): string {
  const first = events.find((event) => event.type === "stage")?.intervals;
  const { intervals } = network.config;
  return first === undefined || first === intervals ? `${intervals}` : `${first} → ${intervals}`;
}

/** The network's own options as rows of the configuration table. */
export function networkRows(network: Network, events: readonly TrainEvent[]): [string, string][] {
  const { config } = network,
    widths: [string, string] = ["widths", `[${config.widths.join(", ")}]`];
  if (config.activation !== "spline") {
    return [
      widths,
      ["activation", `${activationName(config.activation)} (an MLP)`],
      ["bias", config.bias ? "on all linear maps but the last" : "none"],
    ];
  }
  return [
    widths,
    ["degree", `${config.degree}`],
    ["intervals", intervalsOf(network, events)],
    ["basis", config.basis],
    [
      "knots",
      config.knots + (config.knots !== "uniform" ? `, one vector per ${config.knotSharing}` : ""),
    ],
    ["outer knots", config.outerKnots],
    [
      "first layer",
      config.firstLayer === "spline" ? "spline" : `linear, ${config.bias ? "with" : "no"} bias`,
    ],
    ["normalisation", `${config.normalisation} onto [${config.domain.join(", ")}]`],
    ["extrapolation", config.extrapolation],
    ...(config.edges
      ? [
        [
          "edges",
          splineStages(config).map((stage) =>
            `${numLayerEdges(stage)} of ${stage.nIn * stage.nOut}`
          ).join(", "),
        ] satisfies [string, string],
      ]
      : []),
    ...(config.base === "none" ? [] : [["base", config.base] satisfies [string, string]]),
  ];
}
