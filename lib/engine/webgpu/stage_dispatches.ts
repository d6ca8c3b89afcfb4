/**
 * The kernels of all stages bound to a program's buffers: the passes forwards and backwards.
 *
 * @module
 */

import type { SplineStage } from "../../model/inner.ts";
import type { Chunk } from "./chunk_plan.ts";
import { sumSize } from "./device_stages.ts";
import {
  compileKernel,
  createDispatch,
  type Dispatch,
  type KernelSource,
  manyGroups,
} from "./kernel.ts";
import type { ProgramBuffers } from "./program_buffers.ts";
import type { ProgramPlan } from "./program_plan.ts";
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
  SUM_COPIES,
} from "./wgsl/mod.ts";

/** Binds a kernel to the program's buffers and to more, by name. */
export type Bind = (
  source: KernelSource,
  uniform: GPUBuffer,
  more: Readonly<Record<string, GPUBuffer>>,
  groups: readonly [number, number],
  perTrial: boolean,
) => Dispatch;

/** The passes of a program. */
export interface Passes {
  /** From trials to `lossPartial` and the gradient by outputs, for every trial. */
  readonly forward: readonly Dispatch[];
  /** Loss and objective of trial 0 into the state. */
  readonly evaluate: readonly Dispatch[];
  /** From the gradient by outputs of the chosen trial to `gradient`. */
  readonly backward: readonly Dispatch[];
}

/** The function that binds kernels to a program's buffers. */
export function createBind(device: GPUDevice, degree: number, { named }: ProgramBuffers): Bind {
  return (source, uniform, more, groups, perTrial) =>
    createDispatch(
      device,
      compileKernel(device, source, degree),
      uniform,
      { ...named, ...more },
      groups,
      perTrial,
    );
}

/** How kernels are bound that walk over rows, or over the nodes of a layer's tables. */
interface StageBinder {
  readonly plan: ProgramPlan;
  readonly bind: Bind;
  readonly gradient: GPUBuffer;
  /** Per stage and chunk. */
  readonly uniforms: readonly (readonly GPUBuffer[])[];
  /** One dispatch per chunk. */
  overRows(
    source: KernelSource,
    k: number,
    groups: (chunk: Chunk, index: number) => readonly [number, number],
    perTrial: boolean,
  ): Dispatch[];
  onTables(
    source: KernelSource,
    k: number,
    stage: SplineStage,
    groups: number,
    perTrial: boolean,
  ): Dispatch;
}

/**
 * Binds the kernels of a program.
 *
 * @param uniforms The fields of each stage and chunk.
 */
export function createPasses(
  plan: ProgramPlan,
  { named: { gradient }, tables, chunks }: ProgramBuffers,
  uniforms: readonly (readonly GPUBuffer[])[],
  bind: Bind,
): Passes {
  const binder: StageBinder = {
    ...{ plan, bind, gradient, uniforms },
    overRows: (source, k, groups, perTrial) =>
      plan.chunkPlan.chunks.map((chunk, c) => {
        const stage = plan.stages[k];
        const { values, bars, targets, weights, places, nothing } = chunks[c];
        const more = {
          targets,
          weights,
          places,
          x: values[k],
          y: values[k + 1],
          yBar: bars[k],
          xBar: bars[k - 1] ?? nothing,
          ...(stage.kind === "spline" ? { tables: tables[stage.layer] } : {}),
        };
        return bind(source, uniforms[k][c], more, groups(chunk, c), perTrial);
      }),
    onTables: (source, k, stage, groups, perTrial) =>
      bind(source, uniforms[k][0], { tables: tables[stage.layer] }, [groups, 1], perTrial),
  };
  const last = plan.stages.length - 1;
  return {
    forward: forwardPass(binder),
    evaluate: [bind(EVALUATE, uniforms[last][0], {}, [1, 1], false)],
    backward: backwardPass(binder),
  };
}

/** Workgroups that take all inputs of a group of rows, 64 at a time. */
const columns = (nIn: number) => (chunk: Chunk): [number, number] => [
  chunk.groups,
  Math.ceil(nIn / 64),
];
const rowsOnly = (chunk: Chunk): [number, number] => [chunk.groups, 1];
const points = (nIn: number) => (chunk: Chunk): [number, number] =>
  manyGroups(Math.ceil(chunk.rows * nIn / 64));

function forwardPass({ plan: { stages }, overRows, onTables }: StageBinder): Dispatch[] {
  const measure = (k: number, stage: SplineStage): Dispatch[] =>
    stage.normalisation === "none" ? [] : [
      ...overRows(MEASURE, k, columns(stage.nIn), true),
      onTables(FINISH_MEASURE, k, stage, stage.nIn, true),
    ];
  const forward: Dispatch[] = [];
  stages.forEach((stage, k) => {
    if (stage.kind === "spline") forward.push(onTables(BUILD, k, stage, stage.nIn, true));
  });
  stages.forEach((stage, k) => {
    if (stage.kind === "linear") forward.push(...overRows(LINEAR, k, rowsOnly, true));
    else forward.push(...measure(k, stage), ...overRows(SPLINE, k, rowsOnly, true));
  });
  forward.push(...overRows(LOSS, stages.length - 1, rowsOnly, true));
  return forward;
}

function backwardPass(
  { plan, bind, gradient, uniforms, overRows, onTables }: StageBinder,
): Dispatch[] {
  const { stages, copyPlans } = plan, backward: Dispatch[] = [];
  const sumGroups = (k: number) => (_: Chunk, c: number): [number, number] => {
    const stage = stages[k], { count } = copyPlans[k].ranges[c];
    return manyGroups(
      stage.kind === "linear"
        ? Math.ceil(count * sumSize(stage) / 64)
        : count * momentsKernel(stage).groups,
    );
  };
  for (let k = stages.length - 1; k >= 0; k--) {
    const stage = stages[k];
    const totals = manyGroups(Math.ceil(sumSize(stage) / 16));
    if (stage.kind === "linear") {
      backward.push(...overRows(PULL_LINEAR, k, sumGroups(k), false));
      backward.push(bind(SUM_COPIES, uniforms[k][0], { sums: gradient }, totals, false));
      if (k > 0) backward.push(...overRows(PULL_INPUTS, k, points(stage.nIn), false));
      continue;
    }
    backward.push(...overRows(SLOPES, k, columns(stage.nIn), false));
    backward.push(...overRows(momentsKernel(stage).source, k, sumGroups(k), false));
    backward.push(bind(SUM_COPIES, uniforms[k][0], {}, totals, false));
    if (k > 0 && stage.normalisation !== "none") {
      backward.push(onTables(FINISH_SLOPES, k, stage, stage.nIn, false));
      backward.push(...overRows(PULL, k, points(stage.nIn), false));
    }
    backward.push(onTables(COLLECT, k, stage, stage.nIn, false));
    if (stage.knots === "free") {
      backward.push(onTables(LOGITS, k, stage, stage.numKnotVectors, false));
    }
  }
  return backward;
}
