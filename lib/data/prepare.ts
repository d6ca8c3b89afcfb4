/**
 * From a table to datasets: columns, split, scales, labels.
 *
 * @module
 */

import { checkOptions, checkRecord, defined } from "../numerics/inner.ts";
import { findColumn, finiteNumbers } from "./_column.ts";
import {
  type ChecksumColumns,
  type SplitGoal,
  splitTable,
  tableChecksum,
  weightColumn,
} from "./_table_parts.ts";
import type { Dataset } from "./dataset.ts";
import { checkPrecision, resolveOffset } from "./_precision.ts";
import { encodeTable } from "./encode_table.ts";
import { findStyles, inputValues, knownRows, type TargetFields } from "./columns/inputs.ts";
import { type ColumnRecipe, encodingFeatures, type Feature } from "./columns/recipe.ts";
import { findRecipes } from "./columns/recipes.ts";
import { plainColumn } from "./columns/read_column.ts";
import type { TableEncoding, TableSplit } from "./encoding.ts";
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
  /**
   * What input columns hold, by their names: `"number"`, `"boolean"`, `"category"`, `"ordered"` or
   * `"ordered:low:high"`, `"date"`, `"text"` (left out). Default: what the training rows look like.
   */
  readonly types?: Readonly<Record<string, string>>;
  /**
   * What is done about missing cells: numbers are imputed and rows without a target left out, or
   * they are errors. Default `"impute"`.
   */
  readonly missing?: "impute" | "error";
  /** How inputs are scaled. Default `"auto"`: by the range unless outliers or tails spoil it. */
  readonly scale?: InputScale;
  /** How targets are scaled, if they are numbers. Default `"range"`. */
  readonly targetScale?: TargetScale;
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
  /** What every input of the network is, in their order. */
  readonly features: readonly Feature[];
  /** Number of rows that were left out because a target is missing. */
  readonly leftOut: number;
  /** Which rows of the table are in which part. */
  readonly split: RowSplit;
}

/**
 * Splits a table into parts and turns each into a dataset.
 *
 * Columns are numbers, booleans, categories, orders or dates, as the training rows show; each becomes
 * one or several features. Missing cells become the median, or the mean of a level's share, and have
 * a feature of their own where they are not rare. Text, identifiers and columns of one value are
 * left out. `encoding.columns` says what was found.
 *
 * Numbers are scaled to [0, 1] by the range of the training rows (a constant column to 0.5), inputs
 * whose range crowds the rows by logarithm or quantiles ({@linkcode chooseScale}). Classes become 0
 * or 1, and every class is split by the same shares.
 *
 * @param whole The table.
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
export function prepareTable(whole: Table, options: PrepareOptions): PreparedTable {
  checkRecord("prepare table", "table", whole, "a table (parseTable makes one)", [
    "columns",
    "rows",
  ]);
  checkOptions(
    "prepare table",
    options,
    "inputs drop types missing offsets targets weight scale targetScale classWeights task testFraction validationFraction seed",
  );
  checkTask(options);
  const { targets, weight, task, testFraction = 0.2, validationFraction = 0, seed } = options;
  const inputs = options.inputs ?? otherColumns(whole, options);
  checkRoles(whole, inputs, targets, weight);
  const known = targetFields(whole, options), { table, rows: kept } = knownRows(whole, known);
  const offsets = readOffsets(table, inputs, options.offsets ?? {});

  const plainScale = (name: string): ColumnScale => ({ name, minimum: 0, maximum: 0 });
  const goal = task === "regression"
    ? { task, targets: targets.map(plainScale) }
    : { task, target: targets[0], labels: classLabels(table, targets[0]) };
  const split = { seed, testFraction, validationFraction, rows: table.rows };
  const parts = splitParts(table, goal, split);
  const columns = findRecipes(table, {
    ...{ inputs, named: options.inputs !== undefined, types: options.types ?? {}, offsets },
    rows: parts.train,
  });
  const plainInputs = columns.flatMap(({ name: column, features }) =>
    features.map(({ name, kind }): ColumnScale => {
      const offset = kind === "number" ? offsets.get(column) : undefined;
      return { ...plainScale(name), ...(offset === undefined ? {} : { offset }) };
    })
  );
  const fields: ChecksumColumns = {
    ...{ inputs: plainInputs, columns, ...goal },
    ...defined({ missing: known.missing, styles: known.styles, weight }),
  };
  const checksum = tableChecksum(table, fields); // reads every number
  checkDigits(table, columns, task === "regression" ? targets : [], offsets);
  const unscaled = { kind: "table", ...fields, split: { ...split, checksum } } as const;

  const encoding = withScales(table, unscaled, parts, options);
  checkWeights(table, weight, parts);

  const all = encodeTable(table, encoding, { requireTargets: true });
  return {
    train: subset(all, parts.train),
    ...(parts.validation.length === 0 ? {} : { validation: subset(all, parts.validation) }),
    ...(parts.test.length === 0 ? {} : { test: subset(all, parts.test) }),
    encoding,
    features: encodingFeatures(encoding),
    leftOut: whole.rows - table.rows,
    split: kept === undefined ? parts : {
      train: parts.train.map((row) => kept[row]),
      validation: parts.validation.map((row) => kept[row]),
      test: parts.test.map((row) => kept[row]),
    },
  };
}

/** An encoding whose ranges are not found yet. */
type Unscaled = ChecksumColumns & Pick<TableEncoding, "kind" | "split">;

