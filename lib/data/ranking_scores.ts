/**
 * How well numbers tell rows of a class from the others: curves over all thresholds, areas below
 * them, calibration, and the threshold with the lowest cost.
 *
 * @module
 */

import { checkArray, quantile } from "../numerics/inner.ts";
import { checkTotal } from "./_score_checks.ts";

/** A curve over all thresholds, from the highest: a row is taken for the class from there on. */
export interface RocCurve {
  /** Share of the other rows that are taken for the class, `fp / N`, at every threshold; the first is 0. */
  readonly falsePositiveRate: readonly number[];
  /** Share of the rows of the class that are found, `tp / P`; the first is 0. */
  readonly truePositiveRate: readonly number[];
  /** Rows of at least so high a score are taken for the class; the first is infinite. */
  readonly thresholds: readonly number[];
}

/** Precision and recall over all thresholds, from the highest. */
export interface PrecisionRecallCurve {
  /** Share of the rows of the class that are found, `tp / P`; the first is 0. */
  readonly recall: readonly number[];
  /** Share of the found rows that are of the class, `tp / (tp + fp)`; the first is 1. */
  readonly precision: readonly number[];
  /** Rows of at least so high a score are taken for the class; the first is infinite. */
  readonly thresholds: readonly number[];
}

/** One bin of a {@linkcode calibrationCurve}. */
export interface CalibrationBin {
  /** Mean probability of the class. */
  readonly probability: number;
  /** Share of the rows that are of the class. */
  readonly share: number;
  /** Sum of the weights of the rows; without weights their number. */
  readonly rows: number;
}

/** What {@linkcode costThreshold} finds. */
export interface CostThreshold {
  /** A row is taken for the class if its probability is at least this. */
  readonly threshold: number;
  /** Mean cost of a row at that threshold. */
  readonly cost: number;
  /** `confusion[right][predicted]` at that threshold, the other classes first. */
  readonly confusion: readonly [readonly [number, number], readonly [number, number]];
  /** Threshold of the lowest expected cost if the probabilities are right. */
  readonly expected: number;
  /** Mean cost of a row at {@linkcode CostThreshold.expected}. */
  readonly expectedCost: number;
}

/** Sums of weights of the rows with at least so high a score, from the highest score on. */
interface Sweep {
  readonly scores: number[];
  readonly found: number[];
  readonly wrong: number[];
  /** Sum of the weights of the rows of the class. */
  readonly positive: number;
  /** Sum of the weights of the others. */
  readonly negative: number;
}

/**
 * Computes the receiver operating characteristic: what share of the others is taken for the class
 * where a share of its rows is found.
 *
 * @param scores A number per row, the higher the surer: probabilities or logits.
 * @param positive Whether a row is of the class (1) or not (0).
 * @param weights Weight of each row, not negative. Default: all 1.
 * @returns A point for every different score, and the origin. Rates without rows are `NaN`.
 * @throws {TypeError} If there are no rows or shapes differ.
 * @throws {RangeError} If a score is not a number, or the weights sum to zero.
 *
 * @example
 * ```ts
 * import { rocCurve } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const curve = rocCurve([0.9, 0.8, 0.8, 0.1], [1, 1, 0, 0]);
 * assertEquals(curve.truePositiveRate, [0, 0.5, 1, 1]);
 * assertEquals(curve.falsePositiveRate, [0, 0, 0.5, 1]);
 * ```
 */
export function rocCurve(
  scores: ArrayLike<number>,
  positive: ArrayLike<number>,
  weights?: ArrayLike<number>,
): RocCurve {
  const swept = sweep(scores, positive, weights);
  return {
    falsePositiveRate: [0, ...swept.wrong.map((sum) => sum / swept.negative)],
    truePositiveRate: [0, ...swept.found.map((sum) => sum / swept.positive)],
    thresholds: [Infinity, ...swept.scores],
  };
}

