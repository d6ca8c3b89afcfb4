/**
 * Tables too long for memory: read in parts, each a table of its own.
 *
 * @module
 */

import { checkRecord } from "../numerics/inner.ts";
import {
  checkCellCount,
  countLines,
  detectFormat,
  emptyTable,
  type Header,
  isBlank,
  isComment,
  noRows,
  parseRecords,
  readHeader,
  type SourceRecord,
  tableOfRecords,
} from "./_records.ts";
import { wholeRecords } from "./_whole_records.ts";
import type { Table, TableSource } from "./table_data.ts";

/** Options of {@linkcode streamTable}. */
export interface StreamTableOptions {
  /** Name for errors, usually the file's. */
  readonly name: string;
  /** Rows of each part, at least 1; the last may have fewer. Default 4096. */
  readonly rowsPerPart?: number;
}

/**
 * Reads a table part by part: the same rows and errors as `parseTable`, in memory that does not
 * grow with the number of rows.
 *
 * Every part has the header's columns, and the lines of the source. `appendColumns` with
 * `header: false` for all but the first writes them back as one table. Rows come before a later
 * fault is known; of several faults the first in the text is named. A row may have 2^22
 * characters.
 *
 * @param source UTF-8 text in blocks cut anywhere: `file.readable`, a response's body.
 * @param options Name and size of the parts.
 * @returns The parts, in order; at least one.
 * @throws {RangeError} If `rowsPerPart` is not an integer of at least 1.
 * @throws {TableError} As `parseTable`; also if the bytes are not UTF-8 or a row is too long.
 *
 * @example
 * ```ts
 * import { streamTable } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const source = new Blob(["x,y\n1,2\n3,4\n5,6\n"]).stream();
 * const cells: string[][] = [];
 * for await (const part of streamTable(source, { name: "points.csv", rowsPerPart: 2 })) {
 *   cells.push([...part.cells[1]]);
 * }
 * assertEquals(cells, [["2", "4"], ["6"]]);
 * ```
 */
export async function* streamTable(
  source: AsyncIterable<Uint8Array>,
  options: StreamTableOptions,
): AsyncGenerator<Table, void> {
  checkRecord("read table", "options", options, "a record such as { name }", ["name"]);
  const { name, rowsPerPart = 4096 } = options;
  if (!(Number.isInteger(rowsPerPart) && rowsPerPart >= 1)) {
    throw new RangeError(
      `Cannot stream table: rowsPerPart must be an integer of at least 1, ` +
        `current value is ${rowsPerPart}`,
    );
  }
  let format: Omit<TableSource, "header" | "records"> | undefined;
  let header: Header | undefined;
  let rows: SourceRecord[] = [];
  let blanks: SourceRecord[] = []; // in a single column: rows if another one follows
  let any = false, byteOrderMark = false;

  for await (const { text, line } of wholeRecords(source, name)) {
    const marked = line === 1 && header === undefined && text.startsWith("\ufeff");
    byteOrderMark ||= marked;
    let body = marked ? text.slice(1) : text, from = line;
    if (header === undefined && format === undefined) {
      const { begin, header: commented, ...found } = detectFormat(body);
      from += countLines(body.slice(0, begin));
      body = body.slice(begin);
      if (body.trim() === "" && commented === undefined) continue; // blank lines, comments
      format = { ...found, byteOrderMark };
      if (commented !== undefined) header = readHeader(commented, name);
    }
    for (const record of parseRecords(body, format!.delimiter, name, from)) {
      const blank = isBlank(record);
      if (header === undefined) {
        if (blank) continue;
        header = readHeader(record, name);
      } else if (blank) {
        if (header.cells.length === 1) blanks.push(record);
      } else if (!isComment(record, header, format!.delimiter)) {
        checkCellCount(record, header, name);
        if (blanks.length > 0) {
          for (const each of blanks) rows.push(each);
          blanks = [];
        }
        rows.push(record);
      }
    }
    let next = 0;
    for (; rows.length - next >= rowsPerPart; next += rowsPerPart) {
      any = true;
      yield tableOfRecords(name, format!, header!, rows.slice(next, next + rowsPerPart));
    }
    if (next > 0) rows = rows.slice(next);
  }
  if (header === undefined || format === undefined) throw emptyTable(name);
  if (rows.length > 0) yield tableOfRecords(name, format, header, rows);
  else if (!any) throw noRows(name);
}
