/**
 * MLPs with smooth functions as splines, with a proven error on a box.
 *
 * @module
 */

import { blockValues, splineStages } from "../../model/inner.ts";
import { createNetwork, type Network } from "../../model/mod.ts";
import { fitFunction, fittedError, type FunctionPart, spreadBreakpoints } from "./_fit_function.ts";
import { MAX_DEGREE } from "../../knots/inner.ts";
import { knotsFromBreakpoints } from "../../knots/mod.ts";
import { functionRange, SMOOTH_FUNCTIONS } from "./_smooth_functions.ts";
import { type ChainLayer, failImport, joinedChain } from "./mlp_chain.ts";

/** What splines may differ by, and where. */
export interface SmoothOptions {
  /** The range of every input. */
  readonly box: readonly (readonly [number, number])[];
  /** The largest difference of any output in the box. */
  readonly error: number;
  /** Degree of the splines, 1 to 9. Default 3, and 1 where ReLU is among the functions. */
  readonly degree?: number;
}

/** Splines instead of an MLP. */
export interface SmoothImport {
  /** The splines. */
  readonly network: Network;
  /** The proven error: in the box no output differs by more. */
  readonly error: number;
}

/** Most intervals of a spline. */
const MOST_INTERVALS = 1024;

/** Rounding of sums in float64, far above it. */
const ROUNDING = 1e-13;

/** The maps of a chain, its functions, and the box. */
interface Chain {
  readonly first: ChainLayer;
  /** What lies behind every function: the map and the function before it. */
  readonly behind: readonly ChainLayer[];
  readonly parts: readonly ChainLayer["activation"][];
  readonly box: SmoothOptions["box"];
}

/** Splines for all nodes of a number of intervals. */
interface Attempt {
  readonly error: number;
  /** By layer and node. */
  readonly nodes: readonly (readonly FittedNode[])[];
}

interface FittedNode {
  readonly part: FunctionPart;
  readonly breakpoints: Float64Array;
  readonly coefficients: Float64Array;
}

/**
 * Makes splines of a chain of affine maps with smooth functions between them: an edge is a weight
 * times a spline that stands for the function. The fewest intervals whose error is proven are taken.
 *
 * The proof carries errors from layer to layer: an output of a map is wrong by the sum of the sizes
 * of its weights times (the steepest slope of the function times what enters it is wrong by, plus
 * the distance of the spline from the function on all that the node can reach).
 *
 * @param layers The chain.
 * @param options Box, error, degree.
 * @returns The network and the proven error.
 * @throws {RangeError} If the error cannot be proven with splines of up to 1024 intervals.
 *
 * @example
 * ```ts
 * import { forward } from "@freeknot/freeknot";
 * import { type ChainLayer, splinesOfChain } from "@freeknot/freeknot/convert";
 * import { assert } from "@std/assert";
 *
 * const layer = { nIn: 1, nOut: 1, weights: Float64Array.of(2), bias: Float64Array.of(0.5) };
 * const chain: ChainLayer[] = [{ ...layer, activation: "sigmoid" }, layer];
 * const { network, error } = splinesOfChain(chain, { box: [[-1, 1]], error: 1e-4 });
 * const exact = 2 / (1 + Math.exp(-(2 * 0.3 + 0.5))) + 0.5;
 * assert(Math.abs(forward(network, Float64Array.of(0.3))[0] - exact) <= error && error <= 1e-4);
 * ```
 */
export function splinesOfChain(
  layers: readonly ChainLayer[],
  options: SmoothOptions,
): SmoothImport {
  const { error: wanted } = options, chain = chainOf(layers, options);
  const kinked = chain.parts.includes("relu"), degree = options.degree ?? (kinked ? 1 : 3);
  if (kinked && degree > 1) failRange("degree", "1 where ReLU is among the functions", degree);
  if (!Number.isInteger(degree) || degree < 1 || degree > MAX_DEGREE) {
    failRange("degree", `from 1 to ${MAX_DEGREE}`, degree);
  }
  if (!(wanted > 0 && wanted < Infinity)) failRange("error", "a number above 0", wanted);
  let low = 1, high = 2, found = attempt(chain, high, degree);
  while (found.error > wanted && high < MOST_INTERVALS) {
    [low, high] = [high, 2 * high];
    found = attempt(chain, high, degree);
  }
  if (found.error > wanted) {
    failRange(
      "error",
      `at least ${
        (1.001 * found.error).toPrecision(3)
      }, which splines of ${high} intervals are proven for in this box`,
      wanted,
    );
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1, between = attempt(chain, middle, degree);
    if (between.error <= wanted) [high, found] = [middle, between];
    else low = middle;
  }
  return { network: networkOf(chain, found, high, degree), error: found.error };
}

function failRange(name: string, rule: string, value: unknown): never {
  throw new RangeError(`Cannot import network: ${name} must be ${rule}, current value is ${value}`);
}

