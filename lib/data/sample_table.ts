/**
 * A sample of the rows of a table that is too long for memory.
 *
 * @module
 */

import { createRandom } from "../model/mod.ts";
import { parseTableBytes } from "./table.ts";
import type { Table } from "./table_data.ts";
import { tableParts } from "./table_parts.ts";

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
  { name, bytes, seed }: SampleTableOptions,
): Promise<SampledTable> {
  const random = createRandom(seed, "sample of rows"), encoder = new TextEncoder();
  let text = new Uint8Array(Math.min(bytes, 1 << 24)), end = 0;
  let keys: number[] = [], ends: number[] = [], lines: number[] = [];
  let threshold = 1, rows = 0;

  /** Halves the threshold and moves what stays to the front. */
  function shrink(): void {
    threshold /= 2;
    const kept: [number[], number[], number[]] = [[], [], []];
    let to = 0;
    keys.forEach((key, i) => {
      const from = i === 0 ? start : ends[i - 1];
      if (key >= threshold) return;
      if (kept[0].length === 0) to = start;
      text.copyWithin(to, from, ends[i]);
      to += ends[i] - from;
      kept[0].push(key);
      kept[1].push(to);
      kept[2].push(lines[i]);
    });
    [keys, ends, lines] = kept;
    end = keys.length === 0 ? start : to;
  }

  function add(record: string): void {
    const most = 3 * record.length + 1;
    while (end + most > text.length) {
      if (text.length >= bytes && keys.length > 1) {
        shrink();
        continue;
      }
      const larger = new Uint8Array(Math.max(Math.min(bytes, 2 * text.length), end + most));
      larger.set(text.subarray(0, end));
      text = larger;
    }
    end += encoder.encodeInto(`${record}\n`, text.subarray(end)).written;
  }

  let start = 0;
  for await (const part of tableParts(source, { name })) {
    if (rows === 0) {
      add(part.source.header);
      start = end;
    }
    rows += part.rows;
    const drawn = Float64Array.from({ length: part.rows }, () => random.uniform());
    if (!drawn.some((key) => key < threshold)) continue;
    const { records } = part.source;
    drawn.forEach((key, r) => {
      if (key >= threshold) return;
      add(records[r]);
      if (key >= threshold) { // the threshold has fallen for its sake
        end = ends.length === 0 ? start : ends[ends.length - 1];
        return;
      }
      keys.push(key);
      ends.push(end);
      lines.push(part.lines[r]);
    });
  }
  const table = parseTableBytes(text.subarray(0, end), { name });
  return { table: keys.length === table.rows ? withLines(table, lines) : table, rows };
}

function withLines(table: Table, lines: readonly number[]): Table {
  return { ...table, lines: Int32Array.from(lines) };
}
