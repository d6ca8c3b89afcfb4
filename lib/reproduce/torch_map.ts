/**
 * The first linear map of a network as PyTorch would draw it.
 *
 * @module
 */

import { blockValues } from "../model/inner.ts";
import { createRandom, type Network } from "../model/mod.ts";

/** The first map and its bias uniform on `[-1, 1] / sqrt(nIn)`, as torch.nn.Linear begins. */
export function withTorchMap(network: Network, seed: number): Network {
  const drawn = { ...network, parameters: network.parameters.slice() };
  const random = createRandom(seed, "torch.nn.Linear"),
    most = 1 / Math.sqrt(network.config.widths[0]);
  for (const { name } of network.layout) {
    if (!name.startsWith("linear.")) continue;
    const values = blockValues(drawn, name);
    for (let i = 0; i < values.length; i++) values[i] = most * (2 * random.uniform() - 1);
  }
  return drawn;
}
