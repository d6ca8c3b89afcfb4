/**
 * Split, fingerprint and weights of a table: for `prepareTable`, and for `selectPart`, which finds
 * the same rows again.
 *
 * @module
 */

import { cellError } from "./_cell_error.ts";
import { findColumn, finiteNumbers } from "./_column.ts";
import { createHash } from "./_hash.ts";
import { inputValues } from "./columns/inputs.ts";
import type {
  ClassificationEncoding,
  RegressionEncoding,
  TableEncodingBase,
  TableSplit,
} from "./encoding.ts";
import { type RowSplit, splitRows } from "./split.ts";
import type { Table } from "./table_data.ts";
import { classIndices } from "./target.ts";

/** The fields of an encoding that decide, beside its split, which rows are in which part. */
export type SplitGoal =
  | { readonly task: "regression" }
  | Pick<ClassificationEncoding, "task" | "target" | "labels">;

/** Splits a table's rows as its encoding says; of a classification every class by equal shares. */
export function splitTable(
  table: Table,
  encoding: SplitGoal & { readonly split: Omit<TableSplit, "checksum"> },
): RowSplit {
  const { seed, testFraction, validationFraction } = encoding.split;
  return splitRows({
    rows: table.rows,
    testFraction,
    validationFraction,
    seed,
    ...(encoding.task === "classification"
      ? { labels: classIndices(table, encoding.target, encoding.labels) }
      : {}),
  });
}

/** The fields of an encoding that decide which values enter the fingerprint. */
export type ChecksumColumns =
  & Pick<TableEncodingBase, "inputs" | "columns" | "missing" | "styles" | "weight">
  & (Pick<RegressionEncoding, "task" | "targets"> | Omit<ClassificationEncoding, "kind" | "split">);

/**
 * Computes a fingerprint of the values of the features that an encoding uses: names, the bits
 * of numbers, and class labels; 64 bits, against accidents rather than malice. Scales and
 * split do not enter.
 */
export function tableChecksum(table: Table, encoding: ChecksumColumns): string {
  const hash = createHash();
  const numbers = (name: string): void => {
    hash.text(name);
    hash.numbers(finiteNumbers(table, name));
  };
  inputValues(table, encoding).forEach((values, input) => {
    hash.text(encoding.inputs[input].name);
    hash.numbers(values);
  });
  hash.text(encoding.task);
  if (encoding.task === "regression") {
    for (const { name } of encoding.targets) numbers(name);
  } else {
    hash.text(encoding.target);
    for (const label of encoding.labels) hash.text(label);
    hash.numbers(Float64Array.from(classIndices(table, encoding.target, encoding.labels)));
  }
  if (encoding.weight !== undefined) numbers(encoding.weight);
  return hash.digest();
}

/** Reads a column of weights: finite and not negative; the column's own array. */
export function weightColumn(table: Table, column: string): Float64Array {
  const weights = finiteNumbers(table, column);
  const negative = weights.findIndex((weight) => weight < 0);
  if (negative >= 0) {
    const { cells } = findColumn(table, column);
    throw cellError(table, column, negative, cells[negative], "a weight of at least 0");
  }
  return weights;
}
