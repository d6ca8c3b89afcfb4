/**
 * Layered networks whose edges are functions of a nested family.
 *
 * @module
 */

import { multiply, multiplyTransposed } from "../basis/mod.ts";
import { createRandom } from "../model/mod.ts";
import type { NestedFamily } from "./family.ts";
import { familyGram } from "./gram.ts";

/** A layer's place in the parameters. */
export interface FamilyLayer {
  /** `linear`: `y = x W + b`; `family`: a function on every edge. */
  readonly kind: "linear" | "family";
  /** Nodes that it reads. */
  readonly nIn: number;
  /** Nodes that it writes. */
  readonly nOut: number;
  /** Its first parameter. Shapes: `W` is `[nIn, nOut]`, then `b`; functions `[nIn, size, nOut]`. */
  readonly offset: number;
  /** Number of its parameters. */
  readonly size: number;
}

/** The ranges of the inputs of a layer, node by node. */
export interface FamilyRange {
  /** Lowest values, shape `[nIn]`. */
  readonly minimum: Float64Array;
  /** Highest values. */
  readonly maximum: Float64Array;
}

/**
 * A network: a linear map with bias, then layers of functions, whose inputs are mapped from their
 * range onto `[-1, 1]`; plain data but for the family's functions.
 */
export interface FamilyNetwork {
  /** The functions on the edges. */
  readonly family: NestedFamily;
  /** Level of all layers. */
  readonly level: number;
  /** Nodes, inputs first; the first map is linear. */
  readonly widths: readonly number[];
  /** All layers, in the order of the data. */
  readonly layers: readonly FamilyLayer[];
  /** All parameters. */
  readonly parameters: Float64Array;
  /** Ranges of the inputs of family layers, as training has measured them. */
  readonly ranges: readonly FamilyRange[];
}

/** Options of {@linkcode createFamilyNetwork}. */
export interface FamilyNetworkOptions {
  /** Nodes, inputs first: at least `[nIn, nHidden, nOut]`. */
  readonly widths: readonly number[];
  /** Level of the functions. Default 0. */
  readonly level?: number;
  /** Fixes all random numbers. Default 1234. */
  readonly seed?: number;
}

/**
 * Creates a network with random parameters.
 *
 * Linear weights are N(0, 1 / nIn), biases 0. Coefficients of functions are normal, of one deviation
 * a layer such that an output has root mean square 0.3 on `[-1, 1]`: near what B-splines of
 * `createNetwork` have, and the same for every family and level.
 *
 * @param family The functions on the edges.
 * @param options Widths, level and seed.
 * @returns The network; its ranges are the domain until training measures them.
 * @throws {RangeError} If widths are fewer than three, or a number is not an integer in range.
 *
 * @example
 * ```ts
 * import { chebyshev, createFamilyNetwork } from "@freeknot/freeknot/families";
 * import { assertEquals } from "@std/assert";
 *
 * const { parameters } = createFamilyNetwork(chebyshev(), { widths: [2, 5, 1] });
 * assertEquals(parameters.length, 2 * 5 + 5 + 5 * 8);
 * ```
 */
export function createFamilyNetwork(
  family: NestedFamily,
  { widths, level = 0, seed = 1234 }: FamilyNetworkOptions,
): FamilyNetwork {
  checkWidths(widths);
  if (!(Number.isInteger(level) && level >= 0 && level <= 12)) {
    throw new RangeError(
      `Cannot create network: level must be an integer from 0 to 12, current value is ${level}`,
    );
  }
  const layers = familyLayers(family, level, widths), last = layers.at(-1)!;
  const parameters = new Float64Array(last.offset + last.size);
  const random = createRandom(seed, "families/init");
  const n = family.size(level), gram = familyGram(family, level);
  let square = 0; // mean over the domain of the sum of squares
  for (let i = 0; i < n; i++) square += gram[i * n + i] / 2;
  for (const { kind, nIn, nOut, offset, size } of layers) {
    const count = kind === "linear" ? nIn * nOut : size;
    const deviation = kind === "linear" ? Math.sqrt(1 / nIn) : 0.3 / Math.sqrt(nIn * square);
    for (let i = 0; i < count; i++) parameters[offset + i] = deviation * random.normal();
  }
  return {
    ...{ family, level, widths: [...widths], layers, parameters },
    ranges: widths.slice(1, -1).map((nIn) => ({
      minimum: new Float64Array(nIn).fill(-1),
      maximum: new Float64Array(nIn).fill(1),
    })),
  };
}

