/**
 * The checkpoint of `solve`: written while it runs, read to go on.
 *
 * @module
 */

import {
  decodeSolveCheckpoint,
  encodeSolveCheckpoint,
  type SolveCheckpoint,
} from "../../../lib/physics/mod.ts";
import type { CheckpointRequest } from "../../flags/checkpoint.ts";
import { type GivenFlags, parseFlags } from "../../flags/parse.ts";
import { textFlag } from "../../flags/values.ts";
import type { Cluster } from "../../../lib/cluster/mod.ts";
import { fromFirst } from "../../runs/cluster.ts";
import { holdCheckpointFile } from "../../runs/checkpoint_file.ts";
import { unreadable, UsageError } from "../../terminal/errors.ts";
import { readBytes } from "../../terminal/files.ts";
import { VERSION } from "../../terminal/version.ts";
import { SOLVE_FLAGS } from "./flags.ts";
import type { LogContent } from "./log.ts";

/** Flags that do not decide the result of a run. */
const FREE_FLAGS = [
  ...[
    "out",
    "model-out",
    "report",
    "svg",
    "png",
    "pictures",
    "json",
    "quiet",
    "threads",
    "time-limit",
  ],
  ...["checkpoint", "checkpoint-every", "resume", "cluster", "cluster-timeout"],
];

/** What stands beside a checkpoint. */
interface Beside {
  readonly version: string;
  /** The flags that decide the result, and their values. */
  readonly flags: Readonly<Record<string, string | boolean>>;
  readonly timeLimit?: string | undefined;
  readonly log: LogContent;
}

/** What a process that writes no report has been told. */
const NONE: LogContent = { events: [], knots: [], terms: [], coefficients: [] };

/** The checkpoint of a run that goes on. */
export type SolveKeeping = Awaited<ReturnType<typeof openSolveCheckpoint>>;

/**
 * Reads the checkpoint that is there and makes the one that will be.
 *
 * @param given The flags of the run.
 * @param warn Called if a checkpoint cannot be written: the run goes on all the same.
 * @throws {UsageError} If the file is damaged, or of another run or version.
 */
export async function openSolveCheckpoint(
  request: CheckpointRequest,
  given: GivenFlags,
  warn: (text: string) => void,
) {
  const held = await holdCheckpointFile(request, warn), flags = decidingFlags(given);
  const found = await Promise.resolve(held.exists)
    .then(async (is) => is ? checked(await read(request.file), flags, request.file) : undefined)
    .catch(async (error) => {
      await held.close();
      throw error;
    });
  return {
    /** Where the run goes on, and what was told before; undefined: it begins. */
    found,
    /** Writes the file after an epoch, if it is time. */
    take: (epoch: number, checkpoint: () => SolveCheckpoint, log: () => LogContent) =>
      held.take(epoch, () => {
        const timeLimit = textFlag(given, "time-limit");
        const beside: Beside = { version: VERSION, flags, timeLimit, log: log() };
        return encodeSolveCheckpoint(checkpoint(), beside);
      }),
    fault: held.fault,
    close: held.close,
  };
}

/** The checkpoint of all ranks of a cluster: the first one reads and writes it. */
export async function sharedSolveCheckpoint(
  cluster: Cluster | undefined,
  open: () => Promise<SolveKeeping>,
): Promise<SolveKeeping> {
  if (cluster === undefined || cluster.size === 1) return await open();
  let kept: SolveKeeping | undefined;
  const bytes = await fromFirst(cluster, async () => {
    kept = await open();
    const { found } = kept;
    return found ? encodeSolveCheckpoint(found.checkpoint, {}) : new Uint8Array(0);
  });
  if (kept) return kept;
  const { checkpoint } = bytes.length > 0 ? decodeSolveCheckpoint(bytes) : {};
  return {
    found: checkpoint && { checkpoint, log: NONE },
    take: () => Promise.resolve(),
    fault: () => undefined,
    close: () => Promise.resolve(),
  };
}

/** Adds the flags that the run of a checkpoint was started with to those of `--resume`. */
export async function withResumedSolve(given: GivenFlags): Promise<GivenFlags> {
  const file = textFlag(given, "resume");
  if (file === undefined) return given;
  const { flags, timeLimit } = (await read(file)).beside;
  const kept = { ...flags, ...(timeLimit !== undefined && { "time-limit": timeLimit }) };
  const words = Object.entries(kept).flatMap(([name, value]) =>
    typeof value === "boolean" ? [value ? `--${name}` : `--no-${name}`] : [`--${name}=${value}`]
  );
  return new Map([...parseFlags(words, SOLVE_FLAGS).given, ...given]);
}

/** Words the library's refusal of a checkpoint for the command line. */
export function solveResumeFault(error: unknown, file: string): unknown {
  if (!(error instanceof RangeError) || !error.message.startsWith("Cannot resume")) return error;
  const text = error.message.replace(/^Cannot resume(?: training)?/, `Cannot go on from ${file}`);
  return new UsageError(text + ADVICE);
}

const ADVICE = "; to begin anew, name another file or remove this one";

async function read(file: string) {
  const bytes = await readBytes(file);
  try {
    const { checkpoint, metadata } = decodeSolveCheckpoint(bytes);
    const beside = metadata as Beside;
    if (typeof beside?.flags === "object") return { checkpoint, beside };
  } catch (error) {
    throw unreadable(error, "checkpoint", file);
  }
  throw new UsageError(
    `Cannot read checkpoint ${file}: it must be one that freeknot solve wrote, current value is ` +
      "one of a program that uses the library",
  );
}

function checked(
  { checkpoint, beside }: Awaited<ReturnType<typeof read>>,
  flags: Beside["flags"],
  file: string,
) {
  if (beside.version !== VERSION) {
    throw new UsageError(
      `Cannot go on from ${file}: the program must be freeknot ${beside.version}, which wrote it, ` +
        `current value is ${VERSION}${ADVICE}`,
    );
  }
  for (const name of new Set([...Object.keys(beside.flags), ...Object.keys(flags)])) {
    const [theirs, ours] = [beside.flags[name], flags[name]].map((value) => `${value ?? "none"}`);
    if (theirs === ours) continue;
    throw new UsageError(
      `Cannot go on from ${file}: --${name} must be ${theirs} as in the checkpoint, current value ` +
        `is ${ours}${ADVICE}`,
    );
  }
  return { checkpoint, log: beside.log };
}

function decidingFlags(given: GivenFlags): Beside["flags"] {
  return Object.fromEntries([...given].filter(([name]) => !FREE_FLAGS.includes(name)));
}
