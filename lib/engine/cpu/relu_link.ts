/**
 * The stages of an MLP as links: linear maps that pass a gradient on to their input, and ReLU.
 *
 * @module
 */

import type { LinearStage } from "../../model/mod.ts";
import { createLinearLayer } from "./linear_layer.ts";
import type { BlockViews, Link } from "./link.ts";
import type { KernelMemory } from "./memory.ts";
import { type Block, rowAddress } from "./program.ts";

/** What a link of an MLP does not need. */
const NOTHING = {
  measureCalls: () => [],
  measured() {},
  placeOnceCalls: () => [],
  pullCalls: () => [],
  pulled() {},
  addMomentsCalls: () => [],
  statistics: () => [],
} satisfies Partial<Link>;

/**
 * Any linear map of an MLP: `y = x W + b`; backward also `xBar = yBar W^T`, which is the forward
 * kernel on the transposed weights.
 */
export function createLinkedDense(
  stage: LinearStage,
  blocks: readonly Block[],
  memory: KernelMemory,
  views: BlockViews,
  x: Float64Array,
  y: Float64Array,
): Link {
  const { name, nIn, nOut } = stage;
  const weights = views(`${name}.weights`), bias = views(`${name}.bias`);
  const layer = createLinearLayer(stage, blocks.length, memory);
  const transposed = memory.float64(nIn * nOut); // [nOut, nIn]
  return {
    ...NOTHING,
    separate: false,
    prepare(parameters) {
      const own = weights(parameters);
      layer.prepare(own, bias(parameters));
      for (let p = 0; p < nIn; p++) {
        for (let q = 0; q < nOut; q++) transposed[q * nIn + p] = own[p * nOut + q];
      }
    },
    forwardCalls: (block) => layer.forwardCalls(x, y, block),
    afterForward() {},
    backwardCalls: (yBar, xBar, block) => [
      ...layer.backwardCalls(x, yBar, block),
      ...xBar
        ? [
          [
            "linearForward",
            block.rows,
            nOut,
            nIn,
            transposed.byteOffset,
            0, // no bias
            rowAddress(yBar, nOut, block.begin),
            rowAddress(xBar, nIn, block.begin),
          ] as const,
        ]
        : [],
    ],
    afterBackward() {},
    collect: (_, gradient) => layer.collect(weights(gradient), bias(gradient)),
  };
}

/** `y = max(0, x)` and its adjoint: the gradient passes where `x > 0`. */
export function createLinkedRelu(x: Float64Array, y: Float64Array): Link {
  return {
    ...NOTHING,
    separate: true,
    prepare() {},
    forwardCalls: () => [],
    afterForward() {
      for (let i = 0; i < x.length; i++) y[i] = Math.max(0, x[i]);
    },
    backwardCalls: () => [],
    afterBackward(_parameters, yBar, _gradient, xBar) {
      if (xBar) { for (let i = 0; i < x.length; i++) xBar[i] = x[i] > 0 ? yBar[i] : 0; }
    },
    collect() {},
  };
}
