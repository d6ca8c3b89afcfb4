/**
 * A sample of the rows of a table that is too long for memory.
 *
 * @module
 */

import { pow } from "../numerics/inner.ts";
import { createRandom } from "../model/mod.ts";
import { gatherNumbers, ONE_READER, type Readers, readShare } from "./readers.ts";
import { parseTableBytes } from "./table.ts";
import type { Table } from "./table_data.ts";
import { tableParts } from "./table_parts.ts";
import { checkAnyRows, type CutTable, type TableBlocks } from "./table_segments.ts";

/** Options of {@linkcode sampleTable}. */
export interface SampleTableOptions {
  /** Name for errors, usually the file's. */
  readonly name: string;
  /** Most bytes of text that are kept. */
  readonly bytes: number;
  /** Chooses the rows. */
  readonly seed: number;
}

/** Rows of a table, and how many it has. */
export interface SampledTable {
  /** The rows that were drawn, in order, with the lines of the source. */
  readonly table: Table;
  /** Rows of the source. */
  readonly rows: number;
}

/**
 * Reads a table in one pass and keeps rows drawn by a seed, each with the same probability: every row
 * draws a number, and those below a threshold stay; the threshold is halved whenever they fill the
 * memory. All rows' numbers of cells are checked, cells of rows that are not kept are not.
 *
 * @throws {TableError} As {@linkcode tableParts}.
 */
export async function sampleTable(
  source: AsyncIterable<Uint8Array>,
  options: SampleTableOptions,
): Promise<SampledTable> {
  const parts = () => tableParts(source, options);
  const kept = await keepRows({ blocks: 1, parts }, options, ONE_READER);
  return tableOf(kept, options, ONE_READER);
}

/**
 * The same of a table in blocks, of which every process reads its share; all get all rows that are
 * drawn, which are the same for any number of processes.
 *
 * @throws {TableError} As {@linkcode tableParts}.
 */
export async function sampleBlocks(
  table: CutTable,
  options: SampleTableOptions,
  readers: Readers = ONE_READER,
): Promise<SampledTable> {
  const kept = await readers.together(() => keepRows(table, options, readers));
  kept.begin(table.header);
  return tableOf(kept, options, readers);
}

/** Rows that have been drawn. */
type KeptRows = ReturnType<typeof createKeptRows>;

/** Draws from the blocks of this process; every block has its own numbers. */
async function keepRows(
  table: TableBlocks,
  { bytes, seed }: SampleTableOptions,
  readers: Readers,
): Promise<KeptRows> {
  const kept = createKeptRows(bytes), [first, end] = readShare(readers, table.blocks);
  for (let block = first; block < end; block++) {
    const random = createRandom(seed, `sample of rows ${block}`);
    for await (const part of table.parts(block)) {
      kept.take(part, Float64Array.from({ length: part.rows }, () => random.uniform()));
    }
  }
  return kept;
}

/** Halvings of the threshold: no table has more rows than two to that power. */
const MOST_HALVINGS = 60;

/** Rows below a threshold, as text after a header. */
function createKeptRows(most: number) {
  const encoder = new TextEncoder();
  let text = new Uint8Array(Math.min(most, 1 << 24)), start = 0, end = 0;
  let keys: number[] = [], ends: number[] = [], lines: number[] = [];
  let halvings = 0, rows = 0;

  /** Moves the rows below a threshold to the front. */
  function shrink(threshold: number): void {
    const kept: [number[], number[], number[]] = [[], [], []];
    let to = start;
    keys.forEach((key, i) => {
      const from = i === 0 ? start : ends[i - 1];
      if (key >= threshold) return;
      text.copyWithin(to, from, ends[i]);
      to += ends[i] - from;
      kept[0].push(key);
      kept[1].push(to);
      kept[2].push(lines[i]);
    });
    [keys, ends, lines] = kept;
    end = to;
  }

  function write(record: string): void {
    const room = end + 3 * record.length + 1;
    if (room > text.length) {
      const larger = new Uint8Array(Math.max(Math.min(most, 2 * text.length), room));
      larger.set(text.subarray(0, end));
      text = larger;
    }
    end += encoder.encodeInto(`${record}\n`, text.subarray(end)).written;
  }

  return {
    /** Begins with a header, where that has not been done. */
    begin(header: string): void {
      if (start > 0) return;
      write(header);
      start = end;
    },
    /** Takes those rows of a part whose numbers are small enough. */
    take(part: Table, drawn: Float64Array): void {
      this.begin(part.source.header);
      rows += part.rows;
      if (!drawn.some((key) => key < pow(2, -halvings))) return;
      const { records } = part.source;
      drawn.forEach((key, r) => {
        if (key >= pow(2, -halvings)) return;
        write(records[r]);
        keys.push(key);
        ends.push(end);
        lines.push(part.lines[r]);
        while (end > most && halvings < MOST_HALVINGS) shrink(pow(2, -++halvings));
      });
    },
    /** Rows that were seen. */
    rows: () => rows,
    /** Bytes of the rows below every power of a half; infinite where these are not all here. */
    sizes(): number[] {
      const found = Array.from(
        { length: MOST_HALVINGS + 1 },
        (_, j) => j < halvings ? Infinity : 0,
      );
      keys.forEach((key, i) => {
        const size = ends[i] - (i === 0 ? start : ends[i - 1]);
        for (let j = halvings; j <= MOST_HALVINGS && key < pow(2, -j); j++) found[j] += size;
      });
      return found;
    },
    /** The rows below a threshold: text with the header, text without, and lines. */
    below(threshold: number) {
      shrink(threshold);
      return { header: text.slice(0, start), body: text.slice(start, end), lines };
    },
  };
}

/** The rows that all processes have drawn, under one threshold. */
function tableOf(
  kept: KeptRows,
  { name, bytes }: SampleTableOptions,
  readers: Readers,
): SampledTable {
  const told = gatherNumbers(readers, [kept.rows(), ...kept.sizes()]);
  const sum = (k: number) => told.reduce((all, each) => all + each[k], 0);
  const rows = sum(0);
  checkAnyRows(rows, name);
  const { header } = kept.below(1);
  let halvings = 0;
  while (halvings < MOST_HALVINGS && header.length + sum(1 + halvings) > bytes) halvings++;
  const { body, lines } = kept.below(pow(2, -halvings));
  const allLines = gatherNumbers(readers, lines).flatMap((each) => [...each]);
  const bodies = readers.gatherBytes(body);
  const text = new Uint8Array([header, ...bodies].reduce((all, each) => all + each.length, 0));
  let at = 0;
  for (const each of [header, ...bodies]) {
    text.set(each, at);
    at += each.length;
  }
  const table = parseTableBytes(text, { name });
  return { table: allLines.length === table.rows ? withLines(table, allLines) : table, rows };
}

function withLines(table: Table, lines: readonly number[]): Table {
  return { ...table, lines: Int32Array.from(lines) };
}
