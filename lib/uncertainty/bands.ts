/**
 * Bands around predictions and effects, from the covariance of a network's parameters.
 *
 * @module
 */

import { checkOptions, exp, log, studentQuantile } from "../numerics/inner.ts";
import { forward, type Network, type ParameterCovariance } from "../model/mod.ts";
import { eachRowFactor, hasLinearParameters } from "./_row_factors.ts";

/** Options of bands. */
export interface BandOptions {
  /** The probability that the band holds the truth. Default 0.9. */
  readonly level?: number;
  /**
   * The variance of noise per output, `[nOut]`: the band is then for a new observation. Absent: for
   * its mean.
   */
  readonly noise?: ArrayLike<number>;
  /** Degrees of freedom that the variance of the noise is known with. Default: infinitely many. */
  readonly degrees?: number;
  /**
   * What outputs are: `"values"` (default), or `"logits"`, of which bands of probabilities come: of
   * one logit that of the second class, of several those of all classes.
   */
  readonly outputs?: "values" | "logits";
}

/** A band, each array of shape `[rows, nOut]`. */
export interface Band {
  /** Outputs, or probabilities. */
  readonly center: Float64Array;
  /** Standard errors of the outputs (of log odds where outputs are logits), without noise. */
  readonly errors: Float64Array;
  /** Lower ends. */
  readonly lower: Float64Array;
  /** Upper ends. */
  readonly upper: Float64Array;
}

const OPTIONS = "level noise degrees outputs";

/**
 * Computes a band around every prediction.
 *
 * The standard error of an output is `|R^T g|`, `g` its gradient by the parameters and `R R^T` their
 * covariance; the band is the output plus and minus Student's (normal) quantile times
 * `sqrt(error^2 + noise)`. Of classes the log odds `ln p - ln(1 - p)` get a band, which is mapped back
 * to probabilities. With the covariance of an additive model the band is Bayesian, and covers as
 * often as it says on average over the rows (G. Marra and S. Wood, Coverage properties of confidence
 * intervals for generalized additive model components, Scandinavian Journal of Statistics 39, 2012).
 *
 * @param network The network.
 * @param covariance Covariance of its parameters.
 * @param inputs Shape `[rows, nIn]`, as the network sees them.
 * @param options Level, noise, kind of outputs.
 * @returns Centres, standard errors, ends.
 * @throws {RangeError} If level does not lie between 0 and 1.
 *
 * @example
 * ```ts
 * import { fitAdditive } from "@freeknot/freeknot/additive";
 * import { predictionBand } from "@freeknot/freeknot/uncertainty";
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { assert } from "@std/assert";
 *
 * const inputs = Array.from({ length: 100 }, (_, i) => i / 100);
 * const targets = inputs.map((x, i) => x * x + 0.1 * Math.sin(99 * i));
 * const { network, covariance, scale } = fitAdditive(datasetOf({ inputs, targets }));
 * const at = Float64Array.of(0.5, 2);
 * const mean = predictionBand(network, covariance, at);
 * const observed = predictionBand(network, covariance, at, { noise: scale });
 * assert(mean.lower[0] < 0.25 && 0.25 < mean.upper[0]);
 * assert(mean.errors[1] > mean.errors[0]); // far from the data
 * assert(observed.upper[0] > mean.upper[0]);
 * ```
 */
export function predictionBand(
  network: Network,
  covariance: ParameterCovariance,
  inputs: Float64Array,
  options: BandOptions = {},
): Band {
  const { noise, outputs: kind = "values" } = options, quantile = quantileOf(options);
  const { widths } = network.config, nOut = widths[widths.length - 1];
  const outputs = forward(network, inputs), { rank } = covariance;
  const center = new Float64Array(outputs.length), errors = center.slice();
  const lower = center.slice(), upper = center.slice();
  eachRowFactor(network, covariance, inputs, (r, factor) => {
    const row = outputs.subarray(r * nOut, (r + 1) * nOut);
    for (let q = 0; q < nOut; q++) {
      const at = r * nOut + q,
        { value, weights } = kind === "values" || nOut === 1
          ? { value: row[q], weights: undefined }
          : logOdds(row, q);
      let square = 0;
      for (let k = 0; k < rank; k++) {
        let sum = 0;
        if (!weights) sum = factor[q * rank + k];
        else for (let j = 0; j < nOut; j++) sum += weights[j] * factor[j * rank + k];
        square += sum * sum;
      }
      errors[at] = Math.sqrt(square);
      const reach = quantile * Math.sqrt(square + (noise?.[q] ?? 0));
      const map = kind === "values" ? (z: number) => z : sigmoid;
      center[at] = map(value);
      lower[at] = map(value - reach);
      upper[at] = map(value + reach);
    }
  });
  return { center, errors, lower, upper };
}

