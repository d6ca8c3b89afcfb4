/**
 * Where the first spline layer passes its knots, in the space of two inputs.
 *
 * A network with a linear first map passes knot `t_i` of node `p` on the line
 * `w_p . x + b_p = r`, where `r` is the raw value whose normalised position is `t_i`; one that
 * starts with splines on the line `x_p = r` (Actor et al. 2025, figures 1 and 2).
 *
 * @module
 */

import type { ColumnScale, Dataset } from "../../data/mod.ts";
import { blockValues, normalisationMap, splineWidths } from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import { innerKnots } from "./activations.ts";
import { inputRanges, mapAxis } from "./error_map.ts";
import type { KnotLineMap, KnotLines, Segment } from "./data.ts";

/** The box of the inputs: `[low, high]` of both. */
export type Box = readonly [readonly [number, number], readonly [number, number]];

/** Knot lines of all nodes; `undefined` unless the network has splines and two inputs that vary. */
export function knotLineMap(
  network: Network,
  train: Dataset,
  inputNames: readonly string[],
  inputScales: readonly ColumnScale[] | undefined,
): KnotLineMap | undefined {
  if (network.config.activation !== "spline") return undefined;
  if (network.config.widths[0] !== 2 || train.rows === 0) return undefined;
  const [first, second] = inputRanges(train);
  const box: Box = [first, second];
  if (box.some(([low, high]) => !(high > low))) return undefined;
  const linear = network.config.firstLayer === "linear";
  const axes = inputNames.map((name, axis) => mapAxis(inputScales?.[axis], name));
  const [showX, showY] = axes.map(({ show }) => show);
  const [count] = splineWidths(network.config, 0);
  const nodes = Array.from({ length: count }, (_, node): KnotLines => {
    const { weights, bias } = direction(network, node);
    const map = normalisationMap(network, 0, node);
    const lines = innerKnots(network, 0, node).slice(1, -1)
      .map((t) => clipLine(weights, map.fromDomain(t) - bias, box))
      .filter((segment) => segment !== undefined)
      .map(([x0, y0, x1, y1]): Segment => [showX(x0), showY(y0), showX(x1), showY(y1)]);
    return { node, name: linear ? `z${node + 1}` : inputNames[node], lines };
  });
  return {
    x: [showX(first[0]), showX(first[1])],
    y: [showY(second[0]), showY(second[1])],
    names: [axes[0].name, axes[1].name],
    nodes,
  };
}

/** The raw input of a node is `weights . x + bias`. */
function direction(
  network: Network,
  node: number,
): { weights: readonly [number, number]; bias: number } {
  if (network.config.firstLayer === "spline") {
    return { weights: node === 0 ? [1, 0] : [0, 1], bias: 0 };
  }
  const weights = blockValues(network, "linear.weights"); // [2, nOut]
  const nOut = weights.length / 2;
  const bias = blockValues(network, "linear.bias");
  return {
    weights: [weights[node], weights[nOut + node]],
    bias: bias.length === 0 ? 0 : bias[node],
  };
}

/**
 * The part of the line `w . x = level` within a box.
 *
 * @returns The segment; `undefined` where the line misses the box, touches only a corner, or
 * `w` is 0.
 */
function clipLine(
  weights: readonly [number, number],
  level: number,
  box: Box,
): Segment | undefined {
  const [u, v] = weights;
  const square = u * u + v * v;
  if (!(square > 0) || !Number.isFinite(level / square)) return undefined;
  // Points p + s d with p the point nearest the origin: Liang and Barsky's clipping.
  const point = [u * level / square, v * level / square];
  const along = [-v, u];
  let from = -Infinity, to = Infinity;
  for (const axis of [0, 1] as const) {
    const [low, high] = box[axis];
    if (along[axis] === 0) {
      if (point[axis] < low || point[axis] > high) return undefined;
      continue;
    }
    const s0 = (low - point[axis]) / along[axis], s1 = (high - point[axis]) / along[axis];
    from = Math.max(from, Math.min(s0, s1));
    to = Math.min(to, Math.max(s0, s1));
  }
  if (!(to > from)) return undefined;
  const at = (s: number, axis: 0 | 1) =>
    Math.min(Math.max(point[axis] + s * along[axis], box[axis][0]), box[axis][1]);
  return [at(from, 0), at(from, 1), at(to, 0), at(to, 1)];
}
