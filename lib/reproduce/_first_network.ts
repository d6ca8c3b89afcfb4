/**
 * The networks with which rows of published tables begin.
 *
 * @module
 */

import { blockValues } from "../model/inner.ts";
import { createNetwork, createRandom, type Network } from "../model/mod.ts";
import type { TableRow } from "./table_rows.ts";

/** The network with which a row of a table begins from a seed. */
export function firstNetwork(row: TableRow, seed: number): Network {
  const drawn = createNetwork(row.network, { seed });
  const mapped = row.firstMap === "torch" ? withTorchMap(drawn, seed, row.mapScale) : drawn;
  return row.coefficients === undefined ? mapped : withCoefficients(mapped, row.coefficients);
}

/**
 * The first map and its bias uniform on `[-1, 1] / sqrt(nIn)`, as torch.nn.Linear begins, times a
 * factor.
 */
export function withTorchMap(network: Network, seed: number, factor = 1): Network {
  const drawn = { ...network, parameters: network.parameters.slice() };
  const random = createRandom(seed, "torch.nn.Linear"),
    most = factor / Math.sqrt(network.config.widths[0]);
  for (const { name } of network.layout) {
    if (!name.startsWith("linear.")) continue;
    const values = blockValues(drawn, name);
    for (let i = 0; i < values.length; i++) values[i] = most * (2 * random.uniform() - 1);
  }
  return drawn;
}

/** The network with all its coefficients times a factor. */
export function withCoefficients(network: Network, factor: number): Network {
  const scaled = { ...network, parameters: network.parameters.slice() };
  for (const { name } of network.layout) {
    if (!name.endsWith(".coefficients")) continue;
    const values = blockValues(scaled, name);
    for (let i = 0; i < values.length; i++) values[i] *= factor;
  }
  return scaled;
}
