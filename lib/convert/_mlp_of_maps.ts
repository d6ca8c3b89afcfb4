/**
 * MLPs made of affine maps.
 *
 * @module
 */

import { blockValues } from "../model/inner.ts";
import { createNetwork, type Network } from "../model/mod.ts";
import { tanh } from "../numerics/inner.ts";

/** `W x + b`, its matrix known to the caller. */
export interface MapWithBias {
  readonly nIn: number;
  readonly nOut: number;
  /** Shape `[nOut]`. */
  readonly bias: Float64Array;
}

/**
 * Makes an MLP of at least two maps. Outputs of an MLP have no bias: where they need one, the last
 * layer gets a node whose value is constant.
 *
 * @param writeWeights Writes the matrix of a map, rows by inputs, which are `width` numbers apart.
 */
export function mlpOfMaps<Affine extends MapWithBias>(
  maps: readonly Affine[],
  activation: "relu" | "tanh",
  writeWeights: (map: Affine, weights: Float64Array, width: number) => void,
): Network {
  const last = maps.length - 1, { nIn, nOut, bias } = maps[last];
  const widths = [maps[0].nIn, ...maps.map((map) => map.nOut)];
  const constant = bias.some((value) => value !== 0);
  if (constant) widths[last]++;
  const mlp = createNetwork({ widths, activation }, { seed: 0 });
  mlp.parameters.fill(0);
  maps.forEach((map, l) => {
    writeWeights(map, blockValues(mlp, `linear${l}.weights`), widths[l + 1]);
    if (l < last) blockValues(mlp, `linear${l}.bias`).set(map.bias);
  });
  if (!constant) return mlp;
  const one = activation === "relu" ? 1 : tanh(1);
  blockValues(mlp, `linear${last - 1}.bias`)[nIn] = 1;
  blockValues(mlp, `linear${last}.weights`).set(bias.map((value) => value / one), nIn * nOut);
  return mlp;
}
