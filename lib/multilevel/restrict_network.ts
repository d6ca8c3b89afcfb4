/**
 * Restriction of a whole network: the nearest splines on a coarser grid.
 *
 * @module
 */

import { blockValues, checkNetwork, splineStages, throughAllEdges } from "../model/inner.ts";
import { coarsenLogits } from "../knots/mod.ts";
import { numKnotLogits } from "../knots/inner.ts";
import { fromRelu, toRelu } from "../basis/mod.ts";
import { layerKnots, type Network, resolveConfig } from "../model/mod.ts";
import { checkSplines, copyBlocks, emptyNetwork } from "./_other_grid.ts";
import { l2Restriction } from "./restriction.ts";

/**
 * Restricts every spline of a network to a grid with `factor` times fewer intervals.
 *
 * Every `factor`-th knot is kept; of free knots the logits of joined intervals become
 * `ln(e^s1 + e^s2 + ...)`. The coarse spline is the L2 projection of the fine one on the domain.
 * `restrict` after `prolong` gives back the same function; in general the values change.
 *
 * @param network The fine network; not changed.
 * @param factor Intervals merged into one, an integer >= 2 that divides the network's. Default 2.
 * @returns The coarse network.
 * @throws {RangeError} If the factor does not divide the number of intervals, or the network is an
 * MLP.
 *
 * @example
 * ```ts
 * import { createNetwork, forward, prolong } from "@freeknot/freeknot";
 * import { restrict } from "@freeknot/freeknot/multilevel";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const back = restrict(prolong(network)); // to the fine grid and back
 * const x = new Float64Array([0.3, 0.7]);
 * assertAlmostEquals(forward(back, x)[0], forward(network, x)[0], 1e-12);
 * ```
 */
export function restrict(network: Network, factor = 2): Network {
  checkNetwork("restrict", network);
  checkSplines(network, "restrict");
  const intervals = network.config.intervals / factor;
  if (!Number.isInteger(factor) || factor < 2 || !Number.isInteger(intervals)) {
    throw new RangeError(
      `Cannot restrict network: factor must be an integer >= 2 that divides ${network.config.intervals} intervals, current value is ${factor}`,
    );
  }
  return throughAllEdges(network, (all) => restrictAll(all, factor, intervals));
}

/** The same for a network with all edges. */
function restrictAll(network: Network, factor: number, intervals: number): Network {
  const config = resolveConfig({ ...network.config, intervals });
  const coarse = emptyNetwork(network, config);
  if (network.breakpoints) {
    const points = network.config.intervals + 1;
    coarse.breakpoints = network.breakpoints.map((all) =>
      all.filter((_, i) => (i % points) % factor === 0)
    );
  }
  copyBlocks(network, coarse, ["linear.weights", "linear.bias"]);
  splineStages(config).forEach((stage, layer) => {
    const fineStage = splineStages(network.config)[layer];
    copyBlocks(network, coarse, [`spline${layer}.baseWeights`]);
    if (stage.knots === "free") {
      const from = blockValues(network, `spline${layer}.knotLogits`);
      const to = blockValues(coarse, `spline${layer}.knotLogits`);
      const nFrom = numKnotLogits(fineStage.space), nTo = numKnotLogits(stage.space);
      for (let p = 0; p < stage.numKnotVectors; p++) {
        const logits = from.subarray(p * nFrom, (p + 1) * nFrom);
        to.set(coarsenLogits(logits, fineStage.space, factor), p * nTo);
      }
    }
    const from = blockValues(network, `spline${layer}.coefficients`);
    const to = blockValues(coarse, `spline${layer}.coefficients`);
    const blockFrom = fineStage.numBasis * stage.nOut, blockTo = stage.numBasis * stage.nOut;
    for (let p = 0; p < stage.nIn; p++) {
      const fineKnots = layerKnots(network, layer, p), coarseKnots = layerKnots(coarse, layer, p);
      const coefficients = from.subarray(p * blockFrom, (p + 1) * blockFrom);
      const splines = stage.basis === "relu"
        ? fromRelu(fineKnots, coefficients, stage.nOut)
        : coefficients;
      const projected = l2Restriction(coarseKnots, fineKnots, splines, stage.nOut);
      to.set(
        stage.basis === "relu" ? toRelu(coarseKnots, projected, stage.nOut) : projected,
        p * blockTo,
      );
    }
  });
  return coarse;
}
