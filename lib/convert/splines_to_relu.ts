/**
 * Networks of splines as sparse ReLU networks.
 *
 * "Relating piecewise linear Kolmogorov Arnold networks to ReLU networks" (arXiv:2503.01702), lemmas
 * 1 and 2, theorems 2 and 3, with one set of units per input node instead of one per edge, because
 * the edges that leave a node share their knots.
 *
 * @module
 */

import { pow } from "../numerics/inner.ts";
import { toRelu } from "../basis/mod.ts";
import {
  addMissingEdges,
  blockValues,
  checkNetwork,
  type LinearStage,
  nodeMap,
  rawPosition,
  type SplineStage,
  stagesOf,
} from "../model/inner.ts";
import { layerKnots, type Network } from "../model/mod.ts";
import { nodeCoefficients, nodePolygons } from "./_node_polygons.ts";
import {
  checkReluNetwork,
  entriesLayer,
  type ReluLayer,
  type ReluNetwork,
} from "./relu_network.ts";

/**
 * Rewrites a network of splines as a sparse ReLU network, or a ReLU MLP in the same form.
 *
 * Of degree 1 both are the same function on the whole space, to rounding: where an input node has
 * breakpoints `t_1 < .. < t_m` inside its domain and an edge the slopes `a_0 .. a_m`,
 * `phi(x) = phi(t_1) - a_0 ReLU(t_1 - x) + a_1 ReLU(x - t_1) + sum_{i > 1} (a_i - a_(i-1)) ReLU(x - t_i)`:
 * one layer of units with a single entry 1 or -1 per row, then one with the slopes. Normalisation
 * is part of breakpoints and slopes. Entries that are 0 and units that nothing asks for are left
 * out.
 *
 * Of a degree above 1 the units are `ReLU(x - t_i)^degree` at all knots `t_i`, and both functions
 * are the same on the domains only, to the rounding of the change of basis.
 *
 * @param network The network; not changed.
 * @returns The ReLU network.
 * @throws {RangeError} If it is not piecewise linear or polynomial: a base branch, tanh, a spline
 * that jumps where knots coincide.
 *
 * @example
 * ```ts
 * import { createNetwork, forward } from "@freeknot/freeknot";
 * import { reluOutputs, splinesToRelu } from "@freeknot/freeknot/convert";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [3, 4, 4, 2], degree: 1 }, { seed: 1 });
 * const x = Float64Array.of(-9, 0.1, 100);
 * const [first, second] = reluOutputs(splinesToRelu(network), x);
 * assertAlmostEquals(first, forward(network, x)[0], 1e-12);
 * assertAlmostEquals(second, forward(network, x)[1], 1e-12);
 * ```
 */
export function splinesToRelu(network: Network): ReluNetwork {
  checkNetwork("convert network", network);
  const { activation, base } = network.config;
  if (activation === "tanh") {
    throw new RangeError(
      "Cannot convert network: activation must be spline or relu (tanh is not piecewise linear), " +
        "current value is tanh",
    );
  }
  if (base !== "none") {
    throw new RangeError(
      "Cannot convert network: base must be none (silu is not piecewise linear), current value " +
        `is ${base}`,
    );
  }
  const all = addMissingEdges(network); // those that a mask leaves out are 0
  const stages = stagesOf(all.config), layers: ReluLayer[] = [];
  stages.forEach((stage, k) => {
    if (stage.kind === "linear") {
      layers.push(linearLayer(all, stage, stages[k + 1]?.kind === "relu" ? "relu" : "none"));
    } else if (stage.kind === "spline") layers.push(...splineLayers(all, stage));
  });
  return { layers };
}

/** A ReLU network, or splines of degree 1 or a ReLU MLP as one. */
export function asReluNetwork(verb: string, network: Network | ReluNetwork): ReluNetwork {
  if (typeof network === "object" && network !== null && "layers" in network) {
    checkReluNetwork(verb, network);
    return network;
  }
  checkNetwork(verb, network);
  return splinesToRelu(network);
}

/** The same, without powers of ReLU. */
export function asPiecewiseLinear(verb: string, network: Network | ReluNetwork): ReluNetwork {
  const relu = asReluNetwork(verb, network);
  const power = relu.layers.find((layer) => (layer.power ?? 1) !== 1)?.power;
  if (power === undefined) return relu;
  throw new RangeError(
    `Cannot find regions: powers must be 1 (others are not piecewise linear), current value is ` +
      `${power}`,
  );
}

function linearLayer(
  network: Network,
  { name, nIn, nOut, bias }: LinearStage,
  activation: ReluLayer["activation"],
): ReluLayer {
  const weights = blockValues(network, `${name}.weights`); // [nIn, nOut]
  const rows = Array.from({ length: nOut }, (_, q) => {
    const row: [number, number][] = [];
    for (let p = 0; p < nIn; p++) {
      if (weights[p * nOut + q] !== 0) row.push([p, weights[p * nOut + q]]);
    }
    return row;
  });
  const constants = bias ? blockValues(network, `${name}.bias`) : new Float64Array(nOut);
  return entriesLayer(rows, nIn, constants, activation);
}

/** A unit of one input node, `ReLU(sign x + offset)^power`, and its weight in every output. */
interface Unit {
  readonly sign: 1 | -1;
  readonly offset: number;
  readonly weights: Float64Array;
}

