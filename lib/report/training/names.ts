/**
 * Names of a network's nodes, for labels.
 *
 * @module
 */

import type { NetworkConfig } from "../../model/mod.ts";

/** The names of the caller, or `y` for one node and `y1`, `y2`, ... for more. */
export function nodeNames(count: number, letter: string, names: readonly string[]): string[] {
  return Array.from(
    { length: count },
    (_, i) => names[i] ?? (count === 1 ? letter : `${letter}${i + 1}`),
  );
}

/**
 * Names of the nodes before every spline layer and after the last: inputs `x`, linear
 * features `z`, hidden nodes `h` (`h` of the second hidden layer on: `h2.1`), targets.
 */
export function chainNames(
  config: NetworkConfig,
  inputNames: readonly string[],
  targetNames: readonly string[],
): (readonly string[])[] {
  const last = config.widths.length - 1;
  const linear = config.firstLayer === "linear";
  const chain = config.widths.map((count, i): readonly string[] => {
    if (i === 0) return inputNames;
    if (i === last) return targetNames;
    if (linear && i === 1) return Array.from({ length: count }, (_, p) => `z${p + 1}`);
    const hidden = linear ? i - 1 : i;
    const hiddenLayers = linear ? last - 2 : last - 1;
    const prefix = hiddenLayers > 1 ? `h${hidden}.` : "h";
    return Array.from({ length: count }, (_, p) => `${prefix}${p + 1}`);
  });
  return linear ? chain.slice(1) : chain;
}
