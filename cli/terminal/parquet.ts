/**
 * Tables from Parquet files, by the package hyparquet, which is loaded when such a file is read.
 *
 * Its name is not in the module graph: who reads CSV neither fetches it nor has it in the lock file.
 *
 * @module
 */

import { blocksOf, type CutTable } from "../../lib/data/inner.ts";
import { createTable, type Table } from "../../lib/data/mod.ts";
import { UsageError } from "./errors.ts";
import { readBetween, readBytes } from "./files.ts";

/** The packages, in versions that are tested. */
const READER = "npm:hyparquet@1.31.5", CODECS = "npm:hyparquet-compressors@1.1.2";

/** A file of which parts are read. */
interface PartFile {
  readonly byteLength: number;
  slice(from: number, to?: number): Promise<ArrayBuffer>;
}

/** What is used of hyparquet. */
interface Reader {
  parquetReadObjects(options: {
    readonly file: ArrayBuffer | PartFile;
    readonly compressors?: unknown;
    readonly metadata?: Metadata;
    readonly rowStart?: number;
    readonly rowEnd?: number;
  }): Promise<Record<string, unknown>[]>;
  parquetMetadata(file: ArrayBuffer): Metadata;
  parquetMetadataAsync(file: PartFile): Promise<Metadata>;
  parquetSchema(metadata: Metadata): {
    readonly children: readonly { readonly element: { readonly name: string } }[];
  };
}

interface Metadata {
  readonly row_groups: readonly { readonly num_rows: bigint }[];
}

/** Whether a path names a Parquet file. */
export function isParquet(path: string): boolean {
  return /\.(parquet|pq)$/i.test(path);
}

/** The packages' functions. */
interface Packages {
  readonly reader: Reader;
  readonly compressors: unknown;
}

async function loadPackages(path: string): Promise<Packages> {
  try {
    const reader: Reader = await import(READER), { compressors } = await import(CODECS);
    return { reader, compressors };
  } catch (error) {
    throw new UsageError(
      `Cannot read ${path}: Parquet needs the package hyparquet, which could not be loaded ` +
        `(${(error as Error).message.split("\n")[0]}); save the table as CSV`,
    );
  }
}

/** Does something with a Parquet file, and words its faults. */
async function reading<Value>(path: string, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Cannot ")) throw error;
    throw new UsageError(
      `Cannot read ${path}: it must be a Parquet file, current value is ` +
        `${(error as Error).message}`,
    );
  }
}

function namesOf({ parquetSchema }: Reader, metadata: Metadata): string[] {
  return parquetSchema(metadata).children.map(({ element: { name } }) => name);
}

function tableOf(
  path: string,
  names: readonly string[],
  rows: readonly Readonly<Record<string, unknown>>[],
): Table {
  const columns = names.map((name) => ({ name, values: rows.map((row) => cellOf(row[name])) }));
  return createTable(columns, { name: path });
}

/**
 * Reads a Parquet file.
 *
 * @throws {UsageError} If it cannot be read, or the package cannot be loaded.
 */
export async function readParquet(path: string): Promise<Table> {
  const bytes = await readBytes(path), { reader, compressors } = await loadPackages(path);
  const file = new Uint8Array(bytes).buffer;
  return await reading(path, async () => {
    const names = namesOf(reader, reader.parquetMetadata(file));
    return tableOf(path, names, await reader.parquetReadObjects({ file, compressors }));
  });
}

/** Rows that are read at once, and bytes that a cell would take as text. */
const PART_ROWS = 1 << 17, CELL_BYTES = 12;

/**
 * Cuts a Parquet file whose text would take more than so many bytes into blocks of its row groups.
 *
 * @returns The blocks; undefined where the table is small enough to be read whole.
 * @throws {UsageError} If it cannot be read, or the package cannot be loaded.
 */
export async function cutParquet(path: string, room: number): Promise<CutTable | undefined> {
  const { reader, compressors } = await loadPackages(path);
  return await reading(path, async () => {
    const { size } = await Deno.stat(path);
    const file: PartFile = {
      byteLength: size,
      async slice(from, to = size) {
        const first = from < 0 ? size + from : from;
        return (await readBetween(path, first, Math.min(to, size))).buffer;
      },
    };
    const metadata = await reader.parquetMetadataAsync(file), names = namesOf(reader, metadata);
    const parts: [number, number][] = [];
    let rows = 0;
    for (const { num_rows } of metadata.row_groups) {
      const end = rows + Number(num_rows);
      for (; rows < end; rows = parts.at(-1)![1]) {
        parts.push([rows, Math.min(end, rows + PART_ROWS)]);
      }
    }
    if (rows * names.length * CELL_BYTES <= room) return undefined;
    const { blocks, firstOf } = blocksOf(parts.length);
    const { source: { header } } = createTable(names.map((name) => ({ name, values: [0] })), {
      name: path,
    });
    return {
      header,
      blocks,
      async *parts(block) {
        for (const [rowStart, rowEnd] of parts.slice(firstOf(block), firstOf(block + 1))) {
          const table = await reading(path, async () => {
            const options = { file, compressors, metadata, rowStart, rowEnd };
            return tableOf(path, names, await reader.parquetReadObjects(options));
          });
          yield { ...table, lines: table.lines.map((_, r) => rowStart + r + 2) };
        }
      },
    };
  });
}

/** A value as the cell of a table; nothing where there is none. */
function cellOf(value: unknown): string | number {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isNaN(value) ? "" : value;
  if (value instanceof Date) return value.toISOString().replace(/T00:00:00\.000Z$/, "");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
