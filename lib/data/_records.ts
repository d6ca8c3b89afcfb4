/**
 * Splits the text of a table into records, for `parseTable` and, part by part, for `streamTable`.
 *
 * @module
 */

import { parse } from "csv-parse/sync";
import { quoteCell } from "./_cell_error.ts";
import { parseNumber } from "./_number.ts";
import type { Table, TableSource } from "./table_data.ts";
import { TableError } from "./table_error.ts";

/** A record of a table: one line, or several where a cell has line breaks. */
export interface SourceRecord {
  /** Trimmed cells. */
  readonly cells: readonly string[];
  /** The text without its line end. */
  readonly text: string;
  /** Line of the source, from 1, where it begins. */
  readonly line: number;
}

/** Splits whole records; `body` begins where a record begins, at a line counted from 1. */
export function parseRecords(
  body: string,
  delimiter: string,
  name: string,
  line: number,
): SourceRecord[] {
  if (delimiter === " ") return spacedRecords(body, name, line);
  if (!body.includes('"')) return plainRecords(body, delimiter, line);
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

/** Records without quotes: cells between delimiters, trimmed. */
function plainRecords(body: string, delimiter: string, line: number): SourceRecord[] {
  const lines = body.split(/\r\n|\n|\r/);
  if (lines[lines.length - 1] === "") lines.pop();
  return lines.map((text, i) => {
    const cells = text.split(delimiter);
    for (let c = 0; c < cells.length; c++) cells[c] = cells[c].trim();
    return { cells, text, line: line + i };
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
 * Makes a {@linkcode TableError} of an error of csv-parse, which is always about quotes. csv-parse
 * counts CRLF inside quotes as two lines, so the lines are counted again.
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

/**
 * Records whose cells stand apart by any number of spaces and tabs, as numpy.savetxt and many
 * instruments write them. Cells in quotes may hold spaces; quotes within are doubled.
 */
function spacedRecords(body: string, name: string, line: number): SourceRecord[] {
  const records: SourceRecord[] = [];
  const lines = body.split(/\r\n|\n|\r/);
  if (lines[lines.length - 1] === "") lines.pop();
  for (const text of lines) {
    const words = spacedCells(text);
    if (words.some((word) => word.startsWith('"') && !/^"(?:[^"]|"")*"$/.test(word))) {
      const rule = 'have quotes (") around whole cells only, those inside a cell doubled';
      throw new TableError({ table: name, line }, rule, "a stray quote");
    }
    const cells = words.map((word) =>
      word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"').trim() : word
    );
    records.push({ cells: cells.length === 0 ? [""] : cells, text, line: line++ });
  }
  return records;
}

function spacedCells(text: string): string[] {
  return text.match(/"(?:[^"]|"")*"(?=\s|$)|\S+/g) ?? [];
}

/** How a table's text is written: delimiter, line ends, and where the header begins. */
export interface TextFormat extends Pick<TableSource, "delimiter" | "newline"> {
  /** Characters before the header: blank lines and comments. */
  readonly begin: number;
  /** The header in a comment, `# x y`, without its mark; the rows begin after it. */
  readonly header?: SourceRecord;
}

/** A line that begins with one of these is a comment, until the header. */
const COMMENT = /^[ \t]*[#%]/;

/**
 * Looks at the first lines: comments, the header, the first row.
 *
 * The delimiter is the one that occurs most often in the header, outside quotes. Without any, or
 * where the first row has another number of cells by it, spaces are, if header and first row have
 * the same number of words, at least two. A comment is the header where the line below it has as
 * many cells and a number among them.
 */
export function detectFormat(body: string): TextFormat {
  let begin = 0, last: { text: string; line: number } | undefined;
  let newline: TableSource["newline"] = "\n";
  let line = 1, first: string | undefined, second: string | undefined;
  for (let at = 0; at < body.length && second === undefined;) {
    const { text, end } = lineAt(
      body,
      at,
      first === undefined && COMMENT.test(body.slice(at, at + 80)),
    );
    const mark = body.slice(at + text.length, end);
    const blank = text.trim() === "";
    if (first === undefined) {
      if (mark !== "") newline = mark as TableSource["newline"];
      if (COMMENT.test(text)) last = { text: text.replace(COMMENT, ""), line };
      if (blank || COMMENT.test(text)) begin = end;
      else first = text;
    } else if (!blank && !COMMENT.test(text)) second = text;
    line += countLines(text) + 1;
    at = end;
  }
  const header = first ?? "";
  if (last !== undefined && first !== undefined) {
    const delimiter = delimiterOf(last.text, first);
    const names = cellsOf(last.text, delimiter), cells = cellsOf(first, delimiter);
    const numbers = cells.filter((cell) => parseNumber(cell) !== undefined).length;
    if (names.length === cells.length && numbers > 0 && names.some((cell) => cell !== "")) {
      return {
        delimiter,
        newline,
        begin,
        header: { cells: names, text: last.text.trim(), line: last.line },
      };
    }
  }
  return { delimiter: delimiterOf(header, second), newline, begin };
}

/** A line and where the next line begins; line breaks inside quotes do not end a line. */
function lineAt(body: string, at: number, plain: boolean): { text: string; end: number } {
  let quoted = false;
  for (let i = at; i < body.length; i++) {
    const character = body[i];
    if (character === '"' && !plain) quoted = !quoted;
    else if (!quoted && (character === "\n" || character === "\r")) {
      const end = character === "\r" && body[i + 1] === "\n" ? i + 2 : i + 1;
      return { text: body.slice(at, i), end };
    }
  }
  return { text: body.slice(at), end: body.length };
}

function delimiterOf(header: string, row: string | undefined): TableSource["delimiter"] {
  const counts = { ",": 0, ";": 0, "\t": 0 };
  let quoted = false;
  for (const character of header) {
    if (character === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (character === "," || character === ";" || character === "\t") counts[character]++;
  }
  const best = Math.max(counts[","], counts[";"], counts["\t"]);
  const delimiter = counts[","] === best ? "," : counts[";"] === best ? ";" : "\t";
  if (row === undefined) return delimiter;
  const words = spacedCells(header).length;
  const spaced = words >= 2 && words === spacedCells(row).length;
  const fits = best > 0 && cellsOf(row, delimiter).length === best + 1;
  return spaced && !fits && (best === 0 || delimiter === "\t") ? " " : delimiter;
}

/** Trimmed cells of a line, to count them and to name columns; doubled quotes stay doubled. */
function cellsOf(text: string, delimiter: string): string[] {
  if (delimiter === " ") return spacedCells(text).map((cell) => cell.replace(/^"(.*)"$/, "$1"));
  const cells = [""];
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    if (character === delimiter && !quoted) cells.push("");
    else cells[cells.length - 1] += character;
  }
  return cells.map((cell) => cell.trim().replace(/^"(.*)"$/s, "$1"));
}

/** The header with a name for every column. */
export interface Header extends SourceRecord {
  /** Names that the reader or pandas made up for columns without one. */
  readonly unnamed: readonly string[];
}

/** What pandas calls a column without a name. */
const PANDAS_UNNAMED = /^Unnamed: \d+$/;

/**
 * Gives every column without a name one, and throws unless there are names and all are different.
 *
 * A header of numbers alone is taken for the first row of a table without a header. An exception
 * is `0, 1, 2, ...` for three columns or more, which pandas writes where columns have no names.
 */
export function readHeader(record: SourceRecord, name: string): Header {
  const { cells, text, line } = record;
  const named = cells.filter((cell) => cell !== "");
  if (named.length === 0) {
    const found = cells.length === 1 ? "an empty name" : `${cells.length} empty names`;
    throw new TableError({ table: name, line }, "hold the column names", found);
  }
  cells.forEach((column, index) => {
    const first = cells.indexOf(column);
    if (column !== "" && first !== index) {
      const twice = `the same name in columns ${first + 1} and ${index + 1}`;
      throw new TableError({ table: name, line, column }, "have a name of its own", twice);
    }
  });
  const counted = cells.length >= 3 && cells.every((cell, index) => cell === String(index));
  if (!counted && cells.every((column) => parseNumber(column) !== undefined)) {
    const found = `${cells.length === 1 ? "a number" : "numbers"}: ${quoteCell(cells.join(", "))}`;
    const remedy = `add a first line ${exampleHeader(cells.length, delimiterOf(text, text))}`;
    throw new TableError({ table: name, line }, "hold the column names", `${found}; ${remedy}`);
  }
  const unnamed: string[] = [];
  const columns = cells.map((column, index) => {
    if (PANDAS_UNNAMED.test(column)) unnamed.push(column);
    if (column !== "") return column;
    let placeName = `column ${index + 1}`;
    while (cells.includes(placeName)) placeName += "_";
    unnamed.push(placeName);
    return placeName;
  });
  return { cells: columns, text, line, unnamed };
}

/** An example of a header, for an error message: `such as x,y`. */
function exampleHeader(columns: number, delimiter: string): string {
  if (delimiter === "\t") return "of names with tabs between";
  if (delimiter === " ") return `such as ${["x", "y", "z"].slice(0, columns).join(" ")}`;
  const names = columns <= 3
    ? ["x", "y", "z"].slice(0, columns)
    : ["x1", "x2", ...(columns > 4 ? ["..."] : ["x3"]), "y"];
  return `such as ${names.join(delimiter)}`;
}

/** Throws if the text holds zero bytes: the file is binary then. */
export function checkText(text: string, name: string): void {
  if (text.includes("\0")) throw notText(name, "a file with zero bytes");
}

/** The error of a file that is not UTF-8; its remedy is for spreadsheets, the usual source. */
export function notText(name: string, found: string): TableError {
  const remedy = 'save it as UTF-8 ("CSV UTF-8" in a spreadsheet)';
  return new TableError({ table: name }, "be text in UTF-8", `${found}; ${remedy}`);
}

/**
 * Whether a record below the header is a comment: it begins with `#` or `%` and has not as many
 * cells as the header, or cells stand apart by spaces and one follows the mark.
 */
export function isComment(
  { cells, text }: SourceRecord,
  header: SourceRecord,
  delimiter: string,
): boolean {
  if (!COMMENT.test(text)) return false;
  return cells.length !== header.cells.length || (delimiter === " " && /^\s*[#%]\s/.test(text));
}

/** Throws unless a row has a cell for each column. */
export function checkCellCount(row: SourceRecord, header: SourceRecord, name: string): void {
  const { cells, line } = row;
  if (cells.length !== header.cells.length) {
    const rule = `have ${header.cells.length} cells, as many as the header`;
    throw new TableError(
      { table: name, line },
      rule,
      `${cells.length}${otherDelimiter(row, header)}`,
    );
  }
}

/** What to add to the error of a wrong number of cells if spaces would make the right number. */
function otherDelimiter({ text }: SourceRecord, header: SourceRecord): string {
  const words = spacedCells(text).length;
  return words >= 2 && words === header.cells.length
    ? "; its cells stand apart by spaces, those of the header do not"
    : "";
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
  header: Header,
  rows: readonly SourceRecord[],
): Table {
  return {
    name,
    columns: header.cells,
    ...(header.unnamed.length === 0 ? {} : { unnamed: header.unnamed }),
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
