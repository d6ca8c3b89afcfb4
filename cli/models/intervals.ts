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
  unscaleColumns,
} from "../../lib/data/mod.ts";
import { predictionColumns } from "../../lib/data/inner.ts";
import type { Network } from "../../lib/model/mod.ts";
import { UsageError } from "../terminal/errors.ts";
import { type DataEncoding, readTable } from "../commands/train/data.ts";
import type { Sureness, TrainedModel } from "./metadata.ts";
import { networkInputs } from "./network_inputs.ts";
import { modelOutputs } from "./scores.ts";

/** Errors that a model file keeps of every target. */
const MOST_ERRORS = 1000;

/** Columns of intervals. */
export interface Intervals {
  /** What kind they are, in a sentence. */
  readonly note: string;
  /** The columns of some rows, from what the network says about them. */
  columns(inputs: Float64Array, predictions: readonly TableColumn[]): TableColumn[];
}

/** Absolute errors of rows that training did not see, for a model file; of numbers only. */
export function heldErrors(
  networks: readonly Network[],
  encoding: DataEncoding,
  dataset: Dataset | undefined,
): Pick<Sureness, "errors"> {
  if (dataset === undefined || dataset.rows === 0) return {};
  if (encoding.kind !== "table" || encoding.task !== "regression" || encoding.link) return {};
  const outputs = modelOutputs(networks, encoding, dataset.inputs, dataset.rows);
  return outputErrors(encoding, outputs, dataset.targets);
}

/** Absolute errors of outputs of rows that training did not see; of numbers only. */
export function outputErrors(
  encoding: DataEncoding,
  outputs: Float64Array,
  targets: Float64Array,
): Pick<Sureness, "errors"> {
  if (encoding.kind !== "table" || encoding.task !== "regression" || encoding.link) return {};
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
  if (calibration === undefined && covariance !== undefined) {
    return await bandsOf(model, level, classes);
  }
  if (classes) {
    throw new UsageError(
      "Cannot predict intervals: a model of classes must know how sure its parameters are " +
        "(freeknot calibrate finds out), current value is a file without that",
    );
  }
  const errors = calibration === undefined
    ? sureness.errors
    : await calibrationErrors(model, calibration);
  if (errors === undefined) {
    throw new UsageError(
      "Cannot predict intervals: the model file must keep errors of rows that training did not " +
        "see (freeknot calibrate adds them; so does --calibration FILE), current value is none",
    );
  }
  const kept = sureness.errorsOf === "folds"
    ? "held out in cross-validation"
    : "held-out rows of the training table";
  return await conformalOf(errors, level, calibration ?? kept);
}

async function conformalOf(
  errors: readonly (readonly number[])[],
  level: number,
  source: string,
): Promise<Intervals> {
  const { conformalWidth } = await import("../../lib/uncertainty/mod.ts");
  const widths = errors.map((each) => conformalWidth(each, level)), [{ length }] = errors;
  if (!widths.every(Number.isFinite)) {
    const least = Math.ceil(level / (1 - level) - 1e-9);
    throw new UsageError(
      `Cannot predict intervals: an interval of ${level} takes errors of at least ${least} rows, ` +
        `current value is ${length} (of ${source})`,
    );
  }
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

/** Absolute errors of a model on a table, target by target. */
export async function calibrationErrors(
  { networks, metadata: { encoding } }: TrainedModel,
  file: string,
): Promise<number[][]> {
  const table: Table = await readTable(file), nIn = networks[0].config.widths[0];
  const inputs = networkInputs(table, encoding, nIn);
  const said = unscaled(encoding, modelOutputs(networks, encoding, inputs, table.rows));
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
