/**
 * Tables within a limit of memory: whole where they fit, otherwise a sample of their rows.
 *
 * @module
 */

import {
  cutTable,
  ONE_READER,
  type Readers,
  sampleBlocks,
  sampleTable,
  type TableBlocks,
  tableParts,
} from "../../lib/data/inner.ts";
import { parseTableBytes, type Table } from "../../lib/data/mod.ts";
import { RunError, UsageError } from "./errors.ts";
import { readBetween, readBlocks, readInput, tableName } from "./files.ts";
import { cutParquet, isParquet, readParquet } from "./parquet.ts";

/** Memory that `train` takes for a byte of CSV, measured, and what it takes anyway. */
const BYTES_PER_BYTE = 8, ANYWAY = 2 ** 28;

/** Memory of `train` unless told otherwise: the same on every machine, as results depend on it. */
export const DEFAULT_MEMORY = 4 * 2 ** 30;

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  MB: 1e6,
  GB: 1e9,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
};

/** `1GB`, `500MB`: bytes. */
export function memoryBytes(text: string): number {
  const [, digits, unit] = /^\s*([\d.]+)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[(unit ?? "").toUpperCase()] ?? NaN);
  if (bytes >= 500e6 && bytes < 2 ** 50) return bytes;
  throw new UsageError(
    "Cannot train: --memory-limit must be at least 500MB, a number with MB or GB, " +
      `current value is ${JSON.stringify(text)}`,
  );
}

/** A table of a file, and, where it is a sample, of what. */
export interface LimitedTable {
  readonly table: Table;
  /** Rows of the file. */
  readonly of?: number;
  /** All of its rows, in blocks. */
  readonly blocks?: TableBlocks;
}

/** What a table must fit in, and who draws its rows if it does not. */
export interface TableLimits {
  /** Memory of the program, in bytes. */
  readonly memory: number;
  readonly seed: number;
  /** Most bytes of text of a sample, where fewer do. */
  readonly sample?: number;
  /** Processes that share the rows; default: this one reads them all. */
  readonly readers?: Readers;
}

/**
 * Reads a table, of CSV or Parquet; of one too large for the memory a sample of its rows.
 *
 * @throws {UsageError} If it cannot be read.
 * @throws {RunError} If it changes meanwhile.
 */
export async function readWithin(
  file: string,
  { memory, seed, sample = Infinity, readers = ONE_READER }: TableLimits,
): Promise<LimitedTable> {
  const name = tableName(file), before = await stateOf(file), parquet = isParquet(file);
  const room = Math.max((memory - ANYWAY) / BYTES_PER_BYTE, 2 ** 24);
  const groups = parquet && before !== undefined
    ? await readers.together(() => cutParquet(file, room))
    : undefined;
  if (groups === undefined && (parquet || before === undefined || before.size <= room)) {
    const table = await readers.together(async () =>
      parquet ? await readParquet(file) : parseTableBytes(await readInput(file), { name })
    );
    return { table };
  }
  const { size } = before!, limits = { name, bytes: Math.floor(Math.min(room, sample)), seed };
  async function checkUnchanged(): Promise<void> {
    const after = await stateOf(file);
    if (after?.size !== size || after.mtime !== before!.mtime) {
      throw new RunError(`Cannot read ${name}: it was changed while it was read; train on a copy`);
    }
  }
  const source = { size, read: (from: number, to: number) => readBetween(file, from, to) };
  const cut = groups ?? await cutTable(source, { name, readers });
  if (cut === undefined && readers.size > 1) throw notCut(name);
  const { table, rows } = cut === undefined
    ? await sampleTable(readBlocks(file), limits)
    : await sampleBlocks(cut, limits, readers);
  await readers.together(checkUnchanged);
  if (table.rows === rows) return { table };
  return {
    ...{ table, of: rows },
    blocks: {
      blocks: cut?.blocks ?? 1,
      async *parts(block) {
        yield* cut?.parts(block) ?? tableParts(readBlocks(file), { name });
        await checkUnchanged();
      },
    },
  };
}

function notCut(name: string): UsageError {
  return new UsageError(
    `Cannot read ${name}: a table that is shared by --cluster must have its names in the first ` +
      "line, commas, semicolons or tabs between several columns, and line feeds; save it so",
  );
}

/** Size and time of a file; undefined of stdin, of devices, and where there is none. */
async function stateOf(file: string) {
  if (file === "-") return undefined;
  const info = await Deno.stat(file).catch(() => undefined);
  return info?.isFile ? { size: info.size, mtime: info.mtime?.getTime() } : undefined;
}
