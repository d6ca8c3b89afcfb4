/**
 * The curves of classes against the rest, with no more points than a picture shows.
 *
 * @module
 */

import { classViews } from "./class_scores.ts";
import {
  type CalibrationBin,
  calibrationCurve,
  precisionRecallCurve,
  rocCurve,
} from "./ranking_scores.ts";
import { exp } from "../numerics/inner.ts";

/** How well one class is told from the rest, over all thresholds of its probability. */
export interface ClassCurves {
  /** Label of the class. */
  readonly label: string;
  /** The receiver operating characteristic, from the highest threshold to the lowest. */
  readonly roc: {
    readonly falsePositiveRate: readonly number[];
    readonly truePositiveRate: readonly number[];
    readonly probability: readonly number[];
  };
  /** Precision and recall, from the highest threshold to the lowest. */
  readonly precisionRecall: {
    readonly recall: readonly number[];
    readonly precision: readonly number[];
    readonly probability: readonly number[];
  };
  /** Probabilities beside what happened. */
  readonly calibration: readonly CalibrationBin[];
}

/** Points are left out that are nearer than this to the last one, in both directions. */
const STEP = 1 / 200;

/**
 * The curves of every class that logits of shape `[rows, nOut]` speak of; of two classes those of the
 * second. A class without rows, or without others, has none.
 */
export function classCurves(
  labels: readonly string[],
  logits: ArrayLike<number>,
  targets: ArrayLike<number>,
  nOut: number,
  weights?: ArrayLike<number>,
): ClassCurves[] {
  return classViews(logits, targets, nOut).flatMap(({ logOdds, probabilities, positive }, k) => {
    const found = positive.reduce((sum, value) => sum + value, 0);
    const skipped = nOut === 1 && k === 0 || found === 0 || found === positive.length ||
      logOdds.some(Number.isNaN);
    if (skipped) return [];
    const roc = rocCurve(logOdds, positive, weights);
    const both = precisionRecallCurve(logOdds, positive, weights);
    const [falsePositiveRate, truePositiveRate, places] = thinned(
      roc.falsePositiveRate,
      roc.truePositiveRate,
    );
    const [recall, precision, steps] = thinned(both.recall, both.precision);
    const probability = (thresholds: readonly number[], kept: readonly number[]) =>
      kept.map((i) => 1 / (1 + exp(-thresholds[i])));
    return [{
      label: labels[k],
      roc: {
        ...{ falsePositiveRate, truePositiveRate },
        probability: probability(roc.thresholds, places),
      },
      precisionRecall: { recall, precision, probability: probability(both.thresholds, steps) },
      calibration: calibrationCurve(probabilities, positive, weights && { weights }),
    }];
  });
}

/** The points of a curve that a picture can tell apart, and their places; both ends stay. */
function thinned(x: readonly number[], y: readonly number[]): [number[], number[], number[]] {
  const kept = [0];
  for (let i = 1; i < x.length; i++) {
    const last = kept[kept.length - 1];
    const far = Math.abs(x[i] - x[last]) >= STEP || Math.abs(y[i] - y[last]) >= STEP;
    if (far || i === x.length - 1) kept.push(i);
  }
  return [kept.map((i) => x[i]), kept.map((i) => y[i]), kept];
}