/** The layer of units and the layer of sums. */
function splineLayers(network: Network, stage: SplineStage): ReluLayer[] {
  const { nIn, nOut, space: { degree } } = stage, constants = new Float64Array(nOut);
  const units = Array.from(
    { length: nIn },
    (_, p) =>
      degree === 1
        ? linearUnits(network, stage, p, constants)
        : powerUnits(network, stage, p, constants),
  );
  const expand: [number, number][][] = [], offsets: number[] = [], weights: Float64Array[] = [];
  units.forEach((list, p) => {
    for (const unit of list) {
      if (unit.weights.every((weight) => weight === 0)) continue;
      expand.push([[p, unit.sign]]);
      offsets.push(unit.offset);
      weights.push(unit.weights);
    }
  });
  if (expand.length === 0) { // a constant: one unit that nothing asks for
    expand.push([[0, 1]]);
    offsets.push(0);
    weights.push(new Float64Array(nOut));
  }
  return [entriesLayer(expand, nIn, offsets, "relu", degree), sumsLayer(weights, constants)];
}

/** The layer that adds up units with their weights in every output. */
function sumsLayer(weights: readonly Float64Array[], bias: Float64Array): ReluLayer {
  const nOut = bias.length, starts = new Int32Array(nOut + 1);
  for (const list of weights) list.forEach((weight, q) => starts[q + 1] += weight === 0 ? 0 : 1);
  for (let q = 0; q < nOut; q++) starts[q + 1] += starts[q];
  const ends = starts.slice(0, nOut);
  const columns = new Int32Array(starts[nOut]), values = new Float64Array(starts[nOut]);
  weights.forEach((list, unit) =>
    list.forEach((weight, q) => {
      if (weight === 0) return;
      columns[ends[q]] = unit;
      values[ends[q]++] = weight;
    })
  );
  return { nIn: weights.length, nOut, starts, columns, values, bias, activation: "none" };
}

/** The units of one input node of degree 1; constants are added to `constants`. */
function linearUnits(
  network: Network,
  stage: SplineStage,
  p: number,
  constants: Float64Array,
): Unit[] {
  const { layer, nOut, space, extrapolation } = stage;
  const map = nodeMap(network.statistics[layer], space.domain, p);
  const pieces = nodePolygons(network, stage, p);
  if (map.scale === 0) { // a constant input lands in the centre of the domain
    for (let q = 0; q < nOut; q++) constants[q] += pieces.valueAt(map.origin, q);
    return [];
  }
  const { breakpoints: t, values: c, slopes, jumps } = pieces, n = t.length - 1;
  const flat = extrapolation === "clamp", scale = map.scale;
  /** Slopes by the raw value of the pieces between the kinks, those beyond the domain included. */
  const kinks: number[] = [], after: Float64Array[] = [], change: Float64Array[] = [];
  const none = new Float64Array(nOut);
  const first = flat ? none : slopes[0].map((slope) => slope * scale);
  let before = first;
  for (let i = flat ? 0 : 1; i <= (flat ? n : n - 1); i++) {
    const slope = i === n ? none : slopes[i].map((each) => each * scale);
    const jump = i > 0 && i < n && jumps !== undefined
      ? jumps[i].map((each) => each * scale)
      : slope.map((each, q) => each - before[q]);
    if (jump.some((each) => each !== 0)) {
      kinks.push(i);
      after.push(slope);
      change.push(jump);
    }
    before = slope;
  }
  const hinge = kinks[0] ?? 0, at = rawPosition(map, t[hinge]);
  for (let q = 0; q < nOut; q++) constants[q] += c[hinge][q];
  const units: Unit[] = [
    { sign: -1, offset: at, weights: first.map((slope) => -slope) },
    { sign: 1, offset: 0 - at, weights: after[0] ?? first },
  ];
  for (let k = 1; k < kinks.length; k++) {
    units.push({ sign: 1, offset: 0 - rawPosition(map, t[kinks[k]]), weights: change[k] });
  }
  return units;
}

/** The units of one input node of a degree above 1: all powers, weights `A^T c`. */
function powerUnits(
  network: Network,
  stage: SplineStage,
  p: number,
  constants: Float64Array,
): Unit[] {
  const { layer, nOut, numBasis, basis, space } = stage, { degree } = space;
  const knots = layerKnots(network, layer, p);
  const map = nodeMap(network.statistics[layer], space.domain, p);
  const block = nodeCoefficients(network, stage, p);
  const t = knots.values, weights = basis === "relu" ? block : toRelu(knots, block, nOut);
  const repeated = t.some((value, i) => i > 0 && i < numBasis && value === t[i - 1]);
  if (repeated) {
    throw new RangeError(
      `Cannot convert network: knots of spline layer ${layer}, input ${p}, must differ (powers at ` +
        "one place coincide), current value is two knots at one place",
    );
  }
  if (map.scale === 0) {
    for (let i = 0; i < numBasis; i++) {
      const power = pow(Math.max(0, map.origin - t[i]), degree);
      for (let q = 0; q < nOut; q++) constants[q] += weights[i * nOut + q] * power;
    }
    return [];
  }
  return Array.from({ length: numBasis }, (_, i): Unit => ({
    sign: 1,
    offset: 0 - rawPosition(map, t[i]),
    weights: weights.slice(i * nOut, (i + 1) * nOut).map((w) => w * pow(map.scale, degree)),
  }));
}
