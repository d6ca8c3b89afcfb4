/**
 * Intervals around predictions, from what a model file or a table tells.
 *
 * @module
 */

import {
  type Dataset,
  numericColumn,
  type Table,
  type TableColumn,
  type TableEncoding,
  unscaleColumns,
} from "../../lib/data/mod.ts";
import {
  classIndices,
  decodeClasses,
  linkAmounts,
  linkColumns,
  predictionColumns,
} from "../../lib/data/inner.ts";
import type { Network } from "../../lib/model/mod.ts";
import { UsageError } from "../terminal/errors.ts";
import { type DataEncoding, readTable } from "../commands/train/data.ts";
import type { Sureness, TrainedModel } from "./metadata.ts";
import { checkColumns, networkInputs } from "./network_inputs.ts";
import { modelOutputs } from "./scores.ts";
import { errorSpread, predictsTargets, type Spread } from "./spread.ts";

/** Errors that a model file keeps of every target. */
const MOST_ERRORS = 1000;

/** Whose errors those of a file are, unless they are of folds. */
const HELD_ROWS = "held-out rows of the training table";

/** Columns of intervals, or of sets of classes. */
export interface Intervals {
  /** What kind they are, in a sentence. */
  readonly note: string;
  /** The columns of some rows, from what the network says about them. */
  columns(inputs: Float64Array, predictions: readonly TableColumn[]): TableColumn[];
}

/** Labels of every row, beside their texts: `yes|no`. */
export interface LabelSets extends TableColumn {
  readonly sets: readonly (readonly string[])[];
}

/** Errors of rows that training did not see, for a model file; none of hazards and quantiles. */
export async function heldErrors(
  networks: readonly Network[],
  encoding: DataEncoding,
  dataset: Dataset | undefined,
): Promise<Pick<Sureness, "errors" | "errorScale">> {
  if (dataset === undefined || dataset.rows === 0 || !hasErrors(encoding)) return {};
  const outputs = modelOutputs(networks, encoding, dataset.inputs, dataset.rows);
  return await outputErrors(encoding, outputs, dataset);
}

/**
 * Absolute errors of outputs of rows that training did not see; of classes 1 - probability.
 *
 * @param rows Encoded targets, and the weights of the rows, which hold exposures and trials.
 */
export async function outputErrors(
  encoding: DataEncoding,
  outputs: Float64Array,
  { targets, weights }: Pick<Dataset, "targets" | "weights">,
): Promise<Pick<Sureness, "errors" | "errorScale">> {
  if (!hasErrors(encoding)) return {};
  if (encoding.task === "classification") {
    const { classErrors } = await import("../../lib/uncertainty/mod.ts");
    const { labels } = encoding, { probabilities } = decodeClasses(outputs, labels);
    const errors = classErrors(probabilities, trueClasses(targets, labels.length));
    // rounded up: a class as probable as that of an error belongs to the set
    return { errors: [fewErrors(errors).map((e) => Number((e * (1 + 2e-5)).toPrecision(6)))] };
  }
  const said = predictionColumns(encoding, outputs), nOut = said.length;
  const right = unscaleColumns(targets, encoding.targets), spread = errorSpread(encoding);
  if (spread !== undefined) {
    // without the exposures or trials, which are in the weights, predictions are of one unit each
    const counted = encoding.link !== undefined && linkColumns(encoding.link).length > 0;
    if (counted && encoding.weight !== undefined) return {};
    const root = (row: number) => counted && weights ? Math.sqrt(weights[row]) : 1;
    return {
      errorScale: spread.name,
      errors: said.map(({ values }, q) =>
        fewErrors(
          Float64Array.from(
            values as ArrayLike<number>,
            (y, r) => root(r) * Math.abs(spread.to(y, 1) - spread.to(right[r * nOut + q], 1)),
          ),
        )
      ),
    };
  }
  return {
    errors: said.map(({ values }, q) =>
      fewErrors(
        Float64Array.from(values as ArrayLike<number>, (y, r) => Math.abs(y - right[r * nOut + q])),
      )
    ),
  };
}

/** Whether errors of a model's outputs make intervals or sets. */
function hasErrors(encoding: DataEncoding): encoding is TableEncoding {
  return predictsTargets(encoding);
}

/** The class of every row of encoded targets. */
function trueClasses(targets: Float64Array, classes: number): Int32Array {
  if (classes === 2) return Int32Array.from(targets);
  return Int32Array.from(
    { length: targets.length / classes },
    (_, row) => targets.subarray(row * classes, (row + 1) * classes).indexOf(1),
  );
}

/** Errors as a model file's metadata have them; nothing where there are none. */
export function keptErrors(sureness: Sureness): { readonly sureness?: Sureness } {
  return sureness.errors === undefined ? {} : { sureness };
}

/** Sorted, to six digits; of many the greater of every few, so that intervals do not get shorter. */
function fewErrors(errors: Float64Array): number[] {
  const sorted = errors.sort(), count = Math.min(sorted.length, MOST_ERRORS);
  return Array.from(
    { length: count },
    (_, k) => Number(sorted[Math.ceil((k + 1) * sorted.length / count) - 1].toPrecision(6)),
  );
}

