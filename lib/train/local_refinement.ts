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
 * The residual energy of every interval, how much of the error passes through it: per spline layer
 * an array of shape `[nIn or 1 (shared knots), intervals]`, on a scale of its own, the largest
 * residual counts 1.
 *
 * `E_i = sum of w_r |e_r|^2` over the rows `r` whose value of the node lies in interval `i` by the
 * network's kept statistics, with the residual `e_r = (d loss / d y_r) / w_r`: of squared errors
 * `y - t`, of the Huber loss the same clipped at `delta`, of cross-entropy the probabilities minus
 * the targets. Nodes that share their knots share the energies, too.
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
 * Refines a network, with the statistics of the dataset, where its error is, exactly: every node
 * gets as many new knots as halving (or a larger factor) would give it, each in the intervals that
 * carry most residual energy. Uniform knots become fixed ones.
 *
 * An interval is split into at most `2 factor` parts, equal ones, see {@linkcode equidistribute}
 * and {@linkcode prolongLocally}.
 *
 * @throws {RangeError} If the factor is not an integer >= 2, or the network an MLP.
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
