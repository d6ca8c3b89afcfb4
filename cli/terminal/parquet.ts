/**
 * Tables from Parquet files, by the package hyparquet, which is loaded when such a file is read.
 *
 * Its name is not in the module graph: who reads CSV neither fetches it nor has it in the lock file.
 *
 * @module
 */

import { createTable, type Table } from "../../lib/data/mod.ts";
import { UsageError } from "./errors.ts";
import { readBytes } from "./files.ts";

/** The packages, in versions that are tested. */
const READER = "npm:hyparquet@1.31.5", CODECS = "npm:hyparquet-compressors@1.1.2";

/** What is used of hyparquet. */
interface Reader {
  parquetReadObjects(options: {
    readonly file: ArrayBuffer;
    readonly compressors?: unknown;
  }): Promise<Record<string, unknown>[]>;
  parquetMetadata(file: ArrayBuffer): unknown;
  parquetSchema(metadata: unknown): {
    readonly children: readonly { readonly element: { readonly name: string } }[];
  };
}

/** Whether a path names a Parquet file. */
export function isParquet(path: string): boolean {
  return /\.(parquet|pq)$/i.test(path);
}

/**
 * Reads a Parquet file.
 *
 * @throws {UsageError} If it cannot be read, or the package cannot be loaded.
 */
export async function readParquet(path: string): Promise<Table> {
  const bytes = await readBytes(path);
  let reader: Reader, compressors: unknown;
  try {
    reader = await import(READER);
    ({ compressors } = await import(CODECS));
  } catch (error) {
    throw new UsageError(
      `Cannot read ${path}: Parquet needs the package hyparquet, which could not be loaded ` +
        `(${(error as Error).message.split("\n")[0]}); save the table as CSV`,
    );
  }
  const file = new Uint8Array(bytes).buffer;
  try {
    const { children } = reader.parquetSchema(reader.parquetMetadata(file));
    const rows = await reader.parquetReadObjects({ file, compressors });
    const columns = children.map(({ element: { name } }) => ({
      name,
      values: rows.map((row) => cellOf(row[name])),
    }));
    return createTable(columns, { name: path });
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("Cannot ")) throw error;
    throw new UsageError(
      `Cannot read ${path}: it must be a Parquet file, current value is ` +
        `${(error as Error).message}`,
    );
  }
}

/** A value as the cell of a table; nothing where there is none. */
function cellOf(value: unknown): string | number {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isNaN(value) ? "" : value;
  if (value instanceof Date) return value.toISOString().replace(/T00:00:00\.000Z$/, "");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
