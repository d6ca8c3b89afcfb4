/**
 * From a table to datasets: columns, split, scales, labels.
 *
 * @module
 */

import { checkOptions, checkRecord } from "../numerics/inner.ts";
import { findColumn, finiteNumbers } from "./_column.ts";
import { type ChecksumColumns, splitTable, tableChecksum, weightColumn } from "./_table_parts.ts";
import type { Dataset } from "./dataset.ts";
import { checkPrecision, resolveOffset } from "./_precision.ts";
import { encodeTable } from "./encode_table.ts";
import type { TableEncoding } from "./encoding.ts";
import { linkColumns, linkedTargets, linkScale, type TargetLink } from "./link.ts";
import { indexColumns } from "./index_columns.ts";
import {
  chooseScale,
  chooseTargetScale,
  type InputScale,
  type NoLogarithm,
  type TargetScale,
} from "./choose_scale.ts";
import type { ColumnScale } from "./scaling.ts";
import { partSizes, type RowSplit } from "./split.ts";
import { subset } from "./subset.ts";
import type { Table } from "./table_data.ts";
import { TableError } from "./table_error.ts";
import { balancedClassWeights, labelWeights } from "./class_weights.ts";
import { classIndices, classLabels } from "./target.ts";

/** Options of {@linkcode prepareTable}. */
export interface PrepareOptions {
  /**
   * Names of the input columns. Default: all in the table's order but targets, weight, `drop` and
   * columns that only count the rows (`indexColumns`).
   */
  readonly inputs?: readonly string[];
  /** Names of columns that are no inputs; only without `inputs`. */
  readonly drop?: readonly string[];
  /**
   * By the name of an input column a decimal number, or `"min"` for the column's smallest, that is
   * subtracted exactly before the column is read as float64; integers of 19 digits need it.
   */
  readonly offsets?: Readonly<Record<string, string>>;
  /** Names of the target columns; one for a classification. */
  readonly targets: readonly string[];
  /** Name of a column of row weights. */
  readonly weight?: string;
  /** How inputs are scaled. Default `"auto"`: by the range unless outliers or tails spoil it. */
  readonly scale?: InputScale;
  /** How targets are scaled, if they are numbers. Default `"range"`. */
  readonly targetScale?: TargetScale;
  /** What targets are, if no plain numbers: counts with an exposure, shares of trials, times. */
  readonly link?: TargetLink;
  /**
   * Factors of the weights of the rows by their class: `"balanced"` gives every class the same sum
   * of weights over the training rows; a record gives them by label, 1 for others. Default: all 1.
   */
  readonly classWeights?: "balanced" | Readonly<Record<string, number>>;
  /** Whether the targets are numbers or classes. */
  readonly task: "regression" | "classification";
  /** Share of the rows kept for the test, in [0, 1). Default 0.2. */
  readonly testFraction?: number;
  /** Share of the rows for validation, in [0, 1), taken from the training rows. Default 0. */
  readonly validationFraction?: number;
  /** Seed of the split, any integer. */
  readonly seed: number;
}

/** A table as a network sees it. */
export interface PreparedTable {
  /** Rows to train on. */
  readonly train: Dataset;
  /** Rows that decide when training stops; absent without a validation fraction. */
  readonly validation?: Dataset;
  /** Rows that training does not see, for scores; absent without a test fraction. */
  readonly test?: Dataset;
  /** How the table became numbers; plain data for the model file. */
  readonly encoding: TableEncoding;
  /** Which rows are in which part. */
  readonly split: RowSplit;
}

/**
 * Splits a table into parts and turns each into a dataset.
 *
 * Numbers are scaled to [0, 1] by the range of the training rows (a constant column to 0.5), inputs
 * whose range crowds the rows by logarithm or quantiles ({@linkcode chooseScale}). Classes become 0
 * or 1, and every class is split by the same shares.
 *
 * @param table The table.
 * @param options Columns, task, fractions and seed.
 * @returns The datasets and the encoding that made them.
 * @throws {TablePrecisionError} If cells of a column differ but read as the same float64.
 * @throws {TableError} If a column is missing or used twice, a cell cannot be read, there are
 * too few rows (each part needs one, training two), or the weights of a part are all 0.
 * @throws {RangeError} If a fraction or the seed is out of range, there are no targets, or a
 * classification has several.
 *
 * @example
 * ```ts
 * import { parseTable, prepareTable } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const text = "x,kind\n1,cat\n2,dog\n3,cat\n4,dog\n5,cat\n6,dog\n7,cat\n8,dog\n";
 * const { train, test, encoding } = prepareTable(parseTable(text, { name: "pets.csv" }), {
 *   targets: ["kind"], task: "classification", testFraction: 0.25, seed: 1234,
 * });
 * assertEquals([train.rows, test?.rows, train.nOut], [6, 2, 1]);
 * assertEquals(encoding.task === "classification" && encoding.labels, ["cat", "dog"]);
 * ```
 */
