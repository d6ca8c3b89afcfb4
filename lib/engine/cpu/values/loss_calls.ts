/**
 * Squared and Huber losses as kernel calls, so that they need no pass of their own.
 *
 * @module
 */

import type { Dataset } from "../../../data/mod.ts";
import { type Loss, totalWeight } from "../../loss.ts";
import { DEFAULT_HUBER_DELTA } from "../../point_losses.ts";
import type { Reals } from "../wasm/memory.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { call, type Phase } from "../wasm/kernel_calls.ts";
import { createGivenRows, type RowArray, setRows } from "../wasm/row_array.ts";

/** Whether the kernels know a loss. */
export function hasLossCalls(loss: Loss): boolean {
  return loss.kind === "mse" || loss.kind === "huber";
}

/** A loss that the kernels know. */
export type LossCalls = ReturnType<typeof createLossCalls>;

/** Lays out targets and the calls of a loss. */
export function createLossCalls(loss: Loss, { nOut, weights: weighted }: Dataset, work: Workspace) {
  const { arena, blocks, pages } = work;
  const targets = createGivenRows(work, nOut, (part) => part.targets);
  const weights = createWeights(work, weighted !== undefined);
  const sums = arena.float64(blocks.most);
  const scale = arena.float64(1);
  const delta = loss.kind === "huber" ? loss.delta ?? DEFAULT_HUBER_DELTA : 0;
  const sum = { at: sums.at, perBlock: 8 };
  return {
    /** The sum of errors of a chunk and, with `yBar`, the gradient by the outputs. */
    phase: (y: RowArray<Reals>, yBar: RowArray<Reals> | undefined): Phase => ({
      start: [call.zero({ to: sum, size: 8 })],
      chunk: [call.errors({
        nOut,
        y,
        targets,
        bar: yBar ?? 0,
        step: y.step,
        weights: weighted ? weights : 0,
        delta,
        scale: scale.at,
        sum,
      })],
    }),
    /** Takes targets and weights of a batch; before the phases run. */
    setRows(batch: Dataset) {
      if (!pages) {
        setRows(targets, batch.targets);
        weights.values.set(batch.weights ?? []);
      }
      const weight = totalWeight(batch);
      scale.values[0] = weight > 0 ? 1 / (weight * nOut) : 0; // 0: no row counts
    },
    /** The loss, after all blocks. */
    sum() {
      let total = 0;
      blocks.gather([{ values: sums.values, perBlock: 1 }]);
      for (const { index } of blocks.list()) total += sums.values[index];
      return total * scale.values[0];
    },
  };
}

/** Lays out the weights of rows, if they have some. */
function createWeights({ arena, rows, pages }: Workspace, weighted: boolean) {
  const slot = arena.float64(weighted ? rows : 0);
  const weights: RowArray<Float64Array> = {
    ...{ at: slot.at, perRow: 8, columns: 1, stride: 1, step: 8 },
    get values() {
      return slot.values;
    },
  };
  if (weighted) pages?.source(weights, (part) => weights.values.set(part.weights!));
  return weights;
}
