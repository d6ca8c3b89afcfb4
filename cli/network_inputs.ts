/**
 * The columns of a table that a network predicts from.
 *
 * @module
 */

import { encodeTable, numericColumn, type Table } from "../lib/data/mod.ts";
import { UsageError } from "./errors.ts";
import { type DataEncoding, inputNames } from "./train_data.ts";

/**
 * Reads the columns that a network predicts from, scaled as it sees them.
 *
 * @throws {TableError} If a column is missing or a cell is not a number.
 */
export function networkInputs(table: Table, encoding: DataEncoding, nIn: number): Float64Array {
  if (encoding.kind === "table") {
    return encodeTable(table, encoding, { requireTargets: false }).inputs;
  }
  const numbered = Array.from({ length: nIn }, (_, i) => `x${i + 1}`);
  const names = [inputNames(encoding, nIn), numbered]
    .find((names) => names.every((name) => table.columns.includes(name)));
  if (names === undefined) {
    throw new UsageError(
      `Cannot read ${table.name}: the table must have the input columns ` +
        `${inputNames(encoding, nIn).slice(0, 5).join(", ")}${nIn > 5 ? ", ..." : ""} of the ` +
        `problem ${encoding.problem}, current value is ${table.columns.slice(0, 8).join(", ")}`,
    );
  }
  const inputs = new Float64Array(table.rows * nIn); // [rows, nIn]
  names.forEach((name, p) => {
    numericColumn(table, name).forEach((value, row) => inputs[row * nIn + p] = value);
  });
  return inputs;
}
