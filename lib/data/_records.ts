/**
 * Records of a table's text: what reading it whole and reading it in pieces have in common.
 *
 * @module
 */

import { parse } from "csv-parse/sync";
import { quoteCell } from "./_cell_error.ts";
import { parseNumber } from "./_number.ts";
import type { Table, TableSource } from "./table_data.ts";
import { TableError } from "./table_error.ts";

/** A line of a table, or several where a cell has line breaks. */
export interface SourceRecord {
  /** Trimmed cells. */
  readonly cells: readonly string[];
  /** The text without its line end. */
  readonly text: string;
  /** Line of the source, from 1, where it begins. */
  readonly line: number;
}

/**
 * Splits whole records.
 *
 * @param body Text that begins where a record begins.
 * @param line Line of the source, from 1, where it begins.
 */
export function parseRecords(
  body: string,
  delimiter: string,
  name: string,
  line: number,
): SourceRecord[] {
  let parsed: RawRecord[];
  try {
    parsed = parseRaw(body, delimiter);
  } catch (error) {
    throw quoteError(error, body, delimiter, name, line);
  }
  return parsed.map(({ record, raw }) => {
    const begins = line;
    line += countLines(raw);
    return { cells: record, text: raw.replace(/(?:\r\n|\n|\r)$/, ""), line: begins };
  });
}

interface RawRecord {
  readonly record: string[];
  readonly raw: string;
}

/** Parses the first records, all by default. */
function parseRaw(body: string, delimiter: string, to = -1): RawRecord[] {
  return parse(body, {
    delimiter,
    raw: true,
    trim: true,
    relax_column_count: true,
    record_delimiter: ["\r\n", "\n", "\r"],
    to,
  }) as unknown as RawRecord[];
}

/**
 * Puts csv-parse's complaints, which are all about quotes, into this library's words. It counts
 * CRLF inside quotes as two lines, so the lines are counted again.
 */
function quoteError(
  error: unknown,
  body: string,
  delimiter: string,
  name: string,
  first: number,
): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  if (error.code === "CSV_QUOTE_NOT_CLOSED") {
    const line = first + countLines(body.slice(0, body.lastIndexOf('"')));
    return new TableError({ table: name, line }, 'close its quote (")', "an open one");
  }
  let line = first;
  if ("records" in error && Number(error.records) > 0) {
    for (const { raw } of parseRaw(body, delimiter, Number(error.records))) line += countLines(raw);
  }
  if ("raw" in error) line += countLines(String(error.raw));
  const rule = 'have quotes (") around whole cells only, those inside a cell doubled';
  return new TableError({ table: name, line }, rule, "a stray quote");
}

/** Looks outside the quotes of the header line, the first that is not blank. */
export function detectFormat(body: string): Pick<TableSource, "delimiter" | "newline"> {
  const counts = { ",": 0, ";": 0, "\t": 0 };
  let newline: TableSource["newline"] = "\n";
  let quoted = false;
  const header = body.replace(/^\s*[\r\n]/, "");
  for (let i = 0; i < header.length; i++) {
    const character = header[i];
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === "," || character === ";" || character === "\t") counts[character]++;
    else if (character === "\n" || character === "\r") {
      newline = character === "\n" ? "\n" : header[i + 1] === "\n" ? "\r\n" : "\r";
      break;
    }
  }
  const best = Math.max(counts[","], counts[";"], counts["\t"]);
  const delimiter = counts[","] === best ? "," : counts[";"] === best ? ";" : "\t";
  return { delimiter, newline };
}

/** Throws unless the header names its columns, each once. */
export function checkHeader({ cells: columns, text, line }: SourceRecord, name: string): void {
  columns.forEach((column, index) => {
    if (column === "") {
      const found = `an empty name for column ${index + 1} of ${columns.length}`;
      throw new TableError({ table: name, line }, "hold the column names", found);
    }
    const first = columns.indexOf(column);
    if (first !== index) {
      const twice = `the same name in columns ${first + 1} and ${index + 1}`;
      throw new TableError({ table: name, line, column }, "have a name of its own", twice);
    }
  });
  if (columns.every((column) => parseNumber(column) !== undefined)) {
    const found = `${columns.length === 1 ? "a number" : "numbers"}: ${
      quoteCell(columns.join(", "))
    }`;
    const remedy = `add a first line ${
      exampleHeader(columns.length, detectFormat(text).delimiter)
    }`;
    throw new TableError({ table: name, line }, "hold the column names", `${found}; ${remedy}`);
  }
}

/** A header that would do: `such as x,y`. */
function exampleHeader(columns: number, delimiter: string): string {
  if (delimiter === "\t") return "of names with tabs between";
  const names = columns <= 3
    ? ["x", "y", "z"].slice(0, columns)
    : ["x1", "x2", ...(columns > 4 ? ["..."] : ["x3"]), "y"];
  return `such as ${names.join(delimiter)}`;
}

/** Throws if the text holds zero bytes: then it is no text. */
export function checkText(text: string, name: string): void {
  if (text.includes("\0")) throw notText(name, "a file with zero bytes");
}

/** The error of what is not UTF-8, with the usual remedy: spreadsheets save otherwise. */
export function notText(name: string, found: string): TableError {
  const remedy = 'save it as UTF-8 ("CSV UTF-8" in a spreadsheet)';
  return new TableError({ table: name }, "be text in UTF-8", `${found}; ${remedy}`);
}

/** Throws unless a row has a cell for each column. */
export function checkCellCount(row: SourceRecord, header: SourceRecord, name: string): void {
  const { cells, line } = row;
  if (cells.length !== header.cells.length) {
    const rule = `have ${header.cells.length} cells, as many as the header`;
    throw new TableError({ table: name, line }, rule, cells.length);
  }
}

/** The error of a table without a header. */
export function emptyTable(name: string): TableError {
  return new TableError({ table: name, line: 1 }, "hold the column names", "an empty table");
}

/** The error of a table with nothing but a header. */
export function noRows(name: string): TableError {
  return new TableError({ table: name }, "have rows below the header", "0 rows");
}

/** Makes a table of checked records. */
export function tableOfRecords(
  name: string,
  format: Omit<TableSource, "header" | "records">,
  header: SourceRecord,
  rows: readonly SourceRecord[],
): Table {
  return {
    name,
    columns: header.cells,
    rows: rows.length,
    cells: header.cells.map((_, c) => rows.map(({ cells }) => cells[c])),
    lines: Int32Array.from(rows, ({ line }) => line),
    source: { ...format, header: header.text, records: rows.map(({ text }) => text) },
  };
}

/** Whether a record is a blank line. */
export function isBlank(record: SourceRecord): boolean {
  return record.cells.length === 1 && record.text.trim() === "";
}

/** Counts line ends. */
export function countLines(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}
