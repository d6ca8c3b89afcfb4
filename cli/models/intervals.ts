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
import { classIndices, decodeClasses, predictionColumns } from "../../lib/data/inner.ts";
import type { Network } from "../../lib/model/mod.ts";
import { UsageError } from "../terminal/errors.ts";
import { type DataEncoding, readTable } from "../commands/train/data.ts";
import type { Sureness, TrainedModel } from "./metadata.ts";
import { checkColumns, networkInputs } from "./network_inputs.ts";
import { modelOutputs } from "./scores.ts";

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

/** Errors of rows that training did not see, for a model file; none where there is a link. */
export async function heldErrors(
  networks: readonly Network[],
  encoding: DataEncoding,
  dataset: Dataset | undefined,
): Promise<Pick<Sureness, "errors">> {
  if (dataset === undefined || dataset.rows === 0 || !hasErrors(encoding)) return {};
  const outputs = modelOutputs(networks, encoding, dataset.inputs, dataset.rows);
  return await outputErrors(encoding, outputs, dataset.targets);
}

/** Absolute errors of outputs of rows that training did not see; of classes 1 - probability. */
export async function outputErrors(
  encoding: DataEncoding,
  outputs: Float64Array,
  targets: Float64Array,
): Promise<Pick<Sureness, "errors">> {
  if (!hasErrors(encoding)) return {};
  if (encoding.task === "classification") {
    const { classErrors } = await import("../../lib/uncertainty/mod.ts");
    const { labels } = encoding, { probabilities } = decodeClasses(outputs, labels);
    const errors = classErrors(probabilities, trueClasses(targets, labels.length));
    // rounded up: a class as probable as that of an error belongs to the set
    return { errors: [fewErrors(errors).map((e) => Number((e * (1 + 2e-5)).toPrecision(6)))] };
  }
  const said = predictionColumns(encoding, outputs), nOut = said.length;
  const right = unscaleColumns(targets, encoding.targets);
  return {
    errors: said.map(({ values }, q) =>
      fewErrors(
        Float64Array.from(values as ArrayLike<number>, (y, r) => Math.abs(y - right[r * nOut + q])),
      )
    ),
  };
}

/** Whether errors of a model's outputs make intervals or sets: not those of a link. */
function hasErrors(encoding: DataEncoding): encoding is TableEncoding {
  return encoding.kind === "table" && !(encoding.task === "regression" && encoding.link);
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
  if (encoding.kind === "table" && encoding.task === "regression" && encoding.link) {
    throw new UsageError(
      "Cannot predict intervals: the model must be trained with --loss mse or huber, current value " +
        `is a loss with the link ${encoding.link.kind}`,
    );
  }
  const errors = calibration === undefined
    ? sureness.errors
    : await calibrationErrors(model, calibration);
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
    : conformalOf(errors, level, calibration ?? kept));
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
): Promise<Intervals> {
  const { conformalWidth } = await import("../../lib/uncertainty/mod.ts");
  const widths = errors.map((each) => conformalWidth(each, level)), [{ length }] = errors;
  if (!widths.every(Number.isFinite)) throw tooFew("an interval", level, length, source);
  return {
    note: `conformal, from errors of ${length} rows (${source})`,
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
  const said = unscaled(encoding, outputs);
  const names = encoding.kind === "table" && encoding.task === "regression"
    ? encoding.targets.map(({ name }) => name)
    : [];
  if (names.length === 0) {
    throw new UsageError(
      "Cannot calibrate: --calibration takes a network that was trained on a table of numbers",
    );
  }
  return names.map((name, q) => {
    const right = numericColumn(table, name);
    return [...right.map((y, r) => Math.abs(y - said[q][r]))];
  });
}
