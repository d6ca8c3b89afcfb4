/**
 * The knot vectors of a network's splines.
 *
 * @module
 */

import { freeKnots, knotsFromBreakpoints, type KnotVector, uniformKnots } from "../knots/mod.ts";
import { blockValues } from "./layout.ts";
import type { Network } from "./network.ts";
import { splineStage } from "./stage.ts";

/**
 * Computes the knots of the splines that leave one input node of a spline layer.
 *
 * @param network The network.
 * @param layer Spline layer, from 0.
 * @param input Input node of that layer, from 0.
 * @returns The knot vector, a copy.
 * @throws {RangeError} If there is no such layer or input.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { layerKnots } from "@freeknot/freeknot/model";
 * import { domainOf } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * assertEquals(domainOf(layerKnots(network, 0, 4)), [-1, 1]);
 * ```
 */
export function layerKnots(network: Network, layer: number, input: number): KnotVector {
  const stage = splineStage(network.config, layer);
  if (!Number.isInteger(input) || input < 0 || input >= stage.nIn) {
    throw new RangeError(
      `Cannot find knots: input must be an integer from 0 to ${
        stage.nIn - 1
      }, current value is ${input}`,
    );
  }
  const row = stage.numKnotVectors === 1 ? 0 : input;
  const { degree, outerKnots } = stage.space;
  if (stage.knots === "uniform") return uniformKnots(stage.space);
  if (stage.knots === "fixed") {
    const points = stage.space.intervals + 1;
    const all = network.breakpoints![layer];
    return knotsFromBreakpoints(all.subarray(row * points, (row + 1) * points), {
      degree,
      outerKnots: outerKnots === "clamped" ? "clamped" : "even",
    });
  }
  const logits = blockValues(network, `spline${layer}.knotLogits`);
  const size = logits.length / stage.numKnotVectors;
  return freeKnots(logits.subarray(row * size, (row + 1) * size), stage.space);
}
