/**
 * MLPs of other systems as chains of affine maps with functions between them.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { mlpOfMaps } from "../_mlp_of_maps.ts";

/**
 * A function of single numbers that other systems put behind an affine map: `gelu` is `x Phi(x)` with
 * the normal distribution, `silu` is `x / (1 + exp(-x))`.
 */
export type ChainFunction = "relu" | "tanh" | "sigmoid" | "gelu" | "silu" | "softplus";

/** `f(x W + b)`: one layer of an MLP of another system. */
export interface ChainLayer {
  /** Numbers that go in. */
  readonly nIn: number;
  /** Numbers that come out. */
  readonly nOut: number;
  /** `W`, shape `[nIn, nOut]`. */
  readonly weights: Float64Array;
  /** `b`, shape `[nOut]`. */
  readonly bias: Float64Array;
  /** `f`. Absent: nothing. */
  activation?: ChainFunction;
}

/** Throws what an import says of a file that it does not take. */
export function failImport(name: string, rule: string, value: unknown): never {
  throw new TypeError(`Cannot import network: ${name} must be ${rule}, current value is ${value}`);
}

/** Checks that layers fit, and multiplies neighbouring maps without a function between them. */
export function joinedChain(layers: readonly ChainLayer[]): ChainLayer[] {
  const joined: ChainLayer[] = [];
  layers.forEach((layer, k) => {
    if (k > 0 && layer.nIn !== layers[k - 1].nOut) {
      failImport("graph", "of maps that fit", `${layer.nIn} inputs`);
    }
    const last = joined[joined.length - 1];
    if (last === undefined || last.activation) joined.push(layer);
    else joined[joined.length - 1] = product(last, layer);
  });
  return joined;
}

function product(first: ChainLayer, second: ChainLayer): ChainLayer {
  const { nIn, nOut: middle } = first, { nOut } = second;
  const weights = new Float64Array(nIn * nOut), bias = second.bias.slice();
  for (let m = 0; m < middle; m++) {
    for (let q = 0; q < nOut; q++) {
      const factor = second.weights[m * nOut + q];
      bias[q] += first.bias[m] * factor;
      for (let p = 0; p < nIn; p++) weights[p * nOut + q] += first.weights[p * middle + m] * factor;
    }
  }
  const { activation } = second;
  return { nIn, nOut, weights, bias, ...(activation ? { activation } : {}) };
}

/** The MLP of a chain whose functions are all ReLU or all tanh. */
export function mlpOfChain(chain: readonly ChainLayer[]): Network {
  const maps = joinedChain(chain);
  const kinds = new Set(maps.map(({ activation }) => activation).filter((kind) => kind));
  const last = maps[maps.length - 1], [kind] = kinds;
  if (maps.length < 2) failImport("graph", "of two affine maps or more", maps.length);
  if (kinds.size > 1 || (kind !== "relu" && kind !== "tanh")) {
    failImport(
      "functions between maps",
      "all ReLU or all tanh, unless an error is given up to which splines stand for others",
      [...kinds].join(", "),
    );
  }
  if (last.activation) failImport("graph", "with an affine map at its end", last.activation);
  return mlpOfMaps(maps, kind, ({ nIn, nOut, weights }, w, width) => {
    for (let p = 0; p < nIn; p++) w.set(weights.subarray(p * nOut, (p + 1) * nOut), p * width);
  });
}
