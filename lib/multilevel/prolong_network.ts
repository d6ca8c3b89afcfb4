/**
 * The same function on a finer grid: prolongation of a whole network.
 *
 * @module
 */

import { numKnotLogits, refineKnots, refineLogits } from "../knots/mod.ts";
import {
  blockValues,
  layerKnots,
  type Network,
  type NetworkConfig,
  parameterLayout,
  resolveConfig,
  type SplineStage,
  splineStages,
} from "../model/mod.ts";
import { prolongationMatrix, prolongCoefficients } from "./prolongation.ts";
import { prolongRelu } from "./prolong_relu.ts";

/**
 * Refines every spline of a network, leaving its values as they are.
 *
 * Every interval is split into `factor` parts. Uniform and fixed knots are split evenly; of free
 * knots each inner logit is copied to its parts and the outer ones are kept, so the new knots
 * contain the old ones bit for bit. Coefficients move by exact knot insertion (seeds/003 eq. (20),
 * (21)), in the ReLU basis by inserting zeros where the outer knots stay. Statistics, linear maps
 * and base weights are copied.
 *
 * @param network The coarse network; not changed.
 * @param factor Parts per interval, an integer >= 2. Default 2.
 * @returns The fine network: `|f_fine - f_coarse| <= 1e-12 max|f|` on every input.
 * @throws {RangeError} If the factor is not an integer >= 2, or the network an MLP.
 *
 * @example
 * ```ts
 * import { createNetwork, forward, prolong } from "@freeknot/freeknot";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const coarse = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const fine = prolong(coarse);
 * const x = new Float64Array([0.3, 0.7]);
 * assertAlmostEquals(forward(fine, x)[0], forward(coarse, x)[0], 1e-12);
 * ```
 */
export function prolong(network: Network, factor = 2): Network {
  if (!Number.isInteger(factor) || factor < 2) {
    throw new RangeError(
      `Cannot prolong network: factor must be an integer >= 2, current value is ${factor}`,
    );
  }
  checkSplines(network, "prolong");
  const config = resolveConfig({ ...network.config, intervals: network.config.intervals * factor });
  const fine = emptyNetwork(network, config);
  if (network.breakpoints) {
    fine.breakpoints = splineStages(network.config)
      .map((stage) => refineBreakpoints(network, stage, factor));
  }
  copyBlocks(network, fine, ["linear.weights", "linear.bias"]);
  splineStages(config).forEach((stage, layer) => {
    const coarseStage = splineStages(network.config)[layer];
    copyBlocks(network, fine, [`spline${layer}.baseWeights`]);
    if (stage.knots === "free") {
      const from = blockValues(network, `spline${layer}.knotLogits`);
      const to = blockValues(fine, `spline${layer}.knotLogits`);
      const nFrom = numKnotLogits(coarseStage.space), nTo = numKnotLogits(stage.space);
      for (let p = 0; p < stage.numKnotVectors; p++) {
        const own = from.subarray(p * nFrom, (p + 1) * nFrom);
        to.set(refineLogits(own, coarseStage.space, factor), p * nTo);
      }
    }
    const from = blockValues(network, `spline${layer}.coefficients`);
    const to = blockValues(fine, `spline${layer}.coefficients`);
    const blockFrom = coarseStage.numBasis * stage.nOut, blockTo = stage.numBasis * stage.nOut;
    for (let p = 0; p < stage.nIn; p++) {
      const coarseKnots = layerKnots(network, layer, p), fineKnots = layerKnots(fine, layer, p);
      const own = from.subarray(p * blockFrom, (p + 1) * blockFrom);
      to.set(
        stage.basis === "relu"
          ? prolongRelu(coarseKnots, fineKnots, own, stage.nOut)
          : prolongCoefficients(prolongationMatrix(coarseKnots, fineKnots), own, stage.nOut),
        p * blockTo,
      );
    }
  });
  return fine;
}

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

function refineBreakpoints(network: Network, stage: SplineStage, factor: number): Float64Array {
  const { intervals, degree } = stage.space;
  const points = intervals * factor + 1;
  const fine = new Float64Array(stage.numKnotVectors * points);
  for (let p = 0; p < stage.numKnotVectors; p++) {
    const { values } = refineKnots(layerKnots(network, stage.layer, p), factor, "even");
    fine.set(values.subarray(degree, degree + points), p * points);
  }
  return fine;
}
