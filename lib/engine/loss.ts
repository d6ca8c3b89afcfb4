/**
 * Losses: value and derivative by the outputs.
 *
 * @module
 */

import { checkArray, checkRecord, exp, log } from "../numerics/inner.ts";
import { forward, type Network } from "../model/mod.ts";
import type { Dataset } from "../data/mod.ts";
import { coxLoss, coxRowLosses, eventWeight } from "./cox.ts";
import { type Loss, LOSS_KINDS } from "./loss_kinds.ts";
import {
  DEFAULT_HUBER_DELTA,
  DEFAULT_QUANTILE_DELTA,
  type PointLoss,
  pointLoss,
} from "./point_losses.ts";

export type { Loss } from "./loss_kinds.ts";

/**
 * The loss of given outputs and, if asked for, its derivative by them.
 *
 * With row weights `w_r` (all 1 without) and `W = sum w_r`:
 * - mse: `sum_r w_r sum_q (y - t)^2 / (W nOut)`;
 * - huber: the same mean of `e^2 / 2` (|e| <= delta) or `delta (|e| - delta / 2)`;
 * - crossEntropy: `sum_r w_r h_r / W`, `h = log(1 + exp(y)) - t y` for one output,
 *   `h = (sum_q t_q) log sum_q exp(y_q) - sum_q t_q y_q` for several;
 * - quantile: the mean of `|e| / 2 + (tau - 1/2) e`, `e = t - y`, with `(e^2 / delta + delta) / 2` for
 *   `|e|` up to delta (Koenker and Bassett 1978);
 * - poisson, gamma, tweedie, binomial: the mean of half the unit deviance (McCullagh and Nelder 1989,
 *   Dunn and Smyth 2005), `t log(t / mu) - t + mu` of counts, `mu = exp(y)`; 0 at `mu = t`;
 * - cox: `sum_i w_i (log sum_j w_j exp(y_j) - y_i) / sum_i w_i` over the rows `i` with an event, `j`
 *   those whose time is not before (Cox 1972, Breslow 1974).
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
  const point = pointLoss(loss, dataset.nOut);
  if (point) return meanLoss(point, outputs, dataset, gradientOut);
  return loss.kind === "cox"
    ? coxLoss(outputs, dataset, gradientOut)
    : softmax(outputs, dataset, gradientOut);
}

/** Whether a loss is the sum of what every row adds by itself, so that mini-batches say something. */
export function isRowWise(loss: Loss): boolean {
  return loss.kind !== "cox";
}

/**
 * Turns away mini-batches of a loss that couples all rows.
 *
 * @throws {RangeError} If rows are selected for the Cox loss.
 */
export function checkSelection(loss: Loss, rows: Int32Array | undefined): void {
  if (isRowWise(loss) || rows === undefined) return;
  throw new RangeError(
    "Cannot select rows: loss must be a sum over rows, current value is cox, which compares every " +
      "event with all rows; use gauss-newton or lbfgs, or a batch of all rows",
  );
}

/** The loss of every row by itself, whatever its weight; of Cox's, what its event adds. */
export function rowLosses(network: Network, dataset: Dataset, loss: Loss): Float64Array {
  const { inputs, targets, rows, nIn, nOut } = dataset, outputs = forward(network, inputs, rows);
  if (loss.kind === "cox") return coxRowLosses(outputs, dataset);
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
  const { rows, nIn, nOut } = dataset;
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
  value(LOSS_KINDS.includes(loss.kind), "loss kind", `one of ${LOSS_KINDS.join(", ")}`, loss.kind);
  const decay = loss.weightDecay ?? 0;
  value(decay >= 0 && decay < Infinity, "weightDecay", "a number >= 0", `${decay}`);
  checkLossNumbers(loss, value);
  let positive = false;
  for (const part of partsOf(dataset)) {
    checkRows(part, shape, value);
    positive ||= part.weights?.some((each) => each > 0) ?? true;
    checkTargets(loss, part, value);
  }
  value(positive, "weights", "positive somewhere", "all zero");
}

/** Rows of a stored dataset that are read at a time to be checked. */
const CHECKED_ROWS = 1 << 16;

/** A dataset; one that is stored in parts. */
function* partsOf(dataset: Dataset): Generator<Dataset, void> {
  const { rows, whole } = dataset;
  if (!whole?.stored) return yield dataset;
  for (let from = 0; from < rows; from += CHECKED_ROWS) {
    yield whole.stored.read(from, Math.min(rows, from + CHECKED_ROWS));
  }
}

type ValueCheck = (ok: boolean, name: string, rule: string, current: string) => void;

