/**
 * ReLU networks as networks of splines of degree 1.
 *
 * "Relating piecewise linear Kolmogorov Arnold networks to ReLU networks" (arXiv:2503.01702),
 * theorem 1.
 *
 * @module
 */

import { MAX_DEGREE } from "../knots/inner.ts";
import { blockValues, splineStages } from "../model/inner.ts";
import { createNetwork, layerKnots, type Network } from "../model/mod.ts";
import { checkOptions, log2, pow } from "../numerics/inner.ts";
import { type NodeUnit, unitChain, type UnitStage, unitValue } from "./_unit_chain.ts";
import {
  affineOutputs,
  checkReluNetwork,
  columnsOf,
  type ReluLayer,
  type ReluNetwork,
} from "./relu_network.ts";
import { splinesToRelu } from "./splines_to_relu.ts";

/** Options of {@linkcode reluToSplines}. */
export interface ReluToSplinesOptions {
  /**
   * Rows whose values the domain of the splines shall hold in every layer, shape `[rows, nIn]`: a
   * network that is to be trained on. Default: the kinks alone. Either is the same function.
   */
  readonly inputs?: Readonly<Float64Array> | undefined;
}

/**
 * Rewrites a ReLU network as a network of splines that is the same function on the whole space, to
 * rounding.
 *
 * A ReLU MLP keeps its widths: its first map stays, and every edge behind becomes
 * `phi_pq(z) = W_qp ReLU(z + b_p)`, two pieces with the knot at `-b_p`, so that no bias is left.
 * Units that {@linkcode splinesToRelu} made of one node's knots become knots of one node again.
 * Knots are fixed ones, normalisation is none, all nodes have the domain `[-R, R]`, `R` a power of
 * 2, and beyond it splines go on as lines.
 *
 * @param network A ReLU MLP, or a ReLU network as `splinesToRelu` and `reluNetworkOf` make them.
 * @param options The rows that the domain shall hold.
 * @returns The network of splines, degree 1; of powers of ReLU of that degree, and then the same
 * function on the domain only.
 * @throws {RangeError} If the network is no ReLU MLP, has no ReLU, or mixes powers.
 *
 * @example
 * ```ts
 * import { createNetwork, forward } from "@freeknot/freeknot";
 * import { reluToSplines } from "@freeknot/freeknot/convert";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const mlp = createNetwork({ widths: [2, 8, 8, 1], activation: "relu" }, { seed: 1 });
 * const splines = reluToSplines(mlp);
 * assertEquals([splines.config.degree, ...splines.config.widths], [1, 2, 8, 8, 1]);
 * const x = Float64Array.of(1000, -0.3);
 * assertAlmostEquals(forward(splines, x)[0], forward(mlp, x)[0], 1e-12);
 * ```
 */
export function reluToSplines(
  network: Network | ReluNetwork,
  options: ReluToSplinesOptions = {},
): Network {
  checkOptions("convert network", options, "inputs");
  const relu = reluOf(network), { stages, last } = unitChain(relu, relu === network);
  if (stages.length === 0) {
    throw new RangeError(
      "Cannot convert network: layers must hold a ReLU, current value is an affine map",
    );
  }
  const power = stages[0].power;
  if (power > MAX_DEGREE || stages.some((stage) => stage.power !== power)) {
    throw new RangeError(
      "Cannot convert network: powers must be the same in all layers and at most " +
        `${MAX_DEGREE}, current value is ${stages.map((stage) => stage.power).join(", ")}`,
    );
  }
  const linear = stages[0].map !== undefined;
  const places = shiftedPlaces(stages);
  const most = Math.max(1, ...places.flat(2).map(({ place }) => Math.abs(place)));
  const edges = biasEdges(stages[stages.length - 1], last);
  const reach = Math.max(
    2 * most,
    power === 1 ? Math.min(most * 2 ** 40, edges.reach) : 0,
    options.inputs === undefined ? 0 : valueReach(relu, stages, options.inputs),
  );
  const domain = pow(2, Math.ceil(log2(reach)));
  const kinks = places.map((nodes) => nodes.map(distinctPlaces));
  const intervals = Math.max(2, ...kinks.flat().map((list) => list.length + 1));
  const breakpoints = kinks.map((nodes) =>
    Float64Array.from(nodes.flatMap((list) => paddedPlaces(list, intervals, domain)))
  );
  const widths = [
    relu.layers[0].nIn,
    ...stages.slice(linear ? 0 : 1).map(({ map }) => map!.nOut),
    last.nOut,
  ];
  const bias = linear && stages[0].map!.bias.some((each) => each !== 0);
  const splines = createNetwork({
    ...{ widths, degree: power, intervals, normalisation: "none", domain: [-domain, domain] },
    ...{ knots: "fixed", firstLayer: linear ? "linear" : "spline", bias },
  }, { seed: 0, breakpoints });
  fillFirst(splines, stages[0].map);
  splineStages(splines.config).forEach(({ layer }) => {
    const weights = columnsOf(stages[layer + 1]?.map ?? last);
    places[layer].forEach((units, p) => fillNode(splines, layer, p, units, weights));
  });
  addBias(splines, last.bias, edges);
  return splines;
}

function reluOf(network: Network | ReluNetwork): ReluNetwork {
  if (typeof network === "object" && network !== null && "layers" in network) {
    checkReluNetwork("convert network", network);
    return network;
  }
  if (network?.config?.activation !== "relu") {
    throw new RangeError(
      "Cannot convert network: activation must be relu (tanh is not piecewise linear, splines are " +
        `splines already), current value is ${network?.config?.activation}`,
    );
  }
  return splinesToRelu(network);
}