function chainOf(layers: readonly ChainLayer[], { box }: SmoothOptions): Chain {
  const maps = joinedChain(layers), last = maps[maps.length - 1];
  if (last.activation) maps.push(identityMap(last.nOut));
  if (maps.length < 2) failImport("graph", "of two affine maps or more", maps.length);
  if (box.length !== maps[0].nIn) {
    failRange("box", `of ${maps[0].nIn} ranges, one for every input`, box.length);
  }
  for (const [from, to] of box) {
    if (!(Number.isFinite(from) && Number.isFinite(to) && from <= to)) {
      failRange("box", "of ranges with LOW <= HIGH", `${from} to ${to}`);
    }
  }
  const parts = maps.slice(0, -1).map(({ activation }) => activation);
  return { first: maps[0], behind: maps.slice(1), parts, box };
}

function identityMap(size: number): ChainLayer {
  const weights = new Float64Array(size * size);
  for (let p = 0; p < size; p++) weights[p * size + p] = 1;
  return { nIn: size, nOut: size, weights, bias: new Float64Array(size) };
}

/** What a number can be, and by how much what stands for it may differ. */
interface Reach {
  readonly low: number;
  readonly high: number;
  readonly error: number;
}

/** `x W + b` of what enters. */
function mapped({ nIn, nOut, weights, bias }: ChainLayer, inputs: readonly Reach[]): Reach[] {
  return Array.from({ length: nOut }, (_, q) => {
    let low = bias[q], high = bias[q], size = Math.abs(bias[q]), error = 0;
    for (let p = 0; p < nIn; p++) {
      const weight = weights[p * nOut + q], from = inputs[p];
      const ends = [weight * from.low, weight * from.high];
      low += Math.min(...ends);
      high += Math.max(...ends);
      size += Math.max(Math.abs(ends[0]), Math.abs(ends[1]));
      error += Math.abs(weight) * from.error;
    }
    const slack = ROUNDING * size;
    return { low: low - slack, high: high + slack, error: error + slack };
  });
}

function attempt(chain: Chain, intervals: number, degree: number): Attempt {
  const { first, behind, parts, box } = chain;
  let values = mapped(first, box.map(([low, high]) => ({ low, high, error: 0 })));
  const nodes = behind.map((map, l) => {
    const kind = parts[l]!, f = SMOOTH_FUNCTIONS[kind];
    const fitted = values.map(({ low, high, error }) => {
      const middle = (low + high) / 2,
        half = Math.max(
          (high - low) / 2 + error,
          1e-3 * Math.max(1, Math.abs(middle)), // a range that no rounding takes for a constant
        ) * (1 + 1e-9);
      const part = { f, low: middle - half, high: middle + half, kinked: kind === "relu" };
      const breakpoints = spreadBreakpoints(part, intervals, degree);
      const knots = knotsFromBreakpoints(breakpoints, { degree });
      const coefficients = fitFunction(part, knots);
      return { part, breakpoints, coefficients, error: fittedError(part, knots, coefficients) };
    });
    const through = values.map(({ low, high, error }, p): Reach => {
      const [least, most] = functionRange(f, low, high);
      return { low: least, high: most, error: f.slope * error + fitted[p].error };
    });
    values = mapped(map, through);
    return fitted;
  });
  return { nodes, error: Math.max(...values.map(({ error }) => error)) * (1 + 1e-9) };
}

function networkOf(
  { first, behind }: Chain,
  { nodes }: Attempt,
  intervals: number,
  degree: number,
): Network {
  const widths = [first.nIn, first.nOut, ...behind.map(({ nOut }) => nOut)];
  const bias = first.bias.some((value) => value !== 0);
  const breakpoints = nodes.map((list) => {
    return Float64Array.from(list.flatMap((node) => [...node.breakpoints]));
  });
  const network = createNetwork(
    { widths, degree, intervals, knots: "fixed", firstLayer: "linear", bias },
    { seed: 0, breakpoints },
  );
  blockValues(network, "linear.weights").set(first.weights);
  if (bias) blockValues(network, "linear.bias").set(first.bias);
  splineStages(network.config).forEach(({ layer, nIn, nOut, numBasis }) => {
    const c = blockValues(network, `spline${layer}.coefficients`); // [nIn, numBasis, nOut]
    const { weights, bias: constants } = behind[layer];
    for (let p = 0; p < nIn; p++) {
      const { coefficients: fitted } = nodes[layer][p];
      for (let i = 0; i < numBasis; i++) {
        for (let q = 0; q < nOut; q++) {
          c[(p * numBasis + i) * nOut + q] = weights[p * nOut + q] * fitted[i] +
            (p === 0 ? constants[q] : 0);
        }
      }
    }
  });
  const statistics = nodes.map((list) => ({
    kind: "minmax" as const,
    minimum: Float64Array.from(list, ({ part }) => part.low),
    maximum: Float64Array.from(list, ({ part }) => part.high),
  }));
  return { ...network, statistics };
}
