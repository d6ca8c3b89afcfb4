/**
 * A network on a dataset as lists of dispatches over buffers that never change.
 *
 * Trials, parameter sets that a line search compares, lie side by side: the forward pass runs for
 * several at once, the backward pass for the chosen one.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { type SplineStage, splineStages } from "../../model/inner.ts";
import type { Dataset } from "../../data/mod.ts";
import { DEFAULT_HUBER_DELTA, type Loss } from "../loss.ts";
import { type Buffers, createBuffers, upload } from "./buffers.ts";
import type { Gpu } from "./device.ts";
import { type ChunkData, dataOf, rowsOf } from "./chunk_data.ts";
import { onDevice, type WebgpuRows } from "./device_rows.ts";
import { encodeFields, type FieldValues } from "./stage_fields.ts";
import {
  compileKernel,
  createDispatch,
  type Dispatch,
  type KernelSource,
  manyGroups,
} from "./kernel.ts";
import {
  type DeviceStage,
  deviceStages,
  planTables,
  shiftsAway,
  stageFields,
  sumSize,
} from "./device_stages.ts";
import { type Chunk, type ChunkPlan, type CopyPlan, planChunks, planCopies } from "./chunk_plan.ts";
import { createTables } from "./layer_tables.ts";
import {
  BUILD,
  COLLECT,
  EVALUATE,
  FINISH_MEASURE,
  FINISH_SLOPES,
  LINEAR,
  LOGITS,
  LOSS,
  MEASURE,
  momentsKernel,
  PULL,
  PULL_INPUTS,
  PULL_LINEAR,
  SLOPES,
  SPLINE,
  STATE_LENGTH,
  SUM_COPIES,
} from "./wgsl/mod.ts";

/** A compiled network. */
export interface Program {
  readonly device: GPUDevice;
  readonly buffers: Buffers;
  readonly chunkPlan: ChunkPlan;
  readonly trials: number;
  /** Trials, shape `[trials, numParameters]`. */
  readonly theta: GPUBuffer;
  /** Gradient at the chosen trial. */
  readonly gradient: GPUBuffer;
  /** Outputs of each chunk, shape `[trials, rows, nOut]`. */
  readonly outputs: readonly GPUBuffer[];
  /** See `STATE`. */
  readonly state: GPUBuffer;
  readonly lossPartial: GPUBuffer;
  /** Per spline layer; statistics begin at `plan.tStats` of each trial. */
  readonly tables: readonly GPUBuffer[];
  /** Inputs, targets and weights of each chunk. */
  readonly data: readonly ChunkData[];
  /** Replaces rows by as many others. */
  load(dataset: Dataset): void;
  /** Fields of the last stage, and a uniform buffer with them: what optimizers bind. */
  readonly lastFields: FieldValues;
  readonly uniform: GPUBuffer;
  /** From trials to `lossPartial` and the gradient by outputs, for every trial. */
  readonly forward: readonly Dispatch[];
  /** Loss and objective of trial 0 into the state. */
  readonly evaluate: readonly Dispatch[];
  /** From the gradient by outputs of the chosen trial to `gradient`. */
  readonly backward: readonly Dispatch[];
  /** Binds one more kernel to named buffers. */
  dispatch(
    source: KernelSource,
    uniform: GPUBuffer,
    named: Readonly<Record<string, GPUBuffer>>,
    groups: readonly [number, number],
    perTrial: boolean,
  ): Dispatch;
}

/** Most numbers per row of any buffer over rows. */
function numbersPerRow(stages: readonly DeviceStage[], nIn: number, trials: number): number {
  const widths = stages.flatMap((stage) => [trials * stage.nOut, 2 * stage.nIn]);
  return Math.max(nIn, ...widths);
}

/** Bytes that one group of rows leaves in the largest buffer of partial results. */
function groupBytes(stages: readonly DeviceStage[], trials: number): number {
  return 16 * trials * Math.max(...stages.map(({ nIn }) => nIn));
}