export function prepareTable(table: Table, options: PrepareOptions): PreparedTable {
  checkRecord("prepare table", "table", table, "a table (parseTable makes one)", [
    "columns",
    "rows",
  ]);
  checkOptions(
    "prepare table",
    options,
    "inputs drop offsets targets weight scale targetScale link classWeights task testFraction validationFraction seed",
  );
  const { targets, weight, task, link, testFraction = 0.2, validationFraction = 0, seed } = options;
  checkTask(options);
  const inputs = options.inputs ?? otherColumns(table, options);
  checkRoles(table, inputs, targets, weight, linkColumns(link));
  const offsets = readOffsets(table, inputs, options.offsets ?? {});

  const withOffset = (scale: ColumnScale): ColumnScale => {
    const offset = offsets.get(scale.name);
    return offset === undefined ? scale : { ...scale, offset };
  };
  const plainScales = (names: readonly string[]): ColumnScale[] =>
    names.map((name) => withOffset({ name, minimum: 0, maximum: 0 }));
  const columns: ChecksumColumns = {
    inputs: plainScales(inputs),
    ...(weight === undefined ? {} : { weight }),
    ...(task === "regression"
      ? { task, targets: plainScales(targets), ...(link === undefined ? {} : { link }) }
      : { task, target: targets[0], labels: classLabels(table, targets[0]) }),
  };
  const checksum = tableChecksum(table, columns); // reads every number
  for (const name of [...inputs, ...(task === "regression" ? targets : [])]) {
    checkPrecision(table, name, offsets.get(name));
  }
  const split = { seed, testFraction, validationFraction, rows: table.rows, checksum };
  const unscaled = { kind: "table", ...columns, split } as const;
  const parts = splitParts(table, unscaled);

  const scales = <Kind>(names: readonly string[], choose: Chooser<Kind>, kind?: Kind) =>
    names.map((name) => {
      const values = finiteNumbers(table, name, offsets.get(name));
      return withOffset(columnScale(table, name, () => choose(name, values, parts.train, kind)));
    });
  const scaledInputs = scales(inputs, chooseScale, options.scale);
  const encoding: TableEncoding = unscaled.task === "regression"
    ? {
      ...unscaled,
      inputs: scaledInputs,
      targets: link === undefined || link.kind === "quantile"
        ? scales(targets, chooseTargetScale, options.targetScale)
        : targets.map((name) =>
          linkScale(name, linkedTargets(table, name, link), parts.train, link)
        ),
    }
    : { ...unscaled, inputs: scaledInputs, ...readClassWeights(table, unscaled, parts, options) };
  checkWeights(table, weight, parts);
  checkEvents(table, link, targets[0], parts);

  const all = encodeTable(table, encoding, { requireTargets: true });
  return {
    train: subset(all, parts.train),
    ...(parts.validation.length === 0 ? {} : { validation: subset(all, parts.validation) }),
    ...(parts.test.length === 0 ? {} : { test: subset(all, parts.test) }),
    encoding,
    split: parts,
  };
}

/** Finds the scale of a column: {@linkcode chooseScale} or {@linkcode chooseTargetScale}. */
type Chooser<Kind> = (
  name: string,
  values: Float64Array,
  rows: Uint32Array,
  kind?: Kind,
) => ColumnScale;

function checkTask({ targets, task, classWeights, link }: PrepareOptions): void {
  if (link !== undefined && task === "classification") {
    throw new RangeError("Cannot prepare table: link must come with a regression only");
  }
  if ((link?.kind === "hazard" || link?.kind === "logit") && targets.length !== 1) {
    const what = link.kind === "hazard" ? "times for a hazard" : "successes for a logit";
    throw new RangeError(
      `Cannot prepare table: targets must be one column of ${what}, current value is ` +
        `${targets.length} columns`,
    );
  }
  if (classWeights !== undefined && task === "regression") {
    throw new RangeError("Cannot prepare table: classWeights must come with a classification only");
  }
  if (targets.length === 0 || (task === "classification" && targets.length > 1)) {
    throw new RangeError(
      `Cannot prepare table: targets must be ${
        task === "regression" ? "at least one column" : "one column for a classification"
      }, current value is ${targets.length}`,
    );
  }
}

