/**
 * A network's options in words.
 *
 * @module
 */

import { activationName } from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import type { TrainEvent } from "../../train/mod.ts";

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
  const { config } = network;
  if (config.activation !== "spline") {
    return [
      ["widths", `[${config.widths.join(", ")}]`],
      ["activation", `${activationName(config.activation)} (an MLP)`],
      ["bias", config.bias ? "on all linear maps but the last" : "none"],
    ];
  }
  const rows: [string, string][] = [
    ["widths", `[${config.widths.join(", ")}]`],
    ["degree", `${config.degree}`],
    ["intervals", intervalsOf(network, events)],
    ["basis", config.basis],
    [
      "knots",
      config.knots === "uniform"
        ? "uniform"
        : `${config.knots}, one vector per ${config.knotSharing}`,
    ],
    ["outer knots", config.outerKnots],
    [
      "first layer",
      config.firstLayer === "spline" ? "spline" : `linear, ${config.bias ? "with" : "no"} bias`,
    ],
    ["normalisation", `${config.normalisation} onto [${config.domain.join(", ")}]`],
    ["extrapolation", config.extrapolation],
  ];
  if (config.base !== "none") rows.push(["base", config.base]);
  return rows;
}
