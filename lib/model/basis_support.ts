/**
 * Which basis functions see data, and how large a batch must be for all of them to see some.
 *
 * @module
 */

import { findInterval } from "../knots/mod.ts";
import { layerInputs } from "./forward.ts";
import { layerKnots } from "./layer_knots.ts";
import type { Network } from "./network.ts";
import { normalisationMap } from "./normalise.ts";
import { type SplineStage, splineStages } from "./stage.ts";
import { log1p } from "../numerics/inner.ts";

/** How well the rows of a dataset cover the basis of one spline layer. */
export interface LayerSupport {
  /** Spline layer, from 0. */
  readonly layer: number;
  /** Number of basis functions of all input nodes of the layer. */
  readonly functions: number;
  /** Number of basis functions that are 0 at every row: their coefficients learn nothing. */
  readonly dead: number;
  /** Least share of the rows that one of the other functions sees; 0 if all are dead. */
  readonly leastShare: number;
  /**
   * Rows that a batch needs so that the function of `leastShare` sees one of them with probability
   * 0.999, see {@linkcode supportBatchSize}; infinite if all are dead.
   */
  readonly batchSize: number;
}

/**
 * Counts, layer by layer, the basis functions that no row meets (dead splines) and finds the size
 * of a batch that meets all the others, by the rule of Actor et al. 2025, eq. (51).
 *
 * A B-spline sees the rows in its `degree + 1` intervals (rows outside the domain count for the end
 * of the domain), a power of ReLU the rows to the right of its knot.
 *
 * @param network The network; its kept statistics say where rows lie in the domain.
 * @param inputs Shape `[rows, nIn]`, scaled as the network sees them.
 * @param rows Number of rows; default `inputs.length / nIn`.
 * @returns One entry per spline layer; none of an MLP.
 * @throws {TypeError} If the inputs are not `rows x nIn` numbers.
 *
 * @example Two points on ten intervals
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { basisSupport } from "@freeknot/freeknot/model";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({
 *   widths: [1, 1], firstLayer: "spline", normalisation: "none", domain: [0, 10], intervals: 10,
 * }, { seed: 1 });
 * const [layer] = basisSupport(network, new Float64Array([0.5, 9.5]));
 * assertEquals([layer.functions, layer.dead, layer.leastShare], [13, 5, 0.5]);
 * assertEquals(layer.batchSize, 10);
 * ```
 */
export function basisSupport(
  network: Network,
  inputs: Float64Array,
  rows: number = inputs.length / network.config.widths[0],
): LayerSupport[] {
  const layers = layerInputs(network, inputs, rows);
  return splineStages(network.config).map((stage) => {
    const { layer, nIn, numBasis } = stage;
    let dead = 0, least = Infinity;
    for (let p = 0; p < nIn; p++) {
      for (const seen of rowsSeen(network, stage, p, layers[layer], rows)) {
        if (seen === 0) dead++;
        else if (seen < least) least = seen;
      }
    }
    const leastShare = least === Infinity ? 0 : least / rows;
    const batchSize = supportBatchSize(leastShare);
    return { layer, functions: nIn * numBasis, dead, leastShare, batchSize };
  });
}

/**
 * The size of a batch of independent rows of which at least one lies in a support that has the
 * given share of them (Actor et al. 2025, eq. (51)): the least integer `B` with
 * `1 - (1 - share)^B >= confidence`, or `B >= ln(1 - confidence) / ln(1 - share)`; at least 1,
 * infinite for a share of 0.
 *
 * @throws {RangeError} If `share` is not in [0, 1], or `confidence` not in [0, 1).
 */
export function supportBatchSize(share: number, confidence = 0.999): number {
  if (!(share >= 0 && share <= 1)) {
    throw new RangeError(
      `Cannot find batch size: share must be from 0 to 1, current value is ${share}`,
    );
  }
  if (!(confidence >= 0 && confidence < 1)) {
    throw new RangeError(
      `Cannot find batch size: confidence must be from 0 to below 1, current value is ${confidence}`,
    );
  }
  if (share === 0) return Infinity;
  return Math.max(1, Math.ceil(log1p(-confidence) / log1p(-share)));
}

/** For each basis function of one node, how many rows it sees. */
function rowsSeen(
  network: Network,
  { layer, nIn, numBasis, basis }: SplineStage,
  p: number,
  values: Float64Array,
  rows: number,
): Float64Array {
  const knots = layerKnots(network, layer, p);
  const { toDomain } = normalisationMap(network, layer, p);
  const seen = new Float64Array(numBasis);
  if (basis === "relu") {
    const places = Float64Array.from({ length: rows }, (_, r) => toDomain(values[r * nIn + p]));
    places.sort();
    let below = 0;
    for (let i = 0; i < numBasis; i++) {
      while (below < rows && places[below] <= knots.values[i]) below++;
      seen[i] = rows - below;
    }
    return seen;
  }
  for (let r = 0; r < rows; r++) {
    const mu = findInterval(knots, toDomain(values[r * nIn + p]));
    for (let i = mu - knots.degree; i <= mu; i++) seen[i]++;
  }
  return seen;
}