/** Finds scales and class weights by the training rows. */
function withScales(
  table: Table,
  unscaled: Unscaled,
  parts: RowSplit,
  options: PrepareOptions,
): TableEncoding {
  const values = inputValues(table, unscaled), features = encodingFeatures(unscaled);
  const inputs = unscaled.inputs.map(({ name, offset }, input) => {
    const kind = features[input].kind === "number" ? options.scale : "range";
    const choose = () => chooseScale(name, values[input], parts.train, kind);
    const scale = columnScale(table, name, choose);
    return offset === undefined ? scale : { ...scale, offset };
  });
  if (unscaled.task === "classification") {
    return { ...unscaled, inputs, ...readClassWeights(table, unscaled, parts, options) };
  }
  const targets = unscaled.targets.map(({ name }) => {
    const numbers = finiteNumbers(table, name);
    const choose = () => chooseTargetScale(name, numbers, parts.train, options.targetScale);
    return columnScale(table, name, choose);
  });
  return { ...unscaled, inputs, targets };
}

function targetFields(table: Table, options: PrepareOptions): TargetFields {
  const { task, targets, weight, missing } = options, numbers = task === "regression";
  return {
    ...defined({
      missing: missing === "error" ? missing : undefined,
      weight,
      styles: findStyles(table, [...(numbers ? targets : []), ...(weight ? [weight] : [])]),
    }),
    ...(numbers
      ? { task, targets: targets.map((name) => ({ name })) }
      : { task, target: targets[0] }),
  };
}

/** Makes sure that no two different cells of numbers become the same float64. */
function checkDigits(
  table: Table,
  columns: readonly ColumnRecipe[],
  targets: readonly string[],
  offsets: ReadonlyMap<string, string>,
): void {
  for (const { name, kind, style } of columns) {
    if (kind !== "number") continue;
    checkPrecision(table, name, offsets.get(name), (column) => plainColumn(column, style));
  }
  for (const name of targets) checkPrecision(table, name);
}

function checkTask({ targets, task, classWeights }: PrepareOptions): void {
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
  { targets, weight, drop = [], inputs: _ }: PrepareOptions,
): string[] {
  for (const column of drop) findColumn(table, column);
  const taken = new Set([...targets, ...(weight === undefined ? [] : [weight]), ...drop]);
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
): void {
  if (inputs.length === 0) {
    throw new TableError({ table: table.name }, "have an input column", "none besides the targets");
  }
  const roles = new Map<string, string>();
  const all = [
    ...targets.map((name) => [name, "target"]),
    ...(weight === undefined ? [] : [[weight, "weight"]]),
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

function splitParts(
  table: Table,
  goal: SplitGoal,
  split: Omit<TableSplit, "checksum">,
): RowSplit {
  const { testFraction, validationFraction } = split;
  const place = { table: table.name };
  const sizes = partSizes(table.rows, testFraction, validationFraction);
  if (sizes.train < 2) {
    const held = `${sizes.test} for the test, ${sizes.validation} for validation`;
    const rule = `have at least ${table.rows - sizes.train + 2} rows (${held}, 2 to train on)`;
    throw new TableError(place, rule, table.rows);
  }
  const parts = splitTable(table, { ...goal, split });
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
