/**
 * The linear first map on a batch.
 *
 * @module
 */

import type { LinearStage } from "../../model/mod.ts";
import type { KernelMemory } from "./memory.ts";
import { type Block, type Call, rowAddress } from "./program.ts";

/** A compiled linear map `y = x W + b`; `b` is empty without a bias. */
export interface LinearLayer {
  /** Takes the parameters of the next passes. */
  prepare(weights: Float64Array, bias: Float64Array): void;
  /** What a block does to overwrite its rows of `y [rows, nOut]`. */
  forwardCalls(x: Float64Array, y: Float64Array, block: Block): Call[];
  /** What a block does for the gradients. */
  backwardCalls(x: Float64Array, yBar: Float64Array, block: Block): Call[];
  /** Adds the gradients of all blocks. */
  collect(weightsBar: Float64Array, biasBar: Float64Array): void;
}

/** Allocates a linear map for batches cut into the given number of blocks. */
export function createLinearLayer(
  { nIn, nOut, bias: hasBias }: LinearStage,
  blocks: number,
  memory: KernelMemory,
): LinearLayer {
  const size = nIn * nOut, both = size + nOut;
  const weights = memory.float64(size), bias = memory.float64(nOut);
  const bars = memory.float64(blocks * both); // per block weights, then bias

  return {
    prepare(givenWeights, givenBias) {
      weights.set(givenWeights);
      bias.set(givenBias);
    },
    forwardCalls: (x, y, { begin, rows }) => [[
      "linearForward",
      rows,
      nIn,
      nOut,
      weights.byteOffset,
      hasBias ? bias.byteOffset : 0,
      rowAddress(x, nIn, begin),
      rowAddress(y, nOut, begin),
    ]],
    backwardCalls(x, yBar, { index, begin, rows }) {
      const own = rowAddress(bars, both, index);
      return [["zero", own, both], [
        "linearBackward",
        rows,
        nIn,
        nOut,
        rowAddress(x, nIn, begin),
        rowAddress(yBar, nOut, begin),
        own,
        hasBias ? own + 8 * size : 0,
      ]];
    },
    collect(weightsBar, biasBar) {
      for (let own = 0; own < blocks * both; own += both) {
        for (let i = 0; i < weightsBar.length; i++) weightsBar[i] += bars[own + i];
        for (let i = 0; i < biasBar.length; i++) biasBar[i] += bars[own + size + i];
      }
    },
  };
}
