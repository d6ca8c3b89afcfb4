/**
 * The kernels of all stages bound to a program's buffers: the passes forwards and backwards.
 *
 * @module
 */

import type { SplineStage } from "../../model/inner.ts";
import type { Chunk } from "./chunk_plan.ts";
import { sumSize } from "./device_stages.ts";
import { type Bind, type Dispatch, type KernelSource, manyGroups } from "./kernel.ts";
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

/**
 * Binds the kernels of a program.
 *
 * @param uniforms The fields of each stage and chunk.
 */
export function createPasses(
  plan: ProgramPlan,
  buffers: ProgramBuffers,
  uniforms: readonly (readonly GPUBuffer[])[],
  bind: Bind,
) {
  const last = plan.stages.length - 1;
  return {
    /** From trials to `lossPartial` and the gradient by outputs, for every trial. */
    forward: forwardPass(createBinder(plan, buffers, uniforms, bind, true)),
    /** Loss and objective of trial 0 into the state. */
    evaluate: [bind(EVALUATE, uniforms[last][0], {}, [1, 1])],
    /** From the gradient by outputs of the chosen trial to `gradient`. */
    backward: backwardPass(createBinder(plan, buffers, uniforms, bind, false)),
  };
}

type StageBinder = ReturnType<typeof createBinder>;

/** Binds kernels that walk over rows, over a layer's tables, or over copies of sums. */
function createBinder(
  plan: ProgramPlan,
  { named: { sums, gradient }, tables, chunks }: ProgramBuffers,
  uniforms: readonly (readonly GPUBuffer[])[],
  bind: Bind,
  perTrial: boolean,
) {
  type Groups = readonly [number, number];
  return {
    plan,
    /** One dispatch per chunk. */
    overRows: (source: KernelSource, k: number, groups: (chunk: Chunk, index: number) => Groups) =>
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
    onTables: (source: KernelSource, k: number, { layer }: SplineStage, groups: number) =>
      bind(source, uniforms[k][0], { tables: tables[layer] }, [groups, 1], perTrial),
    /** Of a linear map the sums are the gradient. */
    sumCopies(k: number): Dispatch {
      const stage = plan.stages[k], groups = manyGroups(Math.ceil(sumSize(stage) / 16));
      const target = stage.kind === "linear" ? gradient : sums;
      return bind(SUM_COPIES, uniforms[k][0], { sums: target }, groups, perTrial);
    },
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
      ...overRows(MEASURE, k, columns(stage.nIn)),
      onTables(FINISH_MEASURE, k, stage, stage.nIn),
    ];
  const forward: Dispatch[] = [];
  stages.forEach((stage, k) => {
    if (stage.kind === "spline") forward.push(onTables(BUILD, k, stage, stage.nIn));
  });
  stages.forEach((stage, k) => {
    if (stage.kind === "linear") forward.push(...overRows(LINEAR, k, rowsOnly));
    else forward.push(...measure(k, stage), ...overRows(SPLINE, k, rowsOnly));
  });
  forward.push(...overRows(LOSS, stages.length - 1, rowsOnly));
  return forward;
}

function backwardPass({ plan, overRows, onTables, sumCopies }: StageBinder): Dispatch[] {
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
    if (stage.kind === "linear") {
      backward.push(...overRows(PULL_LINEAR, k, sumGroups(k)));
      backward.push(sumCopies(k));
      if (k > 0) backward.push(...overRows(PULL_INPUTS, k, points(stage.nIn)));
      continue;
    }
    backward.push(...overRows(SLOPES, k, columns(stage.nIn)));
    backward.push(...overRows(momentsKernel(stage).source, k, sumGroups(k)));
    backward.push(sumCopies(k));
    if (k > 0 && stage.normalisation !== "none") {
      backward.push(onTables(FINISH_SLOPES, k, stage, stage.nIn));
      backward.push(...overRows(PULL, k, points(stage.nIn)));
    }
    backward.push(onTables(COLLECT, k, stage, stage.nIn));
    if (stage.knots === "free") {
      backward.push(onTables(LOGITS, k, stage, stage.numKnotVectors));
    }
  }
  return backward;
}
