/**
 * What the prolongation and the restriction of a whole network share.
 *
 * @module
 */

import { blockValues } from "../model/inner.ts";
import { type Network, type NetworkConfig, parameterLayout } from "../model/mod.ts";

/** Throws if the network has no splines. */
export function checkSplines({ config }: Network, verb: string): void {
  if (config.activation === "spline") return;
  throw new RangeError(
    `Cannot ${verb} network: activation must be spline, current value is ${config.activation} ` +
      "(an MLP has no intervals to split)",
  );
}

/** A record while it is being filled. */
export type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A network of another configuration with all parameters 0 and the same statistics. */
export function emptyNetwork(network: Network, config: NetworkConfig): Writable<Network> {
  const layout = parameterLayout(config);
  const last = layout[layout.length - 1];
  return {
    config,
    layout,
    parameters: new Float64Array(last.offset + last.size),
    statistics: network.statistics,
  };
}

/** Copies blocks that both networks have in the same shape. */
export function copyBlocks(from: Network, to: Network, names: readonly string[]): void {
  for (const name of names) blockValues(to, name).set(blockValues(from, name));
}
