/**
 * How sure the difference between two predictions is.
 *
 * @module
 */

import type { Network, ParameterCovariance } from "../model/mod.ts";
import { eachRowFactor } from "./_row_factors.ts";

/**
 * Computes standard errors of predictions less their mean over other rows: of an effect, where rows
 * differ in some inputs only. What the parameters have in common cancels, as in
 * {@linkcode effectBand}, but any number of inputs may change together.
 *
 * @param network The network.
 * @param covariance Covariance of its parameters.
 * @param inputs Rows, shape `[rows, nIn]`.
 * @param base The rows whose mean prediction is taken off, shape `[others, nIn]`.
 * @param weights How much each of these counts; absent: all the same.
 * @returns Standard errors, shape `[rows, nOut]`.
 *
 * @example
 * ```ts
 * import { fitAdditive } from "@freeknot/freeknot/additive";
 * import { differenceErrors, effectBand } from "@freeknot/freeknot/uncertainty";
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const inputs = Float64Array.from({ length: 100 }, (_, i) => i / 100);
 * const targets = inputs.map((x, i) => x * x + 0.1 * Math.sin(99 * i));
 * const { network, covariance } = fitAdditive(datasetOf({ inputs, targets }));
 * const positions = Float64Array.of(0.1, 0.9);
 * const errors = differenceErrors(network, covariance, positions, inputs);
 * const band = effectBand(network, covariance, 0, inputs, { positions });
 * assertAlmostEquals(errors[1], band.errors[1], 1e-12);
 * ```
 */
export function differenceErrors(
  network: Network,
  covariance: ParameterCovariance,
  inputs: Float64Array,
  base: Float64Array,
  weights?: Float64Array,
): Float64Array {
  const { widths } = network.config, [nIn] = widths, nOut = widths[widths.length - 1];
  const { rank } = covariance, others = base.length / nIn;
  const total = weights?.reduce((sum, w) => sum + w, 0) ?? others;
  const mean = new Float64Array(nOut * rank), errors = new Float64Array(inputs.length / nIn * nOut);
  eachRowFactor(network, covariance, base, (row, factor) => {
    const share = (weights?.[row] ?? 1) / total;
    for (let k = 0; k < mean.length; k++) mean[k] += share * factor[k];
  });
  eachRowFactor(network, covariance, inputs, (row, factor) => {
    for (let q = 0; q < nOut; q++) {
      let square = 0;
      for (let k = q * rank; k < (q + 1) * rank; k++) square += (factor[k] - mean[k]) ** 2;
      errors[row * nOut + q] = Math.sqrt(square);
    }
  });
  return errors;
}