/** The effect of one input, and how sure it is. */
export interface EffectBand extends Band {
  /** Where, in units of the input. */
  readonly positions: Float64Array;
}

/**
 * Computes the effect of one input of an additive model, a network of one layer of splines, with a
 * band: outputs with this input changed minus their mean over the rows. The other inputs do not
 * matter.
 *
 * @param network Widths `[nIn, nOut]`, first layer splines.
 * @param covariance Covariance of its parameters.
 * @param input Which input, from 0.
 * @param values The input in the rows, over which an effect has the mean 0.
 * @param options Level; positions, default 101 over the range of `values`.
 * @returns Effects at the positions, `[positions, nOut]`, of logits where the network gives logits.
 * @throws {RangeError} If the network has more layers.
 *
 * @example
 * ```ts
 * import { fitAdditive } from "@freeknot/freeknot/additive";
 * import { effectBand } from "@freeknot/freeknot/uncertainty";
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { assert } from "@std/assert";
 *
 * const inputs = Array.from({ length: 200 }, (_, i) => [i / 200, Math.sin(i)]);
 * const targets = inputs.map(([x, z], i) => x * x + z + 0.1 * Math.sin(99 * i));
 * const { network, covariance } = fitAdditive(datasetOf({ inputs, targets }));
 * const first = Float64Array.from(inputs, ([x]) => x);
 * const { positions, lower, upper } = effectBand(network, covariance, 0, first);
 * positions.forEach((x, k) => assert(lower[k] < x * x - 0.33 + 0.02 && x * x - 0.33 - 0.02 < upper[k]));
 * ```
 */
export function effectBand(
  network: Network,
  covariance: ParameterCovariance,
  input: number,
  values: Float64Array,
  options: Pick<BandOptions, "level" | "degrees"> & { readonly positions?: Float64Array } = {},
): EffectBand {
  if (!hasLinearParameters(network)) {
    throw new RangeError(
      "Cannot compute band of effect: network must be one layer of splines with fixed knots, " +
        `current widths are ${network.config.widths}, knots ${network.config.knots}`,
    );
  }
  const { positions = evenly(values), ...others } = options, quantile = quantileOf(others);
  const { widths: [nIn, nOut] } = network.config, { rank } = covariance;
  const inputsAt = (points: Float64Array) => {
    const inputs = new Float64Array(points.length * nIn);
    const { statistics: [measured] } = network;
    for (let p = 0; p < nIn; p++) {
      const rest = measured.kind === "minmax" ? measured.minimum[p] : 0;
      for (let r = 0; r < points.length; r++) inputs[r * nIn + p] = p === input ? points[r] : rest;
    }
    return inputs;
  };
  const mean = new Float64Array(nOut * rank),
    level = new Float64Array(nOut),
    all = inputsAt(values);
  eachRowFactor(network, covariance, all, (_, factor) => {
    for (let k = 0; k < mean.length; k++) mean[k] += factor[k] / values.length;
  });
  forward(network, all).forEach((y, i) => level[i % nOut] += y / values.length);
  const at = inputsAt(positions);
  const center = forward(network, at).map((y, i) => y - level[i % nOut]);
  const errors = new Float64Array(center.length);
  eachRowFactor(network, covariance, at, (r, factor) => {
    for (let q = 0; q < nOut; q++) {
      let square = 0;
      for (let k = q * rank; k < (q + 1) * rank; k++) square += (factor[k] - mean[k]) ** 2;
      errors[r * nOut + q] = Math.sqrt(square);
    }
  });
  return {
    ...{ positions, center, errors },
    lower: center.map((y, i) => y - quantile * errors[i]),
    upper: center.map((y, i) => y + quantile * errors[i]),
  };
}

function quantileOf(options: BandOptions): number {
  checkOptions("compute bands", options, OPTIONS);
  const { level = 0.9, degrees = Infinity } = options;
  if (!(level > 0 && level < 1)) {
    throw new RangeError(
      `Cannot compute bands: level must lie between 0 and 1, current value is ${level}`,
    );
  }
  return studentQuantile((1 + level) / 2, Math.max(1, degrees));
}

/** `ln p_q - ln(1 - p_q)` of softmax, and its gradient by the logits. */
function logOdds(logits: Float64Array, q: number) {
  let most = -Infinity, sum = 0;
  logits.forEach((z, j) => most = j === q ? most : Math.max(most, z));
  const weights = logits.map((z, j) => j === q ? 0 : exp(z - most));
  for (const weight of weights) sum += weight;
  const value = logits[q] - most - log(sum);
  weights.forEach((weight, j) => weights[j] = j === q ? 1 : -weight / sum);
  return { value, weights };
}

function sigmoid(z: number): number {
  return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

function evenly(values: Float64Array): Float64Array {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return Float64Array.from({ length: 101 }, (_, k) => low + (high - low) * k / 100);
}