/**
 * Computes precision and recall of a class over all thresholds.
 *
 * @param scores A number per row, the higher the surer.
 * @param positive Whether a row is of the class (1) or not (0).
 * @param weights Weight of each row, not negative. Default: all 1.
 * @returns A point for every different score, and recall 0 with precision 1.
 * @throws {TypeError} If there are no rows or shapes differ.
 * @throws {RangeError} If a score is not a number, or the weights sum to zero.
 *
 * @example
 * ```ts
 * import { precisionRecallCurve } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const curve = precisionRecallCurve([0.9, 0.8, 0.7, 0.1], [1, 0, 1, 0]);
 * assertEquals(curve.recall, [0, 0.5, 0.5, 1, 1]);
 * assertEquals(curve.precision, [1, 1, 0.5, 2 / 3, 0.5]);
 * ```
 */
export function precisionRecallCurve(
  scores: ArrayLike<number>,
  positive: ArrayLike<number>,
  weights?: ArrayLike<number>,
): PrecisionRecallCurve {
  const { found, wrong, scores: thresholds, positive: all } = sweep(scores, positive, weights);
  return {
    recall: [0, ...found.map((sum) => sum / all)],
    precision: [1, ...found.map((sum, i) => sum / (sum + wrong[i]))],
    thresholds: [Infinity, ...thresholds],
  };
}

/** What {@linkcode rankingAreas} finds. */
export interface RankingAreas {
  /** Area below the ROC curve; null where a side has no rows. */
  readonly auc: number | null;
  /** Average precision; null where the class has no rows. */
  readonly averagePrecision: number | null;
}

/**
 * Area below the {@linkcode rocCurve}: the share of pairs of a row of the class and another row in
 * which the former has the higher score, ties counted by half (J. A. Hanley and B. J. McNeil, The
 * meaning and use of the area under a ROC curve, 1982); and average precision,
 * `sum_n (R_n - R_{n-1}) P_n` over the points of the {@linkcode precisionRecallCurve}.
 */
export function rankingAreas(
  scores: ArrayLike<number>,
  positive: ArrayLike<number>,
  weights?: ArrayLike<number>,
): RankingAreas {
  const swept = sweep(scores, positive, weights);
  let pairs = 0, precision = 0, found = 0, wrong = 0;
  for (let i = 0; i < swept.scores.length; i++) {
    const more = swept.found[i] - found;
    pairs += (swept.wrong[i] - wrong) * (swept.found[i] + found) / 2;
    [found, wrong] = [swept.found[i], swept.wrong[i]];
    if (more > 0) precision += more * found / (found + wrong);
  }
  return {
    auc: found > 0 && wrong > 0 ? pairs / (found * wrong) : null,
    averagePrecision: found > 0 ? precision / found : null,
  };
}

/**
 * Compares probabilities with what happened, in bins of about as many rows each.
 *
 * The bins end at quantiles of the probabilities (linear between rows), so that equal
 * probabilities share a bin; empty bins are left out.
 *
 * @param probabilities Probability of the class, one per row.
 * @param positive Whether a row is of the class (1) or not (0).
 * @param options `bins`: at most so many, default 10; `weights`: of the rows, default all 1.
 * @returns The bins, from the lowest probabilities to the highest. Of good probabilities `share` is
 * near `probability` in every bin.
 * @throws {TypeError} If there are no rows or shapes differ.
 * @throws {RangeError} If a probability is not a number, there are no bins, or the weights sum to
 * zero.
 *
 * @example
 * ```ts
 * import { calibrationCurve } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(calibrationCurve([0.25, 0.25, 0.5, 1], [0, 1, 1, 1], { bins: 2 }), [
 *   { probability: 0.25, share: 0.5, rows: 2 },
 *   { probability: 0.75, share: 1, rows: 2 },
 * ]);
 * ```
 */
