/**
 * How a network on a dataset is cut for the device, and the numbers that its kernels read about it.
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import { splineStages } from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import type { Loss } from "../loss.ts";
import { DEFAULT_HUBER_DELTA, DEFAULT_QUANTILE_DELTA } from "../point_losses.ts";
import { type ChunkPlan, type CopyPlan, planChunks, planCopies } from "./chunk_plan.ts";
import type { Gpu } from "./device.ts";
import { onDevice, type WebgpuRows } from "./device_rows.ts";
import {
  type DeviceStage,
  deviceStages,
  shiftsAway,
  stageFields,
  sumSize,
} from "./device_stages.ts";
import type { FieldValues } from "./stage_fields.ts";
import { momentsKernel } from "./wgsl/mod.ts";

/** The stages of a network, and how the rows are shared out. */
export type ProgramPlan = ReturnType<typeof planProgram>;

/**
 * Plans a program.
 *
 * @throws {RangeError} If rows that lie on the device do not fit one binding.
 */
export function planProgram(
  { device, bindingBytes }: Gpu,
  network: Network,
  dataset: Dataset | WebgpuRows,
  trials: number,
) {
  const stages = deviceStages(network.config);
  // what one group of rows leaves in the largest buffer of partial results
  const groupBytes = 16 * trials * Math.max(...stages.map(({ nIn }) => nIn));
  const chunkPlan = planChunks(
    dataset.rows,
    Math.max(dataset.nIn, ...stages.flatMap(({ nIn, nOut }) => [trials * nOut, 2 * nIn])),
    bindingBytes,
    Math.floor(device.limits.maxStorageBufferBindingSize / groupBytes),
  );
  const { chunks } = chunkPlan;
  if (chunks.length > 1 && onDevice(dataset)) {
    throw new RangeError(
      `Cannot compile network: rows on the device must be at most ${chunks[0].rows} here, ` +
        `what one binding holds, current value is ${dataset.rows}`,
    );
  }
  const copyPlans = stages.map((stage) => copyPlan(chunkPlan, stage));
  return { stages, layers: splineStages(network.config), chunkPlan, copyPlans, trials };
}

/** Threads and workgroups that keep a large device busy. */
const WANTED_THREADS = 65_536, WANTED_GROUPS = 4096;

function copyPlan(chunkPlan: ChunkPlan, stage: DeviceStage): CopyPlan {
  const size = sumSize(stage);
  if (stage.kind === "linear") return planCopies(chunkPlan, size, WANTED_THREADS / size, 32);
  const pieces = stage.space.intervals + 2;
  return planCopies(
    chunkPlan,
    size,
    WANTED_GROUPS / momentsKernel(stage).groups,
    Math.max(64, 4 * pieces),
  );
}

/** The fields of every stage that are the same for all chunks. */
export function programFields(
  { stages, chunkPlan, copyPlans }: ProgramPlan,
  network: Network,
  loss: Loss,
  dataset: Dataset | WebgpuRows,
): FieldValues[] {
  let sumTarget = 0;
  return stages.map((stage, k): FieldValues => {
    const firstSum = sumTarget;
    if (stage.kind === "spline") sumTarget += sumSize(stage);
    const common = stageFields(network, stage), before = stages[k - 1];
    return {
      ...common,
      hasBias: Number(stage.kind === "linear" && stage.bias && !shiftsAway(network.config)),
      rectified: Number(before?.kind === "linear" && before.rectifies),
      rowsPerGroup: chunkPlan.rowsPerGroup,
      groups: chunkPlan.groups,
      totalRows: dataset.rows,
      hasBar: Number(k > 0),
      rowsPerCopy: copyPlans[k].rowsPerCopy,
      copies: copyPlans[k].copies,
      sumSize: sumSize(stage),
      sumTarget: stage.kind === "linear" ? common.coefficients! : firstSum,
      sumDecay: stage.kind === "linear" ? loss.weightDecay ?? 0 : 0,
      ...lossFields(loss, dataset),
    };
  });
}

/** The fields of stage k that say which rows chunk c holds. */
export function chunkFields(
  { stages, chunkPlan, copyPlans }: ProgramPlan,
  k: number,
  c: number,
): FieldValues {
  const { rows, firstRow, firstGroup } = chunkPlan.chunks[c];
  const { count, first } = copyPlans[k].ranges[c];
  return {
    rows,
    firstRow,
    firstGroup,
    chunkCopies: count,
    firstCopy: first,
    xStride: k === 0 ? 0 : rows * stages[k].nIn,
    yStride: rows * stages[k].nOut,
    yBarStride: k === stages.length - 1 ? rows * stages[k].nOut : 0,
  };
}

/** The losses as `rowLoss` of the kernels has them. */
const LOSS_NUMBERS: { readonly [kind in Loss["kind"]]?: number } = {
  ...{ mse: 0, huber: 1, crossEntropy: 2, quantile: 4, poisson: 5, gamma: 6, tweedie: 7 },
  binomial: 8,
};
const SOFTMAX = 3;

/** The fields of a loss on a dataset. */
export function lossFields(loss: Loss, { rows, nOut, weights }: Dataset | WebgpuRows): FieldValues {
  const total = !weights
    ? rows
    : "total" in weights
    ? weights.total
    : weights.reduce((sum, weight) => sum + weight, 0);
  const softmax = loss.kind === "crossEntropy" && nOut > 1;
  const lossKind = softmax ? SOFTMAX : LOSS_NUMBERS[loss.kind];
  if (lossKind === undefined) {
    throw new RangeError(
      "Cannot compile network: loss must be a sum over rows on WebGPU, current value is " +
        `${loss.kind}; use the cpu engine`,
    );
  }
  return {
    lossKind,
    lossNumber: loss.kind === "quantile" ? loss.tau : loss.kind === "tweedie" ? loss.power : 0,
    lossScale: 1 / (softmax ? total : total * nOut),
    hasWeights: Number(weights !== undefined),
    delta: loss.kind === "huber"
      ? loss.delta ?? DEFAULT_HUBER_DELTA
      : loss.kind === "quantile"
      ? loss.delta ?? DEFAULT_QUANTILE_DELTA
      : 0,
    decay: loss.weightDecay ?? 0,
  };
}
