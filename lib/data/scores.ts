/**
 * Scores: how good predictions are, in units that a reader knows.
 *
 * @module
 */

/** Scores of a regression. */
export interface RegressionScores {
  /** Root of the mean squared error, over rows and outputs, in the target's units. */
  readonly rmse: number;
  /**
   * Share of the variance explained, `1 - sum (p - t)^2 / sum (t - mean t)^2`, the mean of the
   * outputs' own; for a constant target 1 if it is met exactly, else 0.
   */
  readonly r2: number;
  /** Mean absolute error, over rows and outputs, in the target's units. */
  readonly mae: number;
  /** Largest absolute error of a row that counts, in the target's units. */
  readonly maxError: number;
}

/** Scores of a classification. */
export interface ClassificationScores {
  /** Share of the rows whose most probable class is the right one. */
  readonly accuracy: number;
  /** Mean of `-log p(right class)`, in nats. */
  readonly logLoss: number;
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
 * assertEquals(scores, { rmse: 1, r2: 1 - 4 / 5, mae: 0.5, maxError: 2 });
 * ```
 */
export function regressionScores(
  predictions: ArrayLike<number>,
  targets: ArrayLike<number>,
  nOut = 1,
  weights?: ArrayLike<number>,
): RegressionScores {
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
  let absolute = 0, maxError = 0;
  for (let row = 0; row < rows; row++) {
    const weight = weights === undefined ? 1 : weights[row];
    if (weight === 0) continue;
    for (let q = 0; q < nOut; q++) {
      const target = targets[row * nOut + q];
      const error = Math.abs(predictions[row * nOut + q] - target);
      squared[q] += weight * error ** 2;
      spread[q] += weight * (target - mean[q]) ** 2;
      absolute += weight * error;
      maxError = Math.max(maxError, error);
    }
  }
  let sum = 0, r2 = 0;
  for (let q = 0; q < nOut; q++) {
    sum += squared[q];
    r2 += (spread[q] > 0 ? 1 - squared[q] / spread[q] : squared[q] === 0 ? 1 : 0) / nOut;
  }
  return { rmse: Math.sqrt(sum / (total * nOut)), r2, mae: absolute / (total * nOut), maxError };
}

/**
 * Scores predictions of classes.
 *
 * The right class of a row is the one with the largest target; the log loss is the full
 * cross-entropy `-sum_k t_k log p_k`, computed from the logits without overflow.
 *
 * @param logits Network outputs, shape `[rows, nOut]`, row-major.
 * @param targets Probabilities, shape `[rows, nOut]`: one column for two classes, one per
 * class for more.
 * @param nOut Number of outputs; 1 for two classes.
 * @param weights Weight of each row, shape `[rows]`, not negative. Default: all 1.
 * @returns The scores.
 * @throws {TypeError} If shapes differ or there are no rows.
 * @throws {RangeError} If the weights sum to zero.
 *
 * @example
 * ```ts
 * import { classificationScores } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const scores = classificationScores([1000, -1000, -1000, -1000], [1, 0, 0, 1], 1);
 * assertEquals(scores, { accuracy: 0.75, logLoss: 250 });
 * ```
 */
export function classificationScores(
  logits: ArrayLike<number>,
  targets: ArrayLike<number>,
  nOut: number,
  weights?: ArrayLike<number>,
): ClassificationScores {
  const rows = checkShapes("logits", logits, targets, nOut, weights);
  let total = 0, right = 0, loss = 0;
  for (let row = 0; row < rows; row++) {
    const weight = weights === undefined ? 1 : weights[row];
    total += weight;
    if (weight === 0) continue;
    const at = row * nOut;
    if (nOut === 1) {
      const z = logits[at], t = targets[at];
      if ((z > 0) === (t > 0.5)) right += weight;
      loss += weight * (t * softplus(-z) + (1 - t) * softplus(z));
    } else {
      const best = largest(logits, at, nOut);
      if (best === largest(targets, at, nOut)) right += weight;
      let sum = 0;
      for (let k = 0; k < nOut; k++) sum += Math.exp(logits[at + k] - logits[at + best]);
      const logSum = Math.log(sum);
      for (let k = 0; k < nOut; k++) {
        const t = targets[at + k];
        if (t !== 0) loss += weight * t * (logSum + logits[at + best] - logits[at + k]);
      }
    }
  }
  checkTotal(total);
  return { accuracy: right / total, logLoss: loss / total };
}

/** `log(1 + exp(z))` without overflow. */
function softplus(z: number): number {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
}

function largest(values: ArrayLike<number>, at: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (values[at + k] > values[at + best]) best = k;
  return best;
}

function checkShapes(
  name: string,
  values: ArrayLike<number>,
  targets: ArrayLike<number>,
  nOut: number,
  weights: ArrayLike<number> | undefined,
): number {
  const rows = targets.length / nOut;
  if (values.length !== targets.length || !(Number.isInteger(rows) && rows > 0)) {
    throw new TypeError(
      `Cannot score: ${name} and targets must have the same positive multiple of ${nOut} ` +
        `entries, current value is ${values.length} and ${targets.length}`,
    );
  }
  if (weights !== undefined && weights.length !== rows) {
    throw new TypeError(
      `Cannot score: weights must have ${rows} entries, current value is ${weights.length}`,
    );
  }
  return rows;
}

function checkTotal(total: number): void {
  if (!(total > 0)) {
    throw new RangeError(
      `Cannot score: sum of weights must be greater than 0, current value is ${total}`,
    );
  }
}
