/**
 * The sum of candidates that predicts rows best which none of them saw.
 *
 * @module
 */

import { type Dataset, subset } from "../data/mod.ts";
import type { Loss } from "../engine/mod.ts";
import { coxRowLosses, pointLoss } from "../engine/inner.ts";
import { createRandom } from "../model/mod.ts";

/** What is fitted. */
export type TargetFamily = "gaussian" | "classes";

/** Losses of rows, of several outputs their mean; of hazards what the row's event adds. */
export function heldOutLosses(
  loss: Loss,
  outputs: Float64Array,
  dataset: Dataset,
): Float64Array {
  const { rows, nOut, targets } = dataset;
  if (loss.kind === "cox") return coxRowLosses(outputs, dataset);
  const losses = new Float64Array(rows);
  const point = loss.kind === "mse" ? undefined : pointLoss(loss, nOut);
  const found = new Float64Array(3);
  for (let r = 0; r < rows; r++) {
    if (loss.kind === "mse") {
      let sum = 0;
      for (let q = 0; q < nOut; q++) sum += (outputs[r * nOut + q] - targets[r * nOut + q]) ** 2;
      losses[r] = sum / nOut;
    } else if (point) {
      let sum = 0;
      for (let q = 0; q < nOut; q++) {
        point(outputs[r * nOut + q], targets[r * nOut + q], found);
        sum += found[0];
      }
      losses[r] = sum / nOut;
    } else {
      let most = -Infinity, sum = 0, right = 0;
      for (let q = 0; q < nOut; q++) most = Math.max(most, outputs[r * nOut + q]);
      for (let q = 0; q < nOut; q++) {
        sum += Math.exp(outputs[r * nOut + q] - most);
        right += targets[r * nOut + q] * (outputs[r * nOut + q] - most);
      }
      losses[r] = Math.log(sum) - right;
    }
  }
  return losses;
}

/** The mean of row losses: by weight, of hazards per event. */
export function meanHeldOut(loss: Loss, losses: Float64Array, dataset: Dataset): number {
  if (loss.kind !== "cox") return meanLoss(losses, dataset.weights);
  const { targets, rows, weights } = dataset;
  const events = Float64Array.from(
    { length: rows },
    (_, r) => targets[r] > 0 ? weights ? weights[r] : 1 : 0,
  );
  return events.some((w) => w > 0) ? meanLoss(losses, events) : 0;
}

/** Mean of losses with the rows' weights. */
export function meanLoss(losses: Float64Array, weights: Float64Array | undefined): number {
  let sum = 0, total = 0;
  for (let r = 0; r < losses.length; r++) {
    const w = weights === undefined ? 1 : weights[r];
    sum += w * losses[r];
    total += w;
  }
  return sum / total;
}

/** Standard error of a mean of losses of rows. */
export function standardError(losses: Float64Array): number {
  const n = losses.length;
  if (n < 2) return NaN;
  const mean = losses.reduce((sum, x) => sum + x, 0) / n;
  const square = losses.reduce((sum, x) => sum + (x - mean) ** 2, 0);
  return Math.sqrt(square / (n - 1) / n);
}

/** Steps of the search for weights, draws of rows that it is repeated on, and most rows of a draw. */
const STEPS = 25, DRAWS = 12, MOST_ROWS = 4000;
/** The same where every event is compared with all rows. */
const MOST_COUPLED = 1000;

/**
 * Weights of candidates by forward selection with replacement (Caruana et al. 2004): from the best
 * candidate on, each step adds a share of the one that lowers the held-out loss most. The mean over
 * draws of rows with replacement counts, so that candidates which few rows cannot tell apart share.
 *
 * @param outputs Held-out outputs of every candidate.
 * @param least Smaller shares are left out.
 * @returns Weights that sum to 1.
 */
export function stackWeights(
  criterion: Loss,
  outputs: readonly Float64Array[],
  dataset: Dataset,
  seed: number,
  least = CRUMB,
): Float64Array {
  const { rows, nOut } = dataset, weights = new Float64Array(outputs.length);
  const random = createRandom(seed, "stack");
  for (let draw = 0; draw < DRAWS; draw++) {
    const chosen = Int32Array.from(
      { length: Math.min(rows, criterion.kind === "cox" ? MOST_COUPLED : MOST_ROWS) },
      () => random.integer(rows),
    );
    const drawn = subset(dataset, chosen);
    const seen = outputs.map((each) => {
      const part = new Float64Array(chosen.length * nOut);
      chosen.forEach((row, i) => part.set(each.subarray(row * nOut, (row + 1) * nOut), i * nOut));
      return part;
    });
    selectForward(criterion, seen, drawn).forEach((w, m) => weights[m] += w / DRAWS);
  }
  return withoutCrumbs(weights, least);
}

/** A candidate with less than this share is left out: it costs more than it helps. */
const CRUMB = 0.02;

function withoutCrumbs(weights: Float64Array, least: number): Float64Array {
  const bound = Math.min(least, Math.max(...weights));
  const kept = weights.map((w) => w < bound ? 0 : w);
  const sum = kept.reduce((a, b) => a + b, 0);
  return kept.map((w) => w / sum);
}

function selectForward(
  criterion: Loss,
  outputs: readonly Float64Array[],
  dataset: Dataset,
): Float64Array {
  const lossOf = (each: Float64Array) =>
    meanHeldOut(criterion, heldOutLosses(criterion, each, dataset), dataset);
  const losses = outputs.map(lossOf);
  const first = losses.indexOf(Math.min(...losses));
  const weights = new Float64Array(outputs.length);
  weights[first] = 1;
  let mixed: Float64Array = outputs[first].slice(), best = losses[first];
  for (let step = 2; step <= STEPS; step++) {
    const share = 1 / step;
    let chosen = -1, least = best, next = mixed;
    outputs.forEach((each, m) => {
      const tried = mixed.map((y, i) => y + share * (each[i] - y));
      const loss = lossOf(tried);
      if (loss < least) {
        chosen = m;
        least = loss;
        next = tried;
      }
    });
    if (chosen < 0) continue;
    for (let m = 0; m < weights.length; m++) weights[m] *= 1 - share;
    weights[chosen] += share;
    mixed = next;
    best = least;
  }
  return weights;
}

/**
 * The factor of logits with the least held-out loss: below 1 where candidates are too sure of
 * themselves (Guo et al. 2017), from 1/2 to 2.
 */
export function temperature(outputs: Float64Array, dataset: Dataset): number {
  let best = 1, least = Infinity;
  for (let k = -14; k <= 14; k++) {
    const factor = 2 ** (k / 14);
    const scaled = outputs.map((z) => z * factor);
    const loss = meanLoss(
      heldOutLosses({ kind: "crossEntropy" }, scaled, dataset),
      dataset.weights,
    );
    if (loss < least) {
      least = loss;
      best = factor;
    }
  }
  return best;
}