/** Bytes of the largest tables of one trial. */
export function tableBytes(network: Network): number {
  const strides = splineStages(network.config).map((each) => planTables(each).tableStride);
  return 4 * Math.max(0, ...strides);
}

/** About the bytes of all buffers that grow with the number of trials. */
export function trialBytes(network: Network, rows: number): number {
  const { widths } = network.config;
  const values = widths.slice(1).reduce((sum, width) => sum + width, widths[widths.length - 1]);
  const tables = splineStages(network.config).reduce(
    (sum, stage) => sum + planTables(stage).tableStride,
    0,
  );
  return 4 * (rows * values + tables + network.parameters.length);
}

/**
 * Allocates and binds all that a network needs on a dataset.
 *
 * @param trials Number of trials side by side.
 * @param buffers Where all buffers are made.
 */
export function createProgram(
  { device, bindingBytes }: Gpu,
  network: Network,
  loss: Loss,
  dataset: Dataset | WebgpuRows,
  trials: number,
  buffers: Buffers = createBuffers(device),
): Program {
  const stages = deviceStages(network.config);
  const { degree } = network.config;
  const chunkPlan = planChunks(
    dataset.rows,
    numbersPerRow(stages, dataset.nIn, trials),
    bindingBytes,
    Math.floor(device.limits.maxStorageBufferBindingSize / groupBytes(stages, trials)),
  );
  const { chunks } = chunkPlan;
  if (chunks.length > 1 && onDevice(dataset)) {
    throw new RangeError(
      `Cannot compile network: rows on the device must be at most ${chunks[0].rows} here, ` +
        `what one binding holds, current value is ${dataset.rows}`,
    );
  }
  const n = network.parameters.length;
  const last = stages.length - 1;
  const copyPlans = stages.map((stage) => copyPlan(chunkPlan, stage));
  const layers = splineStages(network.config);
  const most = (sizes: number[]) => Math.max(0, ...sizes);

  const theta = buffers.storage("trials", trials * n);
  const gradient = buffers.storage("gradient", n);
  const state = buffers.storage("state", STATE_LENGTH);
  const lossPartial = buffers.storage("loss by groups", trials * chunkPlan.groups);
  const partial = buffers.storage(
    "statistics by groups",
    most(layers.map(({ nIn }) => 4 * trials * chunkPlan.groups * nIn)),
  );
  const copies = buffers.storage(
    "sums by ranges",
    most(stages.map((stage, k) => copyPlans[k].copies * sumSize(stage))),
  );
  const sums = buffers.storage("moments", layers.reduce((sum, each) => sum + sumSize(each), 0));
  const knotBars = buffers.storage("gradient by knots", most(layers.map(knotNumbers)));
  const knotShares = buffers.storage("gradient by knots, shares", most(layers.map(shareNumbers)));
  const tables = layers.map((stage) => createTables(device, buffers, network, stage, trials));

  const sets = chunks.map((chunk) => createChunk(buffers, stages, dataset, chunk, trials));
  const named = {
    theta,
    gradient,
    state,
    lossPartial,
    partial,
    copies,
    sums,
    knotBars,
    knotShares,
  };

  let sumTarget = 0;
  const fields = stages.map((stage, k): FieldValues => {
    const firstSum = sumTarget;
    if (stage.kind === "spline") sumTarget += sumSize(stage);
    const common = stageFields(network, stage);
    return {
      ...common,
      hasBias: Number(stage.kind === "linear" && stage.bias && !shiftsAway(network.config)),
      rectified: Number(k > 0 && isRectifier(stages[k - 1])),
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
  function chunkFields(k: number, c: number): FieldValues {
    const { rows, firstRow, firstGroup } = chunks[c];
    const { count, first } = copyPlans[k].ranges[c];
    return {
      ...fields[k],
      rows,
      firstRow,
      firstGroup,
      chunkCopies: count,
      firstCopy: first,
      xStride: k === 0 ? 0 : rows * stages[k].nIn,
      yStride: rows * stages[k].nOut,
      yBarStride: k === last ? rows * stages[k].nOut : 0,
    };
  }
  const uniforms = stages.map((_, k) =>
    chunks.map((_, c) => buffers.uniform(`stage ${k}`, encodeFields(chunkFields(k, c))))
  );

  function load(other: Dataset): void {
    chunks.forEach((chunk, c) => {
      const numbers = rowsOf(other, chunk);
      upload(device, sets[c].values[0], 0, numbers.inputs);
      upload(device, sets[c].targets, 0, numbers.targets);
      upload(device, sets[c].weights, 0, numbers.weights);
      stages.forEach((_, k) => {
        const bytes = encodeFields({ ...chunkFields(k, c), ...lossFields(loss, other) });
        device.queue.writeBuffer(uniforms[k][c], 0, bytes);
      });
    });
  }

  function dispatch(
    source: KernelSource,
    uniform: GPUBuffer,
    more: Readonly<Record<string, GPUBuffer>>,
    groups: readonly [number, number],
    perTrial: boolean,
  ): Dispatch {
    const kernel = compileKernel(device, source, degree);
    return createDispatch(device, kernel, uniform, { ...named, ...more }, groups, perTrial);
  }
  /** One dispatch per chunk. */
  function overRows(
    source: KernelSource,
    k: number,
    groups: (chunk: Chunk, index: number) => readonly [number, number],
    perTrial: boolean,
  ): Dispatch[] {
    return chunks.map((chunk, c) => {
      const stage = stages[k];
      const { values, bars, targets, weights, places, nothing } = sets[c];
      return dispatch(
        source,
        uniforms[k][c],
        {
          targets,
          weights,
          places,
          x: values[k],
          y: values[k + 1],
          yBar: bars[k],
          xBar: bars[k - 1] ?? nothing,
          ...(stage.kind === "spline" ? { tables: tables[stage.layer] } : {}),
        },
        groups(chunk, c),
        perTrial,
      );
    });
  }
  function onTables(
    source: KernelSource,
    k: number,
    stage: SplineStage,
    groups: number,
    perTrial: boolean,
  ): Dispatch {
    return dispatch(source, uniforms[k][0], { tables: tables[stage.layer] }, [groups, 1], perTrial);
  }

  const columns = (k: number) => (chunk: Chunk): [number, number] => [
    chunk.groups,
    Math.ceil(stages[k].nIn / 64),
  ];
  const rowsOnly = (chunk: Chunk): [number, number] => [chunk.groups, 1];
  const points = (k: number) => (chunk: Chunk): [number, number] =>
    manyGroups(Math.ceil(chunk.rows * stages[k].nIn / 64));
  const sumGroups = (k: number) => (_: Chunk, c: number): [number, number] => {
    const stage = stages[k], { count } = copyPlans[k].ranges[c];
    return manyGroups(
      stage.kind === "linear"
        ? Math.ceil(count * sumSize(stage) / 64)
        : count * momentsKernel(stage).groups,
    );
  };
  const measure = (k: number, stage: SplineStage): Dispatch[] =>
    stage.normalisation === "none" ? [] : [
      ...overRows(MEASURE, k, columns(k), true),
      onTables(FINISH_MEASURE, k, stage, stage.nIn, true),
    ];

  const forward: Dispatch[] = [], backward: Dispatch[] = [];
  stages.forEach((stage, k) => {
    if (stage.kind === "spline") forward.push(onTables(BUILD, k, stage, stage.nIn, true));
  });
  stages.forEach((stage, k) => {
    if (stage.kind === "linear") forward.push(...overRows(LINEAR, k, rowsOnly, true));
    else forward.push(...measure(k, stage), ...overRows(SPLINE, k, rowsOnly, true));
  });
  forward.push(...overRows(LOSS, last, rowsOnly, true));
  const evaluate = [dispatch(EVALUATE, uniforms[last][0], {}, [1, 1], false)];

  for (let k = last; k >= 0; k--) {
    const stage = stages[k];
    const totals = manyGroups(Math.ceil(sumSize(stage) / 16));
    if (stage.kind === "linear") {
      backward.push(...overRows(PULL_LINEAR, k, sumGroups(k), false));
      backward.push(dispatch(SUM_COPIES, uniforms[k][0], { sums: gradient }, totals, false));
      if (k > 0) backward.push(...overRows(PULL_INPUTS, k, points(k), false));
      continue;
    }
    backward.push(...overRows(SLOPES, k, columns(k), false));
    backward.push(...overRows(momentsKernel(stage).source, k, sumGroups(k), false));
    backward.push(dispatch(SUM_COPIES, uniforms[k][0], {}, totals, false));
    if (k > 0 && stage.normalisation !== "none") {
      backward.push(onTables(FINISH_SLOPES, k, stage, stage.nIn, false));
      backward.push(...overRows(PULL, k, points(k), false));
    }
    backward.push(onTables(COLLECT, k, stage, stage.nIn, false));
    if (stage.knots === "free") {
      backward.push(onTables(LOGITS, k, stage, stage.numKnotVectors, false));
    }
  }

  return {
    device,
    buffers,
    chunkPlan,
    trials,
    theta,
    gradient,
    outputs: sets.map(({ values }) => values[values.length - 1]),
    state,
    lossPartial,
    tables,
    data: sets.map(({ values, targets, weights }) => ({ inputs: values[0], targets, weights })),
    load,
    lastFields: fields[last],
    uniform: uniforms[last][0],
    forward,
    evaluate,
    backward,
    dispatch,
  };
}

/** The buffers over the rows of one chunk. */
interface ChunkBuffers {
  readonly values: readonly GPUBuffer[];
  /** `bars[k]`: gradient by the outputs of stage k. */
  readonly bars: readonly GPUBuffer[];
  readonly targets: GPUBuffer;
  readonly weights: GPUBuffer;
  readonly places: GPUBuffer;
  readonly nothing: GPUBuffer;
}

function createChunk(
  buffers: Buffers,
  stages: readonly DeviceStage[],
  dataset: Dataset | WebgpuRows,
  chunk: Chunk,
  trials: number,
): ChunkBuffers {
  const { rows } = chunk;
  const data = dataOf(buffers, dataset, chunk);
  const points = Math.max(0, ...stages.map((each) => each.kind === "spline" ? each.nIn : 0));
  return {
    values: [
      data.inputs,
      ...stages.map((stage) => buffers.storage("values", trials * rows * stage.nOut)),
    ],
    bars: stages.map((stage, k) =>
      buffers.storage("bars", (k === stages.length - 1 ? trials : 1) * rows * stage.nOut)
    ),
    targets: data.targets,
    weights: data.weights,
    places: buffers.storage("places", 2 * rows * points),
    nothing: buffers.storage("nothing", 4),
  };
}

function isRectifier(stage: DeviceStage): boolean {
  return stage.kind === "linear" && stage.rectifies;
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

function knotNumbers({ nIn, knots, space: { degree, intervals } }: SplineStage): number {
  return knots === "free" ? nIn * (intervals + 1 + 2 * degree) : 0;
}

function shareNumbers({ nIn, knots, space: { degree, intervals } }: SplineStage): number {
  return knots === "free" ? nIn * intervals * 2 * (degree + 1) : 0;
}

function lossFields(loss: Loss, { rows, nOut, weights }: Dataset | WebgpuRows): FieldValues {
  const total = !weights
    ? rows
    : "total" in weights
    ? weights.total
    : weights.reduce((sum, weight) => sum + weight, 0);
  const lossScale = 1 / (loss.kind === "crossEntropy" ? total : total * nOut);
  const lossKind = loss.kind === "mse" ? 0 : loss.kind === "huber" ? 1 : nOut === 1 ? 2 : 3;
  return {
    lossKind,
    lossScale,
    hasWeights: Number(weights !== undefined),
    delta: loss.kind === "huber" ? loss.delta ?? DEFAULT_HUBER_DELTA : 0,
    decay: loss.weightDecay ?? 0,
  };
}
