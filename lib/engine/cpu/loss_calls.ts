/**
 * The squared loss as kernel calls: it ends the last stage's phase.
 *
 * @module
 */

import type { Dataset } from "../../data/mod.ts";
import type { Loss } from "../engine.ts";
import type { KernelMemory } from "./memory.ts";
import { type Block, type Call, rowAddress } from "./program.ts";

/** A loss that the kernels know. */
export interface LossCalls {
  /** What a block does: its share of the loss, and its rows of the gradient if `yBar` is given. */
  calls(y: Float64Array, yBar: Float64Array | undefined, block: Block): Call[];
  /** The loss, after all blocks. */
  sum(): number;
}

/** The calls of a loss; undefined for those that `evaluateLoss` computes. */
export function createLossCalls(
  loss: Loss,
  { rows, nOut, targets, weights }: Dataset,
  blocks: readonly Block[],
  memory: KernelMemory,
): LossCalls | undefined {
  if (loss.kind !== "mse" || weights) return undefined;
  const scale = 1 / (rows * nOut);
  const sums = memory.float64(blocks.length);
  const own = memory.float64(targets.length);
  own.set(targets);
  return {
    calls: (y, yBar, { index, begin, rows }) => [[
      "squares",
      rows * nOut,
      rowAddress(y, nOut, begin),
      rowAddress(own, nOut, begin),
      yBar ? rowAddress(yBar, nOut, begin) : 0,
      scale,
      rowAddress(sums, 1, index),
    ]],
    sum: () => sums.reduce((total, each) => total + each, 0) * scale,
  };
}
