/**
 * Norms of a layer's edges, and what a penalty on them adds to the kernels' work.
 *
 * The forward pass adds `|phi_pq|` up over all rows, or phi and its square, for deviations; the
 * penalty of all layers together gives its slopes by these norms; the backward pass adds slope times
 * sign, or what the deviation's derivative is, to the gradient by each edge's values.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import type { EdgeMeasure } from "../../penalty.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { addRows, paddedLength, type RowArray, setRows } from "../wasm/row_array.ts";
import { createSumTable, type SumTable } from "../wasm/sum_table.ts";

/** What the penalty between the passes asks of a layer. */
export interface LayerNorms {
  /** What the forward pass adds up. */
  readonly sums: SumTable;
  /** Rounds absolute values off at 0. */
  round(epsilon: number): void;
  /** The norms `[nIn, nOut]`, after the blocks are added. */
  norms(rows: number): Float64Array;
  /** Takes the penalty's slopes by the norms, before the backward pass. */
  price(slopes: Float64Array, rows: number): void;
  /** Adds what is left, after the backward pass on all rows. */
  settle?(): void;
}

/** Norms of the edges of one layer, added up edge by edge. */
export type EdgeNorms = ReturnType<typeof createEdgeNorms>;

/** Lays out norms and slopes, `[nIn, nOut]`, and what the base branch needs. */
export function createEdgeNorms(
  { nIn, nOut, base }: SplineStage,
  measure: EdgeMeasure,
  work: Workspace,
) {
  const { arena } = work;
  const stride = nOut === 1 ? 1 : paddedLength(arena, nOut), length = nIn * stride;
  const deviates = measure === "deviation";
  const sums = createSumTable(work, (deviates ? 2 : 1) * length); // squares behind the values
  const layout = { columns: nOut, stride, step: stride * arena.bytesPerReal };
  const slopes = rowsOf(arena.reals(length)), shifts = rowsOf(arena.reals(deviates ? length : 0));
  const based = base === "silu";
  const weights = rowsOf(arena.reals(based ? length : 0));
  const weightBars = based ? createSumTable(work, length) : undefined;
  const epsilon = arena.float64(1);
  const shared = { base: based ? weights.at : 0, epsilon: epsilon.at };
  const squares = { ...sums.cursor, at: sums.cursor.at + length * arena.bytesPerReal };
  /** Means of the edges' values, and deviations, of the latest pass. */
  let means: Float64Array = new Float64Array(0), norms = means;

  function rowsOf(slot: ReturnType<typeof arena.reals>): RowArray<typeof slot.values> {
    return {
      at: slot.at,
      ...layout,
      get values() {
        return slot.values;
      },
    };
  }

  /** Means of what is added up from a place on. */
  function meansOf(from: number, rows: number): Float64Array {
    const out = new Float64Array(nIn * nOut);
    addRows(sums.values.subarray(from, from + length), slopes, out);
    return out.map((sum) => sum / rows);
  }

  return {
    /** Arguments of the forward and of the backward kernel. */
    forward: { ...shared, norms: sums.cursor, squares: deviates ? squares : 0 },
    backward: {
      ...shared,
      normSlopes: slopes.at,
      normShifts: deviates ? shifts.at : 0,
      baseBar: weightBars?.cursor ?? 0,
    },
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
    /** The norms, after the blocks are added: of means over the rows. */
    norms(rows: number): Float64Array {
      means = meansOf(0, rows);
      if (!deviates) return means;
      const width = epsilon.values[0] ** 2;
      return norms = meansOf(length, rows).map((square, e) =>
        Math.sqrt(Math.max(0, square - means[e] ** 2) + width)
      );
    },
    /** Takes the penalty's slopes by the norms, before the backward pass. */
    price(bySlope: Float64Array, rows: number) {
      if (!deviates) return setRows(slopes, bySlope.map((slope) => slope / rows));
      const shares = bySlope.map((slope, e) => norms[e] > 0 ? slope / (norms[e] * rows) : 0);
      setRows(slopes, shares);
      setRows(shifts, shares.map((share, e) => share * means[e]));
    },
    /** Adds to the gradient by the base weights. */
    collect(baseWeightsBar: Float64Array) {
      if (weightBars) addRows(weightBars.values, weights, baseWeightsBar);
    },
  };
}
