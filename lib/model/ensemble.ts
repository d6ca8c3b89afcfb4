/**
 * Ensembles: several networks that answer together.
 *
 * @module
 */

import { checkArray, exp, log, log1p } from "../numerics/inner.ts";
import { forward } from "./forward.ts";
import type { Network } from "./network.ts";

/**
 * Computes the mean answer of several networks.
 *
 * `"values"`: `y = mean_m f_m(x)`. `"probabilities"` takes the outputs as logits, averages the
 * probabilities `p_m` (sigmoid of one output, softmax of several) and returns logits of the mean,
 * `ln p - ln(1 - p)` or `ln p_k`: the result can be used wherever logits can. `"exponentials"`
 * takes outputs as logarithms of what is averaged.
 *
 * @param networks At least one; their first and last widths agree.
 * @param inputs Shape `[rows, nIn]`, row-major, as the networks see them.
 * @param rows Number of rows. Default: what `inputs` holds.
 * @param average What is averaged. Default `"values"`.
 * @returns Shape `[rows, nOut]`, float64; for a single network the outputs of that network.
 * @throws {RangeError} If there is no network.
 *
 * @example
 * ```ts
 * import { createNetwork, ensembleOutputs, forward } from "@freeknot/freeknot";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const networks = [1, 2].map((seed) => createNetwork({ widths: [2, 5, 1] }, { seed }));
 * const inputs = Float64Array.of(0.1, 0.2);
 * const [first, second] = networks.map((network) => forward(network, inputs)[0]);
 * assertAlmostEquals(ensembleOutputs(networks, inputs)[0], (first + second) / 2, 1e-15);
 * ```
 */
export function ensembleOutputs(
  networks: readonly Network[],
  inputs: Float64Array,
  rows?: number,
  average: "values" | "probabilities" | "exponentials" = "values",
): Float64Array {
  checkArray("evaluate ensemble", "networks", networks, "an array of networks");
  if (networks.length === 0) {
    throw new RangeError(
      "Cannot compute outputs of ensemble: networks must be at least one, current value is none",
    );
  }
  const outputs = networks.map((network) => forward(network, inputs, rows)); // [members][rows, nOut]
  const { widths } = networks[0].config;
  if (networks.length === 1) return outputs[0];
  if (average === "values") return meanOf(outputs);
  const nOut = widths[widths.length - 1];
  if (average === "exponentials") return meanLogarithms(outputs);
  return nOut === 1 ? meanLogits(outputs) : meanLogProbabilities(outputs, nOut);
}

function meanOf(outputs: readonly Float64Array[]): Float64Array {
  return outputs[0].map((_, i) => {
    let sum = 0;
    for (const values of outputs) sum += values[i];
    return sum / outputs.length;
  });
}

/** Logits of the mean of sigmoids, from `ln p` and `ln(1 - p)`: no probability is rounded to 1. */
function meanLogits(outputs: readonly Float64Array[]): Float64Array {
  const yes = new Float64Array(outputs.length), no = new Float64Array(outputs.length);
  return outputs[0].map((_, i) => {
    outputs.forEach((values, m) => {
      yes[m] = logSigmoid(values[i]);
      no[m] = logSigmoid(-values[i]);
    });
    return logSum(yes) - logSum(no);
  });
}

/** Logarithms of the mean of exponentials. */
function meanLogarithms(outputs: readonly Float64Array[]): Float64Array {
  const terms = new Float64Array(outputs.length);
  return outputs[0].map((_, i) => {
    outputs.forEach((values, m) => terms[m] = values[i]);
    return logSum(terms) - log(outputs.length);
  });
}

/** Logarithms of the mean of softmaxes. */
function meanLogProbabilities(outputs: readonly Float64Array[], nOut: number): Float64Array {
  const terms = new Float64Array(outputs.length);
  const norms = outputs.map((values) =>
    Float64Array.from(
      { length: values.length / nOut },
      (_, row) => logSum(values.subarray(row * nOut, (row + 1) * nOut)),
    )
  );
  return outputs[0].map((_, i) => {
    const row = Math.floor(i / nOut);
    outputs.forEach((values, m) => terms[m] = values[i] - norms[m][row]);
    return logSum(terms) - log(outputs.length);
  });
}

/** `ln(1 / (1 + exp(-z)))`. */
function logSigmoid(z: number): number {
  return Math.min(z, 0) - log1p(exp(-Math.abs(z)));
}

/** `ln sum exp(x_i)`. */
function logSum(x: Float64Array): number {
  let most = -Infinity;
  for (const value of x) most = Math.max(most, value);
  if (!Number.isFinite(most)) return most;
  let sum = 0;
  for (const value of x) sum += exp(value - most);
  return most + log(sum);
}
