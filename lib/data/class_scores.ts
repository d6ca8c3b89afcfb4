/**
 * Scores of classes. Accuracy alone says little where one class is rare: to predict the frequent
 * class always gives a high accuracy. So every class has scores of its own.
 *
 * @module
 */

import { checkArray, exp, log, log1p } from "../numerics/inner.ts";
import { checkShapes, checkTotal } from "./_score_checks.ts";
import {
  calibrationCurve,
  calibrationError,
  type RankingAreas,
  rankingAreas,
} from "./ranking_scores.ts";

/** Scores of one class. */
export interface ClassScores {
  /** Sum of the weights of the rows of this class; without weights their number. */
  readonly rows: number;
  /** Share of the rows of this class that are predicted as it; null if there are none. */
  readonly recall: number | null;
  /** Share of the rows predicted as this class that belong to it; null if there are none. */
  readonly precision: number | null;
  /** Harmonic mean of recall and precision, `2 tp / (2 tp + fp + fn)`; null without both. */
  readonly f1: number | null;
  /**
   * Area below the ROC curve of this class against the rest: how often a row of it is given a
   * higher probability of it than another row is, ties counted by half; null if one side is empty.
   */
  readonly auc: number | null;
  /** Average precision of this class against the rest; null if it has no rows. */
  readonly averagePrecision: number | null;
}

