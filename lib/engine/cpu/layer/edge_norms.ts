/**
 * Norms of a layer's edges, and what a penalty on them adds to the kernels' work.
 *
 * The forward pass adds `|phi_pq|` up over all rows; the penalty of all layers together gives its
 * slopes by these sums; the backward pass adds slope times sign to the gradient by each edge's
 * values.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { addRows, paddedLength, type RowArray, setRows } from "../wasm/row_array.ts";
import { createSumTable } from "../wasm/sum_table.ts";

/** Norms of the edges of one layer. */
export type EdgeNorms = ReturnType<typeof createEdgeNorms>;

/** Lays out norms and slopes, `[nIn, nOut]`, and what the base branch needs. */
export function createEdgeNorms({ nIn, nOut, base }: SplineStage, work: Workspace) {
  const { arena } = work;
  const stride = nOut === 1 ? 1 : paddedLength(arena, nOut), length = nIn * stride;
  const sums = createSumTable(work, length);
  const layout = { columns: nOut, stride, step: stride * arena.bytesPerReal };
  const slopes = rowsOf(arena.reals(length));
  const based = base === "silu";
  const weights = rowsOf(arena.reals(based ? length : 0));
  const weightBars = based ? createSumTable(work, length) : undefined;
  const epsilon = arena.float64(1);
  const shared = { base: based ? weights.at : 0, epsilon: epsilon.at };

  function rowsOf(slot: ReturnType<typeof arena.reals>): RowArray<typeof slot.values> {
    return {
      at: slot.at,
      ...layout,
      get values() {
        return slot.values;
      },
    };
  }

  return {
    /** Arguments of the forward and of the backward kernel. */
    forward: { ...shared, norms: sums.cursor },
    backward: { ...shared, normSlopes: slopes.at, baseBar: weightBars?.cursor ?? 0 },
    sums,
    weightBars,
    /** Rounds absolute values off at 0. */
    round(width: number) {
      epsilon.values[0] = width;
    },
    /** Takes the base weights of the next passes. */
    prepare(baseWeights: Float64Array) {
      if (based) setRows(weights, baseWeights);
    },
    /** The norms, after the blocks are added: means over the rows. */
    norms(rows: number): Float64Array {
      const out = new Float64Array(nIn * nOut);
      addRows(sums.values, slopes, out);
      return out.map((sum) => sum / rows);
    },
    /** Takes the penalty's slopes by the norms, before the backward pass. */
    price(bySlope: Float64Array, rows: number) {
      setRows(slopes, bySlope.map((slope) => slope / rows));
    },
    /** Adds to the gradient by the base weights. */
    collect(baseWeightsBar: Float64Array) {
      if (weightBars) addRows(weightBars.values, weights, baseWeightsBar);
    },
  };
}