/** Checks shapes, and that numbers are finite. */
function checkRows(
  { rows, nIn, nOut, inputs, targets, weights }: Dataset,
  shape: ValueCheck,
  value: ValueCheck,
): void {
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
  }
}

function checkLossNumbers(loss: Loss, value: ValueCheck): void {
  if (loss.kind === "huber" || loss.kind === "quantile") {
    const usual = loss.kind === "huber" ? DEFAULT_HUBER_DELTA : DEFAULT_QUANTILE_DELTA;
    const delta = loss.delta ?? usual;
    value(delta > 0 && delta < Infinity, "delta", "a number > 0", `${delta}`);
  }
  if (loss.kind === "quantile") {
    value(loss.tau > 0 && loss.tau < 1, "tau", "a number between 0 and 1", `${loss.tau}`);
  }
  if (loss.kind === "tweedie") {
    const { power } = loss;
    value(power > 1 && power < 2, "power", "a number between 1 and 2", `${power}`);
  }
}

/**
 * Checks a loss's numbers, and targets by it.
 *
 * @throws {RangeError} If one is out of range.
 */
export function checkLoss(verb: string, loss: Loss, dataset: Dataset): void {
  const value: ValueCheck = (ok, name, rule, current) => {
    if (ok) return;
    throw new RangeError(
      `Cannot ${verb}: ${name} must be ${rule}, current value is ${current}`,
    );
  };
  value(LOSS_KINDS.includes(loss.kind), "loss kind", `one of ${LOSS_KINDS.join(", ")}`, loss.kind);
  checkLossNumbers(loss, value);
  checkTargets(loss, dataset, value);
}

/** What the targets of a loss must be; losses that are not here take all numbers. */
const TARGET_RULES: {
  readonly [kind in Loss["kind"]]?: readonly [string, (t: number) => boolean];
} = {
  crossEntropy: ["probabilities from 0 to 1", (t) => t >= 0 && t <= 1],
  binomial: ["shares from 0 to 1", (t) => t >= 0 && t <= 1],
  poisson: ["at least 0", (t) => t >= 0],
  tweedie: ["at least 0", (t) => t >= 0],
  gamma: ["above 0", (t) => t > 0],
  cox: ["times above 0, or minus the time of a row without an event,", (t) => t !== 0],
};

function checkTargets(loss: Loss, dataset: Dataset, value: ValueCheck): void {
  const { targets, nOut } = dataset, found = TARGET_RULES[loss.kind];
  if (!found) return;
  const [rule, holds] = found, bad = targets.findIndex((t) => !holds(t));
  const current = `${targets[bad]} in row ${Math.floor(bad / nOut)}`;
  value(bad < 0, "targets", `${rule} for ${loss.kind}`, current);
  if (loss.kind !== "cox") return;
  value(nOut === 1, "targets", "one column for cox", `${nOut} columns`);
  value(eventWeight(dataset) > 0, "targets", "the time of an event in some row for cox", "none");
}

/** The sum of a dataset's row weights; without weights the number of rows. */
export function totalWeight({ rows, weights, whole }: Dataset): number {
  if (whole) return whole.weight;
  if (!weights) return rows;
  let sum = 0;
  for (let r = 0; r < rows; r++) sum += weights[r];
  return sum;
}

/** `1 / total`; 0 for a mini-batch whose rows all have weight 0. */
function inverse(total: number): number {
  return total > 0 ? 1 / total : 0;
}

/** The mean of a loss over rows and outputs. */
function meanLoss(
  point: PointLoss,
  y: Float64Array,
  dataset: Dataset,
  gradientOut?: Float64Array,
): number {
  const { rows, nOut, targets, weights } = dataset, found = new Float64Array(3);
  const scale = inverse(totalWeight(dataset) * nOut);
  let sum = 0;
  for (let r = 0, i = 0; r < rows; r++) {
    const w = weights ? weights[r] : 1;
    for (let q = 0; q < nOut; q++, i++) {
      if (w === 0) { // a value that overflows does not count either
        if (gradientOut) gradientOut[i] = 0;
        continue;
      }
      point(y[i], targets[i], found);
      sum += w * found[0];
      if (gradientOut) gradientOut[i] = scale * w * found[1];
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
      exps += exp(y[at + q] - top);
      mass += targets[at + q];
      dot += targets[at + q] * (y[at + q] - top);
    }
    sum += w * (mass * log(exps) - dot);
    if (gradientOut) {
      for (let q = 0; q < nOut; q++) {
        const probability = exp(y[at + q] - top) / exps;
        gradientOut[at + q] = scale * w * (mass * probability - targets[at + q]);
      }
    }
  }
  return sum * scale;
}