/** The units of all stages; behind the first map biases are left out and knots moved instead. */
function shiftedPlaces(stages: readonly UnitStage[]): NodeUnit[][][] {
  return stages.map(({ map, units }, l) =>
    units.map((list, p) => {
      const shift = l === 0 || map === undefined ? 0 : map.bias[p];
      return list.map((unit) => ({ ...unit, place: unit.place - shift }));
    })
  );
}

/** Which edges take the bias of the outputs, and how far their domain must go for that. */
interface BiasEdges {
  /** Input node of the last splines, per output. */
  readonly nodes: readonly number[];
  /** Constants added to the coefficients of a longer domain cost its outer slopes no digits. */
  readonly reach: number;
}

/** Finds the edges whose slopes beyond the kinks are steepest, or that have no slope there. */
function biasEdges({ units }: UnitStage, last: ReluLayer): BiasEdges {
  const weights = columnsOf(last), best = new Float64Array(last.nOut);
  const nodes = new Array<number>(last.nOut).fill(0);
  units.forEach((list, p) => {
    const sums = [1, -1].map((side) => {
      const sum = new Float64Array(last.nOut);
      for (const { sign, column } of list) {
        if (sign !== side) continue;
        for (const [q, weight] of weights[column]) sum[q] += Math.abs(weight);
      }
      return sum;
    });
    best.forEach((most, q) => {
      const least = Math.min(...sums.map((sum) => sum[q] === 0 ? Infinity : sum[q]));
      if (least > most) [best[q], nodes[q]] = [least, p];
    });
  });
  const reach = best.reduce((most, slope, q) => Math.max(most, Math.abs(last.bias[q]) / slope), 0);
  return { nodes, reach };
}

/** The largest value of a node, without its bias, at some rows. */
function valueReach(
  network: ReluNetwork,
  stages: readonly UnitStage[],
  inputs: Readonly<Float64Array>,
): number {
  const { nIn } = network.layers[0], rows = inputs.length / nIn;
  if (!Number.isInteger(rows)) {
    throw new TypeError(
      `Cannot convert network: inputs must be rows x ${nIn} numbers, current value is ` +
        `${inputs.length} numbers`,
    );
  }
  let most = 0;
  for (let r = 0; r < rows; r++) {
    let x: Readonly<Float64Array> = inputs.subarray(r * nIn, (r + 1) * nIn);
    for (const { map, units, power } of stages) {
      if (map !== undefined) x = affineOutputs(map, x);
      x.forEach((value, p) => {
        most = Math.max(most, Math.abs(value), Math.abs(value - (map?.bias[p] ?? 0)));
      });
      const nodes = x, size = units.reduce((sum, list) => sum + list.length, 0);
      const outputs = new Float64Array(size);
      units.forEach((list, p) =>
        list.forEach((unit) => outputs[unit.column] = unitValue(unit, nodes[p], power))
      );
      x = outputs;
    }
  }
  return most;
}

function distinctPlaces(units: readonly NodeUnit[]): number[] {
  return [...new Set(units.map(({ place }) => place + 0))].sort((a, b) => a - b);
}

/** Breakpoints from `-domain` to `domain` with the places among them: the widest gaps are halved. */
function paddedPlaces(places: readonly number[], intervals: number, domain: number): number[] {
  const points = [-domain, ...places, domain];
  while (points.length < intervals + 1) {
    let widest = 1;
    for (let i = 2; i < points.length; i++) {
      if (points[i] - points[i - 1] > points[widest] - points[widest - 1]) widest = i;
    }
    points.splice(widest, 0, (points[widest] + points[widest - 1]) / 2);
  }
  return points;
}

/** The first map of a network whose first layer is linear. */
function fillFirst(network: Network, map: ReluLayer | undefined): void {
  if (map === undefined) return;
  const { nOut, starts, columns, values } = map;
  const weights = blockValues(network, "linear.weights").fill(0); // [nIn, nOut]
  for (let q = 0; q < nOut; q++) {
    for (let k = starts[q]; k < starts[q + 1]; k++) weights[columns[k] * nOut + q] = values[k];
  }
  const bias = blockValues(network, "linear.bias");
  if (bias.length > 0) bias.set(map.bias);
}

/** The coefficients of the edges that leave a node: sums of its units, weighted by the next map. */
function fillNode(
  network: Network,
  layer: number,
  p: number,
  units: readonly NodeUnit[],
  weights: readonly (readonly (readonly [number, number])[])[],
): void {
  const { numBasis, nOut, space: { degree } } = splineStages(network.config)[layer];
  const all = blockValues(network, `spline${layer}.coefficients`);
  const block = all.subarray(p * numBasis * nOut, (p + 1) * numBasis * nOut).fill(0);
  const { values: t } = layerKnots(network, layer, p);
  for (const { sign, place, column } of units) {
    for (let i = 0; i < numBasis; i++) {
      // the polar form of (sign (x - place))^degree at knots i + 1 .. i + degree; 0 before its knot
      let value = 1;
      for (let k = 1; k <= degree; k++) value *= Math.max(0, sign * (t[i + k] - place));
      if (value === 0) continue;
      for (const [q, weight] of weights[column]) block[i * nOut + q] += weight * value;
    }
  }
}

/** Adds the bias of every output to one edge: splines whose coefficients are all `b` are `b`. */
function addBias(network: Network, bias: Float64Array, { nodes }: BiasEdges): void {
  const { layer, nOut, numBasis } = splineStages(network.config).at(-1)!;
  const c = blockValues(network, `spline${layer}.coefficients`); // [nIn, numBasis, nOut]
  bias.forEach((constant, q) => {
    for (let i = 0; i < numBasis; i++) c[(nodes[q] * numBasis + i) * nOut + q] += constant;
  });
}