function checkWidths(widths: readonly number[]): void {
  const fine = Array.isArray(widths) && widths.length >= 3 &&
    widths.every((width) => Number.isInteger(width) && width >= 1);
  if (fine) return;
  throw new RangeError(
    "Cannot create network: widths must be at least three integers >= 1, current value is " +
      JSON.stringify(widths),
  );
}

function familyLayers(
  family: NestedFamily,
  level: number,
  widths: readonly number[],
): FamilyLayer[] {
  const layers: FamilyLayer[] = [];
  let offset = 0;
  for (let i = 1; i < widths.length; i++) {
    const nIn = widths[i - 1], nOut = widths[i], kind = i === 1 ? "linear" : "family";
    const size = kind === "linear" ? (nIn + 1) * nOut : nIn * family.size(level) * nOut;
    layers.push({ kind, nIn, nOut, offset, size });
    offset += size;
  }
  return layers;
}

/**
 * Prolongs a network to the next level: the same function, with more parameters (Actor et al. 2025,
 * Lemma 4.1).
 *
 * @param network Not changed.
 * @returns The finer network.
 *
 * @example
 * ```ts
 * import {
 *   createFamilyNetwork, familyOutputs, prolongFamily, wavelets,
 * } from "@freeknot/freeknot/families";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const coarse = createFamilyNetwork(wavelets(), { widths: [1, 3, 1] }), fine = prolongFamily(coarse);
 * const [before] = familyOutputs(coarse, [0.3], 1), [after] = familyOutputs(fine, [0.3], 1);
 * assertAlmostEquals(after, before, 1e-13);
 * ```
 */
export function prolongFamily(network: FamilyNetwork): FamilyNetwork {
  const { family, level, widths } = network, matrix = family.embedding(level);
  const layers = familyLayers(family, level + 1, widths), last = layers.at(-1)!;
  const parameters = new Float64Array(last.offset + last.size);
  network.layers.forEach(({ kind, nIn, nOut, offset, size }, i) => {
    const to = layers[i].offset;
    if (kind === "linear") {
      parameters.set(network.parameters.subarray(offset, offset + size), to);
      return;
    }
    const from = matrix.columns * nOut, count = matrix.rows * nOut;
    for (let p = 0; p < nIn; p++) {
      const edge = network.parameters.subarray(offset + p * from, offset + (p + 1) * from);
      parameters.set(multiply(matrix, edge, nOut), to + p * count);
    }
  });
  return { ...network, level: level + 1, layers, parameters };
}

/**
 * Restricts a gradient of the next level by `P^T`: it becomes the gradient by the coarse parameters,
 * where the finer network is the prolongation of the coarse one.
 *
 * @param coarse The coarse network.
 * @param gradient By the parameters of the next level, shape of `prolongFamily(coarse).parameters`.
 * @returns By the parameters of `coarse`.
 *
 * @example
 * ```ts
 * import {
 *   createFamilyNetwork, hats, prolongFamily, restrictFamilyGradient,
 * } from "@freeknot/freeknot/families";
 * import { assertEquals } from "@std/assert";
 *
 * const coarse = createFamilyNetwork(hats(), { widths: [1, 2, 1] });
 * const { parameters } = prolongFamily(coarse);
 * assertEquals(restrictFamilyGradient(coarse, parameters), coarse.parameters); // P^T P = I for hats
 * ```
 */
export function restrictFamilyGradient(
  coarse: FamilyNetwork,
  gradient: Readonly<Float64Array>,
): Float64Array {
  const { family, level, widths, layers } = coarse, matrix = family.embedding(level);
  const fine = familyLayers(family, level + 1, widths);
  const restricted = new Float64Array(coarse.parameters.length);
  layers.forEach(({ kind, nIn, nOut, offset, size }, i) => {
    const from = fine[i].offset;
    if (kind === "linear") {
      restricted.set(gradient.subarray(from, from + size), offset);
      return;
    }
    const count = matrix.rows * nOut, to = matrix.columns * nOut;
    for (let p = 0; p < nIn; p++) {
      const edge = gradient.subarray(from + p * count, from + (p + 1) * count);
      restricted.set(multiplyTransposed(matrix, edge, nOut), offset + p * to);
    }
  });
  return restricted;
}
