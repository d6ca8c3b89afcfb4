/**
 * Decodes a stream of bytes to pieces of text that end where a record ends.
 *
 * A line end is the end of a record where the number of quotes before it is even. A quote in the
 * wrong place makes this count wrong, but only behind that quote, at which the parser stops.
 *
 * @module
 */

import { checkText, countLines, detectFormat, notText, parseRecords } from "./_records.ts";
import { TableError } from "./table_error.ts";

/** Bytes decoded at once. */
const BLOCK = 1 << 16;

/** A piece of text is passed on when it has this many characters. */
const ENOUGH = 1 << 15;

/** Most characters of a record: a quote that is not closed must not fill the memory. */
export const LONGEST_RECORD = 1 << 22;

/**
 * Cuts a stream of bytes, whose blocks end anywhere, where records end; the last piece may lack its
 * line end. `line`, from 1, is where a piece begins.
 *
 * @throws {TableError} If the text is not UTF-8 or a record does not end.
 */
export async function* wholeRecords(
  source: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<{ readonly text: string; readonly line: number }> {
  let ready = "", line = 1; // whole records, and the line where they begin
  let open: string[] = [], length = 0; // the beginning of a record, scanned already
  let quoted = false, held = ""; // a carriage return that a line feed may follow
  for await (const decodedText of decoded(source, name)) {
    checkText(decodedText, name);
    let text = held + decodedText;
    held = text.endsWith("\r") ? "\r" : "";
    if (held !== "") text = text.slice(0, -1);
    let end = 0;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 34) quoted = !quoted;
      else if (!quoted && (code === 10 || (code === 13 && text.charCodeAt(i + 1) !== 10))) {
        end = i + 1;
      }
    }
    if (end > 0) {
      ready += open.join("") + text.slice(0, end);
      open = [];
      length = 0;
    }
    open.push(text.slice(end));
    length += text.length - end;
    if (ready.length >= ENOUGH) {
      yield { text: ready, line };
      line += countLines(ready);
      ready = "";
    }
    if (length > LONGEST_RECORD) throw endlessRecord(open.join(""), name, line + countLines(ready));
  }
  const last = ready + open.join("") + held;
  if (last !== "") yield { text: last, line };
}

/** The error of a record that is too long; the parser throws first if a quote is to blame. */
function endlessRecord(record: string, name: string, line: number): TableError {
  parseRecords(record, detectFormat(record).delimiter, name, line);
  const rule = `have rows of at most ${LONGEST_RECORD} characters`;
  return new TableError({ table: name, line }, rule, "a longer one");
}

/** Decodes UTF-8 in blocks of bounded size, a byte order mark included. */
async function* decoded(source: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  function decode(bytes?: Uint8Array): string {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      throw notText(name, "bytes that are not");
    }
  }
  for await (const bytes of source) {
    for (let from = 0; from < bytes.length; from += BLOCK) {
      yield decode(bytes.subarray(from, from + BLOCK));
    }
  }
  yield decode();
}
