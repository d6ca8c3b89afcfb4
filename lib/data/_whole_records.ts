/**
 * Bytes in, text out that ends where a record ends.
 *
 * A line end is the end of a record where the number of quotes before it is even. With quotes in
 * the wrong place that count goes astray, but only behind the first wrong one, at which the
 * parser stops.
 *
 * @module
 */

import { checkText, countLines, detectFormat, parseRecords } from "./_records.ts";
import { TableError } from "./table_error.ts";

/** Bytes decoded at once. */
const BLOCK = 1 << 16;

/** Characters worth handing on. */
const ENOUGH = 1 << 15;

/** Characters of the longest record: where a quote is not closed, memory must not fill up. */
export const LONGEST_RECORD = 1 << 24;

/** Some whole records. */
export interface WholeRecords {
  readonly text: string;
  /** Line of the source, from 1, where the text begins. */
  readonly line: number;
}

/**
 * Cuts a stream of bytes where records end; the last piece may lack its line end.
 *
 * @param source Blocks of bytes, cut anywhere.
 * @param name Name for errors.
 * @throws {TableError} If the text is not UTF-8 or a record does not end.
 */
export async function* wholeRecords(
  source: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<WholeRecords> {
  let text = "", line = 1;
  let scanned = 0, end = 0, quoted = false; // text.slice(0, end) are whole records
  for await (const piece of decoded(source, name)) {
    checkText(piece, name);
    text += piece;
    let i = scanned;
    for (; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 34) quoted = !quoted;
      else if (quoted) continue;
      else if (code === 10) end = i + 1;
      else if (code === 13) {
        if (i + 1 === text.length) break; // a line feed may follow
        if (text.charCodeAt(i + 1) !== 10) end = i + 1;
      }
    }
    scanned = i;
    if (end >= ENOUGH) {
      const whole = text.slice(0, end);
      yield { text: whole, line };
      line += countLines(whole);
      text = text.slice(end);
      scanned -= end;
      end = 0;
    }
    if (text.length > LONGEST_RECORD) throw endlessRecord(text.slice(end), name, line, text, end);
  }
  if (text !== "") yield { text, line };
}

/** The parser knows whether a quote is to blame. */
function endlessRecord(
  record: string,
  name: string,
  line: number,
  text: string,
  end: number,
): TableError {
  const begins = line + countLines(text.slice(0, end));
  parseRecords(record, detectFormat(record).delimiter, name, begins);
  const rule = `have rows of at most ${LONGEST_RECORD} characters`;
  return new TableError({ table: name, line: begins }, rule, "a longer one");
}

/** Decodes UTF-8 in blocks of bounded size, a byte order mark included. */
async function* decoded(source: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  function decode(bytes?: Uint8Array): string {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      throw new TableError({ table: name }, "be text in UTF-8", "bytes that are not");
    }
  }
  for await (const bytes of source) {
    for (let from = 0; from < bytes.length; from += BLOCK) {
      yield decode(bytes.subarray(from, from + BLOCK));
    }
  }
  yield decode();
}