/**
 * Finds how intervals of a level are to be made: from a table of rows that training did not see, from
 * the covariance of the parameters, or from errors that the file keeps.
 *
 * @throws {UsageError} If the file tells nothing, or the table has too few rows.
 */
export async function intervalsOf(
  model: TrainedModel,
  level: number,
  calibration: string | undefined,
): Promise<Intervals> {
  const { metadata: { encoding, sureness = {} }, covariance } = model;
  const classes = encoding.kind === "table" && encoding.task === "classification";
  const link = encoding.kind === "table" && encoding.task === "regression" && encoding.link;
  if (link && !predictsTargets(encoding)) {
    throw new UsageError(
      "Cannot predict intervals: the model must predict its target, current value is one of " +
        (link.kind === "quantile"
          ? "a quantile; two models, --loss quantile:0.05 and quantile:0.95, bound 9 of 10 targets"
          : "hazard ratios, which times are not compared with"),
    );
  }
  const spread = errorSpread(encoding);
  const errors = calibration !== undefined
    ? await calibrationErrors(model, calibration)
    : sureness.errorScale === spread?.name
    ? sureness.errors
    : undefined; // of an older version
  if (calibration === undefined && covariance !== undefined) {
    const bands = await bandsOf(model, level, classes);
    const enough = errors !== undefined && errors[0].length >= level / (1 - level) - 1e-9;
    return classes && enough ? both(await setsOf(errors[0], level, HELD_ROWS), bands) : bands;
  }
  if (errors === undefined) {
    throw new UsageError(
      "Cannot predict intervals: the model file must keep errors of rows that training did not " +
        "see (freeknot calibrate adds them; so does --calibration FILE), current value is none",
    );
  }
  const kept = sureness.errorsOf === "folds" ? "held out in cross-validation" : HELD_ROWS;
  return await (classes
    ? setsOf(errors[0], level, calibration ?? kept)
    : conformalOf(errors, level, calibration ?? kept, spread));
}

/** The columns of two kinds, one after the other. */
function both(first: Intervals, second: Intervals): Intervals {
  return {
    note: `${first.note}; ${second.note}`,
    columns: (...rows) => [...first.columns(...rows), ...second.columns(...rows)],
  };
}

/** Sets of classes: those whose probability is high enough. */
async function setsOf(
  errors: readonly number[],
  level: number,
  source: string,
): Promise<Intervals> {
  const { classSets, conformalWidth } = await import("../../lib/uncertainty/mod.ts");
  const threshold = conformalWidth(errors, level);
  if (!Number.isFinite(threshold)) throw tooFew("a set", level, errors.length, source);
  return {
    note: `sets of classes, conformal, from probabilities of ${errors.length} rows (${source})`,
    columns(_, [said, ...columns]) {
      const target = said.name.replace(/_prediction$/, ""), wide = columns.length;
      const labels = columns.map(({ name }) => name.slice(`${target}_probability_`.length));
      const flat = new Float64Array(wide * said.values.length);
      columns.forEach(({ values }, k) => {
        for (let r = 0; r < values.length; r++) flat[r * wide + k] = Number(values[r]);
      });
      const sets = classSets(flat, wide, threshold).map((set) => set.map((k) => labels[k]));
      const column: LabelSets = {
        ...{ name: `${target}_set`, values: sets.map((set) => set.join("|")), sets },
      };
      return [column];
    },
  };
}

function tooFew(what: string, level: number, rows: number, source: string): UsageError {
  const least = Math.ceil(level / (1 - level) - 1e-9);
  return new UsageError(
    `Cannot predict intervals: ${what} of ${level} takes errors of at least ${least} rows, ` +
      `current value is ${rows} (of ${source})`,
  );
}

async function conformalOf(
  errors: readonly (readonly number[])[],
  level: number,
  source: string,
  spread?: Spread,
): Promise<Intervals> {
  const { conformalWidth } = await import("../../lib/uncertainty/mod.ts");
  const widths = errors.map((each) => conformalWidth(each, level)), [{ length }] = errors;
  if (!widths.every(Number.isFinite)) throw tooFew("an interval", level, length, source);
  const note = `conformal, from errors of ${length} rows (${source})`;
  if (spread !== undefined) return spreadIntervals(spread, widths, note);
  return {
    note,
    columns: (_, predictions) =>
      predictions.flatMap(({ name, values }, q) => {
        const said = Float64Array.from(values as ArrayLike<number>);
        return [
          { name: renamed(name, "lower"), values: said.map((y) => y - widths[q]) },
          { name: renamed(name, "upper"), values: said.map((y) => y + widths[q]) },
        ];
      }),
  };
}

