/**
 * Where a solver's run stands, as plain data and as a file.
 *
 * A run is what is found without training, and a list of pieces that are trained. A checkpoint holds
 * the finished stages of the first part; and of the piece that goes on all that was there when it began,
 * and the checkpoint of its training. What follows from these is computed again, to the same bits.
 *
 * @module
 */

import {
  crc32,
  decodeTensorFile,
  encodeTensorFile,
  type TensorFileKind,
  tensorValues,
} from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import { checkArray } from "../../numerics/inner.ts";
import { decodePlain, encodePlain } from "../../train/inner.ts";
import { type Checkpoint, CheckpointError } from "../../train/mod.ts";
import type { PdeProblem } from "../equations/pde.ts";
import type { PdeRun, RunSnapshot } from "./piece_runs.ts";
import type { DoneStage } from "./run_journal.ts";

/** Where a run of {@linkcode solvePde} stands after an epoch, or a stage without epochs: plain data. */
export interface SolveCheckpoint {
  /** What it belongs to: a fingerprint of problem, and the options that decide the result. */
  readonly origin: SolveOrigin;
  /** Seconds so far, over every process that took part. */
  readonly seconds: number;
  /** What was done without epochs, in its order. */
  readonly stages: readonly DoneStage[];
  /** The piece that is trained; absent before the first one. */
  readonly piece?: SolvePiece;
}

/** Where a piece of a run stands. */
export interface SolvePiece {
  /** The run at the beginning of the piece. */
  readonly run: RunSnapshot;
  /** Index of the piece of a schedule; absent where grids are found on the way. */
  readonly index?: number;
  /** What the search for grids knew at the beginning of the piece, where it is one. */
  readonly search?: unknown;
  /** The training of the piece. */
  readonly training: Checkpoint;
}

/** What a checkpoint belongs to. */
export interface SolveOrigin {
  /** Fingerprint of the problem. */
  readonly problem: string;
  /** Fingerprint of the options that decide the result. */
  readonly options: string;
}

/**
 * Called after every epoch, and before the first one after every stage without epochs, with its number
 * and the way to keep it, which is waited for.
 */
export type SolveKeeper = (
  number: number,
  checkpoint: () => SolveCheckpoint,
) => void | Promise<void>;

/** What a checkpoint of a problem and options belongs to. */
export function solveOrigin(
  problem: PdeProblem,
  options: Readonly<Record<string, unknown>>,
): SolveOrigin {
  const text = (value: unknown) =>
    crc32(
      new TextEncoder().encode(JSON.stringify(value, (_, part) =>
        ArrayBuffer.isView(part) ? Array.from(part as unknown as ArrayLike<number>) : part)),
    );
  return { problem: text(problem), options: text(options) };
}

/** Throws a `RangeError` unless a checkpoint is of this problem and these options. */
export function checkSolveOrigin({ origin }: SolveCheckpoint, current: SolveOrigin): void {
  for (const key of ["problem", "options"] as const) {
    if (origin[key] === current[key]) continue;
    throw new RangeError(
      `Cannot resume: the ${key} must be the checkpoint's, with fingerprint ${origin[key]}, ` +
        `current value is ${current[key]}`,
    );
  }
}

/** A copy of what a run has. */
export function snapshotOf({ begun: _, ...run }: PdeRun): RunSnapshot {
  return { ...run, levels: run.levels.slice(), engines: run.engines.slice() };
}

/** A run as it was, that began so many seconds ago. */
export function restoredRun(run: RunSnapshot, seconds: number): PdeRun {
  const { levels, engines } = run;
  return {
    ...{ ...run, levels: levels.slice(), engines: engines.slice() },
    begun: performance.now() - 1000 * seconds,
  };
}

const KIND: TensorFileKind = { format: "freeknot-solve-checkpoint", version: "2" };

/**
 * Encodes the checkpoint of a solver's run as a file: safetensors with a checksum.
 *
 * @param checkpoint The checkpoint.
 * @param metadata Plain data to keep beside it.
 * @returns The file's bytes; write them beside the old file and rename.
 * @throws {TypeError} If something is not plain data.
 *
 * @example A run that goes on from a file ends with the same bits
 * ```ts
 * import { parsePde, solvePde } from "@freeknot/freeknot";
 * import { decodeSolveCheckpoint, encodeSolveCheckpoint } from "@freeknot/freeknot/physics";
 * import { assertEquals } from "@std/assert";
 *
 * const problem = parsePde({
 *   name: "decay",
 *   domain: { t: [0, 1] },
 *   equations: [{ equation: "u_t = -2*u" }],
 *   conditions: [{ at: { t: 0 }, equation: "u = 1" }],
 * });
 * const network = { widths: [1, 3, 1] }; // one that is trained
 * let file = new Uint8Array();
 * const whole = await solvePde(problem, {
 *   network,
 *   onCheckpoint(epoch, checkpoint) {
 *     if (epoch === 2) file = encodeSolveCheckpoint(checkpoint());
 *   },
 * });
 * const resume = decodeSolveCheckpoint(file).checkpoint; // in another process
 * const resumed = await solvePde(problem, { network, resume });
 * assertEquals(resumed.network, whole.network);
 * ```
 */
export function encodeSolveCheckpoint(
  checkpoint: SolveCheckpoint,
  metadata: unknown = {},
): Uint8Array<ArrayBuffer> {
  const { json, tensors } = encodePlain({ checkpoint, metadata }, "solve");
  const widestFirst = tensors.toSorted((a, b) =>
    b.values.BYTES_PER_ELEMENT - a.values.BYTES_PER_ELEMENT
  );
  return encodeTensorFile(KIND, widestFirst, { content: json });
}

/**
 * Decodes the file of {@linkcode encodeSolveCheckpoint}.
 *
 * @param bytes The file's bytes.
 * @returns The checkpoint, bit for bit as it was encoded, and what was kept beside it.
 * @throws {CheckpointError} If the file is truncated, damaged or something else.
 *
 * @example
 * ```ts
 * import { CheckpointError } from "@freeknot/freeknot/train";
 * import { decodeSolveCheckpoint } from "@freeknot/freeknot/physics";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => decodeSolveCheckpoint(new Uint8Array(8)), CheckpointError);
 * ```
 */
export function decodeSolveCheckpoint(
  bytes: Uint8Array,
): { readonly checkpoint: SolveCheckpoint; readonly metadata: unknown } {
  checkArray("read checkpoint", "bytes", bytes, "the bytes of a checkpoint");
  const file = decodeTensorFile(bytes, KIND, fail);
  try {
    const content = decodePlain(file.text.content, (name) => tensorValues(file, name));
    const { checkpoint, metadata } = content as ReturnType<typeof decodeSolveCheckpoint>;
    const { stages, piece } = checkpoint;
    const isWhole = Array.isArray(stages) && stages.every(({ name }) => typeof name === "string");
    if (!isWhole || (piece && !holdsPiece(piece))) fail("it holds no run");
    return { checkpoint, metadata };
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    fail((error as Error).message);
  }
}

function holdsPiece({ run, training }: SolvePiece): boolean {
  const { parameters } = run.network as Network;
  return parameters instanceof Float64Array && training.events !== undefined;
}

function fail(fault: string): never {
  throw new CheckpointError(`Cannot read checkpoint: ${fault}`);
}
