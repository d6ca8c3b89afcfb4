/**
 * Inputs, targets and weights of consecutive rows, on the host and on the device.
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import type { Buffers } from "./buffers.ts";
import { onDevice, type WebgpuRows } from "./device_rows.ts";
import type { Chunk } from "./chunk_plan.ts";

/** Inputs, targets and weights of one chunk. */
export interface ChunkData {
  readonly inputs: GPUBuffer;
  readonly targets: GPUBuffer;
  readonly weights: GPUBuffer;
}

/** A chunk's numbers on the device: uploaded, or bound where they lie. */
export function dataOf(buffers: Buffers, dataset: Dataset | WebgpuRows, chunk: Chunk): ChunkData {
  if (onDevice(dataset)) {
    const { inputs, targets, weights } = dataset;
    return { inputs, targets, weights: weights?.buffer ?? buffers.storage("weights", 0) };
  }
  const hosted = rowsOf(dataset, chunk);
  return {
    inputs: buffers.filled("inputs", hosted.inputs),
    targets: buffers.filled("targets", hosted.targets),
    weights: buffers.filled("weights", hosted.weights),
  };
}

/** Views on the rows of a chunk. */
export function rowsOf(
  { nIn, nOut, inputs, targets, weights }: Dataset,
  { firstRow, rows }: Chunk,
): { inputs: Float64Array; targets: Float64Array; weights: Float64Array } {
  const end = firstRow + rows;
  return {
    inputs: inputs.subarray(firstRow * nIn, end * nIn),
    targets: targets.subarray(firstRow * nOut, end * nOut),
    weights: weights?.subarray(firstRow, end) ?? new Float64Array(0),
  };
}
