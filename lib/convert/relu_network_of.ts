/**
 * Networks with other piecewise-linear activations as ReLU networks.
 *
 * @module
 */

import { checkArray, checkRecord } from "../numerics/inner.ts";
import {
  checkReluNetwork,
  composed,
  entriesLayer,
  type ReluLayer,
  type ReluNetwork,
  rowsLayer,
} from "./relu_network.ts";

/**
 * A piecewise-linear activation: `relu`, `abs`, `hardTanh` (`x` between -1 and 1), `maxPairs` (the
 * larger of two neighbours, which halves the layer), `none`, or a leaky ReLU with its slope below
 * 0, one for the layer or one per node (PReLU). A power of ReLU is not piecewise linear, but has
 * splines of its degree.
 */
export type PiecewiseActivation =
  | "relu"
  | "abs"
  | "hardTanh"
  | "maxPairs"
  | "none"
  | { readonly leaky: number | readonly number[] }
  | { readonly power: number };

/** One layer of an MLP, `f(W x + b)`. */
export interface PiecewiseLayer {
  /** `W`, one row per node, `[nOut][nIn]`. */
  readonly weights: readonly ArrayLike<number>[];
  /** `b`. Default 0. */
  readonly bias?: ArrayLike<number> | undefined;
  /** `f`. Default none. */
  readonly activation?: PiecewiseActivation | undefined;
}

/**
 * Rewrites an MLP with piecewise-linear activations as a ReLU network, exactly: a leaky ReLU is
 * `ReLU(x) - slope ReLU(-x)`, the larger of `a` and `b` is `b + ReLU(a - b)`.
 *
 * @param layers Inputs first.
 * @returns The ReLU network.
 * @throws {RangeError} If an activation is not piecewise linear or `maxPairs` meets an odd width.
 * @throws {TypeError} If layers do not fit together.
 *
 * @example
 * ```ts
 * import { reluNetworkOf, reluOutputs } from "@freeknot/freeknot/convert";
 * import { assertEquals } from "@std/assert";
 *
 * const relu = reluNetworkOf([
 *   { weights: [[1], [-2]], bias: [0.5, 0], activation: { leaky: 0.25 } },
 *   { weights: [[1, 1]] },
 * ]);
 * assertEquals([...reluOutputs(relu, Float64Array.of(1))], [1.5 - 0.5]);
 * ```
 */
export function reluNetworkOf(layers: readonly PiecewiseLayer[]): ReluNetwork {
  checkArray("build ReLU network", "layers", layers, "a list of { weights, bias, activation }");
  const result: ReluLayer[] = [];
  let after: ReluLayer | undefined; // what the next map's inputs are, in terms of the units
  layers.forEach((layer, l) => {
    checkRecord("build ReLU network", "layers", layer, "records { weights, bias, activation }", [
      "weights",
    ]);
    const { weights, activation = "none" } = layer, bias = layer.bias ?? weights.map(() => 0);
    checkShape(weights, bias, l);
    const affine = rowsLayer(weights, bias, "none");
    if (after !== undefined && after.nOut !== affine.nIn) {
      throw new TypeError(
        `Cannot build ReLU network: weights of layer ${l + 1} must have rows of ${after.nOut} ` +
          `numbers, current value is ${affine.nIn} numbers`,
      );
    }
    const map = after === undefined ? affine : composed(after, affine);
    after = undefined;
    if (activation === "relu") result.push({ ...map, activation });
    else if (typeof activation === "object" && activation !== null && "power" in activation) {
      result.push({ ...map, activation: "relu", power: activation.power });
    } else if (activation === "none") result.push(map);
    else {
      const { before, units, sums } = parts(activation, map.nOut, l);
      result.push(before === undefined ? map : composed(map, before), units);
      after = sums;
    }
  });
  if (after !== undefined) result.push(after);
  const network = { layers: result };
  checkReluNetwork("build ReLU network", network);
  return network;
}

