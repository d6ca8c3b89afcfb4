/**
 * What a searched model does with the columns of its table: all that its report tells.
 *
 * @module
 */

import { type Dataset, type TableEncoding, unscaleColumns } from "../../../lib/data/mod.ts";
import type { FoundModel } from "../../../lib/search/mod.ts";
import type { ColumnWeight, OutputEffects } from "../../../lib/report/mod.ts";
import { columnEffect, fitYardstick } from "./effects.ts";
import { errorGrowth, varianceShares } from "./importance.ts";
import { type ColumnSettings, columnSettings, rowsAmong } from "./settings.ts";
import {
  type OutputView,
  outputViews,
  type PartedModel,
  partOutputs,
  sumOutputs,
} from "./views.ts";

/** Most columns whose effects are told. */
const MOST_COLUMNS = 14;
/** The normal quantile of 95 %: an interval of 90 % reaches so many standard errors on both sides. */
const REACH = 1.6449;

/** What the model does, and where bands come from. */
export interface ModelEffects {
  readonly outputs: OutputEffects[];
  readonly bands: string;
  /** The columns that matter most to the first output. */
  readonly columns: readonly ColumnSettings[];
}

/** Finds effects, importance and pairs of the columns of a searched model. */
export async function modelEffects(
  { networks, parts }: Pick<FoundModel, "networks" | "parts">,
  encoding: TableEncoding,
  { train, test }: { readonly train: Dataset; readonly test?: Dataset },
  seed: number,
): Promise<ModelEffects> {
  const model: PartedModel = { networks, parts, encoding }, views = outputViews(encoding);
  const columns = columnSettings(encoding, train);
  const shares = varianceShares(model, views, train, columns, seed);
  const outputs: OutputEffects[] = [], kept: (readonly ColumnSettings[])[] = [];
  let bands = PARTS_ONLY;
  for (const [v, view] of views.entries()) {
    const order = columns.map((_, c) => c)
      .sort((a, b) => shares[v].columns[b].value - shares[v].columns[a].value)
      .slice(0, MOST_COLUMNS);
    const shown = order.map((c) => columns[c]);
    // The additive model is one of numbers or classes; links have none, which the report says.
    const linked = encoding.task === "regression" && encoding.link !== undefined;
    const yardstick = linked ? undefined : await fitYardstick(view, train, columns);
    if (yardstick !== undefined) bands = parts.length > 1 ? BOTH : WITHIN_ONLY;
    const effects = [];
    for (const each of shown) {
      effects.push(await columnEffect(model, view, train, each, yardstick));
    }
    const growth = test && errorGrowth(model, view, rightOf(view, encoding), test, shown, seed);
    outputs.push({
      ...{ name: view.name, probability: view.probability, effects },
      mean: meanPrediction(model, view, train),
      weights: effects.map((effect, i): ColumnWeight => ({
        ...sizeOf(effect),
        share: shares[v].columns[order[i]].value,
        shareError: shares[v].columns[order[i]].error,
        ...(growth && { worse: [growth.growth[i].value, growth.growth[i].error] }),
      })),
      pairs: shares[v].pairs,
      ...(growth && test && {
        worseOf: `${view.probability ? "log loss" : "RMSE"} on the ${test.rows} test rows, ` +
          `${Number(growth.error.toPrecision(4))} with all columns`,
      }),
    });
    kept.push(shown);
  }
  return { outputs, bands, columns: kept[0] ?? [] };
}

const HOW = "The bands hold the effect with a probability of about 90 %: 1.64 standard errors. ";
const WITHIN = "the doubt that the data leave, from the covariance of an additive model of the " +
  "training rows";
const BOTH =
  `${HOW}The squared error is the sum of two: how far the parts of the model, weighed, ` +
  `differ; and ${WITHIN}.`;
const WITHIN_ONLY = `${HOW}The error is ${WITHIN}.`;
const PARTS_ONLY =
  "The bands show how far the parts of the model, weighed, differ (1.64 standard " +
  "deviations); what the rows leave open comes on top.";

/** What is right, in the unit of the view. */
function rightOf({ output, probability }: OutputView, encoding: TableEncoding) {
  return ({ targets, nOut }: Dataset): Float64Array => {
    const own = targets.filter((_, i) => i % nOut === output);
    if (probability || encoding.task !== "regression") return own;
    return unscaleColumns(own, [encoding.targets[output]]);
  };
}

function meanPrediction(model: PartedModel, view: OutputView, { inputs, nIn, rows }: Dataset) {
  const chosen = rowsAmong(rows, 5000), some = new Float64Array(chosen.length * nIn);
  chosen.forEach((row, i) => some.set(inputs.subarray(row * nIn, (row + 1) * nIn), i * nIn));
  const said = view.value(view.raw(sumOutputs(model, partOutputs(model, some))));
  return said.reduce((sum, y) => sum + y, 0) / said.length;
}

/**
 * The mean size of an effect over the rows, and an interval that is right, or too long, whatever the
 * correlation of the effect's errors.
 */
function sizeOf(
  { column, effect, error, rows }: OutputEffects["effects"][number],
): Pick<ColumnWeight, "column" | "size" | "range"> {
  const total = rows.reduce((sum, count) => sum + count, 0);
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value, s) => sum + rows[s] * value, 0) / total;
  const size = mean(effect.map(Math.abs)), reach = REACH * mean(error);
  return { column, size, range: [Math.max(0, size - reach), size + reach] };
}
