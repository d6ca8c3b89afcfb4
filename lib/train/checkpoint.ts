/**
 * Checkpoints as files, and whether one belongs to a run.
 *
 * @module
 */

import { checkArray } from "../numerics/inner.ts";
import {
  crc32,
  decodeTensorFile,
  encodeTensorFile,
  type Tensor,
  tensorValues,
} from "../model/inner.ts";
import { encodeModel, parameterLayout } from "../model/mod.ts";
import { datasetChecksum } from "../data/inner.ts";
import type { Checkpoint, CheckpointOrigin } from "./events.ts";
import type { Run } from "./run.ts";
import { tournamentOrigin } from "./tournament.ts";
import { decodePlain, encodePlain } from "./_plain_data.ts";

/** A checkpoint that cannot be read, with the fault in its message. */
export class CheckpointError extends Error {
  /** Always `CheckpointError`. */
  override name = "CheckpointError";
}

/** What {@linkcode decodeCheckpoint} returns. */
export interface DecodedCheckpoint {
  /** The checkpoint. */
  readonly checkpoint: Checkpoint;
  /** What the caller stored beside it. */
  readonly metadata: Record<string, unknown>;
}

const KIND = { format: "freeknot-checkpoint", version: "1" } as const;

/**
 * Encodes a checkpoint as a file: safetensors with a checksum, arrays as tensors.
 *
 * @param checkpoint The checkpoint.
 * @param metadata JSON-able data to keep beside it.
 * @returns The file's bytes; write them beside the old file and rename, so that one of the two is
 * always whole.
 * @throws {TypeError} If the optimizer's state is not plain data.
 *
 * @example Training in two parts ends with the same bits as in one
 * ```ts
 * import {
 *   createNetwork, findProblem, trainToEnd, galleryDatasets, multilevelSchedule,
 * } from "@freeknot/freeknot";
 * import { decodeCheckpoint, encodeCheckpoint } from "@freeknot/freeknot/train";
 * import { assertEquals } from "@std/assert";
 *
 * const { train: rows } = galleryDatasets(findProblem("nonsmooth"), { rows: 100 });
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const schedule = multilevelSchedule([3, 2]);
 * let file = new Uint8Array();
 * const whole = await trainToEnd(network, rows, {
 *   schedule,
 *   onEvent(event) {
 *     if (event.type === "epoch" && event.record.epoch === 2) {
 *       file = encodeCheckpoint(event.checkpoint!());
 *     }
 *   },
 * });
 * const resume = decodeCheckpoint(file).checkpoint; // in another process, on another day
 * const resumed = await trainToEnd(network, rows, { schedule, resume });
 * assertEquals(resumed.network, whole.network);
 * ```
 */
export function encodeCheckpoint(
  checkpoint: Checkpoint,
  metadata: Record<string, unknown> = {},
): Uint8Array<ArrayBuffer> {
  const { json, tensors } = encodePlain(checkpoint, "checkpoint");
  return encodeTensorFile(KIND, widestFirst(tensors), {
    checkpoint: json,
    metadata: JSON.stringify(metadata),
  });
}

/**
 * Decodes the file of a checkpoint.
 *
 * @param bytes The file's bytes.
 * @returns The checkpoint, bit for bit as it was encoded, and the metadata.
 * @throws {CheckpointError} If the file is truncated, damaged, something else, or of another
 * version; the message names the fault.
 *
 * @example
 * ```ts
 * import { CheckpointError, decodeCheckpoint } from "@freeknot/freeknot/train";
 * import { assertThrows } from "@std/assert";
 *
 * assertThrows(() => decodeCheckpoint(new Uint8Array(8)), CheckpointError, "Cannot read checkpoint");
 * ```
 */
export function decodeCheckpoint(bytes: Uint8Array): DecodedCheckpoint {
  checkArray("read checkpoint", "bytes", bytes, "the bytes of a checkpoint");
  const file = decodeTensorFile(bytes, KIND, fail);
  try {
    const checkpoint = decodePlain(file.text.checkpoint, (name) => tensorValues(file, name));
    const metadata = JSON.parse(file.text.metadata) as Record<string, unknown>;
    checkParts(checkpoint as Checkpoint);
    return { checkpoint: checkpoint as Checkpoint, metadata };
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    fail((error as Error).message);
  }
}

/** Describes what a run is about, to tell it from others. */
export function checkpointOrigin(run: Omit<Run, "origin">): CheckpointOrigin {
  const { network, dataset, validation, loss, schedule, optimizer, optimizers, engine } = run;
  const named = schedule.stages.some((stage) => stage.optimizer !== undefined);
  return {
    dataset: dataset ? datasetChecksum(dataset) : engine.residuals!.fingerprint(),
    validation: validation === undefined ? null : datasetChecksum(validation),
    network: crc32(encodeModel(network)),
    ...asJson({ loss, schedule }),
    optimizer: asJson({ name: optimizer.name, options: optimizer.options }),
    ...(named
      ? { stageOptimizers: optimizers.map(({ name, options }) => asJson({ name, options })) }
      : {}),
    engine: { name: engine.name, dtype: engine.dtype },
    patience: run.patience,
    ...(run.smoothing > 0 ? { smoothing: run.smoothing } : {}),
    ...(run.penalty && { penalty: run.penalty }),
    ...(run.structure && { structure: run.structure }),
    ...(run.constraints ? { constraints: asJson(run.constraints) } : {}),
    ...(run.tournament && { tournament: tournamentOrigin(run.tournament) }),
  };
}

/** Throws a `RangeError` that names the first difference unless a checkpoint belongs to a run. */
export function checkOrigin(checkpoint: Checkpoint, origin: CheckpointOrigin): void {
  const keys = new Set([...Object.keys(origin), ...Object.keys(checkpoint.origin)]);
  for (const key of keys as Set<keyof CheckpointOrigin>) {
    const current = sorted(origin[key]), kept = sorted(checkpoint.origin[key]);
    if (current === kept) continue;
    const fingerprint = key === "dataset" || key === "network" || key === "validation";
    throw new RangeError(
      `Cannot resume training: ${key} must be the checkpoint's, ` +
        (fingerprint ? `fingerprint ${kept}` : kept) + `, current value is ${current}`,
    );
  }
}

function fail(fault: string): never {
  throw new CheckpointError(`Cannot read checkpoint: ${fault}`);
}

/** Tensors of wide numbers first, so that all are aligned in the file. */
function widestFirst(tensors: readonly Tensor[]): Tensor[] {
  return tensors.toSorted((a, b) => b.values.BYTES_PER_ELEMENT - a.values.BYTES_PER_ELEMENT);
}

/** A rough look at what the checksum vouches for: sizes that training relies on. */
function checkParts({ start, best, optimizer, origin, events, levels }: Checkpoint): void {
  const layout = parameterLayout(start.config);
  const last = layout[layout.length - 1];
  const size = last.offset + last.size;
  for (
    const vector of [start.parameters, best.parameters, optimizer.parameters, optimizer.gradient]
  ) {
    if (!(vector instanceof Float64Array) || vector.length !== size) {
      fail(`its vectors do not fit its network of ${size} parameters`);
    }
  }
  if (typeof origin !== "object" || !Array.isArray(events) || !Array.isArray(levels)) {
    fail("it has no origin or no history");
  }
}

/** What remains of a value in JSON: numbers, texts, lists, records. */
function asJson<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value));
}

/** JSON with sorted keys. */
function sorted(value: unknown): string {
  return JSON.stringify(
    value,
    (_, part) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => a < b ? -1 : 1))
        : part,
  ) ?? "none";
}