export function calibrationCurve(
  probabilities: ArrayLike<number>,
  positive: ArrayLike<number>,
  options: { readonly bins?: number; readonly weights?: ArrayLike<number> } = {},
): CalibrationBin[] {
  const { bins = 10, weights } = options;
  checkRanking(probabilities, positive, weights);
  if (!(Number.isInteger(bins) && bins >= 1)) {
    throw new RangeError(
      `Cannot score: bins must be an integer of at least 1, current value is ${bins}`,
    );
  }
  const weighed = (row: number): number => weights === undefined ? 1 : weights[row];
  const sorted = Float64Array.from(probabilities).filter((_, row) => weighed(row) > 0).sort();
  const ends = Array.from({ length: bins - 1 }, (_, b) => quantile(sorted, (b + 1) / bins));
  const sums = Array.from({ length: bins }, () => ({ probability: 0, found: 0, rows: 0 }));
  for (let row = 0; row < probabilities.length; row++) {
    const weight = weighed(row), found = ends.findIndex((end) => probabilities[row] <= end);
    const bin = sums[found < 0 ? bins - 1 : found];
    bin.probability += weight * probabilities[row];
    bin.found += weight * positive[row];
    bin.rows += weight;
  }
  return sums.filter(({ rows }) => rows > 0).map(({ probability, found, rows }) => ({
    probability: probability / rows,
    share: found / rows,
    rows,
  }));
}

/**
 * Expected calibration error, `sum_b W_b / W |share_b - probability_b|` over the bins of a
 * {@linkcode calibrationCurve} with their weights `W_b` (M. P. Naeini et al., Obtaining well
 * calibrated probabilities using Bayesian binning, 2015).
 */
export function calibrationError(bins: readonly CalibrationBin[]): number {
  const total = bins.reduce((sum, { rows }) => sum + rows, 0);
  return bins.reduce(
    (sum, { probability, share, rows }) => sum + rows / total * Math.abs(share - probability),
    0,
  );
}

/**
 * Finds the threshold at which these rows cost least, given what a missed row of the class costs
 * and what a false alarm.
 *
 * Where the probabilities are right, `alarm / (alarm + miss)` costs least on average (C. Elkan, The
 * foundations of cost-sensitive learning, 2001). Between the probabilities of two rows the threshold
 * is that if it lies there, else the middle; of several with the lowest cost the nearest to it.
 *
 * @param probabilities Probability of the class, one per row.
 * @param positive Whether a row is of the class (1) or not (0).
 * @param costs `miss`: of a row of the class taken for another; `alarm`: of another row taken for
 * the class; not negative, not both 0.
 * @param weights Weight of each row, not negative. Default: all 1.
 * @returns Threshold, cost, and what is taken for what.
 * @throws {TypeError} If there are no rows or shapes differ.
 * @throws {RangeError} If a cost is negative or not finite, both are 0, a probability is not a
 * number, or the weights sum to zero.
 *
 * @example
 * ```ts
 * import { costThreshold } from "@freeknot/freeknot/data";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const found = costThreshold([0.1, 0.3, 0.4, 0.8], [0, 1, 0, 1], { miss: 5, alarm: 1 });
 * assertAlmostEquals(found.threshold, 1 / 6, 1e-15); // one alarm is cheaper than one miss
 * assertEquals(found.confusion, [[1, 1], [0, 2]]);
 * ```
 */
export function costThreshold(
  probabilities: ArrayLike<number>,
  positive: ArrayLike<number>,
  costs: { readonly miss: number; readonly alarm: number },
  weights?: ArrayLike<number>,
): CostThreshold {
  const { miss, alarm } = costs;
  for (const [name, cost] of Object.entries({ miss, alarm })) {
    if (!(cost >= 0 && cost < Infinity)) {
      throw new RangeError(
        `Cannot score: cost ${name} must be a finite number >= 0, current value is ${cost}`,
      );
    }
  }
  if (!(miss + alarm > 0)) {
    throw new RangeError("Cannot score: a cost must be above 0, current value is 0 of both");
  }
  const swept = sweep(probabilities, positive, weights), expected = alarm / (alarm + miss);
  // Place i: the i highest scores are taken for the class.
  const found = [0, ...swept.found], wrong = [0, ...swept.wrong];
  const total = swept.positive + swept.negative;
  const price = (i: number): number => miss * (swept.positive - found[i]) + alarm * wrong[i];
  const threshold = (i: number): number => {
    const above = i === 0 ? Infinity : swept.scores[i - 1];
    const below = i === swept.scores.length ? -Infinity : swept.scores[i];
    if (below < expected && expected <= above) return expected;
    if (i === 0) return below < 1 ? (1 + below) / 2 : Infinity;
    return i === swept.scores.length ? above / 2 : (above + below) / 2;
  };
  let best = 0;
  for (let i = 1; i < found.length; i++) {
    const lower = price(i) - price(best), slack = 1e-12 * miss * total + 1e-12 * alarm * total;
    const nearer = Math.abs(threshold(i) - expected) < Math.abs(threshold(best) - expected);
    if (lower < -slack || (lower <= slack && nearer)) best = i;
  }
  const usual = swept.scores.findIndex((score) => score < expected);
  return {
    threshold: threshold(best),
    cost: price(best) / total,
    confusion: [
      [swept.negative - wrong[best], wrong[best]],
      [swept.positive - found[best], found[best]],
    ],
    expected,
    expectedCost: price(usual < 0 ? swept.scores.length : usual) / total,
  };
}

