/**
 * Spline layers of other systems, efficient-kan and pykan, as a network.
 *
 * Both evaluate B-splines on a grid that goes on beyond the range by `degree` knots at each side, and
 * give 0 beyond it. The network's domain is that whole grid, so that the functions are equal on the
 * whole line: the first and last `degree` B-splines of the network have coefficients 0, and beyond
 * the domain splines stay as they are.
 *
 * @module
 */

import { MAX_DEGREE } from "../../knots/inner.ts";
import { createNetwork, type Network } from "../../model/mod.ts";
import { blockValues } from "../../model/inner.ts";
import type { StateDict, WeightArray } from "./state_dict.ts";

/** A layer as both systems have it, in one form. */
interface ForeignLayer {
  readonly nIn: number;
  readonly nOut: number;
  /** Knots, shape `[nIn, points]`. */
  readonly grid: WeightArray;
  /** B-splines of an edge. */
  readonly functions: number;
  coefficient(input: number, output: number, index: number): number;
  /** Weight of silu. */
  base(input: number, output: number): number;
  /** Added to an output. */
  constant(output: number): number;
}

/** Largest difference of steps, relative to a step, of a grid that counts as even. */
const EVEN = 1e-5;

function fail(name: string, rule: string, value: unknown): never {
  throw new TypeError(`Cannot import network: ${name} must be ${rule}, current value is ${value}`);
}

/** An array of some axes, -1 for a size of its choice; refuses others. */
function arrayIn(state: StateDict, name: string, shape: readonly number[]): WeightArray {
  const found = state.get(name);
  if (!found) fail(name, "among the weights", `${[...state.keys()].slice(0, 5).join(", ")}, ...`);
  const fits = found.shape.length === shape.length &&
    shape.every((size, axis) => size === -1 ? found.shape[axis] > 0 : found.shape[axis] === size);
  if (fits) return found;
  const wanted = shape.map((size) => size === -1 ? "any" : size).join(", ");
  fail(name, `of shape [${wanted}]`, `[${found.shape.join(", ")}]`);
}

/** An array that may be absent. */
function optional(state: StateDict, name: string, shape: readonly number[]) {
  return state.has(name) ? arrayIn(state, name, shape).values : undefined;
}

/** Counts layers by the name of an array of each. */
function countLayers(state: StateDict, name: (layer: number) => string): number {
  let count = 0;
  while (state.has(name(count))) count++;
  if (count === 0) fail(name(0), "among the weights", [...state.keys()].slice(0, 5).join(", "));
  return count;
}

/**
 * Makes a network of the weights of efficient-kan (`KAN` of `KANLinear` layers).
 *
 * @param state The arrays of its `state_dict`: `layers.0.base_weight`, `layers.0.spline_weight`,
 * `layers.0.grid`, perhaps `layers.0.spline_scaler`, and so on.
 * @returns The network; equal on the whole line, to the rounding of float32 weights.
 * @throws {TypeError} If arrays are missing, or layers have grids with different ends.
 *
 * @example
 * ```ts
 * import { importEfficientKan, readStateDict } from "@freeknot/freeknot/convert";
 * import { assertEquals } from "@std/assert";
 *
 * const state = readStateDict(new TextEncoder().encode(JSON.stringify({
 *   "layers.0.base_weight": [[0.5]],
 *   "layers.0.spline_weight": [[[1, 2, 3]]],
 *   "layers.0.grid": [[-2, -1, 0, 1, 2]],
 * })));
 * assertEquals(importEfficientKan(state).config.widths, [1, 1]);
 * ```
 */
export function importEfficientKan(state: StateDict): Network {
  const count = countLayers(state, (layer) => `layers.${layer}.spline_weight`);
  const layers = Array.from({ length: count }, (_, layer): ForeignLayer => {
    const weights = arrayIn(state, `layers.${layer}.spline_weight`, [-1, -1, -1]);
    const [nOut, nIn, functions] = weights.shape;
    const base = arrayIn(state, `layers.${layer}.base_weight`, [nOut, nIn]).values;
    const scaler = optional(state, `layers.${layer}.spline_scaler`, [nOut, nIn]);
    const grid = arrayIn(state, `layers.${layer}.grid`, [nIn, -1]),
      at = (p: number, q: number) => q * nIn + p;
    return {
      ...{ nIn, nOut, grid, functions },
      coefficient: (p, q, i) =>
        weights.values[at(p, q) * functions + i] * (scaler?.[at(p, q)] ?? 1),
      base: (p, q) => base[at(p, q)],
      constant: () => 0,
    };
  });
  return networkOf(layers);
}

/** What pykan does to the sum of a node's edges: scale and bias, twice. */
const NODE_ARRAYS = ["subnode_scale", "subnode_bias", "node_scale", "node_bias"];

/**
 * Makes a network of the weights of pykan (`KAN`, `MultKAN` without multiplications or symbols).
 *
 * @param state The arrays of its `state_dict`: `act_fun.0.grid`, `act_fun.0.coef`,
 * `act_fun.0.scale_base`, `act_fun.0.scale_sp`, perhaps `act_fun.0.mask`, `node_scale_0`,
 * `node_bias_0`, and so on.
 * @returns The network; equal on the whole line, to the rounding of float32 weights.
 * @throws {TypeError} If arrays are missing, an edge is a symbol, or grids have different ends.
 *
 * @example
 * ```ts
 * import { importPykan, readStateDict } from "@freeknot/freeknot/convert";
 * import { assertEquals } from "@std/assert";
 *
 * const state = readStateDict(new TextEncoder().encode(JSON.stringify({
 *   "act_fun.0.grid": [[-2, -1, 0, 1, 2]],
 *   "act_fun.0.coef": [[[1, 2, 3]]],
 *   "act_fun.0.scale_base": [[0.5]],
 *   "act_fun.0.scale_sp": [[1]],
 * })));
 * assertEquals(importPykan(state).config.widths, [1, 1]);
 * ```
 */
