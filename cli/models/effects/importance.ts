/**
 * Which columns matter to a searched model, alone and in pairs.
 *
 * @module
 */

import type { Dataset } from "../../../lib/data/mod.ts";
import { createRandom } from "../../../lib/model/mod.ts";
import type { ColumnPair } from "../../../lib/report/mod.ts";
import { type ColumnSettings, rowsAmong } from "./settings.ts";
import { type OutputView, type PartedModel, partOutputs, sumOutputs } from "./views.ts";
import { log } from "../../../lib/numerics/inner.ts";

/** Rows that columns and pairs are judged by; fewer where there are many columns. */
const ROWS = 400, CELLS = 40_000;
/** Rows whose error is looked at, and how often a column is dealt anew. */
const JUDGED_ROWS = 1000, DEALS = 3;
/** Most columns whose pairs are looked at. */
const PAIRED = 7;

/** A number and its standard error. */
export interface Estimate {
  readonly value: number;
  readonly error: number;
}

/** Rows, and partners that lend them columns. */
interface Sample {
  readonly rows: readonly number[];
  readonly partners: readonly number[];
}

function dealt(rows: readonly number[], seed: number): Sample {
  const order = createRandom(seed, "importance").permutation(rows.length);
  const partners = new Array<number>(rows.length);
  order.forEach((at, i) => partners[at] = rows[order[(i + 1) % order.length]]);
  return { rows, partners };
}

/** Inputs of the rows with some columns of their partners. */
function mixed(
  { nIn, inputs }: Dataset,
  { rows, partners }: Sample,
  columns: readonly ColumnSettings[],
): Float64Array {
  const all = new Float64Array(rows.length * nIn);
  rows.forEach((row, i) => {
    all.set(inputs.subarray(row * nIn, (row + 1) * nIn), i * nIn);
    for (const { inputs: places } of columns) {
      for (const p of places) all[i * nIn + p] = inputs[partners[i] * nIn + p];
    }
  });
  return all;
}

function estimate(values: readonly number[]): Estimate {
  const count = values.length, value = values.reduce((sum, each) => sum + each, 0) / count;
  const square = values.reduce((sum, each) => sum + (each - value) ** 2, 0);
  return { value, error: Math.sqrt(square / Math.max(1, count - 1) / count) };
}

function variance(values: Float64Array): number {
  const mean = values.reduce((sum, y) => sum + y, 0) / values.length;
  return values.reduce((sum, y) => sum + (y - mean) ** 2, 0) / values.length;
}

/** VarianceShares of the variance of what adds up, of every column and of pairs of those that matter most. */
export interface VarianceShares {
  /** In the order of the columns. */
  readonly columns: readonly Estimate[];
  readonly pairs: readonly ColumnPair[];
}

/**
 * VarianceShares of the variance of the predictions: of a column `E (f(x) - f(x with it exchanged))^2 / 2`
 * (M. Jansen, Analysis of variance designs for model output, Computer Physics Communications 117,
 * 1999); of a pair `E (f - f_a - f_b + f_ab)^2 / 4`, the superset importance (R. Liu and A. Owen,
 * Estimating mean dimensionality of analysis of variance decompositions, Journal of the American
 * Statistical Association 101, 2006). A column's features are exchanged together.
 */
export function varianceShares(
  model: PartedModel,
  views: readonly OutputView[],
  dataset: Dataset,
  columns: readonly ColumnSettings[],
  seed: number,
): VarianceShares[] {
  const most = Math.max(100, Math.min(ROWS, Math.floor(CELLS / columns.length)));
  const sample = dealt(rowsAmong(dataset.rows, most), seed);
  const said = (changed: readonly ColumnSettings[]) => {
    const outputs = sumOutputs(model, partOutputs(model, mixed(dataset, sample, changed)));
    return views.map((view) => view.raw(outputs));
  };
  const plain = said([]), single = columns.map((column) => said([column]));
  const shares = views.map((_, v) => {
    const total = variance(plain[v]) || 1;
    return columns.map((_, c) =>
      estimate([...plain[v]].map((y, i) => (y - single[c][v][i]) ** 2 / 2 / total))
    );
  });
  const mean = columns.map((_, c) => shares.reduce((sum, each) => sum + each[c].value, 0));
  const strong = mean.map((_, c) => c).sort((a, b) => mean[b] - mean[a]).slice(0, PAIRED);
  const pairs = views.map((): ColumnPair[] => []);
  strong.forEach((a, i) =>
    strong.slice(i + 1).forEach((b) => {
      const both = said([columns[a], columns[b]]);
      views.forEach((_, v) => {
        const total = variance(plain[v]) || 1;
        const { value: share, error } = estimate(
          [...plain[v]].map((y, k) =>
            (y - single[a][v][k] - single[b][v][k] + both[v][k]) ** 2 / 4 / total
          ),
        );
        pairs[v].push({ columns: [columns[a].column, columns[b].column], share, error });
      });
    })
  );
  return views.map((_, v) => ({
    columns: shares[v],
    pairs: pairs[v].sort((a, b) => b.share - a.share),
  }));
}

/** The error of a model on rows, and by how much it grows where a column is dealt anew. */
export interface ErrorGrowth {
  readonly error: number;
  readonly growth: readonly Estimate[];
}

/**
 * Root mean squared errors, of probabilities log losses, on rows that training has not seen; columns
 * are dealt anew to the rows, three times (L. Breiman, Random forests, Machine Learning 45, 2001).
 * Standard errors are those of the mean over the rows.
 */
export function errorGrowth(
  model: PartedModel,
  view: OutputView,
  right: (dataset: Dataset) => Float64Array,
  dataset: Dataset,
  columns: readonly ColumnSettings[],
  seed: number,
): ErrorGrowth {
  const rows = rowsAmong(dataset.rows, JUDGED_ROWS), truth = right(dataset);
  const lossOf = (changed: readonly ColumnSettings[], sample: Sample) => {
    const outputs = sumOutputs(model, partOutputs(model, mixed(dataset, sample, changed)));
    const said = view.value(view.raw(outputs));
    return rows.map((row, i) => rowLoss(view, said[i], truth[row]));
  };
  const deals = Array.from({ length: DEALS }, (_, k) => dealt(rows, seed + 1 + k));
  const plain = lossOf([], deals[0]), mean = estimate(plain).value;
  const error = view.probability ? mean : Math.sqrt(mean);
  const growth = columns.map((column) => {
    const changed = deals.map((deal) => lossOf([column], deal));
    const grown = estimate(
      plain.map((loss, i) => changed.reduce((sum, each) => sum + each[i], 0) / DEALS - loss),
    );
    if (view.probability) return grown;
    const root = Math.sqrt(Math.max(0, mean + grown.value));
    return { value: root - error, error: grown.error / (2 * Math.max(root, 1e-300)) };
  });
  return { error, growth };
}

function rowLoss({ probability }: OutputView, said: number, right: number): number {
  if (!probability) return (said - right) ** 2;
  const p = Math.min(1 - 1e-12, Math.max(1e-12, said));
  return -right * log(p) - (1 - right) * log(1 - p);
}
