/**
 * Normalisation of a layer's inputs onto its domain, on tensors.
 *
 * @module
 */

import { BATCH_NORM_EPSILON, CONSTANT_RANGE } from "../model/inner.ts";
import type { NetworkConfig, NormalisationStatistics } from "../model/mod.ts";
import type { Operations } from "./_operations.ts";
import type { TfTensor } from "./tensorflow.ts";

/**
 * What normalisation has measured, per input node, each of shape `[nIn]`: minimum and maximum, or
 * mean and biased variance; empty for none.
 */
export type StatisticTensors = readonly TfTensor[];

/** Names of the statistics, in their order. */
export const STATISTIC_NAMES: Record<NetworkConfig["normalisation"], readonly string[]> = {
  none: [],
  minmax: ["minimum", "maximum"],
  batchnorm: ["mean", "variance"],
};

/**
 * Measures the statistics of a batch; gradients flow through them, for extremes through one row
 * each (backends that find the first such row: the lowest). Of a single row its values are both
 * extremes: a constant, as in `nodeMap` of lib/model.
 *
 * @param x Shape `[rows, nIn]`.
 */
export function measureTensors(
  tf: Operations,
  kind: NetworkConfig["normalisation"],
  x: TfTensor,
): TfTensor[] {
  const rows = x.shape[0];
  if (kind === "none") return [];
  if (kind === "minmax") {
    if (rows === 1) return [tf.sum(x, 0), tf.sum(x, 0)]; // oneHot wants two
    return [tf.argMin(x, 0), tf.argMax(x, 0)].map((indices) => {
      const mask = tf.transpose(tf.cast(tf.oneHot(indices, rows), "float32")); // [rows, nIn]
      return tf.sum(tf.mul(mask, x), 0);
    });
  }
  const mean = tf.mean(x, 0);
  return [mean, tf.mean(tf.square(tf.sub(x, mean)), 0)];
}

/**
 * Statistics of a training step: those that the batch is normalised by, and those that the running
 * ones move `towards`, `momentum * old + (1 - momentum) * these`. A batch is normalised by its own.
 *
 * One row has no range and no variance: by its own statistics every row would land in the domain's
 * centre, and the running ones would shrink to a point. It is normalised by the running range,
 * widened to hold it, or by the running mean and variance; these move on to their exponentially
 * weighted values, `m + (1 - momentum) (x - m)` and `momentum (v + (1 - momentum) (x - m)^2)`
 * (T. Finch, Incremental calculation of weighted mean and variance, 2009, equation (143)).
 *
 * @param x Shape `[rows, nIn]`.
 */
export function stepStatistics(
  tf: Operations,
  kind: NetworkConfig["normalisation"],
  x: TfTensor,
  running: StatisticTensors,
  momentum: number,
): { readonly used: StatisticTensors; readonly towards: StatisticTensors } {
  if (x.shape[0] !== 1 || kind === "none") {
    const measured = measureTensors(tf, kind, x);
    return { used: measured, towards: measured };
  }
  const row = tf.sum(x, 0); // [nIn]
  const [first, second] = running;
  if (kind === "minmax") {
    const below = tf.relu(tf.sub(first, row)), above = tf.relu(tf.sub(row, second));
    const widened = [tf.sub(first, below), tf.add(second, above)];
    return { used: widened, towards: widened };
  }
  const square = tf.square(tf.sub(row, first));
  return { used: running, towards: [row, tf.mul(square, momentum)] };
}

/** Maps raw inputs onto the domain; the same rules as `nodeMap` of lib/model. */
export function normaliseTensor(
  tf: Operations,
  kind: NetworkConfig["normalisation"],
  x: TfTensor,
  statistics: StatisticTensors,
  [a, b]: readonly [number, number],
): TfTensor {
  if (kind === "none") return x;
  if (kind === "batchnorm") {
    const [mean, variance] = statistics;
    return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, BATCH_NORM_EPSILON)));
  }
  const [low, high] = statistics;
  const range = tf.sub(high, low);
  const size = tf.add(tf.abs(low), tf.abs(high)); // a maximum has no second derivative
  // 1 where the column is not constant; step has gradient 0
  const moves = tf.step(tf.sub(range, tf.mul(size, CONSTANT_RANGE)));
  const still = tf.sub(1, moves);
  const scale = tf.div(tf.mul(moves, b - a), tf.add(range, still));
  const origin = tf.add(tf.mul(moves, a), tf.mul(still, (a + b) / 2));
  return tf.add(tf.mul(tf.sub(x, low), scale), origin);
}

/** The numbers of {@linkcode NormalisationStatistics}, in the order of the tensors. */
export function statisticArrays(statistics: NormalisationStatistics): Float64Array[] {
  if (statistics.kind === "minmax") return [statistics.minimum, statistics.maximum];
  return statistics.kind === "batchnorm" ? [statistics.mean, statistics.variance] : [];
}

/** The way back from {@linkcode statisticArrays}. */
export function statisticsFrom(
  kind: NetworkConfig["normalisation"],
  [first, second]: readonly Float64Array[],
): NormalisationStatistics {
  if (kind === "none") return { kind };
  return kind === "minmax"
    ? { kind, minimum: first, maximum: second }
    : { kind, mean: first, variance: second };
}