export function importPykan(state: StateDict): Network {
  const count = countLayers(state, (layer) => `act_fun.${layer}.coef`);
  const layers = Array.from({ length: count }, (_, layer): ForeignLayer => {
    const name = `act_fun.${layer}`, coefficients = arrayIn(state, `${name}.coef`, [-1, -1, -1]);
    const [nIn, nOut, functions] = coefficients.shape;
    const mask = optional(state, `${name}.mask`, [nIn, nOut]);
    const base = arrayIn(state, `${name}.scale_base`, [nIn, nOut]).values;
    const splines = arrayIn(state, `${name}.scale_sp`, [nIn, nOut]).values;
    if (state.get(`symbolic_fun.${layer}.mask`)?.values.some((value) => value !== 0)) {
      fail(`symbolic_fun.${layer}.mask`, "0 (edges that are symbols are not imported)", "others");
    }
    const [innerScale, innerBias, outerScale, outerBias] = NODE_ARRAYS.map((kind) =>
      optional(state, `${kind}_${layer}`, [nOut])
    );
    const scale = (q: number) => (innerScale?.[q] ?? 1) * (outerScale?.[q] ?? 1);
    const kept = (p: number, q: number) => (mask?.[p * nOut + q] ?? 1) * scale(q);
    return {
      ...{ nIn, nOut, functions, grid: arrayIn(state, `${name}.grid`, [nIn, -1]) },
      coefficient: (p, q, i) =>
        kept(p, q) * splines[p * nOut + q] * coefficients.values[(p * nOut + q) * functions + i],
      base: (p, q) => kept(p, q) * base[p * nOut + q],
      constant: (q) => (innerBias?.[q] ?? 0) * (outerScale?.[q] ?? 1) + (outerBias?.[q] ?? 0),
    };
  });
  return networkOf(layers);
}

function networkOf(layers: readonly ForeignLayer[]): Network {
  const [{ grid: { shape: [, points], values }, functions }] = layers;
  const degree = points - 1 - functions, domain = [values[0], values[points - 1]] as const;
  layers.forEach((layer, l) => checkLayer(layer, layers[l - 1], l, points, domain));
  const even = layers.every(({ grid }) => isEven(grid.values, points));
  const start = createNetwork({
    widths: [layers[0].nIn, ...layers.map(({ nOut }) => nOut)],
    ...{ degree, intervals: points - 1, domain, base: "silu", firstLayer: "spline" },
    ...{ normalisation: "none", extrapolation: "clamp", knots: even ? "uniform" : "fixed" },
    outerKnots: "even",
  }, {
    seed: 1,
    ...(even
      ? {}
      : { breakpoints: layers.map(({ grid }) => sameEnds(grid.values, points, domain)) }),
  });
  const network = { ...start, parameters: start.parameters.slice() };
  layers.forEach((layer, l) => {
    const { nIn, nOut } = layer, numBasis = points - 1 + degree;
    const c = blockValues(network, `spline${l}.coefficients`).fill(0);
    const base = blockValues(network, `spline${l}.baseWeights`);
    for (let p = 0; p < nIn; p++) {
      for (let q = 0; q < nOut; q++) {
        const constant = layer.constant(q) / nIn; // B-splines sum to 1
        base[p * nOut + q] = layer.base(p, q);
        for (let i = 0; i < numBasis; i++) c[(p * numBasis + i) * nOut + q] = constant;
        for (let i = 0; i < functions; i++) {
          c[(p * numBasis + degree + i) * nOut + q] += layer.coefficient(p, q, i);
        }
      }
    }
  });
  return network;
}

function checkLayer(
  { nIn, grid, functions }: ForeignLayer,
  before: ForeignLayer | undefined,
  layer: number,
  points: number,
  domain: readonly [number, number],
): void {
  const name = `layer ${layer}`, [rows, length] = grid.shape, { values } = grid;
  if (before && before.nOut !== nIn) {
    fail(name, `of ${before.nOut} inputs, the outputs before it (no multiplications)`, nIn);
  }
  const degree = points - 1 - functions;
  if (!(degree >= 1 && degree <= MAX_DEGREE)) {
    fail(name, `of a degree from 1 to ${MAX_DEGREE}`, degree);
  }
  if (rows !== nIn || length !== points) {
    fail(`the grid of ${name}`, `[${nIn}, ${points}]`, `[${grid.shape.join(", ")}]`);
  }
  const slack = EVEN * (domain[1] - domain[0]) / points;
  for (let p = 0; p < rows; p++) {
    const ends = [values[p * points], values[(p + 1) * points - 1]];
    if (ends.every((end, i) => Math.abs(end - domain[i]) <= slack)) continue;
    fail(
      `the grid of ${name}`,
      `from ${domain[0]} to ${domain[1]}, as the first is`,
      ends.join(" to "),
    );
  }
}

/** Whether all rows are even grids. */
function isEven(values: Float64Array, points: number): boolean {
  return values.every((value, i) => {
    const p = Math.floor(i / points) * points,
      step = (values[p + points - 1] - values[p]) /
        (points - 1);
    return Math.abs(value - values[p] - (i - p) * step) <= EVEN * step;
  });
}

/** Rows of knots that begin and end exactly where the domain does. */
function sameEnds(
  values: Float64Array,
  points: number,
  [a, b]: readonly [number, number],
): Float64Array {
  return values.map((value, i) => i % points === 0 ? a : i % points === points - 1 ? b : value);
}