/** Scores of a classification. */
export interface ClassificationScores {
  /** Share of the rows whose most probable class is the right one. */
  readonly accuracy: number;
  /** Mean of the recalls of the classes that have rows: every class counts alike. */
  readonly balancedAccuracy: number;
  /** Mean of `-log p(right class)`, in nats. */
  readonly logLoss: number;
  /** Mean of the classes' areas below their ROC curves, each against the rest; null without any. */
  readonly auc: number | null;
  /** Average precision; of two classes the second's, else the mean of the classes'. */
  readonly averagePrecision: number | null;
  /** Brier score: of two classes the mean of `(p - t)^2`, of more that of `sum_k (p_k - t_k)^2`. */
  readonly brier: number;
  /**
   * Expected calibration error of ten bins with equally many rows: of two classes of the second's
   * probability, else the mean over the classes.
   */
  readonly calibrationError: number;
  /** Scores of every class, in the order of the labels. */
  readonly classes: readonly ClassScores[];
  /** `confusion[right][predicted]`: sums of weights, without weights numbers of rows. */
  readonly confusion: readonly (readonly number[])[];
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
 * assertEquals([scores.accuracy, scores.logLoss], [0.75, 250]);
 * assertEquals(scores.confusion, [[2, 0], [1, 1]]);
 * const { recall, precision, auc } = scores.classes[1];
 * assertEquals([recall, precision, auc], [0.5, 1, 0.75]);
 * assertEquals([scores.balancedAccuracy, scores.brier], [0.75, 0.25]);
 * ```
 */
export function classificationScores(
  logits: ArrayLike<number>,
  targets: ArrayLike<number>,
  nOut: number,
  weights?: ArrayLike<number>,
): ClassificationScores {
  checkArray("score predictions", "logits", logits, "an array of numbers");
  checkArray("score predictions", "targets", targets, "an array of numbers");
  const rows = checkShapes("logits", logits, targets, nOut, weights);
  const numClasses = nOut === 1 ? 2 : nOut;
  const confusion = Array.from({ length: numClasses }, () => new Array<number>(numClasses).fill(0));
  let total = 0, loss = 0;
  for (let row = 0; row < rows; row++) {
    const weight = weights === undefined ? 1 : weights[row];
    total += weight;
    if (weight === 0) continue;
    const at = row * nOut;
    if (nOut === 1) {
      const z = logits[at], t = targets[at];
      confusion[t > 0.5 ? 1 : 0][z > 0 ? 1 : 0] += weight;
      loss += weight * (t * softplus(-z) + (1 - t) * softplus(z));
    } else {
      const best = largest(logits, at, nOut);
      confusion[largest(targets, at, nOut)][best] += weight;
      let sum = 0;
      for (let k = 0; k < nOut; k++) sum += exp(logits[at + k] - logits[at + best]);
      const logSum = log(sum);
      for (let k = 0; k < nOut; k++) {
        const t = targets[at + k];
        if (t !== 0) loss += weight * t * (logSum + logits[at + best] - logits[at + k]);
      }
    }
  }
  checkTotal(total);
  const right = confusion.reduce((sum, counts, k) => sum + counts[k], 0);
  const views = classViews(logits, targets, nOut);
  const classes = views.map((view, k) => scoresOfClass(confusion, k, view, weights));
  const recalls = classes.flatMap(({ recall }) => recall ?? []);
  const shown = nOut === 1 ? views.slice(1) : views;
  return {
    accuracy: right / total,
    balancedAccuracy: mean(recalls)!,
    logLoss: loss / total,
    auc: nOut === 1 ? classes[1].auc : mean(classes.flatMap(({ auc }) => auc ?? [])),
    averagePrecision: nOut === 1
      ? classes[1].averagePrecision
      : mean(classes.flatMap((each) => each.averagePrecision ?? [])),
    brier: brierScore(shown, rows, total, weights),
    calibrationError: mean(shown.map((view) => calibrationErrorOf(view, weights)))!,
    classes,
    confusion,
  };
}

/** One class against the rest. */
export interface ClassView {
  /** Logarithm of the odds of the class, one per row. */
  readonly logOdds: Float64Array;
  /** Its probability. */
  readonly probabilities: Float64Array;
  /** 1 for the rows of the class, 0 for others. */
  readonly positive: Float64Array;
}

/**
 * Every class against the rest: what logits of shape `[rows, nOut]` say of it, and which rows are
 * of it. The logarithms of odds do not run into 0 or infinity where probabilities round to 0 or 1.
 */
export function classViews(
  logits: ArrayLike<number>,
  targets: ArrayLike<number>,
  nOut: number,
): ClassView[] {
  const rows = targets.length / nOut, numClasses = nOut === 1 ? 2 : nOut;
  return Array.from({ length: numClasses }, (_, k) => {
    const logOdds = new Float64Array(rows), positive = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      const at = row * nOut;
      logOdds[row] = nOut === 1 ? (2 * k - 1) * logits[at] : oddsOf(logits, at, nOut, k);
      const right = nOut === 1 ? Number(targets[at] > 0.5) : largest(targets, at, nOut);
      positive[row] = Number(right === k);
    }
    return { logOdds, positive, probabilities: logOdds.map((z) => 1 / (1 + exp(-z))) };
  });
}

/** `z_k - log sum_{j != k} exp z_j` of the logits of one row. */
function oddsOf(logits: ArrayLike<number>, at: number, count: number, k: number): number {
  let most = -Infinity, sum = 0;
  for (let j = 0; j < count; j++) if (j !== k) most = Math.max(most, logits[at + j]);
  for (let j = 0; j < count; j++) if (j !== k) sum += exp(logits[at + j] - most);
  return logits[at + k] - most - log(sum);
}

function brierScore(
  views: readonly ClassView[],
  rows: number,
  total: number,
  weights: ArrayLike<number> | undefined,
): number {
  let sum = 0;
  for (const { probabilities, positive } of views) {
    for (let row = 0; row < rows; row++) {
      sum += (weights === undefined ? 1 : weights[row]) * (probabilities[row] - positive[row]) ** 2;
    }
  }
  return sum / total;
}

/** Of outputs that are not numbers. */
const UNRANKED: RankingAreas = { auc: null, averagePrecision: null };

function calibrationErrorOf(
  { probabilities, positive }: ClassView,
  weights: ArrayLike<number> | undefined,
): number {
  if (probabilities.some(Number.isNaN)) return NaN;
  return calibrationError(calibrationCurve(probabilities, positive, weights && { weights }));
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function scoresOfClass(
  confusion: readonly (readonly number[])[],
  k: number,
  { logOdds, positive }: ClassView,
  weights: ArrayLike<number> | undefined,
): ClassScores {
  const found = confusion[k][k];
  const rows = confusion[k].reduce((sum, count) => sum + count, 0);
  const predicted = confusion.reduce((sum, counts) => sum + counts[k], 0);
  const share = (part: number, whole: number): number | null => whole > 0 ? part / whole : null;
  return {
    rows,
    recall: share(found, rows),
    precision: share(found, predicted),
    f1: share(2 * found, rows + predicted),
    ...(logOdds.some(Number.isNaN) ? UNRANKED : rankingAreas(logOdds, positive, weights)),
  };
}

/** `log(1 + exp(z))` without overflow. */
function softplus(z: number): number {
  return Math.max(z, 0) + log1p(exp(-Math.abs(z)));
}

function largest(values: ArrayLike<number>, at: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (values[at + k] > values[at + best]) best = k;
  return best;
}
