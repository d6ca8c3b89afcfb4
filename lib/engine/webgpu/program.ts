/**
 * A network on a dataset as lists of dispatches over buffers that never change.
 *
 * Trial points lie side by side in slots: the forward pass runs for several at once, the backward
 * pass for the chosen one.
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
import { onDevice, type WebgpuRows } from "./rows.ts";
import { encodeFields, type FieldValues } from "./fields.ts";
import {
  compileKernel,
  createDispatch,
  type Dispatch,
  type KernelSource,
  manyGroups,
} from "./kernel.ts";
import {
  type Chunk,
  type CopyPlan,
  type DeviceStage,
  deviceStages,
  planCopies,
  planRows,
  planTables,
  type RowPlan,
  shiftsAway,
  stageFields,
  sumSize,
} from "./sizes.ts";
import { createTables } from "./tables.ts";
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
  readonly rowPlan: RowPlan;
  readonly slots: number;
  /** Trials, shape `[slots, numParameters]`. */
  readonly theta: GPUBuffer;
  /** Gradient at the chosen trial. */
  readonly gradient: GPUBuffer;
  /** Outputs of each chunk, shape `[slots, rows, nOut]`. */
  readonly outputs: readonly GPUBuffer[];
  /** See `STATE`. */
  readonly state: GPUBuffer;
  readonly lossPartial: GPUBuffer;
  /** Per spline layer; statistics begin at `plan.tStats` of each slot. */
  readonly tables: readonly GPUBuffer[];
  /** Inputs, targets and weights of each chunk. */
  readonly data: readonly ChunkData[];
  /** Replaces rows by as many others. */
  load(dataset: Dataset): void;
  /** Fields of the last stage, and a uniform buffer with them: what optimizers bind. */
  readonly lastFields: FieldValues;
  readonly uniform: GPUBuffer;
  /** From trials to `lossPartial` and the gradient by outputs; slotted. */
  readonly forward: readonly Dispatch[];
  /** Loss and objective of slot 0 into the state. */
  readonly evaluate: readonly Dispatch[];
  /** From the gradient by outputs of the chosen slot to `gradient`. */
  readonly backward: readonly Dispatch[];
  /** Binds one more kernel to named buffers. */
  dispatch(
    source: KernelSource,
    uniform: GPUBuffer,
    named: Readonly<Record<string, GPUBuffer>>,
    groups: readonly [number, number],
    slotted: boolean,
  ): Dispatch;
}

/** Most numbers per row of any buffer over rows. */
function numbersPerRow(stages: readonly DeviceStage[], nIn: number, slots: number): number {
  const widths = stages.flatMap((stage) => [slots * stage.nOut, 2 * stage.nIn]);
  return Math.max(nIn, ...widths);
}

/** Bytes that one group of rows leaves in the largest buffer of partial results. */
function groupBytes(stages: readonly DeviceStage[], slots: number): number {
  return 16 * slots * Math.max(...stages.map(({ nIn }) => nIn));
}

/** Bytes of the largest tables of one slot. */
export function tableBytes(network: Network): number {
  const strides = splineStages(network.config).map((each) => planTables(each).tableStride);
  return 4 * Math.max(0, ...strides);
}

