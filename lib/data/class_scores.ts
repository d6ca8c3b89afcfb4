/**
 * Scores of classes. Accuracy alone says little where one class is rare: to predict the frequent
 * class always gives a high accuracy. So every class has scores of its own.
 *
 * @module
 */

import { checkArray } from "../numerics/inner.ts";
import { checkShapes, checkTotal } from "./_score_checks.ts";

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
}

/** Scores of a classification. */
export interface ClassificationScores {
  /** Share of the rows whose most probable class is the right one. */
  readonly accuracy: number;
  /** Mean of the recalls of the classes that have rows: every class counts alike. */
  readonly balancedAccuracy: number;
  /** Mean of `-log p(right class)`, in nats. */
  readonly logLoss: number;
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
 * assertEquals(scores.classes[1], { rows: 2, recall: 0.5, precision: 1, f1: 2 / 3 });
 * assertEquals(scores.balancedAccuracy, 0.75);
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
      for (let k = 0; k < nOut; k++) sum += Math.exp(logits[at + k] - logits[at + best]);
      const logSum = Math.log(sum);
      for (let k = 0; k < nOut; k++) {
        const t = targets[at + k];
        if (t !== 0) loss += weight * t * (logSum + logits[at + best] - logits[at + k]);
      }
    }
  }
  checkTotal(total);
  const right = confusion.reduce((sum, counts, k) => sum + counts[k], 0);
  const classes = confusion.map((_, k) => scoresOfClass(confusion, k));
  const recalls = classes.flatMap(({ recall }) => recall ?? []);
  return {
    accuracy: right / total,
    balancedAccuracy: recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length,
    logLoss: loss / total,
    classes,
    confusion,
  };
}

function scoresOfClass(confusion: readonly (readonly number[])[], k: number): ClassScores {
  const found = confusion[k][k];
  const rows = confusion[k].reduce((sum, count) => sum + count, 0);
  const predicted = confusion.reduce((sum, counts) => sum + counts[k], 0);
  const share = (part: number, whole: number): number | null => whole > 0 ? part / whole : null;
  return {
    rows,
    recall: share(found, rows),
    precision: share(found, predicted),
    f1: share(2 * found, rows + predicted),
  };
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
