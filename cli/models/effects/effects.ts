/**
 * How the predictions of a searched model move with single columns, and how sure that is.
 *
 * @module
 */

import type { Dataset } from "../../../lib/data/mod.ts";
import type { ColumnEffect } from "../../../lib/report/mod.ts";
import type { AdditiveModel, AdditiveTerm } from "../../../lib/additive/mod.ts";
import { type ColumnSettings, rowsAmong } from "./settings.ts";
import { type OutputView, type PartedModel, partOutputs, sumOutputs } from "./views.ts";

/** Rows whose mean is an effect, rows and columns of the additive model behind the bands. */
const BACKGROUND = 200, MOST_ROWS = 20_000, MOST_INPUTS = 120;
/** Step of the slope of an answer by what adds up. */
const STEP = 1e-4;
/** How the additive model is fitted: rather quickly than finely. */
const YARDSTICK = { intervals: 10, select: false } as const;

/** An additive model of the training rows, which tells how far the data leave effects open. */
export interface Yardstick {
  readonly model: AdditiveModel;
  /** How much narrower errors are with all rows than with those that were fitted. */
  readonly factor: number;
}

/**
 * Fits an additive model for one output; undefined where the table is too wide or it fails.
 *
 * Nothing is penalised but bending: what a penalty has shrunk to nothing would seem to be sure. Of
 * levels that add up to 1 the first is the one that others are compared with. Only of classes, which
 * a level may tell apart entirely, columns of two values share one ridge.
 */
export async function fitYardstick(
  view: OutputView,
  dataset: Dataset,
  columns: readonly ColumnSettings[],
): Promise<Yardstick | undefined> {
  const { rows, nIn } = dataset;
  if (nIn > MOST_INPUTS) return undefined;
  const { fitAdditive } = await import("../../../lib/additive/mod.ts");
  const part = yardstickRows(view, dataset, columns), { probability } = view;
  const loss = { kind: probability ? "crossEntropy" : "mse" } as const;
  const most = probability ? Math.max(60, 3 * nIn) : Math.max(200, 4 * nIn);
  const terms = Array.from({ length: nIn }, (_, p): AdditiveTerm => {
    const two = new Set(part.inputs.filter((_, i) => i % nIn === p)).size <= 2;
    return !two ? {} : probability ? { group: 0 } : { kind: "free" };
  });
  for (const plan of [terms, terms.map((): AdditiveTerm => ({}))]) { // ridges, if that is singular
    try {
      const model = fitAdditive(part, { ...YARDSTICK, loss, terms: plan, most });
      if (!model.covariance.factor.every(Number.isFinite)) continue;
      return { model, factor: Math.sqrt(part.rows / rows) };
    } catch {
      continue;
    }
  }
  return undefined;
}

/** Some rows with one output; one level of every column that has levels for all rows is left out. */
function yardstickRows(
  { output }: OutputView,
  dataset: Dataset,
  columns: readonly ColumnSettings[],
): Dataset {
  const { rows, nIn, nOut } = dataset, chosen = rowsAmong(rows, MOST_ROWS);
  const inputs = new Float64Array(chosen.length * nIn), targets = new Float64Array(chosen.length);
  chosen.forEach((row, i) => {
    inputs.set(dataset.inputs.subarray(row * nIn, (row + 1) * nIn), i * nIn);
    targets[i] = dataset.targets[row * nOut + output];
  });
  for (const { at, inputs: places } of columns) {
    if (typeof at[0] !== "string" || places.length < 2) continue;
    const sums = chosen.map((_, i) => places.reduce((sum, p) => sum + inputs[i * nIn + p], 0));
    if (!sums.every((sum) => Math.abs(sum - sums[0]) < 1e-9)) continue;
    for (let i = 0; i < chosen.length; i++) inputs[i * nIn + places[0]] = 0;
  }
  const weights = dataset.weights && Float64Array.from(chosen, (row) => dataset.weights![row]);
  return { inputs, targets, rows: chosen.length, nIn, nOut: 1, ...(weights && { weights }) };
}

