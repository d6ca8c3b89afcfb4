/**
 * Why one row's prediction is what it is: Shapley values.
 *
 * @module
 */

import { checkInteger, checkOptions } from "../../numerics/inner.ts";
import { createRandom } from "../../model/mod.ts";
import { inputGroups } from "../structure/input_groups.ts";
import {
  countRows,
  type Explained,
  type OutputFunction,
  outputFunction,
  spreadRows,
} from "../structure/output_function.ts";

/** What the inputs of one row contribute to one output. */
export interface RowAttribution {
  /** Mean prediction of the background rows: where the values start. */
  readonly mean: number;
  /** Prediction of the row: `mean` plus all values, to rounding. */
  readonly prediction: number;
  /** Shapley value of every input. */
  readonly values: Float64Array;
  /** Standard error of every value; 0 where it is exact. */
  readonly errors: Float64Array;
  /** Whether all values are exact for the background. */
  readonly exact: boolean;
  /** Number of background rows. */
  readonly background: number;
}

/** Options of {@linkcode attribution}. */
export interface AttributionOptions {
  /** Most background rows. Default 100. */
  readonly background?: number | undefined;
  /** Orders of the inputs per background row where values are sampled, an even number. Default 20. */
  readonly orders?: number | undefined;
  /** Most inputs of a group for which all subsets are tried. Default 10. */
  readonly mostExact?: number | undefined;
  /** Draws the orders. Default 1234. */
  readonly seed?: number | undefined;
}

/**
 * Computes the Shapley values of one row: what each input adds to the mean prediction, averaged over
 * all orders in which the row's values can replace those of a background row (Shapley 1953; with
 * values of background rows for the inputs that are missing, Lundberg and Lee 2017).
 *
 * Inputs of different groups ({@linkcode inputGroups}) are independent of each other: the values of
 * a group need only its own subsets, and an input by itself, as in an additive network, has its
 * effect as its value. Groups of at most `mostExact` inputs are exact; larger ones are sampled, each
 * order together with its reverse, and have standard errors. The sum of all values is the prediction
 * less the mean in both cases.
 *
 * @param explained A network, or several whose mean is meant.
 * @param row The inputs of the row, as the network sees them.
 * @param inputs Rows to compare with, shape `[rows, nIn]`; the background is evenly chosen.
 * @param options Sizes and the seed.
 * @returns One entry per output.
 * @throws {TypeError} If `row` or `inputs` are not rows of the network.
 * @throws {RangeError} If an option is out of range.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { attribution } from "@freeknot/freeknot/interpret";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const inputs = Float64Array.from({ length: 200 }, (_, i) => Math.sin(i));
 * const [{ mean, prediction, values }] = attribution(network, [0.3, -0.5], inputs);
 * assertAlmostEquals(mean + values[0] + values[1], prediction, 1e-12);
 * ```
 */
export function attribution(
  explained: Explained,
  row: ArrayLike<number>,
  inputs: Float64Array,
  options: AttributionOptions = {},
): RowAttribution[] {
  const verb = "attribute prediction";
  checkOptions(verb, options, "background orders mostExact seed");
  const model = outputFunction(verb, explained), { nIn, nOut } = model;
  countRows(verb, inputs, nIn);
  if (row.length !== nIn) {
    throw new TypeError(
      `Cannot ${verb}: row must be ${nIn} numbers, current value is ${row.length} numbers`,
    );
  }
  const { background = 100, orders = 20, mostExact = 10, seed = 1234 } = options;
  checkInteger(verb, "background", background, 1);
  checkInteger(verb, "orders", orders, 2);
  checkInteger(verb, "mostExact", mostExact, 1, 16);
  const rows = spreadRows(inputs, nIn, background), x = Float64Array.from(row);
  const outputs = model.evaluate(rows), predictions = model.evaluate(x);
  const known = new Map<string, GroupValues>();
  const ofGroup = (group: readonly number[]): GroupValues => {
    const key = group.join(), there = known.get(key);
    if (there !== undefined) return there;
    const values = group.length <= mostExact
      ? exactValues(model, x, rows, group)
      : sampledValues(model, x, rows, group, Math.ceil(orders / 2), seed);
    known.set(key, values);
    return values;
  };
  return Array.from({ length: nOut }, (_, q): RowAttribution => {
    const values = new Float64Array(nIn), errors = new Float64Array(nIn);
    let exact = true, mean = 0;
    for (const group of inputGroups(explained, q)) {
      const found = ofGroup(group);
      exact &&= found.exact;
      group.forEach((input, k) => {
        values[input] = found.values[k * nOut + q];
        errors[input] = found.errors[k * nOut + q];
      });
    }
    for (let i = q; i < outputs.length; i += nOut) mean += outputs[i];
    mean /= outputs.length / nOut;
    const prediction = predictions[q];
    return { mean, prediction, values, errors, exact, background: rows.length / nIn };
  });
}

