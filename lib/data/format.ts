/**
 * Writes tables as text: new tables, and copies of tables with more columns.
 *
 * @module
 */

import { checkArray, checkRecord } from "../numerics/inner.ts";
import { plainNumber } from "./_number.ts";
import { countLines } from "./_records.ts";
import type { Table, TableSource } from "./table_data.ts";
import { TableError } from "./table_error.ts";

/** A named column of numbers or text. */
export interface TableColumn {
  /** Name of the column. */
  readonly name: string;
  /** One entry per row. Numbers are printed so that they read back as the same bits. */
  readonly values: Float64Array | readonly (number | string)[];
}

/** Options of {@linkcode createTable}. */
export interface CreateTableOptions {
  /** Name for errors, usually a file's. */
  readonly name: string;
  /** What stands between two cells. Default `","`. */
  readonly delimiter?: TableSource["delimiter"];
}

/**
 * Makes a table from columns of numbers or text.
 *
 * @param columns At least one column, all of the same length, at least 1.
 * @param options Name and delimiter.
 * @returns The table, with the text that {@linkcode formatTable} writes.
 * @throws {TableError} If a name is empty or used twice, lengths differ, or there is nothing.
 *
 * @example
 * ```ts
 * import { createTable, formatTable } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const columns = [{ name: "x", values: [0.5, 1] }, { name: "kind", values: ["a", "b,c"] }];
 * const table = createTable(columns, { name: "out.csv" });
 * assertEquals(formatTable(table), 'x,kind\n0.5,a\n1,"b,c"\n');
 * ```
 */
export function createTable(columns: readonly TableColumn[], options: CreateTableOptions): Table {
  checkArray("create table", "columns", columns, "an array of columns");
  checkRecord("create table", "options", options, "a record such as { name }", ["name"]);
  const { name, delimiter = "," } = options;
  const rows = columns.length === 0 ? 0 : columns[0].values.length;
  if (rows === 0) throw new TableError({ table: name }, "have columns and rows", "none");
  checkColumns(columns, [], rows, name);
  const names = columns.map((column) => column.name);
  const cells = columns.map((column) => Array.from(column.values, cellText));
  const records: string[] = [];
  const lines = new Int32Array(rows);
  const header = names.map((text) => quote(text, delimiter)).join(delimiter);
  let line = 1 + countLines(header) + 1;
  for (let row = 0; row < rows; row++) {
    const texts = cells.map((column) => quote(column[row], delimiter));
    records.push(texts.join(delimiter));
    lines[row] = line;
    line += 1 + countLines(records[row]);
  }
  const source: TableSource = { delimiter, newline: "\n", byteOrderMark: false, header, records };
  return { name, columns: names, rows, cells, lines, source };
}

/**
 * Writes a table as CSV text.
 *
 * @param table A table, read or made.
 * @returns The text as it was read, without blank lines and with one kind of line end.
 *
 * @example
 * ```ts
 * import { parseTable } from "@freeknot/freeknot";
 * import { formatTable } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const text = 'x;"name"\n1.50;"a;b"\n';
 * assertEquals(formatTable(parseTable(text, { name: "x.csv" })), text);
 * ```
 */
export function formatTable(table: Table): string {
  return appendColumns(table, []);
}

/** Options of {@linkcode appendColumns}. */
export interface AppendColumnsOptions {
  /** Whether the text begins with the header. Default true. */
  readonly header?: boolean;
}

/**
 * Copies a table as CSV text and appends columns.
 *
 * The old cells keep their text, quotes, delimiter and line ends; new ones are quoted where
 * they must be.
 *
 * @param table A table, read or made.
 * @param columns Columns of `table.rows` entries each.
 * @param options Whether the header comes first; later parts of a table go without.
 * @returns The text, ending with a line end.
 * @throws {TableError} If a name is empty, used twice, or a column of the table already, or
 * a column has another length.
 *
 * @example
 * ```ts
 * import { parseTable } from "@freeknot/freeknot";
 * import { appendColumns } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const table = parseTable("x\n1\n2\n", { name: "x.csv" });
 * const text = appendColumns(table, [{ name: "y", values: new Float64Array([0.1, 4]) }]);
 * assertEquals(text, "x,y\n1,0.1\n2,4\n");
 * ```
 */
export function appendColumns(
  table: Table,
  columns: readonly TableColumn[],
  options: AppendColumnsOptions = {},
): string {
  checkColumns(columns, table.columns, table.rows, table.name);
  const { delimiter, newline, byteOrderMark, header, records } = table.source;
  const lines = [byteOrderMark ? `\ufeff${header}` : header, ...records];
  for (const { name, values } of columns) {
    lines[0] += delimiter + quote(name, delimiter);
    for (let row = 0; row < table.rows; row++) {
      lines[row + 1] += delimiter + quote(cellText(values[row]), delimiter);
    }
  }
  if (options.header === false) lines.shift();
  return lines.join(newline) + newline;
}

function checkColumns(
  columns: readonly TableColumn[],
  taken: readonly string[],
  rows: number,
  table: string,
): void {
  const names = new Set(taken);
  for (const { name: column, values } of columns) {
    if (column === "") throw new TableError({ table, column }, "have a name", '""');
    if (names.has(column)) {
      throw new TableError({ table, column }, "have a name of its own", "a name already in use");
    }
    if (values.length !== rows) {
      throw new TableError({ table, column }, `have ${rows} rows`, values.length);
    }
    names.add(column);
  }
}

function cellText(value: number | string): string {
  return typeof value === "number" ? plainNumber(value) : value;
}

function quote(text: string, delimiter: string): string {
  const plain = text !== "" && !/["\r\n,;\t]|^\s|\s$/.test(text) && !text.includes(delimiter);
  return plain ? text : `"${text.replaceAll('"', '""')}"`;
}