/**
 * The effect of a column: the mean prediction of background rows with the column set to each of its
 * values, less the mean of that over the rows.
 *
 * The variance of an effect has two parts, as that of any mean of models (J. Hoeting, D. Madigan,
 * A. Raftery and C. Volinsky, Bayesian model averaging: a tutorial, Statistical Science 14, 1999):
 * the weighed variance between the parts of the model, and the variance within them, for which the
 * additive model of the same rows stands.
 */
export async function columnEffect(
  model: PartedModel,
  view: OutputView,
  dataset: Dataset,
  settings: ColumnSettings,
  yardstick: Yardstick | undefined,
): Promise<ColumnEffect> {
  const { inputs: places, features, at, rows } = settings, { nIn } = dataset;
  const background = rowsAmong(dataset.rows, BACKGROUND), count = background.length;
  const inputs = new Float64Array(at.length * count * nIn);
  features.forEach((set, s) =>
    background.forEach((row, b) => {
      const start = (s * count + b) * nIn;
      inputs.set(dataset.inputs.subarray(row * nIn, (row + 1) * nIn), start);
      places.forEach((p, f) => inputs[start + p] = set[f]);
    })
  );
  const each = partOutputs(model, inputs), all = view.raw(sumOutputs(model, each));
  const means = (values: Float64Array) => blockMeans(values, count);
  const value = means(view.value(all));
  const up = means(view.value(all.map((y) => y + STEP)));
  const down = means(view.value(all.map((y) => y - STEP)));
  const effect = centred(value, rows);
  const parts = each.map((outputs) => centred(means(view.raw(outputs)), rows));
  const between = betweenVariance(parts, model.parts.map(({ weight }) => weight));
  const within = await withinErrors(yardstick, dataset, settings);
  const error = effect.map((_, s) => {
    const slope = Math.abs(up[s] - down[s]) / (2 * STEP);
    return slope * Math.sqrt(between[s] + within[s] ** 2);
  });
  return { column: settings.column, at, rows, effect, error };
}

function blockMeans(values: Float64Array, size: number): number[] {
  return Array.from(
    { length: values.length / size },
    (_, s) => values.subarray(s * size, (s + 1) * size).reduce((sum, y) => sum + y, 0) / size,
  );
}

/** Values less their mean over the rows. */
function centred(values: readonly number[], rows: readonly number[]): number[] {
  const total = rows.reduce((sum, count) => sum + count, 0);
  const mean = values.reduce((sum, value, s) => sum + rows[s] * value, 0) / total;
  return values.map((value) => value - mean);
}

/** The weighed variance of the parts around their mean, setting by setting. */
function betweenVariance(parts: readonly number[][], weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return parts[0].map((_, s) => {
    const mean = parts.reduce((sum, each, m) => sum + weights[m] * each[s], 0) / total;
    return parts.reduce((sum, each, m) => sum + weights[m] * (each[s] - mean) ** 2, 0) / total;
  });
}

/** Standard errors of the additive model's effect at the settings; 0 without such a model. */
async function withinErrors(
  yardstick: Yardstick | undefined,
  { nIn, inputs: rows }: Dataset,
  { inputs: places, features, rows: counts }: ColumnSettings,
): Promise<number[]> {
  if (yardstick === undefined) return features.map(() => 0);
  const { differenceErrors } = await import("../../../lib/uncertainty/mod.ts");
  const { model: { network, covariance }, factor } = yardstick;
  const inputs = new Float64Array(features.length * nIn);
  features.forEach((set, s) => {
    inputs.set(rows.subarray(0, nIn), s * nIn);
    places.forEach((p, f) => inputs[s * nIn + p] = set[f]);
  });
  const errors = differenceErrors(
    network,
    covariance,
    inputs,
    inputs,
    Float64Array.from(counts),
  );
  return [...errors].map((error) => factor * error);
}
