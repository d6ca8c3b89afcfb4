/**
 * The buffers of a network on a dataset.
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import type { SplineStage } from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import type { Buffers } from "./buffers.ts";
import { dataOf } from "./chunk_data.ts";
import type { Chunk } from "./chunk_plan.ts";
import type { WebgpuRows } from "./device_rows.ts";
import { sumSize } from "./device_stages.ts";
import { createTables } from "./layer_tables.ts";
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
