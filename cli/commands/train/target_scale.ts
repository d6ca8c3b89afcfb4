/**
 * Targets on a logarithmic scale: their choice by held-out rows, and predictions that are means.
 *
 * @module
 */

import {
  type ColumnScale,
  type Dataset,
  type RegressionEncoding,
  scaleColumns,
  splitRows,
  subset,
  unscaleColumns,
} from "../../../lib/data/mod.ts";
import {
  chooseTargetScale,
  gainsSurely,
  isSkewed,
  predictedValues,
  withSmearing,
} from "../../../lib/data/inner.ts";
import { ensembleOutputs, type Network } from "../../../lib/model/mod.ts";
import { column } from "../../../lib/numerics/inner.ts";
import { type DataEncoding, type DataParts, PARTS, type TrainData } from "./data.ts";
import type { ReadyRequest } from "./request.ts";

/** Trains on some rows, as asked. */
export type Fit = (request: ReadyRequest, parts: DataParts) => Promise<Network>;

/** A request and its data, the target's scale chosen. */
export interface Scaled {
  readonly request: ReadyRequest;
  readonly data: TrainData;
}

/** Share of the training rows that judge where there are no validation rows. */
const JUDGES = 0.25;

/**
 * Chooses between the range and the logarithm where `--target-scale auto` asks for it: the logarithm
 * of targets that are positive and skewed, if rows that were not trained on have a squared error, in
 * the target's units, that is lower by more than its standard error.
 *
 * @param fit Trains as asked.
 * @param note Told of the choice.
 */
export async function withTargetScale(
  request: ReadyRequest,
  data: TrainData,
  fit: Fit,
  note: (text: string) => void,
): Promise<Scaled> {
  const { source } = request, regression = plainRegression(data);
  if (source.kind !== "table" || source.targetScale !== "auto") return { request, data };
  const chosen = (targetScale: "range" | "log"): ReadyRequest => ({
    ...request,
    source: { ...source, targetScale },
  });
  const logarithms = regression && logScales(data.parts.train, regression.targets);
  if (!logarithms) return { request: chosen("range"), data };
  const { train, validation } = data.parts;
  const parts = validation ? { train, validation } : splitParts(train, request.splitSeed);
  const ranged = { ...data, parts }, logged = withTargets(ranged, logarithms);
  const errors: Float64Array[] = [];
  for (const each of [ranged, logged]) {
    const network = await fit(request, each.parts);
    errors.push(squaredErrors([network], smeared(each, [network]), each.parts.validation!));
  }
  const pays = gainsSurely(errors[0], errors[1], parts.validation!.weights);
  note(
    `target scale: ${pays ? "log" : "range"} (root of the held-out mean squared error ` +
      `${errors.map(rootMean).map((x) => x.toPrecision(3)).join(" by the range, ")} by logarithms)`,
  );
  return pays
    ? { request: chosen("log"), data: withTargets(data, logarithms) }
    : { request: chosen("range"), data };
}

/** Data whose targets are scaled otherwise. */
export function withTargets(data: TrainData, targets: readonly ColumnScale[]): TrainData {
  const regression = plainRegression(data);
  if (!regression || same(regression.targets, targets)) return data;
  const rescaled = (part: Dataset): Dataset => ({
    ...part,
    targets: scaleColumns(unscaleColumns(part.targets, regression.targets), targets),
  });
  const parts = Object.fromEntries(PARTS.flatMap((name) => {
    const part = data.parts[name];
    return part ? [[name, rescaled(part)]] : [];
  })) as unknown as DataParts;
  return { ...data, parts, encoding: { ...regression, targets } };
}

/** Whether two encodings scale targets alike, whatever their smearing. */
function same(a: readonly ColumnScale[], b: readonly ColumnScale[]): boolean {
  const plain = (scales: readonly ColumnScale[]) =>
    JSON.stringify(scales.map(({ smearing: _, ...scale }) => scale));
  return plain(a) === plain(b);
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

function plainRegression({ encoding }: TrainData): RegressionEncoding | undefined {
  if (encoding.kind !== "table" || encoding.task !== "regression") return undefined;
  return encoding.link === undefined ? encoding : undefined;
}

/** Logarithmic scales of the skewed targets; undefined where a target is not positive or none is. */
function logScales(
  { targets, nOut }: Dataset,
  scales: readonly ColumnScale[],
): ColumnScale[] | undefined {
  const values = unscaleColumns(targets, scales);
  const columns = scales.map((_, q) => column(values, nOut, q));
  if (!values.every((value) => value > 0) || !columns.some(isSkewed)) return undefined;
  return scales.map((scale, q) =>
    isSkewed(columns[q]) ? chooseTargetScale(scale.name, columns[q], undefined, "log") : scale
  );
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
  if (encoding.kind !== "table" || encoding.task !== "regression") return data;
  return { ...withTargets(data, encoding.targets), encoding };
}
