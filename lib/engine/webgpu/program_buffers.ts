/**
 * The buffers of a network on a dataset: of all rows, of spline layers, and of chunks of rows.
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import type { SplineStage } from "../../model/inner.ts";
import { layerKnots, type Network } from "../../model/mod.ts";
import { type Buffers, upload } from "./buffers.ts";
import type { Chunk } from "./chunk_plan.ts";
import { onDevice, type WebgpuRows } from "./device_rows.ts";
import { logitsOf, planTables, sumSize } from "./device_stages.ts";
import type { ProgramPlan } from "./program_plan.ts";
import { STATE_LENGTH } from "./wgsl/mod.ts";

/**
 * What kernels are bound to: the buffers that are there once, by the names that kernels give them,
 * the tables of each spline layer, and the buffers of each chunk.
 */
export type ProgramBuffers = ReturnType<typeof createProgramBuffers>;

/** Allocates the buffers of a program. */
export function createProgramBuffers(
  device: GPUDevice,
  buffers: Buffers,
  network: Network,
  dataset: Dataset | WebgpuRows,
  plan: ProgramPlan,
) {
  const { stages, layers, chunkPlan, copyPlans, trials } = plan, n = network.parameters.length;
  const most = (sizes: number[]) => Math.max(0, ...sizes);
  const named = {
    theta: buffers.storage("trials", trials * n),
    gradient: buffers.storage("gradient", n),
    state: buffers.storage("state", STATE_LENGTH),
    lossPartial: buffers.storage("loss by groups", trials * chunkPlan.groups),
    partial: buffers.storage(
      "statistics by groups",
      most(layers.map(({ nIn }) => 4 * trials * chunkPlan.groups * nIn)),
    ),
    copies: buffers.storage(
      "sums by ranges",
      most(stages.map((stage, k) => copyPlans[k].copies * sumSize(stage))),
    ),
    sums: buffers.storage("moments", layers.reduce((sum, each) => sum + sumSize(each), 0)),
    knotBars: buffers.storage("gradient by knots", most(layers.map(knotNumbers))),
    knotShares: buffers.storage("gradient by knots, shares", most(layers.map(shareNumbers))),
  };
  return {
    named,
    tables: layers.map((stage) => createTables(device, buffers, network, stage, trials)),
    chunks: chunkPlan.chunks.map((chunk) => createChunk(buffers, plan, dataset, chunk)),
  };
}

/**
 * Allocates the tables of a layer, with knots that do not move and maps that are not measured in
 * place.
 */
export function createTables(
  device: GPUDevice,
  buffers: Buffers,
  network: Network,
  stage: SplineStage,
  trials: number,
): GPUBuffer {
  const { tableStride, tStats } = planTables(stage);
  const table = buffers.storage(`tables ${stage.layer}`, trials * tableStride);
  for (let trial = 0; trial < trials; trial++) {
    const at = trial * tableStride;
    if (logitsOf(stage) === 0) {
      for (let p = 0; p < stage.nIn; p++) {
        const { values } = layerKnots(network, stage.layer, p);
        upload(device, table, at + p * values.length, values);
      }
    }
    if (stage.normalisation === "none") {
      const stats = new Float32Array(tableStride - tStats);
      for (let i = 1; i < stats.length; i += stats.length / stage.nIn) stats[i] = 1; // scale
      upload(device, table, at + tStats, stats);
    }
  }
  return table;
}

/** The buffers over the rows of one chunk. */
function createChunk(
  buffers: Buffers,
  { stages, layers, trials }: ProgramPlan,
  dataset: Dataset | WebgpuRows,
  chunk: Chunk,
) {
  const { rows } = chunk, { inputs, ...data } = dataOf(buffers, dataset, chunk);
  const points = Math.max(0, ...layers.map(({ nIn }) => nIn));
  return {
    ...data,
    values: [
      inputs,
      ...stages.map((stage) => buffers.storage("values", trials * rows * stage.nOut)),
    ],
    /** `bars[k]`: gradient by the outputs of stage k. */
    bars: stages.map((stage, k) =>
      buffers.storage("bars", (k === stages.length - 1 ? trials : 1) * rows * stage.nOut)
    ),
    places: buffers.storage("places", 2 * rows * points),
    nothing: buffers.storage("nothing", 4),
  };
}

function knotNumbers({ nIn, knots, space: { degree, intervals } }: SplineStage): number {
  return knots === "free" ? nIn * (intervals + 1 + 2 * degree) : 0;
}

function shareNumbers({ nIn, knots, space: { degree, intervals } }: SplineStage): number {
  return knots === "free" ? nIn * intervals * 2 * (degree + 1) : 0;
}
/** A chunk's numbers on the device: uploaded, or bound where they lie. */
function dataOf(buffers: Buffers, dataset: Dataset | WebgpuRows, chunk: Chunk) {
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
) {
  const end = firstRow + rows;
  return {
    inputs: inputs.subarray(firstRow * nIn, end * nIn),
    targets: targets.subarray(firstRow * nOut, end * nOut),
    weights: weights?.subarray(firstRow, end) ?? new Float64Array(0),
  };
}
