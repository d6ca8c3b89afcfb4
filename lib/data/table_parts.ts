/**
 * Long tables in parts, read as fast as whole ones.
 *
 * Blocks of bytes are cut where a record ends: at a line end with an even number of quotes before it.
 * Parts that are out of the ordinary are read by the parser for all cases, tables whose header is by
 * {@linkcode streamTable}; rows, lines and errors are the same.
 *
 * @module
 */

import {
  checkCellCount,
  countLines,
  isBlank,
  isComment,
  noRows,
  notText,
  parseRecords,
  tableOfRecords,
} from "./_records.ts";
import { LONGEST_RECORD } from "./_whole_records.ts";
import { scanHead, scanRows, type TableHead } from "./scan/scan_table.ts";
import { streamTable } from "./stream_table.ts";
import type { Table } from "./table_data.ts";

/** Options of {@linkcode tableParts}. */
export interface TablePartsOptions {
  /** Name for errors, usually the file's. */
  readonly name: string;
  /** Bytes of a part, about. Default 8 MiB. */
  readonly bytes?: number;
}

/** Bytes in which a header must be. */
export const HEAD_BYTES = 1 << 17;
/** Rows of a part where it is not. */
const SLOW_ROWS = 1 << 16;

/** Bytes that end lines, and that quote cells. */
export const FEED = 10, QUOTE = 34;

/**
 * Reads a table in parts of about as many bytes.
 *
 * @param source UTF-8 text in blocks cut anywhere.
 * @returns The parts, in order; at least one.
 * @throws {TableError} As {@linkcode streamTable}.
 */
export async function* tableParts(
  source: AsyncIterable<Uint8Array>,
  { name, bytes = 1 << 23 }: TablePartsOptions,
): AsyncGenerator<Table, void> {
  const blocks = source[Symbol.asyncIterator]();
  let held = new Uint8Array(2 * Math.max(bytes, HEAD_BYTES)), end = 0, over = false;
  /** Reads on until there are so many bytes, or no more. */
  async function fill(size: number): Promise<void> {
    while (end < size && !over) {
      const { done, value } = await blocks.next();
      if (done) {
        over = true;
        return;
      }
      if (end + value.length > held.length) held = grown(held, end, end + value.length);
      held.set(value, end);
      end += value.length;
    }
  }
  let head: TableHead | undefined, line = 0, any = false;
  try {
    await fill(HEAD_BYTES);
    head = scanHead(held.subarray(0, end), name);
    if (head === undefined) {
      const rest = { [Symbol.asyncIterator]: () => blocks };
      yield* streamTable(joined(held.subarray(0, end), rest), { name, rowsPerPart: SLOW_ROWS });
      return;
    }
    line = head.line;
    held.copyWithin(0, head.from, end);
    end -= head.from;
    for (let size = bytes; end > 0 || !over; size = Math.max(bytes, 2 * end)) {
      await fill(size);
      const cut = over ? end : lastRecordEnd(held.subarray(0, end));
      if (cut === 0 && end < LONGEST_RECORD) continue; // a long record: more is read
      const part = held.slice(0, cut === 0 ? end : cut);
      const { table, lines } = readPart(part, head, line);
      if (table !== undefined) yield table;
      any ||= table !== undefined;
      line += lines;
      held.copyWithin(0, part.length, end);
      end -= part.length;
    }
    if (!any) throw noRows(name);
  } finally {
    await blocks.return?.();
  }
}

function grown(bytes: Uint8Array, end: number, least: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(2 * bytes.length, least));
  larger.set(bytes.subarray(0, end));
  return larger;
}

async function* joined(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  yield first;
  yield* rest;
}

/** Where the last whole record ends; 0 if none does. */
function lastRecordEnd(bytes: Uint8Array): number {
  if (bytes.indexOf(QUOTE) < 0) return bytes.lastIndexOf(FEED) + 1;
  let quoted = false, end = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === QUOTE) quoted = !quoted;
    else if (bytes[i] === FEED && !quoted) end = i + 1;
  }
  return end;
}

/** How often a byte occurs. */
export function countByte(bytes: Uint8Array, byte: number): number {
  let count = 0;
  for (let at = bytes.indexOf(byte); at >= 0; at = bytes.indexOf(byte, at + 1)) count++;
  return count;
}

/**
 * Reads whole records behind a header: the table, none where there are only blanks and comments, and
 * how many lines they take.
 *
 * @throws {TableError} If they cannot be read.
 */
export function readPart(
  bytes: Uint8Array,
  head: TableHead,
  line: number,
): { readonly table?: Table; readonly lines: number } {
  const table = scanRows(bytes, head, 0, line);
  return table === undefined
    ? parseRows(bytes, head, line)
    : { table, lines: countByte(bytes, FEED) };
}

/** Rows by the parser for all cases, none where there are only blanks and comments, and lines. */
function parseRows(
  bytes: Uint8Array,
  head: TableHead,
  line: number,
): { readonly table?: Table; readonly lines: number } {
  const { name, header, delimiter, newline, byteOrderMark } = head;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw notText(name, "bytes that are not");
  }
  const lines = countLines(text);
  if (text.trim() === "") return { lines };
  const rows = parseRecords(text, delimiter, name, line).filter((record) =>
    !isBlank(record) && !isComment(record, header, delimiter)
  );
  for (const row of rows) checkCellCount(row, header, name);
  if (rows.length === 0) return { lines };
  return {
    table: tableOfRecords(name, { delimiter, newline, byteOrderMark }, header, rows),
    lines,
  };
}
