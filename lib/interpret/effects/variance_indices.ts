/**
 * How much of the variance of the predictions inputs and pairs of inputs account for.
 *
 * @module
 */

import { checkInteger, checkOptions, moments } from "../../numerics/inner.ts";
import { createRandom } from "../../model/mod.ts";
import { inputGroups } from "../structure/input_groups.ts";
import {
  countRows,
  type Explained,
  type OutputFunction,
  outputFunction,
} from "../structure/output_function.ts";
import { pairsOf } from "./sensitivities.ts";

/** A variance that was estimated, and its standard error. */
export interface EstimatedVariance {
  /** In squared units of the output. */
  readonly variance: number;
  /** Standard error of `variance`. */
  readonly error: number;
}

/** Variances of one output. */
export interface VarianceIndices {
  /** Variance of the output when every input is drawn by itself. */
  readonly total: number;
  /** Per input: the variance in which it has a part, alone or with others. */
  readonly inputs: readonly EstimatedVariance[];
  /** The variance in which both of a pair have a part, largest first. */
  readonly pairs: readonly ({ readonly inputs: readonly [number, number] } & EstimatedVariance)[];
}

/** Options of {@linkcode varianceIndices}. */
export interface VarianceIndicesOptions {
  /** Pairs of rows that are compared. Default 500. */
  readonly samples?: number | undefined;
  /** Chooses them. Default 1234. */
  readonly seed?: number | undefined;
}

/**
 * Estimates how much variance belongs to every input and to every pair of inputs.
 *
 * Two rows r and s are drawn; `f(r)` is compared with `f` where input i is taken from s, where j is,
 * and where both are. `E (f(r) - f(r, i of s))^2 / 2` is the total index of i (Jansen 1999),
 * `E (f(r) - f(r, i of s) - f(r, j of s) + f(r, i and j of s))^2 / 4` the variance of all
 * interactions that hold i and j (Liu and Owen 2006): 0 exactly where the network has none.
 *
 * @param explained A network, or several whose mean is meant.
 * @param inputs Rows as the network sees them, shape `[rows, nIn]`.
 * @param options How many pairs of rows, and the seed that draws them.
 * @returns One entry per output.
 * @throws {TypeError} If the inputs are not rows of the network.
 * @throws {RangeError} If an option is out of range.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { varianceIndices } from "@freeknot/freeknot/interpret";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 1], firstLayer: "spline" }, { seed: 1 });
 * const inputs = Float64Array.from({ length: 200 }, (_, i) => Math.sin(i));
 * assertEquals(varianceIndices(network, inputs)[0].pairs, []); // additive: no pair acts together
 * ```
 */
export function varianceIndices(
  explained: Explained,
  inputs: Float64Array,
  options: VarianceIndicesOptions = {},
): VarianceIndices[] {
  const verb = "estimate variances";
  checkOptions(verb, options, "samples seed");
  const model = outputFunction(verb, explained), { nIn, nOut } = model;
  const rows = countRows(verb, inputs, nIn);
  const { samples = 500, seed = 1234 } = options;
  checkInteger(verb, "samples", samples, 2);
  const groups = Array.from({ length: nOut }, (_, q) => pairsOf(inputGroups(explained, q)));
  const keys = [...new Set(groups.flatMap((pairs) => pairs.map(([i, j]) => i * nIn + j)))];
  const random = createRandom(seed, "variances");
  const drawn = Array.from({ length: samples }, () => {
    const r = random.integer(rows), s = random.integer(rows);
    return compare(model, inputs, r, s, keys);
  });
  return groups.map((pairs, q) => {
    const estimate = (of: (sample: Comparison) => number) =>
      estimated(Float64Array.from(drawn, of));
    const can = new Set(pairs.map(([i, j]) => i * nIn + j));
    return {
      total: moments(Float64Array.from(drawn, ({ start }) => start[q])).deviation ** 2,
      inputs: Array.from(
        { length: nIn },
        (_, i) => estimate(({ start, single }) => (start[q] - single[i * nOut + q]) ** 2 / 2),
      ),
      pairs: keys.flatMap((key, k) => {
        if (!can.has(key)) return [];
        const both: [number, number] = [Math.floor(key / nIn), key % nIn];
        return [{ inputs: both, ...estimate(({ mixed }) => mixed[k * nOut + q] ** 2 / 4) }];
      }).sort((a, b) => b.variance - a.variance),
    };
  });
}

interface Comparison {
  /** Outputs at the first row. */
  readonly start: Float64Array;
  /** With one input of the second row, shape `[nIn, nOut]`. */
  readonly single: Float64Array;
  /** Mixed differences, shape `[pairs, nOut]`. */
  readonly mixed: Float64Array;
}

function compare(
  { nIn, nOut, evaluate }: OutputFunction,
  inputs: Float64Array,
  r: number,
  s: number,
  keys: readonly number[],
): Comparison {
  const block = new Float64Array((1 + nIn + keys.length) * nIn);
  for (let k = 0; k < block.length; k++) block[k] = inputs[r * nIn + k % nIn];
  const other = (place: number, input: number): void => {
    block[place * nIn + input] = inputs[s * nIn + input];
  };
  for (let i = 0; i < nIn; i++) other(1 + i, i);
  keys.forEach((key, k) => {
    other(1 + nIn + k, Math.floor(key / nIn));
    other(1 + nIn + k, key % nIn);
  });
  const outputs = evaluate(block);
  const start = outputs.slice(0, nOut), single = outputs.slice(nOut, (1 + nIn) * nOut);
  const mixed = outputs.slice((1 + nIn) * nOut);
  keys.forEach((key, k) => {
    const i = Math.floor(key / nIn), j = key % nIn;
    for (let q = 0; q < nOut; q++) {
      mixed[k * nOut + q] += start[q] - single[i * nOut + q] - single[j * nOut + q];
    }
  });
  return { start, single, mixed };
}

function estimated(values: Float64Array): EstimatedVariance {
  const { mean, deviation } = moments(values);
  return { variance: mean, error: deviation / Math.sqrt(values.length - 1) };
}
