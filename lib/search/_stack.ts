/**
 * How well candidates predict rows that none of them saw.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import type { Loss } from "../engine/mod.ts";
import { coxRowLosses, pointLoss } from "../engine/inner.ts";
import { exp, log, pow } from "../numerics/inner.ts";

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
        sum += exp(outputs[r * nOut + q] - most);
        right += targets[r * nOut + q] * (outputs[r * nOut + q] - most);
      }
      losses[r] = log(sum) - right;
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

/**
 * The factor of logits with the least held-out loss: below 1 where candidates are too sure of
 * themselves (Guo et al. 2017), from 1/2 to 2.
 */
export function temperature(outputs: Float64Array, dataset: Dataset): number {
  let best = 1, least = Infinity;
  for (let k = -14; k <= 14; k++) {
    const factor = pow(2, k / 14);
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
