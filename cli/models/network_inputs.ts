/**
 * The columns of a table that a network predicts from.
 *
 * @module
 */

import { didYouMean, inputColumns } from "../../lib/data/inner.ts";
import { encodeTable, numericColumn, type Table } from "../../lib/data/mod.ts";
import { UsageError } from "../terminal/errors.ts";
import { type DataEncoding, inputNames } from "../commands/train/data.ts";

/** Most names of columns in a message. */
const MOST_NAMES = 8;

/**
 * Reads the columns that a network predicts from, scaled as it sees them.
 *
 * @throws {TableError} If a column is missing or a cell is not a number.
 */
export function networkInputs(table: Table, encoding: DataEncoding, nIn: number): Float64Array {
  if (encoding.kind === "table") {
    checkColumns(table, inputColumns(encoding));
    return encodeTable(table, encoding, { requireTargets: false }).inputs;
  }
  const numbered = Array.from({ length: nIn }, (_, i) => `x${i + 1}`);
  const names = [inputNames(encoding, nIn), numbered]
    .find((names) => names.every((name) => table.columns.includes(name)));
  if (names === undefined) {
    throw new UsageError(
      `Cannot read ${table.name}: the table must have the input columns ` +
        `${inputNames(encoding, nIn).slice(0, 5).join(", ")}${nIn > 5 ? ", ..." : ""} of the ` +
        `problem ${encoding.problem}; it has ${columnList(table.columns)}`,
    );
  }
  const inputs = new Float64Array(table.rows * nIn); // [rows, nIn]
  names.forEach((name, p) => {
    numericColumn(table, name).forEach((value, row) => inputs[row * nIn + p] = value);
  });
  return inputs;
}

/**
 * Makes sure that a table has the columns a network needs.
 *
 * @throws {UsageError} If some are missing; the message lists those there are.
 */
export function checkColumns(table: Table, names: readonly string[]): void {
  const missing = names.filter((name) => !table.columns.includes(name));
  if (missing.length === 0) return;
  const near = missing.length === 1 ? didYouMean(missing[0], table.columns) : "";
  throw new UsageError(
    `Cannot read ${table.name}: the table must have ` +
      `${missing.length === 1 ? "a column" : "the columns"} ${columnList(missing)}; it has ` +
      columnList(table.columns) + near,
  );
}

function columnList(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map((name) => JSON.stringify(name)).join(", ");
  return names.length > MOST_NAMES ? `${shown}, ... (${names.length})` : shown;
}
