/**
 * Refinement where the error is.
 *
 * @module
 */

import { findInterval } from "../knots/mod.ts";
import { layerKnots, type Network } from "../model/mod.ts";
import { normalisationMap, stagesOf, stageValues } from "../model/inner.ts";
import { equidistribute } from "../multilevel/inner.ts";
import { prolongLocally } from "../multilevel/mod.ts";
import type { Dataset } from "../data/mod.ts";
import { evaluateLoss, type Loss } from "../engine/mod.ts";

/**
 * The residual energy of every interval: how much of the error passes through it.
 *
 * `E_i = sum of w_r |e_r|^2` over the rows `r` whose value of the node lies in interval `i`, with
 * the residual `e_r = (d loss / d y_r) / w_r`: of squared errors `y - t`, of the Huber loss the same
 * clipped at `delta`, of cross-entropy the probabilities minus the targets. Nodes that share
 * their knots share the energies, too.
 *
 * @param network The network; its kept statistics say where rows lie in the domain.
 * @param loss The criterion.
 * @param dataset Rows of the network's shape.
 * @returns Per spline layer, shape `[nIn or 1 (shared knots), intervals]`, each layer on a scale of
 * its own: the largest residual counts 1.
 */
export function residualEnergies(network: Network, loss: Loss, dataset: Dataset): Float64Array[] {
  const { rows, nOut, inputs, weights } = dataset;
  const values = stageValues(network, inputs, rows);
  const residual = new Float64Array(rows * nOut);
  evaluateLoss(loss, values[values.length - 1], dataset, residual);
  const largest = residual.reduce((most, e) => Math.max(most, Math.abs(e)), 0);
  const energy = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const weight = weights ? weights[r] : 1;
    if (weight === 0 || largest === 0) continue;
    for (let q = 0; q < nOut; q++) energy[r] += (residual[r * nOut + q] / largest) ** 2 / weight;
  }
  return stagesOf(network.config).flatMap((stage, k) => {
    if (stage.kind !== "spline") return [];
    const { layer, nIn, numKnotVectors, space: { intervals, degree } } = stage;
    const energies = new Float64Array(numKnotVectors * intervals);
    for (let p = 0; p < nIn; p++) {
      const knots = layerKnots(network, layer, p);
      const { toDomain } = normalisationMap(network, layer, p);
      const first = (numKnotVectors === 1 ? 0 : p) * intervals - degree;
      for (let r = 0; r < rows; r++) {
        energies[first + findInterval(knots, toDomain(values[k][r * nIn + p]))] += energy[r];
      }
    }
    return [energies];
  });
}

/**
 * Refines a network where its error is, exactly: every node gets as many new knots as halving (or a
 * larger factor) would give it, each in the intervals that carry most residual energy.
 *
 * An interval is split into at most `2 factor` parts, equal ones, see {@linkcode equidistribute} and
 * {@linkcode prolongLocally}.
 *
 * @param network The coarse network, with the statistics of the dataset; not changed.
 * @param loss The criterion.
 * @param dataset Rows of the network's shape.
 * @param factor Growth of the number of intervals, an integer >= 2. Default 2.
 * @returns The fine network; uniform knots become fixed ones.
 * @throws {RangeError} If the factor is not an integer >= 2, or the network an MLP.
 *
 * @example A kink at the right end draws the new knots
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { layerKnots } from "@freeknot/freeknot/model";
 * import { refineByResidual } from "./inner.ts";
 * import { assert } from "@std/assert";
 *
 * const inputs = Float64Array.from({ length: 101 }, (_, i) => i / 100);
 * const targets = inputs.map((x) => Math.max(0, x - 0.9));
 * const coarse = createNetwork({
 *   widths: [1, 1], firstLayer: "spline", normalisation: "none", domain: [0, 1], knots: "uniform",
 * }, { seed: 1 });
 * coarse.parameters.fill(0);
 * const dataset = { rows: 101, nIn: 1, nOut: 1, inputs, targets };
 * const { values } = layerKnots(refineByResidual(coarse, { kind: "mse" }, dataset), 0, 0);
 * assert(values.filter((t) => t > 0.8 && t < 1).length === 3);
 * ```
 */
export function refineByResidual(
  network: Network,
  loss: Loss,
  dataset: Dataset,
  factor = 2,
): Network {
  if (!Number.isInteger(factor) || factor < 2) {
    throw new RangeError(
      `Cannot refine network: factor must be an integer >= 2, current value is ${factor}`,
    );
  }
  const { intervals } = network.config;
  const parts = residualEnergies(network, loss, dataset).map((energies) =>
    Array.from(
      { length: energies.length / intervals },
      (_, p) => [...equidistribute(
        energies.subarray(p * intervals, (p + 1) * intervals),
        factor * intervals,
        2 * factor,
      )],
    ).flat()
  );
  return prolongLocally(network, parts);
}
