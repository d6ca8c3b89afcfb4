/**
 * Targets on a logarithmic scale: their choice by held-out rows, and predictions that are means.
 *
 * @module
 */

import {
  type Dataset,
  type RegressionEncoding,
  splitRows,
  subset,
  unscaleColumns,
} from "../../../lib/data/mod.ts";
import { gainsTwice, predictedValues, withSmearing } from "../../../lib/data/inner.ts";
import { ensembleOutputs, type Network } from "../../../lib/model/mod.ts";
import { column } from "../../../lib/numerics/inner.ts";
import type { DataEncoding, DataParts, TrainData } from "./data.ts";
import type { ReadyRequest } from "./request.ts";

/** Trains on some rows, as asked. */
export type FirstFit = (request: ReadyRequest, parts: DataParts) => Promise<Network>;

/** A request and its data, the target's scale chosen. */
export interface Scaled {
  readonly request: ReadyRequest;
  readonly data: TrainData;
}

/** Share of the training rows that judge where there are no validation rows. */
const JUDGES = 0.25;

/**
 * Chooses between the range and the logarithm where `--target-scale auto` asks for it: the logarithm
 * of targets that are positive and skewed, if on rows that were not trained on the mean squared error,
 * in the target's units, is lower, and most rows are predicted better.
 *
 * @param fit Trains as asked.
 * @param note Told of the choice.
 */
export async function withTargetScale(
  request: ReadyRequest,
  data: TrainData,
  fit: FirstFit,
  note: (text: string) => void,
): Promise<Scaled> {
  const { source } = request, { logarithmic } = data;
  if (source.kind !== "table" || source.targetScale !== "auto") return { request, data };
  const chosen = (targetScale: "range" | "log"): ReadyRequest => ({
    ...request,
    source: { ...source, targetScale },
  });
  if (!logarithmic) return { request: chosen("range"), data };
  const trials = [data, logarithmic].map((each) => ({
    ...each,
    parts: each.parts.validation ? each.parts : splitParts(each.parts.train, request.splitSeed),
  }));
  const errors: Float64Array[] = [];
  for (const each of trials) {
    const network = await fit(request, each.parts);
    errors.push(squaredErrors([network], smeared(each, [network]), each.parts.validation!));
  }
  const pays = gainsTwice(errors[0], errors[1], trials[0].parts.validation!.weights);
  note(
    `target scale: ${pays ? "log" : "range"} (root of the held-out mean squared error ` +
      `${errors.map(rootMean).map((x) => x.toPrecision(3)).join(" by the range, ")} by logarithms)`,
  );
  return pays
    ? { request: chosen("log"), data: { ...data, ...logarithmic } }
    : { request: chosen("range"), data };
}

/** Data whose targets on logarithmic scales know their smearing, from the training rows' residuals. */
export function smeared(data: TrainData, networks: readonly Network[]): TrainData {
  const { encoding, parts: { train } } = data;
  if (encoding.kind !== "table" || encoding.task !== "regression") return data;
  if (!encoding.targets.some(({ map }) => map?.kind === "log")) return data;
  const outputs = ensembleOutputs(networks, train.inputs, train.rows), { nOut, weights } = train;
  const quantiles = encoding.link !== undefined; // they need no correction
  const targets = encoding.targets.map((scale, q) => {
    if (scale.map?.kind !== "log") return scale;
    if (quantiles) return { ...scale, smearing: 1 };
    return withSmearing(scale, column(outputs, nOut, q), column(train.targets, nOut, q), weights);
  });
  return { ...data, encoding: { ...encoding, targets } };
}

function splitParts(
  train: Dataset,
  seed: number,
): Required<Pick<DataParts, "train" | "validation">> {
  const split = splitRows({
    ...{ rows: train.rows, testFraction: 0, validationFraction: JUDGES, seed },
  });
  return { train: subset(train, split.train), validation: subset(train, split.validation) };
}

/** Squared errors in the targets' units, row by row; of several targets each by its own range. */
function squaredErrors(
  networks: readonly Network[],
  { encoding }: TrainData,
  { inputs, targets, rows, nOut }: Dataset,
): Float64Array {
  const scales = (encoding as RegressionEncoding).targets;
  const said = predictedValues(scales, undefined, ensembleOutputs(networks, inputs, rows));
  const right = unscaleColumns(targets, scales);
  const unit = (q: number) => nOut === 1 ? 1 : scales[q].maximum - scales[q].minimum || 1;
  return Float64Array.from({ length: rows }, (_, r) => {
    let sum = 0;
    for (let q = 0; q < nOut; q++) {
      sum += ((said[r * nOut + q] - right[r * nOut + q]) / unit(q)) ** 2;
    }
    return sum;
  });
}

function rootMean(squares: Float64Array): number {
  return Math.sqrt(squares.reduce((sum, x) => sum + x, 0) / squares.length);
}

/** Data with the encoding of a run: its target's scale, and its smearing. */
export function withEncoding(data: TrainData, encoding: DataEncoding): TrainData {
  const logs = encoding.kind === "table" && encoding.task === "regression" &&
    encoding.targets.some(({ map }) => map?.kind === "log");
  return { ...data, ...(logs ? data.logarithmic : undefined), encoding };
}
