/**
 * A network on a dataset as lists of dispatches over buffers that never change.
 *
 * Trials, parameter sets that a line search compares, lie side by side: the forward pass runs for
 * several at once, the backward pass for the chosen one.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { splineStages } from "../../model/inner.ts";
import type { Dataset } from "../../data/mod.ts";
import type { Loss } from "../loss.ts";
import { type Buffers, createBuffers, upload } from "./buffers.ts";
import type { Gpu } from "./device.ts";
import { createBind } from "./kernel.ts";
import type { WebgpuRows } from "./device_rows.ts";
import { planTables } from "./device_stages.ts";
import { createProgramBuffers, rowsOf } from "./program_buffers.ts";
import { chunkFields, lossFields, planProgram, programFields } from "./program_plan.ts";
import { createPasses } from "./stage_dispatches.ts";
import { encodeFields } from "./stage_fields.ts";

/** A compiled network. */
export type Program = ReturnType<typeof createProgram>;

/** Bytes of the largest tables of one trial. */
export function tableBytes(network: Network): number {
  return 4 * Math.max(0, ...strides(network));
}

function strides({ config }: Network): number[] {
  return splineStages(config).map((each) => planTables(each).tableStride);
}

/** About the bytes of all buffers that grow with the number of trials. */
export function trialBytes(network: Network, rows: number): number {
  const { widths } = network.config;
  const values = widths.slice(1).reduce((sum, width) => sum + width, widths[widths.length - 1]);
  const tables = strides(network).reduce((sum, stride) => sum + stride, 0);
  return 4 * (rows * values + tables + network.parameters.length);
}

/**
 * Allocates and binds all that a network needs on a dataset.
 *
 * @param trials Number of trials side by side.
 * @param buffers Where all buffers are made.
 */
export function createProgram(
  gpu: Gpu,
  network: Network,
  loss: Loss,
  dataset: Dataset | WebgpuRows,
  trials: number,
  buffers: Buffers = createBuffers(gpu.device),
) {
  const { device } = gpu, plan = planProgram(gpu, network, dataset, trials);
  const { stages, chunkPlan } = plan, last = stages.length - 1;
  const allocated = createProgramBuffers(device, buffers, network, dataset, plan);
  const { named: { theta, gradient, state }, tables, chunks } = allocated;
  const fields = programFields(plan, network, loss, dataset);
  const uniforms = stages.map((_, k) =>
    chunks.map((_, c) =>
      buffers.uniform(`stage ${k}`, encodeFields({ ...fields[k], ...chunkFields(plan, k, c) }))
    )
  );
  const dispatch = createBind(device, network.config.degree, allocated.named);
  return {
    ...{ device, buffers, trials },
    /** Trials, shape `[trials, numParameters]`; the gradient is at the chosen one. */
    ...{ theta, gradient },
    /** See `STATE`; in a layer's tables statistics begin at `tStats` of each trial. */
    ...{ state, tables },
    /** Outputs of each chunk, shape `[trials, rows, nOut]`. */
    outputs: chunks.map(({ values }) => values[values.length - 1]),
    data: chunks.map(({ values, targets, weights }) => ({ inputs: values[0], targets, weights })),
    /** Replaces rows by as many others. */
    load(other: Dataset): void {
      chunkPlan.chunks.forEach((chunk, c) => {
        const numbers = rowsOf(other, chunk), { values, targets, weights } = chunks[c];
        upload(device, values[0], 0, numbers.inputs);
        upload(device, targets, 0, numbers.targets);
        upload(device, weights, 0, numbers.weights);
        stages.forEach((_, k) => {
          const all = { ...fields[k], ...chunkFields(plan, k, c), ...lossFields(loss, other) };
          device.queue.writeBuffer(uniforms[k][c], 0, encodeFields(all));
        });
      });
    },
    /** Fields of the last stage: what optimizers bind. */
    uniform: uniforms[last][0],
    ...createPasses(plan, allocated, uniforms, dispatch),
    /** Binds one more kernel to named buffers. */
    dispatch,
  };
}
