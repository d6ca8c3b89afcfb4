/**
 * Long tables in segments that are read one by one in any order, so that several processes may share
 * them.
 *
 * The file is cut at every so many bytes. A segment has the records that begin behind a line end
 * within it: where a record ends is known from the number of quotes before, which one pass over the
 * bytes counts. Segments form blocks, a power of two of them, whose number depends on the file
 * alone: sums over rows are taken block by block.
 *
 * @module
 */

import { noRows } from "./_records.ts";
import { LONGEST_RECORD } from "./_whole_records.ts";
import { gatherNumbers, ONE_READER, type Readers, readShare } from "./readers.ts";
import { scanHead, type TableHead } from "./scan/scan_table.ts";
import type { Table } from "./table_data.ts";
import { countByte, FEED, HEAD_BYTES, QUOTE, readPart } from "./table_parts.ts";
import { log2, pow } from "../numerics/inner.ts";

/** Bytes that can be read from any place. */
export interface ByteSource {
  readonly size: number;
  /** The bytes from one place to below another, or to the end. */
  read(from: number, to: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A table in blocks of rows. */
export interface TableBlocks {
  /** How many, a power of two. */
  readonly blocks: number;
  /** Reads a block in parts. */
  parts(block: number): AsyncIterable<Table>;
}

/** Options of {@linkcode cutTable}. */
export interface CutTableOptions {
  /** Name for errors, usually the file's. */
  readonly name: string;
  /** Bytes of a segment. Default 4 MiB. */
  readonly bytes?: number;
  /** Who reads the table. Default: this process alone. */
  readonly readers?: Readers;
}

/** A table that is cut, and its header. */
export interface CutTable extends TableBlocks {
  readonly header: string;
}

/** The most blocks: processes beyond them have no share. */
const MOST_BLOCKS = 1024;

/**
 * Cuts a table.
 *
 * @returns The blocks; undefined for a table that only a reader from its beginning understands.
 * @throws {TableError} If the header cannot be read.
 */
export async function cutTable(
  source: ByteSource,
  { name, bytes = 1 << 22, readers = ONE_READER }: CutTableOptions,
): Promise<CutTable | undefined> {
  const head = await readers.together(async () => {
    return scanHead(await source.read(0, HEAD_BYTES), name);
  });
  if (head === undefined) return undefined;
  const segments = Math.max(1, Math.ceil(source.size / bytes));
  const { blocks, firstOf } = blocksOf(segments);
  const [first, end] = readShare(readers, blocks);
  const counted = await readers.together(async () => {
    const found: number[] = [];
    for (let k = firstOf(first); k < firstOf(end); k++) {
      const text = await source.read(k * bytes, (k + 1) * bytes);
      found.push(countByte(text, QUOTE), countByte(text, FEED));
    }
    return found;
  });
  const counts = gatherNumbers(readers, counted).flatMap((each) => [...each]);
  const before: { odd: boolean; lines: number }[] = [{ odd: false, lines: 0 }];
  for (let k = 0; k < segments; k++) {
    const { odd, lines } = before[k];
    before.push({ odd: odd !== (counts[2 * k] % 2 === 1), lines: lines + counts[2 * k + 1] });
  }
  const at = (k: number): Start => ({ from: k * bytes, ...before[k] });
  return {
    header: head.header.text,
    blocks,
    async *parts(block) {
      for (let k = firstOf(block); k < firstOf(block + 1); k++) {
        const table = await readSegment(source, head, at(k), at(k + 1));
        if (table !== undefined) yield table;
      }
    },
  };
}

/** The blocks that segments form: how many, and the first segment of each. */
export function blocksOf(segments: number) {
  const blocks = pow(2, Math.floor(log2(Math.min(segments, MOST_BLOCKS))));
  return { blocks, firstOf: (block: number) => Math.floor(block * segments / blocks) };
}

/** Where a segment begins, whether in quotes, and how many lines end before. */
interface Start {
  readonly from: number;
  readonly odd: boolean;
  readonly lines: number;
}

/** The records that begin behind a line end from one place to below another. */
async function readSegment(
  source: ByteSource,
  head: TableHead,
  start: Start,
  end: Start,
): Promise<Table | undefined> {
  const { size } = source, isFirst = start.from <= head.from;
  if (end.from <= head.from && end.from < size) return undefined;
  let text = await source.read(start.from, end.from), last = text.length;
  const from = isFirst ? head.from - start.from : recordEnd(text, 0, start.odd);
  if (from === undefined) return undefined; // a record reaches over the whole segment
  if (end.from < size) { // the record in which the segment ends
    let cut: number | undefined, read = 1 << 12;
    for (;; read *= 8) {
      const more = await source.read(end.from, end.from + read);
      cut = recordEnd(more, 0, end.odd);
      if (cut === undefined && more.length === read && read < LONGEST_RECORD) continue;
      text = joined(text, more);
      last = text.length - more.length + (cut ?? more.length);
      break;
    }
  }
  const line = isFirst ? head.line : start.lines + countByte(text.subarray(0, from), FEED) + 1;
  return from >= last ? undefined : readPart(text.slice(from, last), head, line).table;
}

/** Behind the first line end that is not in quotes. */
function recordEnd(bytes: Uint8Array, from: number, odd: boolean): number | undefined {
  let quoted = odd;
  for (let i = from; i < bytes.length; i++) {
    if (bytes[i] === QUOTE) quoted = !quoted;
    else if (bytes[i] === FEED && !quoted) return i + 1;
  }
  return undefined;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}

/** @throws {TableError} If a table has no rows. */
export function checkAnyRows(rows: number, name: string): void {
  if (rows === 0) throw noRows(name);
}
