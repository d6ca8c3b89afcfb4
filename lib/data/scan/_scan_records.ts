/**
 * Splits the bytes of a table into records and reads their numbers in one pass.
 *
 * @module
 */

import { decimalAt, lastDecimal } from "./_decimals.ts";
import { SAFE_DIGITS } from "../_decimal.ts";

/** The numbers of one column. */
export interface ScannedNumbers {
  /** The nearest float64 of every cell, NaN where it is not a finite number. */
  readonly values: Float64Array;
  /** Whether a cell has more digits than float64 tells apart. */
  readonly long: boolean;
}

/** What a pass over the bytes found. */
export interface ScannedRecords {
  readonly rows: number;
  /** Where every record begins and ends, without its line end. */
  readonly begins: Uint32Array;
  readonly ends: Uint32Array;
  /** Line of the source where every record begins. */
  readonly lines: Int32Array;
  readonly columns: readonly ScannedNumbers[];
  /** Whether a byte is no ASCII. */
  readonly wide: boolean;
}

const TAB = 9, LINE_FEED = 10, RETURN = 13, SPACE = 32, QUOTE = 34, HASH = 35, PERCENT = 37;

/**
 * Scans the records of a table of two columns or more.
 *
 * @param bytes UTF-8 text.
 * @param from Where the records begin.
 * @param line The line there, from 1.
 * @param width Number of columns.
 * @param delimiter Byte between cells.
 * @returns Undefined where something is out of the ordinary: then the parser for all cases reads the
 * text, or says what is wrong with it.
 */
export function scanRecords(
  bytes: Uint8Array,
  from: number,
  line: number,
  width: number,
  delimiter: number,
): ScannedRecords | undefined {
  const most = countFeeds(bytes, from) + 1, size = bytes.length;
  const begins = new Uint32Array(most), ends = new Uint32Array(most), lines = new Int32Array(most);
  const values = Array.from({ length: width }, () => new Float64Array(most));
  const long = new Uint8Array(width), cells = new Float64Array(width);
  const isLong = new Uint8Array(width);
  let rows = 0, at = from, wide = false;

  while (at < size) {
    const begin = at, beginLine = line;
    let column = 0, ending = false, bare = true;
    while (!ending) {
      while (at < size && (bytes[at] === SPACE || (bytes[at] === TAB && delimiter !== TAB))) at++;
      let cellBegin = at, cellEnd = at, odd = false;
      if (bytes[at] === QUOTE) {
        bare = false;
        cellBegin = ++at;
        let doubled = false;
        for (;; at++) {
          if (at >= size) return undefined;
          const byte = bytes[at];
          if (byte === QUOTE) {
            if (bytes[at + 1] !== QUOTE) break;
            doubled = true;
            at++;
          } else if (byte === LINE_FEED) line++;
          else if (byte === RETURN && bytes[at + 1] !== LINE_FEED) return undefined;
          else if (byte >= 128) odd = true;
          else if (byte < TAB) return undefined;
        }
        cellEnd = at++;
        while (at < size && (bytes[at] === SPACE || (bytes[at] === TAB && delimiter !== TAB))) at++;
        const next = bytes[at];
        const over = at >= size || next === delimiter || next === LINE_FEED || next === RETURN;
        if (!over) return undefined;
        if (doubled) cellEnd = cellBegin; // no number
      } else {
        for (; at < size; at++) {
          const byte = bytes[at];
          if (byte === delimiter || byte === LINE_FEED || byte === RETURN) break;
          if (byte === QUOTE) return undefined;
          if (byte >= 128) odd = true;
          else if (byte < SPACE && byte !== TAB) return undefined;
        }
        cellEnd = at;
        while (
          cellEnd > cellBegin && (bytes[cellEnd - 1] === SPACE || bytes[cellEnd - 1] === TAB)
        ) {
          cellEnd--;
        }
      }
      wide ||= odd;
      if (odd && spacedNumber(bytes, cellBegin, cellEnd)) return undefined;
      if (column < width) {
        lastDecimal.digits = 0;
        cells[column] = cellEnd > cellBegin ? decimalAt(bytes, cellBegin, cellEnd) : NaN;
        isLong[column] = cellEnd - cellBegin > SAFE_DIGITS && lastDecimal.digits > SAFE_DIGITS
          ? 1
          : 0;
      }
      if (column === 0 && cellEnd > cellBegin) bare = false;
      column++;
      ending = at >= size || bytes[at] !== delimiter;
      if (!ending) at++;
    }
    const end = at;
    if (bytes[at] === RETURN) {
      if (bytes[at + 1] !== LINE_FEED) return undefined;
      at++;
    }
    if (at < size) line++;
    at++;
    if (column !== width) {
      if (column === 1 && bare) continue; // a blank line
      if (!isCommented(bytes, begin)) return undefined;
      continue;
    }
    begins[rows] = begin;
    ends[rows] = end;
    lines[rows] = beginLine;
    for (let c = 0; c < width; c++) {
      values[c][rows] = cells[c];
      long[c] |= isLong[c];
    }
    rows++;
  }
  return {
    rows,
    begins: begins.subarray(0, rows),
    ends: ends.subarray(0, rows),
    lines: lines.subarray(0, rows),
    columns: values.map((all, c) => ({ values: all.subarray(0, rows), long: long[c] === 1 })),
    wide,
  };
}

function countFeeds(bytes: Uint8Array, from: number): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED, from); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) {
    count++;
  }
  return count;
}

/** Whether a record begins as a comment. */
function isCommented(bytes: Uint8Array, begin: number): boolean {
  let at = begin;
  while (bytes[at] === SPACE || bytes[at] === TAB) at++;
  return bytes[at] === HASH || bytes[at] === PERCENT;
}

/** Whether a cell with other bytes than ASCII is a number all the same: between unusual spaces. */
function spacedNumber(bytes: Uint8Array, begin: number, end: number): boolean {
  if (bytes[begin] < 128 && bytes[end - 1] < 128) return false;
  let digits = false;
  for (let at = begin; at < end; at++) {
    const byte = bytes[at];
    if (byte >= 48 && byte < 58) digits = true;
    else if (byte > SPACE && byte < 128 && !(byte === 43 || byte === 45 || byte === 46)) {
      return false;
    }
  }
  return digits;
}

/**
 * Finds a cell of a record: where it begins and ends, quotes left out.
 *
 * @returns Whether it was in quotes that hold doubled ones.
 */
export function findCell(
  bytes: Uint8Array,
  begin: number,
  end: number,
  column: number,
  delimiter: number,
  found: { begin: number; end: number },
): boolean {
  let at = begin;
  for (let c = 0;; c++) {
    while (at < end && (bytes[at] === SPACE || (bytes[at] === TAB && delimiter !== TAB))) at++;
    let cellBegin = at, cellEnd = at, doubled = false;
    if (bytes[at] === QUOTE && at < end) {
      cellBegin = ++at;
      while (bytes[at] !== QUOTE || bytes[at + 1] === QUOTE) {
        if (bytes[at] === QUOTE) {
          doubled = true;
          at++;
        }
        at++;
      }
      cellEnd = at;
      while (at < end && bytes[at] !== delimiter) at++;
    } else {
      while (at < end && bytes[at] !== delimiter) at++;
      cellEnd = at;
      while (cellEnd > cellBegin && (bytes[cellEnd - 1] === SPACE || bytes[cellEnd - 1] === TAB)) {
        cellEnd--;
      }
    }
    if (c === column) {
      found.begin = cellBegin;
      found.end = cellEnd;
      return doubled;
    }
    at++;
  }
}
