/**
 * Sums of splines for any loss that is a sum over rows, by iterated least squares: every pass fits
 * working responses, outputs less slope over curvature, with the curvatures as weights (McCullagh and
 * Nelder 1989, section 2.5; of quantiles and Huber's loss Hunter and Lange 2000).
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import { evaluateLoss, type Loss } from "../engine/mod.ts";
import { pointLoss } from "../engine/inner.ts";
import { forward } from "../model/mod.ts";
import {
  fitRidgeFunctions,
  type RidgeFunctionOptions,
  type RidgeFunctions,
} from "./_ridge_functions.ts";
import { bestConstants } from "./_slopes.ts";

/** Passes, and updates of the strengths in each. */
const PASSES = 12, UPDATES = 4;
/** The longest step of an output in one pass, and the least curvature. */
const LONGEST = 4, LEAST = 1e-6;
/** Corners of a quantile's loss, as shares of the errors' mean size: rounder in early passes. */
const CORNERS = [0.5, 0.2, 0.1, 0.05];

/** Whether sums of splines are fitted to a loss: to one output, and not where rows are coupled. */
export function fitsSums({ kind }: Loss, nOut: number): boolean {
  return kind === "mse" || kind === "crossEntropy" || (kind !== "cox" && nOut === 1);
}

/** Fits a sum of splines to a loss. */
export function workingFit(
  dataset: Dataset,
  loss: Loss,
  options: RidgeFunctionOptions,
): RidgeFunctions {
  if (loss.kind === "mse") return fitRidgeFunctions(dataset, "gaussian", options);
  if (loss.kind === "crossEntropy" || (loss.kind === "binomial" && dataset.nOut === 1)) {
    return fitRidgeFunctions(dataset, "classes", options);
  }
  const { rows, inputs, targets, weights } = dataset;
  const ones = new Float64Array(rows).fill(1), found = new Float64Array(3);
  let outputs: Float64Array = new Float64Array(rows).fill(bestConstants(loss, dataset)[0]);
  let best: RidgeFunctions | undefined, least = Infinity, last = Infinity;
  for (let pass = 0; pass < PASSES; pass++) {
    const point = pointLoss(rounded(loss, outputs, dataset, pass), 1)!;
    const working = new Float64Array(rows), curvatures = new Float64Array(rows);
    for (let r = 0; r < rows; r++) {
      point(outputs[r], targets[r], found);
      const curvature = Math.max(found[2], LEAST), step = -found[1] / curvature;
      working[r] = outputs[r] + Math.min(LONGEST, Math.max(-LONGEST, step));
      curvatures[r] = curvature * (weights ?? ones)[r];
    }
    const strengths = best?.strengths ?? options.strengths;
    const fit = fitRidgeFunctions(
      { ...dataset, targets: working, weights: curvatures },
      "gaussian",
      {
        ...{ ...options, updates: Math.min(UPDATES, options.updates ?? UPDATES) },
        ...(strengths && { strengths }),
      },
    );
    outputs = forward(fit.network, inputs, rows);
    const reached = evaluateLoss(loss, outputs, dataset);
    if (reached < least || best === undefined) {
      least = Number.isFinite(reached) ? reached : Infinity;
      best = fit;
    }
    if (pass >= CORNERS.length && Math.abs(last - reached) < 1e-6 * Math.abs(reached)) break;
    last = reached;
  }
  return best!;
}

/** A quantile's loss with a corner that suits the errors. */
function rounded(
  loss: Loss,
  outputs: Float64Array,
  { targets, rows }: Dataset,
  pass: number,
): Loss {
  if (loss.kind !== "quantile") return loss;
  const size = targets.reduce((sum, t, i) => sum + Math.abs(t - outputs[i]), 0) / rows;
  const delta = CORNERS[Math.min(pass, CORNERS.length - 1)] * size;
  return { ...loss, delta: Math.max(delta, loss.delta ?? 1e-3) };
}