function checkShape(
  weights: readonly ArrayLike<number>[],
  bias: ArrayLike<number>,
  l: number,
): void {
  const width = weights[0]?.length ?? 0;
  if (width > 0 && weights.every((row) => row.length === width) && bias.length === weights.length) {
    return;
  }
  throw new TypeError(
    `Cannot build ReLU network: weights of layer ${l + 1} must be rows of one length, one per ` +
      `bias, current value is ${weights.length} rows and ${bias.length} biases`,
  );
}

/** What stands for an activation: a map before the units, the units, the sums of units behind. */
interface Parts {
  readonly before?: ReluLayer;
  readonly units: ReluLayer;
  readonly sums: ReluLayer;
}

function parts(activation: PiecewiseActivation, nodes: number, l: number): Parts {
  if (activation === "maxPairs") return pairs(nodes, l);
  const shape = unitsOf(activation, nodes, l);
  const units: [number, number][][] = [], offsets: number[] = [];
  const sums: [number, number][][] = [], constants: number[] = [];
  for (let p = 0; p < nodes; p++) {
    const row: [number, number][] = [];
    for (const [sign, offset, weight] of shape(p)) {
      if (weight === 0) continue;
      row.push([units.length, weight]);
      units.push([[p, sign]]);
      offsets.push(offset);
    }
    sums.push(row);
    constants.push(activation === "hardTanh" ? -1 : 0);
  }
  return {
    units: entriesLayer(units, nodes, offsets, "relu"),
    sums: entriesLayer(sums, units.length, constants, "none"),
  };
}

/** Units `weight ReLU(sign x + offset)` of a node, as `[sign, offset, weight]`. */
type NodeShape = (p: number) => readonly (readonly [1 | -1, number, number])[];

function unitsOf(activation: PiecewiseActivation, nodes: number, l: number): NodeShape {
  if (activation === "abs") return () => [[1, 0, 1], [-1, 0, 1]];
  if (activation === "hardTanh") return () => [[1, 1, 1], [1, -1, -1]];
  const leaky = typeof activation === "object" && activation !== null && "leaky" in activation
    ? activation.leaky
    : NaN;
  const slopes = typeof leaky === "number" ? Array<number>(nodes).fill(leaky) : leaky;
  if (slopes?.length !== nodes || !slopes.every(Number.isFinite)) {
    throw new RangeError(
      `Cannot build ReLU network: activation of layer ${l + 1} must be relu, abs, hardTanh, ` +
        `maxPairs, none, { power } or { leaky } with a slope, or one per node (others are not ` +
        `piecewise linear), current value is ${JSON.stringify(activation)}`,
    );
  }
  return (p) => [[1, 0, 1], [-1, 0, -slopes[p]]];
}

/** `max(a, b) = ReLU(a - b) + ReLU(b) - ReLU(-b)`. */
function pairs(nodes: number, l: number): Parts {
  if (nodes % 2 !== 0) {
    throw new RangeError(
      `Cannot build ReLU network: activation of layer ${l + 1} must not be maxPairs where nodes ` +
        `are odd in number, current value is ${nodes} nodes`,
    );
  }
  const half = nodes / 2, zeros = new Float64Array(3 * half);
  const index = Array.from({ length: half }, (_, i) => i);
  const before = index.flatMap((i): [number, number][][] => [
    [[2 * i, 1], [2 * i + 1, -1]],
    [[2 * i + 1, 1]],
  ]);
  const units = index.flatMap((i): [number, number][][] => [
    [[2 * i, 1]],
    [[2 * i + 1, 1]],
    [[2 * i + 1, -1]],
  ]);
  const sums = index.map((i): [number, number][] => [[3 * i, 1], [3 * i + 1, 1], [3 * i + 2, -1]]);
  return {
    before: entriesLayer(before, nodes, zeros.subarray(0, nodes), "none"),
    units: entriesLayer(units, nodes, zeros, "relu"),
    sums: entriesLayer(sums, 3 * half, zeros.subarray(0, half), "none"),
  };
}