/** About the bytes of all buffers that grow with the number of slots. */
export function slotBytes(network: Network, rows: number): number {
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
 * @param slots Trials side by side.
 * @param buffers Where all buffers are made.
 */
export function createProgram(
  { device, bindingBytes }: Gpu,
  network: Network,
  loss: Loss,
  dataset: Dataset | WebgpuRows,
  slots: number,
  buffers: Buffers = createBuffers(device),
): Program {
  const stages = deviceStages(network.config);
  const { degree } = network.config;
  const rowPlan = planRows(
    dataset.rows,
    numbersPerRow(stages, dataset.nIn, slots),
    bindingBytes,
    Math.floor(device.limits.maxStorageBufferBindingSize / groupBytes(stages, slots)),
  );
  const { chunks } = rowPlan;
  if (chunks.length > 1 && onDevice(dataset)) {
    throw new RangeError(
      `Cannot compile network: rows on the device must be at most ${chunks[0].rows} here, ` +
        `what one binding holds, current value is ${dataset.rows}`,
    );
  }
  const n = network.parameters.length;
  const last = stages.length - 1;
  const copyPlans = stages.map((stage) => copyPlan(rowPlan, stage));
  const layers = splineStages(network.config);
  const most = (sizes: number[]) => Math.max(0, ...sizes);

  const theta = buffers.storage("trials", slots * n);
  const gradient = buffers.storage("gradient", n);
  const state = buffers.storage("state", STATE_LENGTH);
  const lossPartial = buffers.storage("loss by groups", slots * rowPlan.groups);
  const partial = buffers.storage(
    "statistics by groups",
    most(layers.map(({ nIn }) => 4 * slots * rowPlan.groups * nIn)),
  );
  const copies = buffers.storage(
    "sums by ranges",
    most(stages.map((stage, k) => copyPlans[k].copies * sumSize(stage))),
  );
  const sums = buffers.storage("moments", layers.reduce((sum, each) => sum + sumSize(each), 0));
  const knotBars = buffers.storage("gradient by knots", most(layers.map(knotNumbers)));
  const knotShares = buffers.storage("gradient by knots, shares", most(layers.map(shareNumbers)));
  const tables = layers.map((stage) => createTables(device, buffers, network, stage, slots));

  const sets = chunks.map((chunk) => createChunk(buffers, stages, dataset, chunk, slots));
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
    const own = sumTarget;
    if (stage.kind === "spline") sumTarget += sumSize(stage);
    const common = stageFields(network, stage);
    return {
      ...common,
      hasBias: Number(stage.kind === "linear" && stage.bias && !shiftsAway(network.config)),
      rectified: Number(k > 0 && isRectifier(stages[k - 1])),
      rowsPerGroup: rowPlan.rowsPerGroup,
      groups: rowPlan.groups,
      totalRows: dataset.rows,
      hasBar: Number(k > 0),
      rowsPerCopy: copyPlans[k].rowsPerCopy,
      copies: copyPlans[k].copies,
      sumSize: sumSize(stage),
      sumTarget: stage.kind === "linear" ? common.coefficients! : own,
      sumDecay: stage.kind === "linear" ? loss.weightDecay ?? 0 : 0,
      ...lossFields(loss, dataset),
    };
  });
  function chunkFields(k: number, c: number): FieldValues {
    const { rows, firstRow, firstGroup } = chunks[c];
    const { own, first } = copyPlans[k].ranges[c];
    return {
      ...fields[k],
      rows,
      firstRow,
      firstGroup,
      ownCopies: own,
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
      const own = rowsOf(other, chunk);
      upload(device, sets[c].values[0], 0, own.inputs);
      upload(device, sets[c].targets, 0, own.targets);
      upload(device, sets[c].weights, 0, own.weights);
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
    slotted: boolean,
  ): Dispatch {
    const kernel = compileKernel(device, source, degree);
    return createDispatch(device, kernel, uniform, { ...named, ...more }, groups, slotted);
  }
  /** One dispatch per chunk. */
  function overRows(
    source: KernelSource,
    k: number,
    groups: (chunk: Chunk, index: number) => readonly [number, number],
    slotted: boolean,
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
        slotted,
      );
    });
  }
  function onTables(
    source: KernelSource,
    k: number,
    stage: SplineStage,
    groups: number,
    slotted: boolean,
  ): Dispatch {
    return dispatch(source, uniforms[k][0], { tables: tables[stage.layer] }, [groups, 1], slotted);
  }

  const columns = (k: number) => (chunk: Chunk): [number, number] => [
    chunk.groups,
    Math.ceil(stages[k].nIn / 64),
  ];
  const rowsOnly = (chunk: Chunk): [number, number] => [chunk.groups, 1];
  const points = (k: number) => (chunk: Chunk): [number, number] =>
    manyGroups(Math.ceil(chunk.rows * stages[k].nIn / 64));
  const sumGroups = (k: number) => (_: Chunk, c: number): [number, number] => {
    const stage = stages[k], { own } = copyPlans[k].ranges[c];
    return manyGroups(
      stage.kind === "linear"
        ? Math.ceil(own * sumSize(stage) / 64)
        : own * momentsKernel(stage).groups,
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
    rowPlan,
    slots,
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
  slots: number,
): ChunkBuffers {
  const { rows } = chunk;
  const own = dataOf(buffers, dataset, chunk);
  const points = Math.max(0, ...stages.map((each) => each.kind === "spline" ? each.nIn : 0));
  return {
    values: [
      own.inputs,
      ...stages.map((stage) => buffers.storage("values", slots * rows * stage.nOut)),
    ],
    bars: stages.map((stage, k) =>
      buffers.storage("bars", (k === stages.length - 1 ? slots : 1) * rows * stage.nOut)
    ),
    targets: own.targets,
    weights: own.weights,
    places: buffers.storage("places", 2 * rows * points),
    nothing: buffers.storage("nothing", 4),
  };
}

function isRectifier(stage: DeviceStage): boolean {
  return stage.kind === "linear" && stage.rectifies;
}

/** Threads and workgroups that keep a large device busy. */
const WANTED_THREADS = 65_536, WANTED_GROUPS = 4096;

function copyPlan(rowPlan: RowPlan, stage: DeviceStage): CopyPlan {
  const size = sumSize(stage);
  if (stage.kind === "linear") return planCopies(rowPlan, size, WANTED_THREADS / size, 32);
  const pieces = stage.space.intervals + 2;
  return planCopies(
    rowPlan,
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
