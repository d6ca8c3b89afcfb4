/**
 * Scores of numbers: how good predictions are, in units that a reader knows.
 *
 * @module
 */

import { checkArray, quantile } from "../numerics/inner.ts";
import { checkShapes, checkTotal } from "./_score_checks.ts";

/** Scores of a regression. */
export interface RegressionScores {
  /** Root of the mean squared error, over rows and outputs, in the target's units. */
  readonly rmse: number;
  /**
   * Share of the variance explained, `1 - sum (p - t)^2 / sum (t - mean t)^2`, the mean over the
   * outputs. Outputs without variance do not count; null if none has any: constant targets, or a
   * single row.
   */
  readonly r2: number | null;
  /** Mean absolute error, over rows and outputs, in the target's units. */
  readonly mae: number;
  /** Largest absolute error of the rows of positive weight, in the target's units. */
  readonly maxError: number;
  /** Median absolute error, of several outputs the mean of theirs, in the target's units. */
  readonly medianError: number;
  /**
   * Mean of `|p - t| / |t|`, the absolute error as a share of the target, over rows and outputs;
   * null where a target of positive weight is 0.
   */
  readonly mape: number | null;
}

/**
 * Scores predictions of numbers.
 *
 * @param predictions Shape `[rows, nOut]`, row-major, in the target's own units.
 * @param targets The same shape and units.
 * @param nOut Number of outputs. Default 1.
 * @param weights Weight of each row, shape `[rows]`, not negative. Default: all 1.
 * @returns The scores.
 * @throws {TypeError} If shapes differ or there are no rows.
 * @throws {RangeError} If the weights sum to zero.
 *
 * @example
 * ```ts
 * import { regressionScores } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const scores = regressionScores([1, 2, 3, 6], [1, 2, 3, 4]);
 * assertEquals(scores, {
 *   rmse: 1, r2: 1 - 4 / 5, mae: 0.5, maxError: 2, medianError: 0, mape: 0.125,
 * });
 * ```
 */
export function regressionScores(
  predictions: ArrayLike<number>,
  targets: ArrayLike<number>,
  nOut = 1,
  weights?: ArrayLike<number>,
): RegressionScores {
  checkArray("score predictions", "predictions", predictions, "an array of numbers");
  checkArray("score predictions", "targets", targets, "an array of numbers");
  const rows = checkShapes("predictions", predictions, targets, nOut, weights);
  let total = 0;
  const mean = new Float64Array(nOut);
  for (let row = 0; row < rows; row++) {
    const weight = weights === undefined ? 1 : weights[row];
    total += weight;
    if (weight === 0) continue;
    for (let q = 0; q < nOut; q++) mean[q] += weight / total * (targets[row * nOut + q] - mean[q]);
  }
  checkTotal(total);
  const squared = new Float64Array(nOut), spread = new Float64Array(nOut);
  const least = new Float64Array(nOut).fill(Infinity),
    most = new Float64Array(nOut).fill(-Infinity);
  let absolute = 0, maxError = 0, relative = 0, zeros = 0;
  for (let row = 0; row < rows; row++) {
    const weight = weights === undefined ? 1 : weights[row];
    if (weight === 0) continue;
    for (let q = 0; q < nOut; q++) {
      const target = targets[row * nOut + q];
      const error = Math.abs(predictions[row * nOut + q] - target);
      squared[q] += weight * error ** 2;
      spread[q] += weight * (target - mean[q]) ** 2;
      least[q] = Math.min(least[q], target);
      most[q] = Math.max(most[q], target);
      absolute += weight * error;
      maxError = Math.max(maxError, error);
      if (target === 0) zeros++;
      else relative += weight * error / Math.abs(target);
    }
  }
  let sum = 0, r2 = 0, varying = 0;
  for (let q = 0; q < nOut; q++) {
    sum += squared[q];
    if (least[q] === most[q] || !(spread[q] > 0)) continue;
    r2 += 1 - squared[q] / spread[q];
    varying++;
  }
  return {
    rmse: Math.sqrt(sum / (total * nOut)),
    r2: varying > 0 ? r2 / varying : null,
    mae: absolute / (total * nOut),
    maxError,
    medianError: medianErrors(predictions, targets, nOut, weights),
    mape: zeros > 0 ? null : relative / (total * nOut),
  };
}

/** Mean over the outputs of their median absolute errors. */
function medianErrors(
  predictions: ArrayLike<number>,
  targets: ArrayLike<number>,
  nOut: number,
  weights: ArrayLike<number> | undefined,
): number {
  const rows = targets.length / nOut;
  let sum = 0;
  for (let q = 0; q < nOut; q++) {
    const errors = Float64Array.from(
      { length: rows },
      (_, row) => Math.abs(predictions[row * nOut + q] - targets[row * nOut + q]),
    );
    sum += weightedMedian(errors, weights);
  }
  return sum / nOut;
}

/**
 * The value below which half of the weights lie; in the middle of two values where exactly half lie
 * below the second, as without weights of evenly many values.
 */
function weightedMedian(values: Float64Array, weights: ArrayLike<number> | undefined): number {
  if (values.some(Number.isNaN)) return NaN;
  if (weights === undefined) return quantile(values.sort(), 0.5);
  const order = Uint32Array.from(values.keys()).filter((row) => weights[row] > 0)
    .sort((a, b) => values[a] - values[b]);
  const half = order.reduce((sum, row) => sum + weights[row], 0) / 2;
  let below = 0;
  for (let i = 0; i < order.length - 1; i++) {
    below += weights[order[i]];
    if (below === half) return (values[order[i]] + values[order[i + 1]]) / 2;
    if (below > half) return values[order[i]];
  }
  return values[order[order.length - 1]];
}

/**
 * Scores every output alone, as errors in different units cannot be averaged; both arrays have
 * shape `[rows, names.length]`, in the targets' own units.
 *
 * @throws {TypeError} If shapes differ or there are no rows.
 * @throws {RangeError} If the weights (of rows, not negative, default: all 1) sum to zero.
 */
export function targetScores(
  predictions: ArrayLike<number>,
  targets: ArrayLike<number>,
  names: readonly string[],
  weights?: ArrayLike<number>,
): Record<string, RegressionScores> {
  const nOut = names.length;
  const rows = checkShapes("predictions", predictions, targets, nOut, weights);
  const column = (values: ArrayLike<number>, q: number): Float64Array =>
    Float64Array.from({ length: rows }, (_, row) => values[row * nOut + q]);
  return Object.fromEntries(names.map((name, q) => [
    name,
    regressionScores(column(predictions, q), column(targets, q), 1, weights),
  ]));
}