function sweep(
  scores: ArrayLike<number>,
  positive: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
): Sweep {
  checkRanking(scores, positive, weights);
  if (weights === undefined) return sweepCounts(scores, positive);
  const order = Uint32Array.from({ length: scores.length }, (_, row) => row)
    .sort((a, b) => scores[b] === scores[a] ? a - b : scores[b] - scores[a]);
  const swept: Omit<Sweep, "positive" | "negative"> = { scores: [], found: [], wrong: [] };
  let found = 0, wrong = 0, last = -1;
  for (const row of order) {
    const weight = weights[row];
    if (weight === 0) continue;
    if (positive[row] > 0.5) found += weight;
    else wrong += weight;
    if (last < 0 || swept.scores[last] !== scores[row]) last = swept.scores.push(scores[row]) - 1;
    [swept.found[last], swept.wrong[last]] = [found, wrong];
  }
  return { ...swept, positive: found, negative: wrong };
}

/** The same without weights: each side is sorted by itself, natively, and the two are merged. */
function sweepCounts(scores: ArrayLike<number>, positive: ArrayLike<number>): Sweep {
  const all = Float64Array.from(scores);
  const inside = all.filter((_, row) => positive[row] > 0.5).sort();
  const outside = all.filter((_, row) => !(positive[row] > 0.5)).sort();
  const swept: Omit<Sweep, "positive" | "negative"> = { scores: [], found: [], wrong: [] };
  let i = inside.length - 1, j = outside.length - 1;
  while (i >= 0 || j >= 0) {
    const score = Math.max(i >= 0 ? inside[i] : -Infinity, j >= 0 ? outside[j] : -Infinity);
    while (i >= 0 && inside[i] === score) i--;
    while (j >= 0 && outside[j] === score) j--;
    swept.scores.push(score);
    swept.found.push(inside.length - 1 - i);
    swept.wrong.push(outside.length - 1 - j);
  }
  return { ...swept, positive: inside.length, negative: outside.length };
}

function checkRanking(
  scores: ArrayLike<number>,
  positive: ArrayLike<number>,
  weights: ArrayLike<number> | undefined,
): void {
  checkArray("score predictions", "scores", scores, "an array of numbers");
  checkArray("score predictions", "positive", positive, "an array of numbers 0 and 1");
  const rows = scores.length;
  if (rows === 0 || positive.length !== rows) {
    throw new TypeError(
      "Cannot score: scores and positive must have the same positive number of entries, " +
        `current value is ${rows} and ${positive.length}`,
    );
  }
  if (weights !== undefined && weights.length !== rows) {
    throw new TypeError(
      `Cannot score: weights must have ${rows} entries, current value is ${weights.length}`,
    );
  }
  let total = 0;
  for (let row = 0; row < rows; row++) {
    if (Number.isNaN(scores[row])) {
      throw new RangeError(
        `Cannot score: scores must be numbers, current value is NaN at ${row}`,
      );
    }
    total += weights === undefined ? 1 : weights[row];
  }
  checkTotal(total);
}
