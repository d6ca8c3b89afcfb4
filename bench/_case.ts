/**
 * One row of the table: a network, its grid, its knots, the threads; and the numbers to run it on.
 *
 * @module
 */

import { createNetwork, type Dataset, type Network } from "@freeknot/freeknot";

import { createRandom } from "@freeknot/freeknot/model";

/** What is timed: one loss-and-gradient of this all-spline network. */
export interface Case {
  /** Nodes per layer; every layer is splines. */
  readonly widths: readonly number[];
  readonly degree: number;
  readonly intervals: number;
  readonly knots: "uniform" | "free";
  readonly threads: number;
}

/** How long a program measures, after its warm-up: at least 3 evaluations. */
export interface Patience {
  readonly seconds: number;
  readonly repeats: number;
}

/** Parameters and points, the same for every program that takes them. */
export interface Problem {
  readonly network: Network;
  readonly dataset: Dataset;
}

const MOST_ROWS = 20_000;
const MOST_EDGE_POINTS = 40_000_000;
const SPREAD = 0.58; // of coefficients, over sqrt(nIn): hidden values then have a spread of about 0.4

/** Splines of the network: the sum of `nIn nOut` over its layers. */
export function edgesOf({ widths }: Pick<Case, "widths">): number {
  return widths.slice(1).reduce((sum, nOut, layer) => sum + widths[layer] * nOut, 0);
}

/** Points of a case: 20,000, fewer for wide networks. */
export function rowsOf(which: Case): number {
  return Math.min(MOST_ROWS, Math.floor(MOST_EDGE_POINTS / edgesOf(which)));
}

/**
 * Points for a program that evaluates the whole basis, such that one layer after the other holds
 * at most `most` basis values; at least 16.
 */
export function rowsWithin(which: Case, most: number): number {
  const { widths, intervals, degree } = which;
  const nodes = widths.slice(0, -1).reduce((sum, width) => sum + width, 0);
  return Math.max(16, Math.min(rowsOf(which), Math.floor(most / (nodes * (intervals + degree)))));
}

/**
 * Makes the network and the points.
 *
 * Coefficients are normal, such that few hidden values leave the domain; logits of free knots have
 * a spread of 0.3, so that knots are not evenly spaced.
 *
 * @param which The case.
 * @param normalisation `"none"`: values outside the domain are clamped, as in the C program;
 * `"minmax"`: the library's default, extrapolation too.
 * @param rows Points.
 */
export function createProblem(
  which: Case,
  normalisation: "none" | "minmax",
  rows = rowsOf(which),
): Problem {
  const { widths, degree, intervals, knots } = which;
  const network = createNetwork({
    widths,
    firstLayer: "spline",
    degree,
    intervals,
    knots,
    normalisation,
    extrapolation: normalisation === "none" ? "clamp" : "linear",
  }, { seed: 1 });
  const random = createRandom(0, "bench");
  const parameters = new Float64Array(network.parameters.length);
  for (const { name, offset, shape, size } of network.layout) {
    const spread = name.endsWith("knotLogits") ? 0.3 : SPREAD / Math.sqrt(shape[0]);
    for (let i = 0; i < size; i++) parameters[offset + i] = spread * random.normal();
  }
  const nIn = widths[0], nOut = widths[widths.length - 1];
  const dataset: Dataset = {
    rows,
    nIn,
    nOut,
    inputs: Float64Array.from({ length: rows * nIn }, () => 2 * random.uniform() - 1),
    targets: Float64Array.from({ length: rows * nOut }, () => random.uniform()),
  };
  return { network: { ...network, parameters }, dataset };
}

/** The middle one of some numbers. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
