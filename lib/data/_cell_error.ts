/**
 * Errors about one cell of a table.
 *
 * @module
 */

import { TableError } from "./table_error.ts";

/** Makes the error of a cell; it says where the cell is, what it must be and what it holds. */
export function cellError(
  table: { readonly name: string; readonly lines: Int32Array },
  column: string,
  row: number,
  cell: string,
  rule: string,
): TableError {
  const remedy = /^[+-]?\d+,\d+$/.test(cell) ? "; write a decimal point" : "";
  return new TableError(
    { table: table.name, line: table.lines[row], column },
    `be ${rule}`,
    cell === "" ? "a missing cell" : quoteCell(cell) + remedy,
  );
}

/** Quotes a cell for a message, on one line, shortened to 40 characters. */
export function quoteCell(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 37)}...` : text);
}
