/**
 * A linear map `y = x W + b` of a batch.
 *
 * @module
 */

import { call, type Phase } from "../wasm/kernel_calls.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { addRows, createLines, type RowArray, setRows, setTransposed } from "../wasm/row_array.ts";
import { createSumTable } from "../wasm/sum_table.ts";

type Rows = RowArray<unknown>;

/**
 * Lays out a map `[nIn, nOut]` with its gradients.
 *
 * @param passes Whether `pull` will be asked for: it works on the transposed weights.
 */
export function createLinearMap(
  nIn: number,
  nOut: number,
  hasBias: boolean,
  work: Workspace,
  passes = false,
) {
  const { arena } = work;
  const transposed = createLines(arena, passes ? nOut : 0, nIn);
  const weights = createLines(arena, nIn, nOut), { stride } = weights;
  const bias = arena.reals(stride);
  const bars = createSumTable(work, (nIn + 1) * stride); // the bias last
  const biasBar = { ...bars.cursor, at: bars.cursor.at + arena.bytesPerReal * nIn * stride };

  return {
    /** Takes the parameters of the next passes; the bias is empty without one. */
    prepare(weightValues: Float64Array, biasValues: Float64Array) {
      setRows(weights, weightValues);
      if (passes) setTransposed(transposed, weightValues);
      bias.values.set(biasValues);
    },
    /** `y = x W + b`; with `adds` `y += x W`. */
    forward: (x: Rows, y: Rows, adds = false): Phase =>
      multiply({ nIn, weights: weights.at, bias: hasBias ? bias.at : 0, adds }, x, y),
    /** The gradients by weights and bias. */
    backward: (x: Rows, yBar: Rows): Phase => ({
      start: bars.start,
      chunk: [call.linearBackward({
        nIn,
        x,
        xStep: x.step,
        yBar,
        yStep: yBar.step,
        weightsBar: bars.cursor,
        biasBar: hasBias ? biasBar : 0,
      })],
      end: bars.end,
    }),
    /** `xBar = yBar W^T`, of a map that was laid out to pass gradients on. */
    pull: (yBar: Rows, xBar: Rows): Phase =>
      multiply({ nIn: nOut, weights: transposed.at, bias: 0, adds: false }, yBar, xBar),
    /** `xBar += slope * yBar W^T`, elementwise in the first product. */
    addPull: (yBar: Rows, xBar: Rows, slope: Rows): Phase => ({
      chunk: [call.linearPull({
        nIn,
        weights: weights.at,
        yBar,
        yStep: yBar.step,
        slope,
        xBar,
        xStep: xBar.step,
      })],
    }),
    /** Adds all blocks' sums. */
    add: bars.add,
    /** Adds to the gradients. */
    collect(weightsBar: Float64Array, biasBarOut: Float64Array) {
      const sums = bars.values;
      addRows(sums, weights, weightsBar);
      for (let q = 0; q < biasBarOut.length; q++) biasBarOut[q] += sums[nIn * stride + q];
    },
  };
}

function multiply(
  map: { readonly nIn: number; weights: number; bias: number; adds: boolean },
  x: Rows,
  y: Rows,
): Phase {
  return { chunk: [call.linearForward({ ...map, x, xStep: x.step, y, yStep: y.step })] };
}
