/**
 * Reads tables from CSV text: cells and numbers, every fault with its line and column.
 *
 * Large texts are scanned byte by byte; where something is out of the ordinary, csv-parse splits the
 * text into records and fields.
 *
 * @module
 */

import { checkRecord, checkString } from "../numerics/inner.ts";
import { findColumn, finiteNumbers } from "./_column.ts";
import {
  checkCellCount,
  checkText,
  countLines,
  detectFormat,
  emptyTable,
  isBlank,
  isComment,
  noRows,
  notText,
  parseRecords,
  readHeader,
  tableOfRecords,
} from "./_records.ts";
import { scanTable } from "./scan/scan_table.ts";
import type { Table } from "./table_data.ts";

/** Shorter texts are read by the parser for all cases at once. */
const LEAST_SCANNED = 1 << 15;

/** Options of {@linkcode parseTable}. */
export interface ParseTableOptions {
  /** Name for errors, usually the file's. */
  readonly name: string;
}

/**
 * Reads a table from CSV text with a header line.
 *
 * The delimiter is a comma, semicolon or tab: the one that occurs most often in the header outside
 * quotes. Without any, cells stand apart by spaces, if header and first row have the same number of
 * words. Quoted fields (RFC 4180) may hold delimiters, line breaks and doubled quotes. Unquoted
 * cells are trimmed, blank lines skipped; only in a table of one column is a blank line before the
 * last row a row with a missing cell.
 *
 * Lines before the header that begin with `#` or `%` are comments. The last of them is the header
 * itself if the line below it has the same number of cells and a number among them (numpy.savetxt).
 * Below the header such a line is a comment unless it has as many cells as the header. A column
 * without a name is called `column 1` if it is the first, and so on.
 *
 * @param text The table; a byte order mark and every kind of line end are understood.
 * @param options The name for errors.
 * @returns The table, still as text.
 * @throws {TableError} If the header is missing or made of numbers (except 0, 1, 2, ... for three
 * columns or more), a column name is used twice, a row has more or fewer cells than the header, a
 * quote is misplaced, or there are no rows.
 *
 * @example
 * ```ts
 * import { parseTable } from "@freeknot/freeknot";
 * import { numericColumn } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const table = parseTable("x;y\n1;2\n3;4\n", { name: "points.csv" });
 * assertEquals(table.columns, ["x", "y"]);
 * assertEquals(numericColumn(table, "y"), new Float64Array([2, 4]));
 * ```
 */
export function parseTable(text: string, options: ParseTableOptions): Table {
  checkString("parse table", "text", text, "the text of a table");
  checkRecord("parse table", "options", options, "a record such as { name }", ["name"]);
  const { name } = options;
  if (text.length >= LEAST_SCANNED && text.isWellFormed()) {
    const scanned = scanTable(new TextEncoder().encode(text), name);
    if (scanned !== undefined) return scanned;
  }
  return parseRecordTexts(text, name);
}

/**
 * Reads a table from the bytes of a file: the same table and the same errors as {@linkcode parseTable}
 * of their text.
 *
 * @param bytes The table in UTF-8.
 * @param options The name for errors.
 * @returns The table; its texts are decoded when they are asked for, so the bytes must stay.
 * @throws {TableError} As `parseTable`; also if the bytes are not UTF-8.
 *
 * @example
 * ```ts
 * import { parseTableBytes } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("x,y\n1,2\n3,4\n");
 * assertEquals(parseTableBytes(bytes, { name: "points.csv" }).rows, 2);
 * ```
 */
export function parseTableBytes(bytes: Uint8Array, options: ParseTableOptions): Table {
  checkRecord("parse table", "options", options, "a record such as { name }", ["name"]);
  const { name } = options;
  const scanned = bytes.length < LEAST_SCANNED ? undefined : scanTable(bytes, name);
  if (scanned !== undefined) return scanned;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw notText(name, "bytes that are not");
  }
  return parseRecordTexts(text, name);
}

/** Reads any text, or says what is wrong with it. */
function parseRecordTexts(text: string, name: string): Table {
  checkText(text, name);
  const byteOrderMark = text.startsWith("\ufeff");
  const body = byteOrderMark ? text.slice(1) : text;
  const { begin, header: commented, ...found } = detectFormat(body);
  const format = { ...found, byteOrderMark };
  const line = 1 + countLines(body.slice(0, begin));
  const records = parseRecords(body.slice(begin), format.delimiter, name, line);

  const first = commented === undefined ? records.findIndex((record) => !isBlank(record)) : -1;
  if (first < 0 && commented === undefined) throw emptyTable(name);
  const header = readHeader(commented ?? records[first], name);

  let end = records.length;
  while (end > first + 1 && isBlank(records[end - 1])) end--;
  const rows = records.slice(first + 1, end).filter((record) =>
    (header.cells.length === 1 || !isBlank(record)) &&
    !isComment(record, header, format.delimiter)
  );
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
 * @throws {TableError} If there is no such column; the message lists the columns of the table.
 *
 * @example
 * ```ts
 * import { parseTable } from "@freeknot/freeknot";
 * import { textColumn } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const table = parseTable("id,kind\n1,cat\n2,dog\n", { name: "pets.csv" });
 * assertEquals(textColumn(table, "kind"), ["cat", "dog"]);
 * ```
 */
export function textColumn(table: Table, column: string): readonly string[] {
  return findColumn(table, column).cells;
}

/**
 * Reads a column of numbers; every later call for the same column copies what the first one read.
 *
 * @param table The table.
 * @param column Name of the column.
 * @param offset A decimal number that is subtracted exactly before the difference is rounded to
 * float64, so that the last digits of integers with 19 digits are not lost. Default: none.
 * @returns A new array, shape `[rows]`, float64, every entry finite.
 * @throws {TableError} If there is no such column, or a cell is empty, not a number, or not
 * finite; the message has its line and its text.
 *
 * @example
 * ```ts
 * import { parseTable } from "@freeknot/freeknot";
 * import { numericColumn } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const table = parseTable("x\n1e-3\n-2.5\n", { name: "x.csv" });
 * assertEquals(numericColumn(table, "x"), new Float64Array([0.001, -2.5]));
 * ```
 */
export function numericColumn(table: Table, column: string, offset?: string): Float64Array {
  return finiteNumbers(table, column, offset).slice();
}
