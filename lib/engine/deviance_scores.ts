/**
 * How much of a deviance or of a quantile's loss a network explains.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import { evaluateLoss, type Loss, totalWeight } from "./loss.ts";
import { log, log1p } from "../numerics/inner.ts";

/** Scores of a network whose loss is half a deviance. */
export interface DevianceScores {
  /** Mean unit deviance, in the units of the targets of the dataset. */
  readonly deviance: number;
  /**
   * Share of the deviance explained, `1 - D / D_0`, with `D_0` that of the targets' mean (Cameron and
   * Windmeijer 1997); null where `D_0` is 0.
   */
  readonly d2: number | null;
}

/** Scores of quantiles. */
export interface QuantileScores {
  /** Mean pinball loss, without a rounded corner, in the units of the targets of the dataset. */
  readonly pinball: number;
  /** Share of it explained, against the targets' own quantile; null where that has none. */
  readonly d2: number | null;
  /** Share of the targets at or below their predictions; to be compared with `tau`. */
  readonly coverage: number;
}

/**
 * Scores outputs by the deviance of their loss, the mean over rows, by weight, and outputs.
 *
 * @param loss A loss that is half a deviance: poisson, gamma, tweedie or binomial.
 * @param outputs Shape `[rows, nOut]`.
 * @param dataset Targets and weights.
 * @returns Deviance and what of it is explained.
 *
 * @example
 * ```ts
 * import { devianceScores } from "@freeknot/freeknot/engine";
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const counts = datasetOf({ inputs: [0, 1], targets: [1, 3] });
 * const scores = devianceScores({ kind: "poisson" }, Float64Array.of(0, Math.log(3)), counts);
 * assertEquals([scores.deviance < 1e-15, scores.d2! > 0.999], [true, true]);
 * ```
 */
export function devianceScores(
  loss: Loss,
  outputs: Float64Array,
  dataset: Dataset,
): DevianceScores {
  const deviance = 2 * evaluateLoss(loss, outputs, dataset);
  const none = 2 * evaluateLoss(loss, meanOutputs(loss, dataset), dataset);
  return { deviance, d2: explained(deviance, none) };
}

/**
 * Scores outputs as quantiles.
 *
 * @param tau Share of the targets that should lie below.
 * @param outputs Shape `[rows, nOut]`.
 * @param dataset Targets and weights.
 * @returns Pinball loss, what of it is explained, and the share of targets below.
 *
 * @example
 * ```ts
 * import { quantileScores } from "@freeknot/freeknot/engine";
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = datasetOf({ inputs: [0, 1, 2, 3], targets: [1, 2, 3, 4] });
 * const { pinball, coverage } = quantileScores(0.5, Float64Array.of(1, 2, 3, 2), rows);
 * assertEquals([pinball, coverage], [0.25, 0.75]);
 * ```
 */
export function quantileScores(
  tau: number,
  outputs: Float64Array,
  dataset: Dataset,
): QuantileScores {
  const { rows, nOut, targets, weights } = dataset;
  const quantiles = Array.from({ length: nOut }, (_, q) => weightedQuantile(tau, dataset, q));
  let sum = 0, none = 0, below = 0;
  for (let i = 0; i < rows * nOut; i++) {
    const weight = weights ? weights[Math.floor(i / nOut)] : 1;
    sum += weight * pinballOf(tau, targets[i] - outputs[i]);
    none += weight * pinballOf(tau, targets[i] - quantiles[i % nOut]);
    if (targets[i] <= outputs[i]) below += weight;
  }
  const total = totalWeight(dataset) * nOut;
  return { pinball: sum / total, d2: explained(sum, none), coverage: below / total };
}

/** One output of a dataset. */
export function oneTarget(dataset: Dataset, q: number): Dataset {
  const { rows, nOut, targets } = dataset;
  if (nOut === 1) return dataset;
  return {
    ...dataset,
    nOut: 1,
    targets: Float64Array.from({ length: rows }, (_, r) => targets[r * nOut + q]),
  };
}

/** The outputs, the same for every row, whose predictions are the targets' means. */
export function meanOutputs(loss: Loss, dataset: Dataset): Float64Array {
  const { rows, nOut, targets, weights } = dataset, total = totalWeight(dataset);
  const outputs = new Float64Array(rows * nOut);
  for (let q = 0; q < nOut; q++) {
    let mean = 0;
    for (let r = 0; r < rows; r++) {
      mean += (weights ? weights[r] : 1) * targets[r * nOut + q] / total;
    }
    const value = linked(loss, mean);
    for (let r = 0; r < rows; r++) outputs[r * nOut + q] = value;
  }
  return outputs;
}

/** The output at which a mean is predicted; far out for means that no output reaches. */
function linked(loss: Loss, mean: number): number {
  switch (loss.kind) {
    case "poisson":
    case "gamma":
    case "tweedie":
      return mean > 0 ? log(mean) : -700;
    case "binomial":
    case "crossEntropy":
      return mean <= 0 ? -700 : mean >= 1 ? 700 : log(mean) - log1p(-mean);
    case "cox":
      return 0;
    default:
      return mean;
  }
}

function explained(left: number, none: number): number | null {
  return none > 0 ? 1 - left / none : null;
}

function pinballOf(tau: number, e: number): number {
  return e >= 0 ? tau * e : (tau - 1) * e;
}

function weightedQuantile(tau: number, { rows, nOut, targets, weights }: Dataset, q: number) {
  const order = Array.from({ length: rows }, (_, r) => r)
    .sort((a, b) => targets[a * nOut + q] - targets[b * nOut + q]);
  const weightOf = (r: number): number => weights ? weights[r] : 1;
  const goal = tau * order.reduce((sum, r) => sum + weightOf(r), 0);
  let sum = 0;
  for (const r of order) {
    sum += weightOf(r);
    if (sum >= goal) return targets[r * nOut + q];
  }
  return targets[order[rows - 1] * nOut + q];
}