/** Intervals on a scale of errors, mapped back; they are longer where predictions are larger. */
function spreadIntervals(spread: Spread, widths: readonly number[], note: string): Intervals {
  const scales = { log: "logarithms", root: "roots", angle: "arcsines of roots" };
  return {
    note: `${note} of ${scales[spread.name]}`,
    columns(_, predictions) {
      const said = predictions.filter(({ name }) => name.endsWith("_prediction"));
      return said.flatMap(({ name, values }, q) => {
        const means = Float64Array.from(values as ArrayLike<number>);
        const chance = predictions.find((each) => each.name === renamed(name, "probability"));
        const trials = means.map((mean, r) =>
          chance ? Number((mean / Number(chance.values[r])).toPrecision(12)) : 1
        );
        return [["lower", -1] as const, ["upper", 1] as const].map(([end, sign]) => ({
          name: renamed(name, end),
          values: means.map((mean, r) =>
            spread.from(spread.to(mean, trials[r]) + sign * widths[q], trials[r])
          ),
        }));
      });
    },
  };
}

async function bandsOf(
  { network, covariance, metadata: { encoding, sureness } }: TrainedModel,
  level: number,
  classes: boolean,
): Promise<Intervals> {
  const { predictionBand } = await import("../../lib/uncertainty/mod.ts");
  if (classes) {
    return {
      note: "of probabilities, from the covariance of the parameters",
      columns(inputs, predictions) {
        const band = predictionBand(network, covariance!, inputs, { level, outputs: "logits" });
        const names = predictions.slice(1).map(({ name }) => name), wide = names.length;
        const { widths } = network.config, nOut = widths[widths.length - 1];
        return names.flatMap((name, k) => {
          const of = (ends: Float64Array, others: Float64Array) =>
            Float64Array.from(
              { length: band.center.length / nOut },
              (_, r) => nOut === wide ? ends[r * nOut + k] : k === 1 ? ends[r] : 1 - others[r],
            );
          return [
            { name: `${name}_lower`, values: of(band.lower, band.upper) },
            { name: `${name}_upper`, values: of(band.upper, band.lower) },
          ];
        });
      },
    };
  }
  const noise = sureness?.noise;
  return {
    note: "for new observations, from the covariance of the parameters and the noise",
    columns(inputs, predictions) {
      const options = noise === undefined ? { level } : { level, noise };
      const { lower, upper } = predictionBand(network, covariance!, inputs, options);
      const ends = [lower, upper].map((outputs) => unscaled(encoding, outputs));
      return predictions.flatMap(({ name }, q) =>
        ["lower", "upper"].map((end, k) => ({ name: renamed(name, end), values: ends[k][q] }))
      );
    },
  };
}

/** Outputs in the targets' units, target by target. */
function unscaled(encoding: DataEncoding, outputs: Float64Array): Float64Array[] {
  if (encoding.kind !== "table") return [unscaleColumns(outputs, [encoding.target])];
  return predictionColumns(encoding, outputs).map(({ values }) =>
    Float64Array.from(values as ArrayLike<number>)
  );
}

/** `price_prediction` becomes `price_lower`. */
function renamed(name: string, end: string): string {
  return `${name.replace(/_prediction$/, "")}_${end}`;
}

/** Absolute errors of a model on a table, target by target; of classes 1 - probability. */
export async function calibrationErrors(
  { networks, metadata: { encoding } }: TrainedModel,
  file: string,
): Promise<number[][]> {
  const table: Table = await readTable(file), nIn = networks[0].config.widths[0];
  const inputs = networkInputs(table, encoding, nIn);
  const outputs = modelOutputs(networks, encoding, inputs, table.rows);
  if (encoding.kind === "table" && encoding.task === "classification") {
    const { classErrors } = await import("../../lib/uncertainty/mod.ts");
    const { target, labels } = encoding;
    checkColumns(table, [target]);
    const { probabilities } = decodeClasses(outputs, labels);
    return [[...classErrors(probabilities, classIndices(table, target, labels))]];
  }
  const said = unscaled(encoding, outputs), spread = errorSpread(encoding);
  const names = encoding.kind === "table" && encoding.task === "regression"
    ? encoding.targets.map(({ name }) => name)
    : [];
  if (names.length === 0) {
    throw new UsageError(
      "Cannot calibrate: --calibration takes a network that was trained on a table of numbers",
    );
  }
  if (spread !== undefined && encoding.kind === "table" && encoding.task === "regression") {
    const { link } = encoding, columns = predictionColumns(encoding, outputs, table);
    const means = columns.filter((each) => each.name.endsWith("_prediction"));
    const trials = link?.kind === "logit" ? linkAmounts(table, link) : undefined;
    return names.map((name, q) => {
      const place = (value: number, row: number) => spread.to(value, trials?.[row] ?? 1);
      const right = numericColumn(table, name), values = means[q].values;
      return [...right.map((y, r) => Math.abs(place(y, r) - place(Number(values[r]), r)))];
    });
  }
  return names.map((name, q) => {
    const right = numericColumn(table, name);
    return [...right.map((y, r) => Math.abs(y - said[q][r]))];
  });
}
