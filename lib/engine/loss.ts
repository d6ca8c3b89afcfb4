/**
 * Losses: value and derivative by the outputs.
 *
 * @module
 */

import { checkArray, checkRecord } from "../numerics/inner.ts";
import { forward, type Network } from "../model/mod.ts";
import type { Dataset } from "../data/mod.ts";

/** The criterion as data. Means are over rows (weighted) and outputs. */
export type Loss =
  | {
    /** Mean squared error, without a factor 1/2. */
    readonly kind: "mse";
    /** Adds `weightDecay / 2 * |parameters|^2` to the objective. Default 0. */
    readonly weightDecay?: number;
  }
  | {
    /** `e^2 / 2` up to `delta`, `delta (|e| - delta / 2)` beyond. */
    readonly kind: "huber";
    /** Where the parabola becomes a line, in scaled target units. Default 0.1. */
    readonly delta?: number;
    /** As for `mse`. */
    readonly weightDecay?: number;
  }
  | {
    /** Binary (one output: its logit) or softmax (one logit per class) cross-entropy, nats. */
    readonly kind: "crossEntropy";
    /** As for `mse`. */
    readonly weightDecay?: number;
  };

/** Where the Huber loss turns linear unless told otherwise, in scaled target units. */
export const DEFAULT_HUBER_DELTA = 0.1;

/**
 * The loss of given outputs and, if asked for, its derivative by them.
 *
 * With row weights `w_r` (all 1 without) and `W = sum w_r`:
 * - mse: `sum_r w_r sum_q (y - t)^2 / (W nOut)`;
 * - huber: the same mean of `e^2 / 2` (|e| <= delta) or `delta (|e| - delta / 2)`;
 * - crossEntropy: `sum_r w_r h_r / W`, `h = log(1 + exp(y)) - t y` for one output,
 *   `h = (sum_q t_q) log sum_q exp(y_q) - sum_q t_q y_q` for several.
 *
 * @param loss The criterion.
 * @param outputs Network outputs, shape `[rows, nOut]`.
 * @param dataset Targets and weights.
 * @param gradientOut Overwritten with `d loss / d outputs`, shape `[rows, nOut]`, if given.
 * @returns The loss.
 *
 * @example
 * ```ts
 * import { evaluateLoss } from "@freeknot/freeknot/engine";
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const dataset = datasetOf({ inputs: [0, 1], targets: [1, 2] });
 * const slope = new Float64Array(2);
 * assertEquals(evaluateLoss({ kind: "mse" }, new Float64Array([1, 4]), dataset, slope), 2);
 * assertEquals([...slope], [0, 2]);
 * ```
 */
export function evaluateLoss(
  loss: Loss,
  outputs: Float64Array,
  dataset: Dataset,
  gradientOut?: Float64Array,
): number {
  checkRecord("evaluate loss", "loss", loss, "a record such as { kind: mse }", ["kind"]);
  checkArray("evaluate loss", "outputs", outputs, "an array of numbers");
  switch (loss.kind) {
    case "mse":
      return errorLoss(undefined, outputs, dataset, gradientOut);
    case "huber":
      return errorLoss(loss.delta ?? DEFAULT_HUBER_DELTA, outputs, dataset, gradientOut);
    case "crossEntropy":
      return dataset.nOut === 1
        ? binary(outputs, dataset, gradientOut)
        : softmax(outputs, dataset, gradientOut);
  }
}

/** The loss of every row by itself, whatever its weight. */
export function rowLosses(network: Network, dataset: Dataset, loss: Loss): Float64Array {
  const { inputs, targets, rows, nIn, nOut } = dataset, outputs = forward(network, inputs, rows);
  return Float64Array.from(
    { length: rows },
    (_, r) =>
      evaluateLoss(loss, outputs.subarray(r * nOut, (r + 1) * nOut), {
        ...{ rows: 1, nIn, nOut, inputs: inputs.subarray(r * nIn, (r + 1) * nIn) },
        targets: targets.subarray(r * nOut, (r + 1) * nOut),
      }),
  );
}

/**
 * `weightDecay / 2 |parameters|^2`, the part of the objective that is not loss.
 *
 * @param loss The criterion.
 * @param parameters All parameters.
 * @param gradientOut If given, `weightDecay * parameters` is added to it.
 */
export function addWeightDecay(
  loss: Loss,
  parameters: Float64Array,
  gradientOut?: Float64Array,
): number {
  const decay = loss.weightDecay ?? 0;
  if (decay === 0) return 0;
  let square = 0;
  for (let i = 0; i < parameters.length; i++) {
    square += parameters[i] * parameters[i];
    if (gradientOut) gradientOut[i] += decay * parameters[i];
  }
  return decay / 2 * square;
}

/**
 * Checks that network, loss and dataset fit each other.
 *
 * @throws {TypeError} If a shape differs.
 * @throws {RangeError} If a number of the loss or the dataset is out of range.
 */
