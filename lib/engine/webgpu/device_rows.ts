/**
 * Rows that lie on the device already, in the caller's buffers.
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import { EngineError } from "../contract.ts";
import { createBuffers } from "./buffers.ts";
import type { Session, Step } from "./device_session.ts";

/**
 * A dataset whose numbers are in buffers on the engine's device, float32, row-major, each from its
 * first byte. The engine binds these buffers as they are: it copies nothing and changes nothing, and
 * they must live, and keep their numbers, as long as the evaluator.
 */
export interface WebgpuRows {
  /** Number of rows. */
  readonly rows: number;
  /** Number of inputs. */
  readonly nIn: number;
  /** Number of targets. */
  readonly nOut: number;
  /** Inputs, shape `[rows, nIn]`; usage `STORAGE | COPY_SRC`. */
  readonly inputs: GPUBuffer;
  /** Targets, shape `[rows, nOut]`; usage `STORAGE | COPY_SRC`. */
  readonly targets: GPUBuffer;
  /** Weight of each row; absent: all 1. */
  readonly weights?: {
    /** Shape `[rows]`; usage `STORAGE | COPY_SRC`. */
    readonly buffer: GPUBuffer;
    /** Their sum, positive. */
    readonly total: number;
  };
}

/** Whether the rows are on the device. */
export function onDevice(rows: Dataset | WebgpuRows): rows is WebgpuRows {
  return rows.inputs instanceof GPUBuffer;
}

/** Rows read back at most, in three pieces: what the self-check looks at. */
const PIECE = 16;

/**
 * Reads a few rows, for checks: the first, some in the middle and the last.
 *
 * @throws {TypeError} If a buffer is too short.
 * @throws {RangeError} If there is no row, or the sum of the weights is not positive.
 * @throws {EngineError} If the device refuses the copy.
 */
export async function sampleRows(session: Session, whole: WebgpuRows): Promise<Dataset> {
  const { rows, nIn, nOut, inputs, targets, weights } = whole;
  checkLength("rows", Number.isInteger(rows) && rows >= 1, "an integer of at least 1", rows);
  const columns: [string, GPUBuffer, number][] = [
    ["inputs", inputs, nIn],
    ["targets", targets, nOut],
    ...(weights ? [["weights", weights.buffer, 1] as [string, GPUBuffer, number]] : []),
  ];
  for (const [name, buffer, width] of columns) {
    if (buffer.size >= 4 * rows * width) continue;
    throw new TypeError(
      `Cannot compile network: buffer of ${name} must be at least ${4 * rows * width} bytes, ` +
        `current value is ${buffer.size}`,
    );
  }
  if (weights) checkLength("sum of weights", weights.total > 0, "positive", weights.total);
  const firsts = rows <= 3 * PIECE ? [0] : [0, Math.floor((rows - PIECE) / 2), rows - PIECE];
  const length = rows <= 3 * PIECE ? rows : PIECE;
  const count = firsts.length * length;
  const buffers = createBuffers(session.gpu.device);
  try {
    const total = columns.reduce((sum, [, , width]) => sum + width, 0) * count;
    const staging = buffers.staging("sample", total);
    const steps: Step[] = [];
    let at = 0;
    for (const [, copy, width] of columns) {
      for (const first of firsts) {
        steps.push({ copy, from: first * width, to: staging, at, count: length * width });
        at += length * width;
      }
    }
    const numbers = await session.read(steps, staging, total);
    let begin = 0;
    const [x, y, w] = columns.map(([, , width]) =>
      Float64Array.from(numbers.subarray(begin, begin += count * width))
    );
    return { rows: count, nIn, nOut, inputs: x, targets: y, ...(w ? { weights: w } : {}) };
  } finally {
    buffers.destroy();
  }
}

function checkLength(name: string, ok: boolean, rule: string, value: number): void {
  if (ok) return;
  throw new RangeError(
    `Cannot compile network: ${name} must be ${rule}, current value is ${value}`,
  );
}

/**
 * The dataset on the host.
 *
 * @throws {EngineError} If it is on the device only.
 */
export function hostRows(verb: string, rows: Dataset | WebgpuRows): Dataset {
  if (!onDevice(rows)) return rows;
  throw new EngineError(
    `Cannot ${verb}: the rows are on the device only; ask for results there (resultsAt)`,
  );
}
