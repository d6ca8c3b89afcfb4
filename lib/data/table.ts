/**
 * Tables of text: CSV in, cells and numbers out, every fault with its line and column.
 *
 * The splitting into records and fields is csv-parse's.
 *
 * @module
 */

import { cellError } from "./_cell_error.ts";
import { parseNumber } from "./_number.ts";
import {
  checkCellCount,
  checkHeader,
  checkText,
  detectFormat,
  emptyTable,
  isBlank,
  noRows,
  parseRecords,
  tableOfRecords,
} from "./_records.ts";
import { didYouMean } from "./nearest.ts";
import type { Table } from "./table_data.ts";
import { TableError } from "./table_error.ts";

/** Options of {@linkcode parseTable}. */
export interface ParseTableOptions {
  /** Name for errors, usually the file's. */
  readonly name: string;
}

/**
 * Reads a table from CSV text with a header line.
 *
 * Commas, semicolons and tabs are told apart by the header: the one that occurs most often
 * outside quotes. Quoted fields (RFC 4180) may hold delimiters, line breaks and doubled
 * quotes. Unquoted cells are trimmed, blank lines skipped; only in a table of one column is
 * a blank line before the last row a row with a missing cell.
 *
 * @param text The table; a byte order mark and every kind of line end are understood.
 * @param options The name for errors.
 * @returns The table, still as text.
 * @throws {TableError} If the header is missing or made of numbers, a column name is empty
 * or used twice, a row has more or fewer cells than the header, a quote is misplaced, or
 * there are no rows.
 *
 * @example
 * ```ts
 * import { numericColumn, parseTable } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const table = parseTable("x;y\n1;2\n3;4\n", { name: "points.csv" });
 * assertEquals(table.columns, ["x", "y"]);
 * assertEquals(numericColumn(table, "y"), new Float64Array([2, 4]));
 * ```
 */
export function parseTable(text: string, options: ParseTableOptions): Table {
  const { name } = options;
  checkText(text, name);
  const byteOrderMark = text.startsWith("\ufeff");
  const body = byteOrderMark ? text.slice(1) : text;
  const format = { ...detectFormat(body), byteOrderMark };
  const found = parseRecords(body, format.delimiter, name, 1);

  const first = found.findIndex((record) => !isBlank(record));
  if (first < 0) throw emptyTable(name);
  const header = found[first];
  checkHeader(header, name);

  let end = found.length;
  while (end > first + 1 && isBlank(found[end - 1])) end--;
  const rows = found.slice(first + 1, end)
    .filter((record) => header.cells.length === 1 || !isBlank(record));
  if (rows.length === 0) throw noRows(name);
  for (const row of rows) checkCellCount(row, header, name);
  return tableOfRecords(name, format, header, rows);
}

/**
 * Gives the cells of a column.
 *
 * @param table The table.
 * @param column Name of the column.
 * @returns The trimmed cells, shape `[rows]`; the table's own array.
 * @throws {TableError} If there is no such column; the message lists those there are.
 *
 * @example
 * ```ts
 * import { parseTable, textColumn } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const table = parseTable("id,kind\n1,cat\n2,dog\n", { name: "pets.csv" });
 * assertEquals(textColumn(table, "kind"), ["cat", "dog"]);
 * ```
 */
export function textColumn(table: Table, column: string): readonly string[] {
  const index = table.columns.indexOf(column);
  if (index < 0) {
    const known = table.columns.map((name) => JSON.stringify(name)).join(", ");
    throw new TableError(
      { table: table.name, column },
      `be one of ${known}`,
      JSON.stringify(column) + didYouMean(column, table.columns),
    );
  }
  return table.cells[index];
}

/**
 * Reads a column of numbers.
 *
 * @param table The table.
 * @param column Name of the column.
 * @returns A new array, shape `[rows]`, float64, every entry finite.
 * @throws {TableError} If there is no such column, or a cell is empty, not a number, or not
 * finite; the message has its line and its text.
 *
 * @example
 * ```ts
 * import { numericColumn, parseTable } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const table = parseTable("x\n1e-3\n-2.5\n", { name: "x.csv" });
 * assertEquals(numericColumn(table, "x"), new Float64Array([0.001, -2.5]));
 * ```
 */
export function numericColumn(table: Table, column: string): Float64Array {
  const cells = textColumn(table, column);
  const values = new Float64Array(cells.length);
  for (let row = 0; row < cells.length; row++) {
    const value = parseNumber(cells[row]);
    if (value === undefined || !Number.isFinite(value)) {
      const rule = value === undefined ? "a number" : "a finite number";
      throw cellError(table, column, row, cells[row], rule);
    }
    values[row] = value;
  }
  return values;
}
