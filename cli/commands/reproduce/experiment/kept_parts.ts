/**
 * Parts of an experiment that are kept in a file, so that they need not be repeated.
 *
 * @module
 */

import { encodeModel } from "../../../../lib/model/mod.ts";
import type { ExperimentOptions, PartRun } from "../../../../lib/reproduce/mod.ts";
import { checksumOf } from "../../../runs/cluster.ts";
import { UsageError } from "../../../terminal/errors.ts";
import { fileExists, readText, writeFile } from "../../../terminal/files.ts";
import { VERSION } from "../../../terminal/version.ts";
import type { ExperimentRequest } from "./request.ts";

/** The parts that a file holds. */
export interface KeptParts {
  readonly parts: readonly PartRun[];
  /** Adds a part to the file; does nothing where none was asked for. */
  add(part: PartRun): Promise<void>;
}

/**
 * Reads the file of `--keep`, if there is one.
 *
 * @throws {UsageError} If it is there and holds something else.
 */
export async function readKeptParts(
  { keep, experiment, options, parts: ids }: ExperimentRequest,
): Promise<KeptParts> {
  if (keep === undefined) return { parts: [], add: () => Promise.resolve() };
  const key = await keyOf(options);
  const file = await fileExists(keep) ? read(await readText(keep)) : undefined;
  if (file === null || (file && file.experiment !== experiment.name)) {
    throw new UsageError(
      `Cannot keep parts: ${keep} must hold parts of ${experiment.name} or not exist, current ` +
        `value is ${file?.experiment ?? "something else"}`,
    );
  }
  const all: (PartRun & { readonly key: string })[] = [...file?.parts ?? []];
  return {
    parts: all.filter((part) => part.key === key && ids.includes(part.id)),
    async add(part) {
      all.push({ ...part, key });
      await writeFile(keep, write({ experiment: experiment.name, parts: all }));
    },
  };
}

/** All that tells the parts of one call from those of another: a network or a table by its sum. */
async function keyOf(
  { quick = false, seeds, network, table }: ExperimentOptions,
): Promise<string> {
  const textOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  return JSON.stringify({
    ...{ version: VERSION, quick, seeds: seeds ?? null },
    ...(network === undefined ? {} : { network: await checksumOf([encodeModel(network)]) }),
    ...(table === undefined
      ? {}
      : { table: await checksumOf([textOf([table.columns, table.cells])]) }),
  });
}

/** What the file holds. */
interface KeptFile {
  readonly experiment: string;
  readonly parts: readonly (PartRun & { readonly key: string })[];
}

const NOT_FINITE = ["NaN", "Infinity", "-Infinity"];

function write(file: KeptFile): string {
  const text = (_: string, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  return `${JSON.stringify(file, text)}\n`;
}

/** The file's content; null: something else. */
function read(text: string): KeptFile | null {
  try {
    const content = JSON.parse(
      text,
      (_, value) => NOT_FINITE.includes(value) ? Number(value) : value,
    );
    return typeof content?.experiment === "string" && Array.isArray(content.parts) ? content : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
