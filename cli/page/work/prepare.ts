/**
 * From a plan of the page to a run that only has to begin, by the steps of `freeknot train`.
 *
 * @module
 */

import { parseTable } from "../../../lib/data/mod.ts";
import type { Checkpoint } from "../../../lib/train/mod.ts";
import { decodeCheckpoint } from "../../../lib/train/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { trainData } from "../../commands/train/data.ts";
import { SOLVE_FLAGS } from "../../commands/solve/flags.ts";
import { TRAIN_FLAGS } from "../../commands/train/flags.ts";
import { dataNotes } from "../../commands/train/notes.ts";
import { type ReadyRun, readyRun } from "../../commands/train/ready.ts";
import { trainRequest } from "../../commands/train/request.ts";
import { parseFlags } from "../../flags/parse.ts";
import { checkpointMetadata, checkpointOf } from "../../runs/checkpoint.ts";
import { errorLine, unreadable, UsageError } from "../../terminal/errors.ts";
import { tableText } from "../../terminal/files.ts";
import type { GivenTable, RunPlan } from "../protocol.ts";
import { makeTable } from "./made_table.ts";
import type { Truth } from "./pictures.ts";

/** A run of the page before its first epoch. */
export interface PreparedRun {
  readonly ready: ReadyRun;
  /** The table that it reads, where it reads one. */
  readonly table?: { readonly name: string; readonly text: string };
  readonly truth: Truth;
  readonly notes: readonly string[];
  /** Where it goes on. */
  readonly resume?: Checkpoint;
}

/** Flags that only a program with files and threads has a use for. */
const REFUSED = [
  ...["model-out", "checkpoint", "checkpoint-every", "resume", "report", "json", "quiet"],
  ...["svg", "png", "text", "pictures"],
  ...[
    "folds",
    "group",
    "order",
    "learning-curve",
    "seeds",
    "keep",
    "form",
    "time-limit",
    "cluster",
  ],
];

/**
 * Reads flags and data, and chooses what is left open.
 *
 * @throws Whatever `freeknot train` would say of the same flags and the same table.
 */
export async function prepareRun(plan: RunPlan, signal: AbortSignal): Promise<PreparedRun> {
  const kept = plan.checkpoint && decodedCheckpoint(plan.checkpoint);
  const made = kept ? undefined : plan.made && makeTable(plan.made);
  const words = kept ? kept.words : [
    ...(made ? ["--data", made.name, "--target", made.target] : []),
    ...plan.words,
  ];
  const { given } = parseFlags(words, TRAIN_FLAGS);
  for (const name of REFUSED) {
    if (!given.has(name)) continue;
    throw new UsageError(
      `Cannot train here: --${name} must be given to freeknot train; the page leaves it out`,
    );
  }
  const engine = given.get("engine") ?? "cpu";
  if (engine !== "cpu" && engine !== "reference" && engine !== "webgpu") {
    throw new UsageError(
      `Cannot train here: --engine must be cpu, webgpu or reference, current value is ${
        JSON.stringify(engine)
      }`,
    );
  }
  const request = trainRequest(given), notes: string[] = [];
  const table = made ?? (request.source.kind === "table" ? textOf(plan.table) : undefined);
  if (table && !made) parseTable(table.text, { name: table.name }); // a fault of the table comes first
  const data = await trainData(request, table?.text);
  notes.push(...dataNotes(data));
  const ready = await readyRun(request, data, { signal, note: (text) => notes.push(text) });
  const truth = made?.truth ??
    (request.source.kind === "gallery" ? request.source.problem.evaluate : undefined);
  const metadata = checkpointMetadata(ready.options, data.encoding);
  return {
    ready,
    notes,
    truth: truth && ((point) => truth(point)),
    ...defined({ table, resume: kept && checkpointOf(kept.decoded, metadata, "the checkpoint") }),
  };
}

/** The line that the command line would print of an error. */
export function faultLine(error: unknown, solves: boolean): string {
  const groups = solves ? SOLVE_FLAGS : TRAIN_FLAGS;
  return errorLine(error, groups.flatMap(({ flags }) => flags.map(({ name }) => name)));
}

function textOf(table: GivenTable | undefined): { readonly name: string; readonly text: string } {
  if (table === undefined) {
    throw new UsageError("Cannot train: there must be a table; drop a CSV file here, or paste one");
  }
  return { name: table.name, text: tableText(table.bytes, table.name) };
}

function decodedCheckpoint(bytes: Uint8Array) {
  try {
    const decoded = decodeCheckpoint(bytes), words = decoded.metadata.arguments;
    if (Array.isArray(words)) return { decoded, words: words.map(String) };
  } catch (error) {
    throw unreadable(error, "checkpoint", "the file");
  }
  throw new UsageError(
    "Cannot read checkpoint: it must be one that freeknot train or this page wrote, current value " +
      "is one of a program that uses the library",
  );
}
