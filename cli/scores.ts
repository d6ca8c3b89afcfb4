/**
 * Losses and scores of a network on the parts of its data.
 *
 * @module
 */

import {
  classificationScores,
  type Dataset,
  regressionScores,
  unscaleColumns,
} from "../lib/data/mod.ts";
import { evaluateLoss, type Loss } from "../lib/engine/mod.ts";
import { forward, type Network } from "../lib/model/mod.ts";
import type { DataEncoding } from "./train_data.ts";

/** Loss on scaled targets and scores in the target's units, of one part of the data. */
export interface PartResult {
  /** Objective without weight decay. */
  readonly loss: number;
  /** `rmse`, `r2`, `mae`, `maxError`; of classes `accuracy`, `logLoss`. */
  readonly scores: Readonly<Record<string, number>>;
}

/**
 * Evaluates a network on some rows.
 *
 * @throws {RangeError} If the network does not extrapolate and a row leaves its domain.
 */
export function partResult(
  network: Network,
  loss: Loss,
  dataset: Dataset,
  encoding: DataEncoding,
): PartResult {
  const { rows, nOut, targets, weights } = dataset;
  const outputs = forward(network, dataset.inputs, rows);
  return {
    loss: evaluateLoss(loss, outputs, dataset),
    scores: encoding.kind === "table" && encoding.task === "classification"
      ? { ...classificationScores(outputs, targets, nOut, weights) }
      : { ...regressionScores(unscale(outputs), unscale(targets), nOut, weights) },
  };

  function unscale(values: Float64Array): Float64Array {
    if (encoding.kind === "gallery") return unscaleColumns(values, [encoding.target]);
    return encoding.task === "regression" ? unscaleColumns(values, encoding.targets) : values;
  }
}
