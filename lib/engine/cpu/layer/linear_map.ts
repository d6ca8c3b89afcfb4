/**
 * A linear map `y = x W + b` of a batch.
 *
 * @module
 */

import { type Call, call, type Phase } from "../wasm/kernel_calls.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { addRows, createLines, type RowArray, setRows, setTransposed } from "../wasm/row_array.ts";
import { createSumTable } from "../wasm/sum_table.ts";

/** A linear map with its gradients. */
export interface LinearMap {
  /** Takes the parameters of the next passes; `bias` is empty without one. */
  prepare(weights: Float64Array, bias: Float64Array): void;
  /** `y = x W + b`; with `adds` `y += x W`. */
  forward(x: RowArray<unknown>, y: RowArray<unknown>, adds?: boolean): Phase;
  /** The gradients by weights and bias. */
  backward(x: RowArray<unknown>, yBar: RowArray<unknown>): Phase;
  /** `xBar = yBar W^T`, of a map that was laid out to pass gradients on. */
  pull(yBar: RowArray<unknown>, xBar: RowArray<unknown>): Phase;
  /** `xBar += slope * yBar W^T`, elementwise in the first product. */
  addPull(yBar: RowArray<unknown>, xBar: RowArray<unknown>, slope: RowArray<unknown>): Phase;
  /** Adds all blocks' sums. */
  readonly add: readonly Call[];
  /** Adds to the gradients. */
  collect(weightsBar: Float64Array, biasBar: Float64Array): void;
}

/**
 * Lays out a map `[nIn, nOut]`.
 *
 * @param passes Whether `pull` will be asked for: it works on the transposed weights.
 */
export function createLinearMap(
  nIn: number,
  nOut: number,
  hasBias: boolean,
  work: Workspace,
  passes = false,
): LinearMap {
  const { arena } = work;
  const transposed = createLines(arena, passes ? nOut : 0, nIn);
  const weights = createLines(arena, nIn, nOut), { stride } = weights;
  const bias = arena.reals(stride);
  const bars = createSumTable(work, (nIn + 1) * stride); // the bias last
  const biasBar = {
    ...bars.cursor,
    at: bars.cursor.at + arena.bytesPerReal * nIn * stride,
  };

  return {
    prepare(weightValues, biasValues) {
      setRows(weights, weightValues);
      if (passes) setTransposed(transposed, weightValues);
      bias.values.set(biasValues);
    },
    forward: (x, y, adds = false) =>
      multiply({ nIn, weights: weights.at, bias: hasBias ? bias.at : 0, adds }, x, y),
    backward: (x, yBar) => ({
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
    pull: (yBar, xBar) =>
      multiply({ nIn: nOut, weights: transposed.at, bias: 0, adds: false }, yBar, xBar),
    addPull: (yBar, xBar, slope) => ({
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
    add: bars.add,
    collect(weightsBar, biasBarOut) {
      const sums = bars.values;
      addRows(sums, weights, weightsBar);
      for (let q = 0; q < biasBarOut.length; q++) biasBarOut[q] += sums[nIn * stride + q];
    },
  };
}

function multiply(
  map: { readonly nIn: number; weights: number; bias: number; adds: boolean },
  x: RowArray<unknown>,
  y: RowArray<unknown>,
): Phase {
  return { chunk: [call.linearForward({ ...map, x, xStep: x.step, y, yStep: y.step })] };
}
