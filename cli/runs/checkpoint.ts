/**
 * The file of `--checkpoint`: written while training, read to go on.
 *
 * @module
 */

import {
  type Checkpoint,
  decodeCheckpoint,
  type DecodedCheckpoint,
  encodeCheckpoint,
  type TrainEvent,
} from "../../lib/train/mod.ts";
import { unreadable, UsageError } from "../terminal/errors.ts";
import { readBytes } from "../terminal/files.ts";
import { type FlagGroup, type GivenFlags, parseFlags } from "../flags/parse.ts";
import { runArguments, type RunOptions } from "../commands/train/options.ts";
import type { DataEncoding } from "../commands/train/data.ts";
import type { CheckpointRequest } from "../flags/checkpoint.ts";
import { textFlag } from "../flags/values.ts";
import { VERSION } from "../terminal/version.ts";
import { holdCheckpointFile } from "./checkpoint_file.ts";

/** The checkpoint of a run. */
export type RunCheckpoint = Awaited<ReturnType<typeof openCheckpoint>>;

/**
 * Reads the checkpoint that is there and makes the one that will be.
 *
 * @param request What the flags say.
 * @param options Every option of the run that decides its result.
 * @param encoding How the run's data became numbers.
 * @param warn Called if a checkpoint cannot be written: training goes on all the same.
 * @throws {UsageError} If the file is damaged, or is of another run, problem or version, or if
 * another run that goes on writes it.
 */
export async function openCheckpoint(
  request: CheckpointRequest,
  options: RunOptions,
  encoding: DataEncoding,
  warn: (text: string) => void,
) {
  const { file } = request;
  const metadata = checkpointMetadata(options, encoding);
  const held = await holdCheckpointFile(request, warn);
  const resume = await Promise.resolve(held.exists)
    .then(async (is) => is ? checkpointOf(await read(file), metadata, file) : undefined)
    .catch(async (error) => {
      await held.close();
      throw error;
    });
  return {
    /** Where training goes on; undefined: it begins. */
    resume,
    /** Takes an event of training, and writes the file if it is time. */
    async take(event: TrainEvent): Promise<void> {
      if (event.type !== "epoch" || event.checkpoint === undefined) return;
      const { record, checkpoint } = event;
      await held.take(record.epoch, () => encodeCheckpoint(checkpoint(), metadata));
    },
    fault: held.fault,
    close: held.close,
  };
}

/** What stands beside a checkpoint: the run that it is of. */
export function checkpointMetadata(options: RunOptions, encoding: DataEncoding) {
  return {
    version: VERSION,
    options,
    table: encoding.kind === "table" ? encoding.split.checksum : null,
    arguments: runArguments(options),
  };
}

/**
 * Adds the flags that the run of a checkpoint was started with to the flags of `--resume`.
 *
 * @param given The flags of the command line; they come first.
 * @param groups The command's flags.
 * @throws {UsageError} If the file cannot be read.
 */
export async function withResumedFlags(
  given: GivenFlags,
  groups: readonly FlagGroup[],
): Promise<GivenFlags> {
  const file = textFlag(given, "resume");
  if (file === undefined) return given;
  const { metadata } = await read(file);
  const words = metadata.arguments;
  if (!Array.isArray(words)) throw notOurs(file);
  return new Map([...parseFlags(words.map(String), groups).given, ...given]);
}

async function read(file: string): Promise<DecodedCheckpoint> {
  const bytes = await readBytes(file);
  try {
    return decodeCheckpoint(bytes);
  } catch (error) {
    throw unreadable(error, "checkpoint", file);
  }
}

/**
 * The checkpoint, if it is of this program and this run.
 *
 * @throws {UsageError} If it is not.
 */
export function checkpointOf(
  { checkpoint, metadata }: DecodedCheckpoint,
  { options, table }: { readonly options: RunOptions; readonly table: string | null },
  file: string,
): Checkpoint {
  const kept = metadata.options as RunOptions | undefined;
  if (kept === undefined) throw notOurs(file);
  if (metadata.version !== VERSION) {
    throw new UsageError(
      `Cannot go on from ${file}: the program must be freeknot ${metadata.version}, which wrote ` +
        `it, current value is ${VERSION}${ADVICE}`,
    );
  }
  for (const key of new Set([...Object.keys(kept), ...Object.keys(options)])) {
    if (key === "data") continue; // where a table lies does not matter, what is in it does
    const [theirs, ours] = [kept[key], options[key]].map((value) => optionText(value));
    if (theirs === ours) continue;
    throw new UsageError(
      `Cannot go on from ${file}: ${flagOf(key)} must be ${theirs} as in the checkpoint, ` +
        `current value is ${ours}${ADVICE}`,
    );
  }
  if (metadata.table !== table) {
    throw new UsageError(
      `Cannot go on from ${file}: the table must be the one with fingerprint ${metadata.table}, ` +
        `current value is one with ${table}${ADVICE}`,
    );
  }
  return checkpoint;
}

const ADVICE = "; to begin anew, name another file or remove this one";

/** Words the library's refusal of a checkpoint, which compares numbers, for the command line. */
export function resumeFault(error: unknown, file: string): unknown {
  if (!(error instanceof RangeError) || !error.message.startsWith("Cannot resume training: ")) {
    return error;
  }
  const text = error.message.replace("Cannot resume training", `Cannot go on from ${file}`)
    .replace(": dataset must", ": the training rows must")
    .replace(": validation must", ": the validation rows must");
  return new UsageError(text + ADVICE);
}

function notOurs(file: string): UsageError {
  return new UsageError(
    `Cannot read checkpoint ${file}: it must be one that freeknot train wrote, current value is ` +
      "one of a program that uses the library",
  );
}

function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function optionText(value: RunOptions[string] | undefined): string {
  if (value === undefined) return "none";
  return Array.isArray(value) ? value.join(",") : String(value);
}
