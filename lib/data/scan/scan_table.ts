/**
 * Tables from bytes: numbers at once, texts when they are asked for.
 *
 * @module
 */

import { Column, numbersOf } from "../_column.ts";
import { lazyTable } from "../_lazy_table.ts";
import {
  checkText,
  countLines,
  detectFormat,
  type Header,
  isBlank,
  notText,
  parseRecords,
  readHeader,
} from "../_records.ts";
import type { Table, TableSource } from "../table_data.ts";
import { findCell, type ScannedRecords, scanRecords } from "./_scan_records.ts";

/** Bytes at the beginning in which the header must be. */
const HEAD = 1 << 16;

/** The beginning of an ordinary table. */
export interface TableHead {
  readonly name: string;
  readonly header: Header;
  readonly delimiter: Exclude<TableSource["delimiter"], " ">;
  readonly newline: TableSource["newline"];
  readonly byteOrderMark: boolean;
  /** Where the rows begin, in bytes and as a line from 1. */
  readonly from: number;
  readonly line: number;
}

/**
 * Reads the header of an ordinary table; undefined where the parser for all cases is to look at it.
 *
 * @throws {TableError} If it is not text.
 */
export function scanHead(bytes: Uint8Array, name: string): TableHead | undefined {
  const byteOrderMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const mark = byteOrderMark ? 3 : 0;
  const head = new TextDecoder().decode(bytes.subarray(mark, HEAD));
  checkText(head, name);
  const { begin, header: commented, delimiter, newline } = detectFormat(head);
  if (commented !== undefined || delimiter === " " || newline === "\r") return undefined;
  const encoder = new TextEncoder();
  const from = mark + encoder.encode(head.slice(0, begin)).length;
  const feed = bytes.indexOf(10, from);
  if (feed < 0 || feed >= HEAD) return undefined;
  const first = new TextDecoder().decode(bytes.subarray(from, feed)).replace(/\r$/, "");
  if (first.includes('"') && (first.match(/"/g)!.length % 2 === 1)) return undefined;
  const line = 1 + countLines(head.slice(0, begin));
  const [record] = parseRecords(first, delimiter, name, line);
  if (record === undefined || isBlank(record) || record.cells.length < 2) return undefined;
  const header = readHeader(record, name);
  return { name, header, delimiter, newline, byteOrderMark, from: feed + 1, line: line + 1 };
}

/**
 * Reads the rows behind a header, whole ones; undefined where the parser for all cases is to look at
 * them, also where there are none.
 *
 * @param bytes UTF-8 text; it must stay as it is, since texts are decoded when they are asked for.
 * @throws {TableError} If it is not UTF-8.
 */
export function scanRows(
  bytes: Uint8Array,
  { name, header, delimiter, newline, byteOrderMark }: TableHead,
  from: number,
  line: number,
): Table | undefined {
  const code = delimiter.charCodeAt(0);
  const records = scanRecords(bytes, from, line, header.cells.length, code);
  if (records === undefined || records.rows === 0) return undefined;
  if (records.wide) checkUtf8(bytes, name);
  const columns = records.columns.map(({ values, long }, c) =>
    new Column(() => cellTexts(bytes, records, c, code), numbersOf(values, long))
  );
  return lazyTable({
    ...{ name, columns: header.cells, unnamed: header.unnamed },
    ...{ rows: records.rows, lines: records.lines },
    cells: columns,
    source: { delimiter, newline, byteOrderMark, header: header.text },
    records: () => recordTexts(bytes, records),
  });
}

/**
 * Reads an ordinary table; undefined where the parser for all cases is to look at it.
 *
 * @param bytes UTF-8 text; it must stay as it is, since texts are decoded when they are asked for.
 * @throws {TableError} If it is not UTF-8.
 */
export function scanTable(bytes: Uint8Array, name: string): Table | undefined {
  const head = scanHead(bytes, name);
  return head && scanRows(bytes, head, head.from, head.line);
}

function checkUtf8(bytes: Uint8Array, name: string): void {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    for (let at = 0; at < bytes.length; at += 1 << 20) {
      decoder.decode(bytes.subarray(at, at + (1 << 20)), { stream: true });
    }
    decoder.decode();
  } catch {
    throw notText(name, "bytes that are not");
  }
}

function recordTexts(bytes: Uint8Array, { rows, begins, ends }: ScannedRecords): string[] {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return Array.from(
    { length: rows },
    (_, row) => decoder.decode(bytes.subarray(begins[row], ends[row])),
  );
}

/** Most different texts of a column that are kept once. */
const MOST_SHARED = 10_000;

/** Longest text that may be kept once. */
const LONGEST_SHARED = 64;

function cellTexts(
  bytes: Uint8Array,
  { rows, begins, ends }: ScannedRecords,
  column: number,
  delimiter: number,
): string[] {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true }), found = { begin: 0, end: 0 };
  const shared = new Map<string, string>();
  return Array.from({ length: rows }, (_, row) => {
    const doubled = findCell(bytes, begins[row], ends[row], column, delimiter, found);
    const { begin, end } = found;
    let text = end - begin > 24 ? undefined : asciiText(bytes, begin, end);
    if (text === undefined) {
      text = decoder.decode(bytes.subarray(begin, end));
      if (bytes[begin - 1] !== 34) text = text.trim();
    }
    if (doubled) text = text.replaceAll('""', '"');
    if (text.length > LONGEST_SHARED) return text;
    const same = shared.get(text);
    if (same !== undefined) return same;
    if (shared.size < MOST_SHARED) shared.set(text, text);
    return text;
  });
}

/** A short text of ASCII; undefined where a byte is none. */
function asciiText(bytes: Uint8Array, begin: number, end: number): string | undefined {
  let text = "";
  for (let at = begin; at < end; at++) {
    if (bytes[at] >= 128) return undefined;
    text += String.fromCharCode(bytes[at]);
  }
  return text;
}
