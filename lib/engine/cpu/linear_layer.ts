/**
 * The linear first map on a batch.
 *
 * @module
 */

import type { LinearStage } from "../../model/mod.ts";
import type { KernelMemory } from "./memory.ts";

/** A compiled linear map `y = x W + b`; `b` is empty without a bias. */
export interface LinearLayer {
  /** Overwrites `y [rows, nOut]`. */
  forward(weights: Float64Array, bias: Float64Array, x: Float64Array, y: Float64Array): void;
  /** Adds `x^T yBar` to `weightsBar` and the column sums of `yBar` to `biasBar`. */
  backward(
    x: Float64Array,
    yBar: Float64Array,
    weightsBar: Float64Array,
    biasBar: Float64Array,
  ): void;
}

/** Allocates a linear map for `rows` points. */
export function createLinearLayer(
  { nIn, nOut, bias: hasBias }: LinearStage,
  rows: number,
  memory: KernelMemory,
): LinearLayer {
  const { kernels } = memory;
  const weights = memory.float64(nIn * nOut), bias = memory.float64(nOut);
  return {
    forward(givenWeights, givenBias, x, y) {
      weights.set(givenWeights);
      bias.set(givenBias);
      kernels.linearForward(
        rows,
        nIn,
        nOut,
        weights.byteOffset,
        hasBias ? bias.byteOffset : 0,
        x.byteOffset,
        y.byteOffset,
      );
    },
    backward(x, yBar, weightsBar, biasBar) {
      weights.fill(0);
      bias.fill(0);
      kernels.linearBackward(
        rows,
        nIn,
        nOut,
        x.byteOffset,
        yBar.byteOffset,
        weights.byteOffset,
        hasBias ? bias.byteOffset : 0,
      );
      for (let i = 0; i < weightsBar.length; i++) weightsBar[i] += weights[i];
      for (let i = 0; i < biasBar.length; i++) biasBar[i] += bias[i];
    },
  };
}