export function checkProblem(
  network: Network,
  loss: Loss,
  dataset: Dataset | undefined,
): asserts dataset is Dataset {
  const { widths } = network.config;
  if (!dataset) {
    throw new TypeError(
      "Cannot compile network: dataset must be rows of inputs and targets, current value is " +
        "undefined",
    );
  }
  const { rows, nIn, nOut, inputs, targets, weights } = dataset;
  function check(
    type: typeof TypeError | typeof RangeError,
    ok: boolean,
    name: string,
    rule: string,
    current: string,
  ): void {
    if (ok) return;
    throw new type(`Cannot compile network: ${name} must be ${rule}, current value is ${current}`);
  }
  const shape = check.bind(undefined, TypeError), value = check.bind(undefined, RangeError);
  value(Number.isInteger(rows) && rows >= 1, "dataset rows", "at least 1", `${rows}`);
  shape(nIn === widths[0], "dataset inputs", `${widths[0]} columns`, `${nIn}`);
  const last = widths[widths.length - 1];
  shape(nOut === last, "dataset targets", `${last} columns`, `${nOut}`);
  shape(inputs.length === rows * nIn, "inputs", `[${rows}, ${nIn}]`, `${inputs.length} numbers`);
  shape(
    targets.length === rows * nOut,
    "targets",
    `[${rows}, ${nOut}]`,
    `${targets.length} numbers`,
  );
  for (
    const [name, values, columns] of [["inputs", inputs, nIn], ["targets", targets, nOut]] as const
  ) {
    const bad = values.findIndex((each) => !Number.isFinite(each));
    const place = `row ${Math.floor(bad / columns)}, column ${bad % columns}`;
    value(bad < 0, name, "finite numbers", `${values[bad]} in ${place}`);
  }
  if (weights) {
    shape(weights.length === rows, "weights", `[${rows}]`, `${weights.length} numbers`);
    const bad = weights.findIndex((each) => !(each >= 0) || each === Infinity);
    value(bad < 0, "weights", "finite and not negative", `${weights[bad]} in row ${bad}`);
    value(weights.some((each) => each > 0), "weights", "positive somewhere", "all zero");
  }
  const kinds = ["mse", "huber", "crossEntropy"];
  value(kinds.includes(loss.kind), "loss kind", `one of ${kinds.join(", ")}`, loss.kind);
  const decay = loss.weightDecay ?? 0;
  value(decay >= 0 && decay < Infinity, "weightDecay", "a number >= 0", `${decay}`);
  if (loss.kind === "huber") {
    const delta = loss.delta ?? DEFAULT_HUBER_DELTA;
    value(delta > 0 && delta < Infinity, "delta", "a number > 0", `${delta}`);
  }
  if (loss.kind === "crossEntropy") {
    const bad = targets.findIndex((each) => each < 0 || each > 1);
    const current = `${targets[bad]} in row ${Math.floor(bad / nOut)}`;
    value(bad < 0, "targets", "probabilities from 0 to 1 for crossEntropy", current);
  }
}

/** The sum of a dataset's row weights; without weights the number of rows. */
export function totalWeight({ rows, weights }: Dataset): number {
  if (!weights) return rows;
  let sum = 0;
  for (let r = 0; r < rows; r++) sum += weights[r];
  return sum;
}

/** `1 / total`; 0 for a mini-batch whose rows all have weight 0. */
function inverse(total: number): number {
  return total > 0 ? 1 / total : 0;
}

/** Huber's loss; without `delta` mean squares. */
function errorLoss(
  delta: number | undefined,
  y: Float64Array,
  dataset: Dataset,
  gradientOut?: Float64Array,
): number {
  const { rows, nOut, targets, weights } = dataset;
  const scale = inverse(totalWeight(dataset) * nOut);
  let sum = 0;
  for (let r = 0, i = 0; r < rows; r++) {
    const w = weights ? weights[r] : 1;
    for (let q = 0; q < nOut; q++, i++) {
      const e = y[i] - targets[i];
      if (delta === undefined) {
        sum += w * e * e;
        if (gradientOut) gradientOut[i] = 2 * scale * w * e;
      } else {
        const size = Math.abs(e);
        sum += w * (size <= delta ? e * e / 2 : delta * (size - delta / 2));
        if (gradientOut) gradientOut[i] = scale * w * (size <= delta ? e : delta * Math.sign(e));
      }
    }
  }
  return sum * scale;
}

function binary(y: Float64Array, dataset: Dataset, gradientOut?: Float64Array): number {
  const { rows, targets, weights } = dataset;
  const scale = inverse(totalWeight(dataset));
  let sum = 0;
  for (let r = 0; r < rows; r++) {
    const w = weights ? weights[r] : 1;
    const small = Math.exp(-Math.abs(y[r])); // in (0, 1]: no overflow
    sum += w * (Math.max(y[r], 0) - y[r] * targets[r] + Math.log1p(small));
    if (gradientOut) {
      const probability = y[r] >= 0 ? 1 / (1 + small) : small / (1 + small);
      gradientOut[r] = scale * w * (probability - targets[r]);
    }
  }
  return sum * scale;
}

function softmax(y: Float64Array, dataset: Dataset, gradientOut?: Float64Array): number {
  const { rows, nOut, targets, weights } = dataset;
  const scale = inverse(totalWeight(dataset));
  let sum = 0;
  for (let r = 0; r < rows; r++) {
    const w = weights ? weights[r] : 1;
    const at = r * nOut;
    let top = y[at];
    for (let q = 1; q < nOut; q++) if (y[at + q] > top) top = y[at + q];
    let exps = 0, mass = 0, dot = 0;
    for (let q = 0; q < nOut; q++) {
      exps += Math.exp(y[at + q] - top);
      mass += targets[at + q];
      dot += targets[at + q] * (y[at + q] - top);
    }
    sum += w * (mass * Math.log(exps) - dot);
    if (gradientOut) {
      for (let q = 0; q < nOut; q++) {
        const probability = Math.exp(y[at + q] - top) / exps;
        gradientOut[at + q] = scale * w * (mass * probability - targets[at + q]);
      }
    }
  }
  return sum * scale;
}
