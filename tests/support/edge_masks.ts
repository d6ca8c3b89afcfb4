/**
 * Random masks of edges for tests.
 *
 * @module
 */

import { addMissingEdges, dropEdges, splineStages } from "../../lib/model/inner.ts";
import {
  createRandom,
  type Network,
  type NetworkConfig,
  type NetworkOptions,
  resolveConfig,
} from "../../lib/model/mod.ts";

/**
 * Masks for all spline layers of a configuration: every edge exists with probability `share`, and a few
 * more so that no node is without.
 */
export function randomEdges(
  options: NetworkOptions,
  share: number,
  seed: number,
): NonNullable<NetworkConfig["edges"]> {
  const random = createRandom(seed, "test masks");
  const { edges: _, knots: __, outerKnots: ___, ...others } = options;
  return splineStages(resolveConfig({ ...others, knots: "uniform" })).map(({ nIn, nOut }) => {
    const there = Array.from(
      { length: nIn },
      () => Array.from({ length: nOut }, () => random.uniform() < share),
    );
    for (let k = 0; k < Math.max(nIn, nOut); k++) {
      if (k < nIn && !there[k].includes(true)) there[k][random.integer(nOut)] = true;
      if (k < nOut && !there.some((row) => row[k])) there[random.integer(nIn)][k] = true;
    }
    return there.map((row) => row.map(Number).join(""));
  });
}

/** A network with a mask, and the same one with all edges, the missing ones 0. */
export function maskedPair(all: Network, share: number, seed: number) {
  const { edges } = resolveConfig({
    ...all.config,
    edges: randomEdges(all.config, share, seed),
  });
  const masked = edges ? dropEdges(all, edges) : all;
  return { masked, full: addMissingEdges(masked) };
}