/** The input columns where the options name none. */
function otherColumns(
  table: Table,
  { targets, weight, drop = [], link, inputs: _ }: PrepareOptions,
): string[] {
  for (const column of drop) findColumn(table, column);
  const others = [...(weight === undefined ? [] : [weight]), ...linkColumns(link), ...drop];
  const taken = new Set([...targets, ...others]);
  const left = table.columns.filter((column) => !taken.has(column));
  const counts = indexColumns(table);
  const inputs = left.filter((column) => !counts.includes(column));
  return inputs.length === 0 ? left : inputs;
}

/** Offsets as decimal numbers; only inputs have any. */
function readOffsets(
  table: Table,
  inputs: readonly string[],
  offsets: Readonly<Record<string, string>>,
): Map<string, string> {
  return new Map(
    Object.entries(offsets).map(([column, text]) => {
      findColumn(table, column);
      if (!inputs.includes(column)) {
        throw new TableError(
          { table: table.name, column },
          "be an input to have an offset",
          "none",
        );
      }
      return [column, resolveOffset(table, column, text)];
    }),
  );
}

function checkRoles(
  table: Table,
  inputs: readonly string[],
  targets: readonly string[],
  weight: string | undefined,
  linked: readonly string[],
): void {
  if (inputs.length === 0) {
    throw new TableError({ table: table.name }, "have an input column", "none besides the targets");
  }
  const roles = new Map<string, string>();
  const all = [
    ...targets.map((name) => [name, "target"]),
    ...(weight === undefined ? [] : [[weight, "weight"]]),
    ...linked.map((name) => [name, "exposure, trials or event"]),
    ...inputs.map((name) => [name, "input"]),
  ];
  for (const [column, role] of all) {
    findColumn(table, column);
    const other = roles.get(column);
    if (other !== undefined) {
      const twice = other === role ? `${role} twice` : `${other} and ${role}`;
      throw new TableError({ table: table.name, column }, "be used once", twice);
    }
    roles.set(column, role);
  }
}

function splitParts(table: Table, encoding: TableEncoding): RowSplit {
  const { testFraction, validationFraction } = encoding.split;
  const place = { table: table.name };
  const sizes = partSizes(table.rows, testFraction, validationFraction);
  if (sizes.train < 2) {
    const held = `${sizes.test} for the test, ${sizes.validation} for validation`;
    const rule = `have at least ${table.rows - sizes.train + 2} rows (${held}, 2 to train on)`;
    throw new TableError(place, rule, table.rows);
  }
  const parts = splitTable(table, encoding);
  if (parts.train.length < 2) {
    throw new TableError(place, "have at least 2 rows left to train on", parts.train.length);
  }
  return parts;
}

function readClassWeights(
  table: Table,
  { target, labels }: { readonly target: string; readonly labels: readonly string[] },
  { train }: RowSplit,
  { classWeights, weight }: PrepareOptions,
): { readonly classWeights?: readonly number[] } {
  if (classWeights === undefined) return {};
  if (classWeights !== "balanced") return { classWeights: labelWeights(labels, classWeights) };
  const all = classIndices(table, target, labels);
  const weights = weight === undefined ? undefined : weightColumn(table, weight);
  const trainWeights = weights && Array.from(train, (row) => weights[row]);
  const indices = Array.from(train, (row) => all[row]);
  return { classWeights: balancedClassWeights(indices, labels.length, trainWeights) };
}

function columnScale(table: Table, column: string, choose: () => ColumnScale): ColumnScale {
  try {
    return choose();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // finite cells
    const place = { table: table.name, column };
    const { notAboveZero } = (error.cause ?? {}) as Partial<NoLogarithm>;
    if (notAboveZero !== undefined) {
      throw new TableError(place, "be above 0 for a logarithm", notAboveZero);
    }
    throw new TableError(place, "have a finite range", "an overflow");
  }
}

/** Throws where rows to train or to validate on have no event: nothing could be compared. */
function checkEvents(
  table: Table,
  link: TargetLink | undefined,
  target: string,
  { train, validation }: RowSplit,
): void {
  if (link?.kind !== "hazard") return;
  const { values } = linkedTargets(table, target, link);
  for (const [part, rows] of Object.entries({ training: train, validation })) {
    if (rows.length === 0 || rows.some((row) => values[row] > 0)) continue;
    throw new TableError(
      { table: table.name, column: link.event },
      `have an event in the ${part} rows`,
      `none in ${rows.length}`,
    );
  }
}

function checkWeights(table: Table, column: string | undefined, parts: RowSplit): void {
  if (column === undefined) return;
  const weights = weightColumn(table, column);
  for (const [part, rows] of Object.entries(parts) as [string, Uint32Array][]) {
    if (rows.length > 0 && rows.every((row) => weights[row] === 0)) {
      throw new TableError(
        { table: table.name, column },
        `have a weight above 0 in the ${part} rows`,
        `0 in all ${rows.length}`,
      );
    }
  }
}
