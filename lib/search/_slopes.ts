/**
 * What trees ask of a loss: slopes and curvatures of rows, values of leaves, the best constants.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import { evaluateLoss, type Loss } from "../engine/mod.ts";
import { meanOutputs, oneTarget, pointLoss, totalWeight } from "../engine/inner.ts";
import { exp, log } from "../numerics/inner.ts";

/** Least curvature of a row, and the longest step of a logarithm or a logit in one leaf. */
const LEAST_CURVATURE = 1e-6, LONGEST = 3;
/** Steps to a constant, and to the value of a leaf of trees side by side. */
const CONSTANT_STEPS = 50, LEAF_STEPS = 5;

/** Slopes and curvatures of every row and output, by outputs. */
export interface RowSlopes {
  /** Computes those at some outputs; until the next time they hold. */
  update(outputs: Float64Array): void;
  /** Writes minus the slope and the curvature of one output, times the rows' weights in a tree. */
  write(q: number, drawn: Float64Array, gradient: Float64Array, curvature: Float64Array): void;
  /** The value of a leaf with these rows, slope and curvature (penalty included). */
  leaf(rows: Int32Array, q: number, drawn: Float64Array, g: number, h: number): number;
}

/** Probabilities of logits: sigmoids of one output, classProbabilities of several. */
function classProbabilities(
  logits: Float64Array,
  rows: number,
  nOut: number,
  out: Float64Array,
): void {
  if (nOut === 1) {
    for (let r = 0; r < rows; r++) out[r] = 1 / (1 + exp(-logits[r]));
    return;
  }
  for (let r = 0; r < rows; r++) {
    let most = -Infinity, sum = 0;
    for (let q = 0; q < nOut; q++) most = Math.max(most, logits[r * nOut + q]);
    for (let q = 0; q < nOut; q++) sum += out[r * nOut + q] = exp(logits[r * nOut + q] - most);
    for (let q = 0; q < nOut; q++) out[r * nOut + q] /= sum;
  }
}

/**
 * Slopes of a loss.
 *
 * @param exact Whether leaves take several steps: those of trees side by side, whose first is the last.
 */
export function rowSlopes(loss: Loss, dataset: Dataset, exact: boolean): RowSlopes {
  const { rows, nOut, targets } = dataset, size = rows * nOut;
  const slopes = new Float64Array(size), curvatures = new Float64Array(size).fill(1);
  let outputs = new Float64Array(size);
  const point = loss.kind === "mse" ? undefined : pointLoss(loss, nOut);
  const found = new Float64Array(3), classes = loss.kind === "crossEntropy";
  function update(fresh: Float64Array): void {
    outputs = fresh as Float64Array<ArrayBuffer>;
    if (loss.kind === "mse") {
      for (let i = 0; i < size; i++) slopes[i] = targets[i] - outputs[i];
    } else if (classes) {
      classProbabilities(outputs, rows, nOut, slopes);
      for (let i = 0; i < size; i++) {
        const p = slopes[i];
        slopes[i] = targets[i] - p;
        curvatures[i] = Math.max(p * (1 - p), LEAST_CURVATURE);
      }
    } else if (point) {
      for (let i = 0; i < size; i++) {
        point(outputs[i], targets[i], found);
        slopes[i] = -found[1];
        curvatures[i] = loss.kind === "quantile" ? 1 : Math.max(found[2], LEAST_CURVATURE);
      }
    } else hazardSlopes(dataset, outputs, slopes, curvatures);
  }
  return {
    update,
    write(q, drawn, gradient, curvature) {
      for (let r = 0; r < rows; r++) {
        gradient[r] = drawn[r] * slopes[r * nOut + q];
        curvature[r] = drawn[r] * curvatures[r * nOut + q];
      }
    },
    leaf(inside, q, drawn, g, h) {
      if (loss.kind === "mse" || classes) return g / h;
      if (loss.kind === "quantile") {
        const counted = inside.filter((r) => drawn[r] > 0);
        const errors = Float64Array.from(
          counted,
          (r) => targets[r * nOut + q] - outputs[r * nOut + q],
        );
        return weightedShare(errors, Float64Array.from(counted, (r) => drawn[r]), loss.tau);
      }
      const longest = loss.kind === "huber" ? Infinity : LONGEST;
      let value = bounded(g / h, longest);
      if (!exact || !point) return value;
      const penalty = h - inside.reduce((sum, r) => sum + drawn[r] * curvatures[r * nOut + q], 0);
      for (let step = 1; step < LEAF_STEPS; step++) {
        let slope = -penalty * value, curvature = penalty;
        for (const r of inside) {
          if (drawn[r] === 0) continue;
          point(outputs[r * nOut + q] + value, targets[r * nOut + q], found);
          slope -= drawn[r] * found[1];
          curvature += drawn[r] * Math.max(found[2], LEAST_CURVATURE);
        }
        value = bounded(value + bounded(slope / curvature, 1), longest);
      }
      return value;
    },
  };
}