/** Values of the inputs of a group for all outputs, shape `[group, nOut]`. */
interface GroupValues {
  readonly values: Float64Array;
  readonly errors: Float64Array;
  readonly exact: boolean;
}

/** All subsets of the group: `v(S)` is the mean prediction with the row's values in `S`. */
function exactValues(
  { nIn, nOut, evaluate }: OutputFunction,
  x: Float64Array,
  rows: Float64Array,
  group: readonly number[],
): GroupValues {
  const n = group.length, subsets = 1 << n, count = rows.length / nIn;
  const means = new Float64Array(subsets * nOut);
  for (let subset = 0; subset < subsets; subset++) {
    const block = rows.slice();
    for (let k = 0; k < n; k++) {
      if (!(subset >> k & 1)) continue;
      for (let b = 0; b < count; b++) block[b * nIn + group[k]] = x[group[k]];
    }
    evaluate(block).forEach((value, i) => means[subset * nOut + i % nOut] += value / count);
  }
  const weights = subsetWeights(n);
  const values = new Float64Array(n * nOut);
  for (let subset = 0; subset < subsets; subset++) {
    const size = bits(subset);
    for (let k = 0; k < n; k++) {
      if (subset >> k & 1) continue;
      const larger = subset | 1 << k;
      for (let q = 0; q < nOut; q++) {
        values[k * nOut + q] += weights[size] *
          (means[larger * nOut + q] - means[subset * nOut + q]);
      }
    }
  }
  return { values, errors: new Float64Array(n * nOut), exact: true };
}

/** `s! (n - 1 - s)! / n!` for every size `s` of a subset without the input. */
function subsetWeights(n: number): number[] {
  const weights = [1 / n];
  for (let s = 1; s < n; s++) weights.push(weights[s - 1] * s / (n - s));
  return weights;
}

function bits(value: number): number {
  let count = 0;
  for (; value > 0; value &= value - 1) count++;
  return count;
}

/**
 * Orders and their reverses, as many for every background row: the sum telescopes to the mean over
 * all of them. The standard error is that of a mean of independent pairs.
 */
function sampledValues(
  { nIn, nOut, evaluate }: OutputFunction,
  x: Float64Array,
  rows: Float64Array,
  group: readonly number[],
  pairs: number,
  seed: number,
): GroupValues {
  const n = group.length, count = rows.length / nIn, random = createRandom(seed, "orders");
  const sums = new Float64Array(n * nOut), squares = new Float64Array(n * nOut);
  const block = new Float64Array(2 * (n + 1) * nIn);
  for (let b = 0; b < count; b++) {
    for (let pair = 0; pair < pairs; pair++) {
      const forward = random.permutation(n), orders = [forward, forward.toReversed()];
      orders.forEach((order, o) => {
        const at = rows.slice(b * nIn, (b + 1) * nIn);
        for (let k = 0; k <= n; k++) {
          if (k > 0) at[group[order[k - 1]]] = x[group[order[k - 1]]];
          block.set(at, (o * (n + 1) + k) * nIn);
        }
      });
      const outputs = evaluate(block), gains = new Float64Array(n * nOut);
      orders.forEach((order, o) => {
        for (let k = 1; k <= n; k++) {
          const to = (o * (n + 1) + k) * nOut;
          for (let q = 0; q < nOut; q++) {
            gains[order[k - 1] * nOut + q] += (outputs[to + q] - outputs[to - nOut + q]) / 2;
          }
        }
      });
      gains.forEach((gain, i) => {
        sums[i] += gain;
        squares[i] += gain * gain;
      });
    }
  }
  const samples = count * pairs;
  const values = sums.map((sum) => sum / samples);
  const errors = squares.map((square, i) =>
    Math.sqrt(Math.max(0, square / samples - values[i] ** 2) / Math.max(1, samples - 1))
  );
  return { values, errors, exact: false };
}
