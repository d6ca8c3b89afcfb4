/**
 * The base branch `y_q += sum_p w_pq silu(u_p)` of a spline layer: a linear map of the nodes' silu.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import type { EdgeNorms } from "./edge_norms.ts";
import type { BlockViews } from "./link.ts";
import { createLinearMap } from "./linear_map.ts";
import { call, joinPhases, type Phase } from "../wasm/kernel_calls.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { createRows } from "../wasm/row_array.ts";

/**
 * Lays out the base branch of a layer, if it has one.
 *
 * @param kept Whether rows are kept until the backward pass.
 * @param edges Norms of the layer's edges, which the branch is part of.
 */
export function createBaseBranch(
  stage: SplineStage,
  work: Workspace,
  kept: boolean,
  views: BlockViews,
  edges: EdgeNorms | undefined,
) {
  if (stage.base !== "silu") return undefined;
  const { nIn, nOut } = stage, none = new Float64Array(0);
  const dense = createDenseWeights(stage), baseWeights = views(`spline${stage.layer}.baseWeights`);
  const map = createLinearMap(nIn, nOut, false, work);
  const u = createRows(work, nIn, kept);
  const value = createRows(work, nIn, kept), slope = createRows(work, nIn, kept);
  return {
    u,
    silus: { value, slope },
    place: { chunk: [call.silu({ u, value, slope, step: u.step })] } satisfies Phase,
    prepare(parameters: Float64Array): void {
      const weights = dense.spread(baseWeights(parameters));
      map.prepare(weights, none);
      edges?.prepare(weights);
    },
    forward: (y: typeof u) => map.forward(value, y, true),
    backward: (yBar: typeof u, xBar: typeof u | undefined) =>
      joinPhases([map.backward(value, yBar), xBar ? map.addPull(yBar, xBar, slope) : {}]),
    add: map.add,
    collect: (gradient: Float64Array) =>
      dense.gather(baseWeights(gradient), (bars) => {
        map.collect(bars, none);
        edges?.collect(bars);
      }),
  };
}

/** Weights of edges as those of all edges, `[nIn, nOut]`, and the gradient by them back. */
function createDenseWeights({ nIn, nOut, edges }: SplineStage) {
  const all = new Float64Array(edges ? nIn * nOut : 0);
  return {
    spread(weights: Float64Array): Float64Array {
      edges?.numbers.forEach((edge, i) => all[i] = edge < 0 ? 0 : weights[edge]);
      return edges ? all : weights;
    },
    gather(out: Float64Array, collect: (bars: Float64Array) => void): void {
      if (!edges) return collect(out);
      collect(all.fill(0));
      edges.numbers.forEach((edge, i) => edge >= 0 && (out[edge] += all[i]));
    },
  };
}