function bounded(x: number, most: number): number {
  return Number.isNaN(x) ? 0 : Math.min(most, Math.max(-most, x));
}

/** Minus the slopes of Cox's loss per row: events less those expected, which are the curvature. */
function hazardSlopes(
  dataset: Dataset,
  outputs: Float64Array,
  slopes: Float64Array,
  curvatures: Float64Array,
): void {
  const { rows, targets, weights } = dataset;
  let total = 0; // weight of the events
  for (let r = 0; r < rows; r++) if (targets[r] > 0) total += weights ? weights[r] : 1;
  evaluateLoss({ kind: "cox" }, outputs, dataset, slopes);
  for (let r = 0; r < rows; r++) {
    const w = weights ? weights[r] : 1, came = targets[r] > 0 ? 1 : 0;
    slopes[r] = w > 0 ? -slopes[r] * total / w : 0;
    curvatures[r] = Math.max(came - slopes[r], LEAST_CURVATURE);
  }
}

/** The value below which a share of the weight lies. */
function weightedShare(values: Float64Array, weights: Float64Array, share: number): number {
  const order = Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const total = weights.reduce((sum, w) => sum + w, 0);
  let sum = 0;
  for (let k = 0; k < order.length; k++) {
    sum += weights[order[k]];
    if (sum < share * total - 1e-12 * total) continue;
    const next = order[k + 1]; // half-way where the share is reached exactly
    const exact = next !== undefined && Math.abs(sum - share * total) <= 1e-12 * total;
    return exact ? (values[order[k]] + values[next]) / 2 : values[order[k]];
  }
  return values.length === 0 ? 0 : values[order[order.length - 1]];
}

/** The constants with the least loss, one per output; of probabilities none is 0 or 1. */
export function bestConstants(loss: Loss, dataset: Dataset): Float64Array {
  const { rows, nOut, targets, weights } = dataset;
  const w = weights ?? new Float64Array(rows).fill(1);
  if (loss.kind === "cox") return new Float64Array(nOut);
  return Float64Array.from({ length: nOut }, (_, q) => {
    const one = oneTarget(dataset, q);
    if (loss.kind === "quantile") return weightedShare(one.targets, w, loss.tau);
    if (loss.kind === "huber") return robustConstant(loss, one, w);
    if (loss.kind !== "crossEntropy" && loss.kind !== "binomial") {
      return Math.max(meanOutputs(loss, one)[0], loss.kind === "mse" ? -Infinity : least(one));
    }
    let total = 0, sum = 0;
    for (let r = 0; r < rows; r++) {
      total += w[r];
      sum += w[r] * targets[r * nOut + q];
    }
    const p = Math.min(1 - 1e-3, Math.max(1e-3, sum / total));
    return loss.kind === "binomial" || nOut === 1 ? log(p / (1 - p)) : log(p);
  });
}

/** The logarithm that half an average row would leave of a mean, where all targets are 0. */
function least(dataset: Dataset): number {
  return -log(2 * totalWeight(dataset));
}

function robustConstant(loss: Loss, { targets }: Dataset, weights: Float64Array): number {
  const point = pointLoss(loss, 1)!, found = new Float64Array(3);
  let value = weightedShare(targets, weights, 0.5);
  for (let step = 0; step < CONSTANT_STEPS; step++) {
    let slope = 0, curvature = 0;
    targets.forEach((t, r) => {
      point(value, t, found);
      slope += weights[r] * found[1];
      curvature += weights[r] * found[2];
    });
    const move = slope / curvature;
    value -= move;
    if (!(Math.abs(move) > 1e-10)) break;
  }
  return value;
}

/** How far beyond the targets' range a model may go, as a share of that range. */
const BEYOND = 0.1;

/**
 * Per output the least and the largest that a model may say: the range of the targets, of positive
 * means that of their logarithms, widened by a tenth. A mean of targets some of which are 0 is not
 * below what half a row of average size is, spread over all rows; a probability not nearer to 0
 * and 1 than that. Of classes and hazards none.
 */
export function outputBounds(loss: Loss, dataset: Dataset): [number, number][] | undefined {
  const { nOut, targets, rows } = dataset;
  if (loss.kind === "cox" || loss.kind === "crossEntropy") return undefined;
  const linked = ["poisson", "gamma", "tweedie"].includes(loss.kind);
  return Array.from({ length: nOut }, (_, q): [number, number] => {
    if (loss.kind === "binomial") return [-log(2 * rows - 1), log(2 * rows - 1)];
    let low = Infinity, high = -Infinity;
    for (let i = q; i < targets.length; i += nOut) {
      low = Math.min(low, targets[i]);
      high = Math.max(high, targets[i]);
    }
    if (linked) {
      const mean = meanOutputs(loss, oneTarget(dataset, q))[0];
      if (!(high > 0)) return [-log(2 * rows), 0];
      high = log(high);
      low = low > 0 ? log(low) : Math.min(mean - log(2 * rows), high);
    }
    const more = BEYOND * (high - low);
    return [low - more, high + more];
  });
}
