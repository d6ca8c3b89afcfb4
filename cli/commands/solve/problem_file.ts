/**
 * A differential equation of one's own, in a file.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { didYouMean } from "../../../lib/data/inner.ts";
import { numericColumn, parseTableBytes, type Table } from "../../../lib/data/mod.ts";
import { isRecord } from "../../../lib/numerics/inner.ts";
import { parsePde, type PdeProblem } from "../../../lib/physics/mod.ts";
import { isRequestError, UsageError } from "../../terminal/errors.ts";
import { readBytes } from "../../terminal/files.ts";

/**
 * Reads a problem from a JSON file.
 *
 * @param path The file; the problem is called after it, where it does not say its name.
 * @throws {UsageError} If it cannot be read, is not JSON in UTF-8, or not a problem; in one line
 * that names the file, the field, the rule and the current value.
 */
export async function readProblemFile(path: string): Promise<PdeProblem> {
  return problemOf(await withMeasurements(readJson(await readBytes(path), path), path), path);
}

/** The same from the file's bytes, for problems whose measurements are in the file itself. */
export function readProblem(bytes: Uint8Array, path: string): PdeProblem {
  return problemOf(readJson(bytes, path), path);
}

function readJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new UsageError(
      `Cannot read ${path}: it must be JSON, current value is not (${(error as Error).message})`,
    );
  }
}

/** Puts the columns of tables in the place of `"data": { "file": "measured.csv" }`. */
async function withMeasurements(data: unknown, path: string): Promise<unknown> {
  if (!isRecord(data) || !Array.isArray(data.conditions)) return data;
  const conditions = [];
  for (const condition of data.conditions) {
    const file = isRecord(condition) && isRecord(condition.data) && condition.data.file;
    if (typeof file !== "string") conditions.push(condition);
    else {conditions.push({
        ...condition,
        data: await measuredColumns(condition, file, path, data),
      });}
  }
  return { ...data, conditions };
}

/** The columns of a table that the condition names, coordinates included. */
async function measuredColumns(
  { equation, data }: Record<string, unknown>,
  file: string,
  path: string,
  { domain }: Record<string, unknown>,
): Promise<Record<string, number[]>> {
  const { file: _, ...renamed } = data as Record<string, unknown>;
  for (const [name, column] of Object.entries(renamed)) {
    if (typeof column === "string") continue;
    throw new UsageError(
      `Cannot read ${path}: ${name} beside a file of measurements must be the name of its column, ` +
        `current value is ${JSON.stringify(column)}`,
    );
  }
  const tablePath = join(dirname(path), file);
  const table = parseTableBytes(await readBytes(tablePath), { name: tablePath });
  const needed = [
    ...isRecord(domain) ? Object.keys(domain) : [],
    ...String(equation).match(/[A-Za-z]\w*/g) ?? [],
  ];
  const found: Record<string, number[]> = {};
  for (const name of new Set([...needed, ...Object.keys(renamed)])) {
    const column = (renamed[name] ?? name) as string;
    if (table.columns.includes(column)) found[name] = Array.from(numericColumn(table, column));
    else if (renamed[name] !== undefined || (isRecord(domain) && name in domain)) {
      throw missingColumn(table, column);
    }
  }
  return found;
}

function missingColumn({ name, columns }: Table, column: string): UsageError {
  return new UsageError(
    `Cannot read ${name}: it must have a column ${JSON.stringify(column)}, current value is ` +
      `${columns.map((each) => JSON.stringify(each)).join(", ")}${didYouMean(column, columns)}`,
  );
}

function problemOf(data: unknown, path: string): PdeProblem {
  try {
    const name = basename(path).replace(/\.json$/i, "");
    const named = isRecord(data) ? { name, ...data } : data;
    return parsePde(named);
  } catch (error) {
    if (!isRequestError(error)) throw error;
    const { message } = error as Error;
    throw new UsageError(message.replace(/^Cannot [^:]+: /, `Cannot read ${path}: `));
  }
}
