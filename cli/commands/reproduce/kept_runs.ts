/**
 * Runs of a table that are kept in a file, so that they need not be repeated.
 *
 * @module
 */

import type { EpochRecord } from "../../../lib/train/mod.ts";
import type { RowRun } from "../../../lib/reproduce/mod.ts";
import { UsageError } from "../../terminal/errors.ts";
import { fileExists, readText, writeFile } from "../../terminal/files.ts";
import type { ReproduceRequest } from "./request.ts";
import { VERSION } from "../../terminal/version.ts";

/** The runs that a file holds. */
export interface KeptRuns {
  /** Those that the request asks for, row by row. */
  readonly runs: readonly RowRun[];
  /** Adds a run to the file; does nothing where none was asked for. */
  add(run: RowRun): Promise<void>;
}

/** A run in the file. */
interface KeptRun extends Omit<RowRun, "row"> {
  /** All that tells its row from others, as text: other ones are other runs. */
  readonly row: string;
  /** What its numbers are, and of which problem. */
  readonly measure: string;
  readonly version: string;
}

/** Most epochs of a run's history in the file. */
const MOST_RECORDS = 500;

/**
 * Reads the file of `--keep`, if there is one.
 *
 * @throws {UsageError} If it is there and holds something else.
 */
export async function readKeptRuns(
  { keep, rows, seeds, problem, table, ...request }: ReproduceRequest,
): Promise<KeptRuns> {
  const measure = `${request.measure}, ${problem.name}`;
  if (keep === undefined) return { runs: [], add: () => Promise.resolve() };
  const all: KeptRun[] = await fileExists(keep) ? await read(keep, table) : [];
  const runs = rows.flatMap((row) =>
    seeds.flatMap((seed): RowRun[] => {
      const text = textOf(row);
      const own = all.find((run) =>
        run.row === text && run.seed === seed && run.measure === measure && run.version === VERSION
      );
      if (!own) return [];
      const { measure: _, version: __, ...run } = own;
      return [{ ...run, row }];
    })
  );
  return {
    runs,
    async add(run) {
      const history = thinned(run.history);
      all.push({ ...run, history, row: textOf(run.row), measure, version: VERSION });
      await writeFile(keep, `${JSON.stringify({ table, runs: all })}\n`);
    },
  };
}

async function read(path: string, table: string): Promise<KeptRun[]> {
  let content: { readonly table?: unknown; readonly runs?: unknown };
  try {
    content = JSON.parse(await readText(path));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    content = {};
  }
  if (content?.table !== table || !Array.isArray(content.runs)) {
    throw new UsageError(
      `Cannot keep runs: ${path} must hold runs of ${table} or not exist, current value is ` +
        `${typeof content?.table === "string" ? content.table : "something else"}`,
    );
  }
  // what is not finite is null in JSON
  return content.runs.map((run) => ({
    ...run,
    loss: run.loss ?? Infinity,
    lastLoss: run.lastLoss ?? Infinity,
    testLoss: run.testLoss ?? NaN,
  }));
}

function textOf({ id: _, label: __, group: ___, paper: ____, ...told }: RowRun["row"]): string {
  return JSON.stringify(told);
}

/** Every so manyth record, and the last. */
function thinned(history: readonly EpochRecord[]): EpochRecord[] {
  const step = Math.ceil(history.length / MOST_RECORDS);
  return history.filter((_, i) => i % step === 0 || i === history.length - 1);
}
