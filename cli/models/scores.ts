/**
 * Losses and scores of a network on the parts of its data.
 *
 * @module
 */

import {
  type ClassificationEncoding,
  classificationScores,
  concordance,
  type Dataset,
  regressionScores,
  unscaleColumns,
} from "../../lib/data/mod.ts";
import { predictedValues } from "../../lib/data/inner.ts";
import { oneTarget } from "../../lib/engine/inner.ts";
import { devianceScores, evaluateLoss, type Loss, quantileScores } from "../../lib/engine/mod.ts";
import { column, pow } from "../../lib/numerics/inner.ts";
import { ensembleOutputs, type Network } from "../../lib/model/mod.ts";
import type { Scores, ScoresByPart, TargetNumbers } from "./metadata.ts";
import { type DataEncoding, type PartName, PARTS, type TrainData } from "../commands/train/data.ts";

/** Loss on scaled targets and scores in the target's units, of one part of the data. */
export interface PartResult {
  /** Objective without weight decay. */
  readonly loss: number;
  readonly scores: Scores;
}

/**
 * What networks say about some rows, together: the mean, of classes the mean probability (as
 * logits), of a link the mean prediction.
 */
export function modelOutputs(
  networks: readonly Network[],
  encoding: DataEncoding,
  inputs: Float64Array,
  rows: number,
): Float64Array {
  const outputs = ensembleOutputs(networks, inputs, rows, averageOf(encoding));
  const bounds = encoding.kind === "table" ? encoding.answer?.bounds : undefined;
  return bounds === undefined ? outputs : outputs.map((y, i) => {
    const [low, high] = bounds[i % bounds.length];
    return Math.min(high, Math.max(low, y));
  });
}

/** What the mean of several networks is taken of. */
function averageOf(encoding: DataEncoding): Parameters<typeof ensembleOutputs>[3] {
  if (encoding.kind === "gallery" || encoding.answer !== undefined) return "values";
  if (encoding.task === "classification") return "probabilities";
  const kind = encoding.link?.kind;
  return kind === "log" ? "exponentials" : kind === "logit" ? "probabilities" : "values";
}

/**
 * Evaluates a network, or the mean of several, on some rows.
 *
 * @throws {RangeError} If the network does not extrapolate and a row leaves its domain.
 */
export function partResult(
  networks: readonly Network[],
  loss: Loss,
  dataset: Dataset,
  encoding: DataEncoding,
): PartResult {
  const { rows, nOut, targets, weights } = dataset;
  const outputs = modelOutputs(networks, encoding, dataset.inputs, rows);
  return { loss: evaluateLoss(loss, outputs, dataset), scores: scored() };

  function scored(): Scores {
    if (encoding.kind === "table" && encoding.task === "classification") {
      const { labels, classWeights } = encoding;
      const own = classWeights === undefined ? weights : rowWeights(dataset, encoding);
      const { classes, ...others } = classificationScores(outputs, targets, nOut, own);
      return {
        ...others,
        labels,
        classes: Object.fromEntries(labels.map((label, k) => [label, classes[k]])),
      };
    }
    const scales = encoding.kind === "gallery" ? [encoding.target] : encoding.targets;
    const link = encoding.kind === "gallery" ? undefined : encoding.link;
    if (link?.kind === "hazard") return concordance(outputs, targets, weights);
    const said = predictedValues(scales, link, outputs),
      right = unscaleColumns(targets, scales);
    const names = scales.map(({ name }) => name);
    // Rows that the loss leaves out as gross outliers are judged like all others.
    const gross = encoding.kind === "table" && encoding.weight === undefined &&
      scales.some(({ limits }) => limits !== undefined);
    const own = gross ? undefined : weights;
    const numbers = (q: number): TargetNumbers => {
      const of = (values: Float64Array) => nOut === 1 ? values : column(values, nOut, q);
      if (link?.kind === "quantile") {
        return quantileScores(link.tau, of(said), oneTarget({ ...dataset, targets: right }, q));
      }
      const plain = regressionScores(of(said), of(right), 1, own);
      if (link === undefined) return plain;
      const { deviance, d2 } = devianceScores(loss, of(outputs), oneTarget(dataset, q));
      const unit = link.kind === "log" ? pow(scales[q].maximum, 2 - link.power) : 1;
      return { ...plain, deviance: unit * deviance, d2 };
    };
    if (nOut === 1) return numbers(0);
    return {
      ...(link?.kind === "quantile"
        ? quantileScores(link.tau, said, { ...dataset, targets: right })
        : regressionScores(said, right, nOut, own)),
      targets: Object.fromEntries(names.map((name, q) => [name, numbers(q)])),
    };
  }
}

/** The weights of rows, without the weights of their classes; undefined where all are 1. */
export function rowWeights(
  { rows, nOut, targets, weights }: Dataset,
  { classWeights = [], weight }: ClassificationEncoding,
): Float64Array | undefined {
  if (weight === undefined || weights === undefined) return undefined;
  return weights.map((each, row) => {
    const own = targets.subarray(row * nOut, (row + 1) * nOut);
    const label = nOut === 1 ? own[0] : own.indexOf(1);
    return each / classWeights[label];
  }).subarray(0, rows);
}

/** Results by the name of the part. */
export type PartResults = { readonly [part in PartName]?: PartResult };

/**
 * Evaluates a network, or the mean of several, on every part of the data; a part that the network
 * refuses to extrapolate to has no result.
 *
 * @param warn Told which parts have none.
 */
export function partResults(
  networks: readonly Network[],
  loss: Loss,
  data: TrainData,
  warn: (text: string) => void,
): PartResults {
  const results: { [part in PartName]?: PartResult } = {};
  for (const part of PARTS) {
    const dataset = data.parts[part];
    if (dataset === undefined) continue;
    try {
      results[part] = partResult(networks, loss, dataset, data.encoding);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      warn(`freeknot: no ${part} scores: ${error.message}`);
    }
  }
  return results;
}

/** Takes losses and scores apart, as files and `--json` have them. */
export function lossesAndScores(
  results: PartResults,
): { readonly losses: { readonly [part in PartName]?: number }; readonly scores: ScoresByPart } {
  const entries = Object.entries(results);
  return {
    losses: Object.fromEntries(entries.map(([part, { loss }]) => [part, loss])),
    scores: Object.fromEntries(entries.map(([part, { scores }]) => [part, scores])),
  };
}
