/**
 * The stages of an MLP as links: dense maps that pass a gradient on to their input, and ReLU.
 *
 * @module
 */

import type { LinearStage, ReluStage } from "../../model/mod.ts";
import type { BlockViews, Link } from "./link.ts";
import type { KernelMemory } from "./memory.ts";
import { type Block, type Call, rowAddress } from "./program.ts";

/** What a link of an MLP does not need. */
const NOTHING = {
  separate: false,
  measureCalls: () => [],
  measured() {},
  placeOnceCalls: () => [],
  afterForward() {},
  afterBackward() {},
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
  { name, nIn, nOut, bias: hasBias }: LinearStage,
  blocks: readonly Block[],
  memory: KernelMemory,
  views: BlockViews,
  x: Float64Array,
  y: Float64Array,
): Link {
  const weightsOf = views(`${name}.weights`), biasOf = views(`${name}.bias`);
  const size = nIn * nOut, both = size + nOut;
  const weights = memory.float64(size), transposed = memory.float64(size); // [nIn, nOut], [nOut, nIn]
  const bias = memory.float64(nOut);
  const bars = memory.float64(blocks.length * both); // per block weights, then bias
  return {
    ...NOTHING,
    prepare(parameters) {
      weights.set(weightsOf(parameters));
      bias.set(biasOf(parameters));
      for (let p = 0; p < nIn; p++) {
        for (let q = 0; q < nOut; q++) transposed[q * nIn + p] = weights[p * nOut + q];
      }
    },
    forwardCalls: ({ begin, rows }) => [[
      "denseForward",
      rows,
      nIn,
      nOut,
      weights.byteOffset,
      hasBias ? bias.byteOffset : 0,
      rowAddress(x, nIn, begin),
      rowAddress(y, nOut, begin),
    ]],
    backwardCalls(yBar, xBar, { index, begin, rows }) {
      const own = rowAddress(bars, both, index), yBarAt = rowAddress(yBar, nOut, begin);
      const calls: Call[] = [
        ["zero", own, both],
        [
          "denseBackward",
          rows,
          nIn,
          nOut,
          rowAddress(x, nIn, begin),
          yBarAt,
          own,
          hasBias ? own + 8 * size : 0,
        ],
      ];
      if (xBar) {
        const xBarAt = rowAddress(xBar, nIn, begin);
        calls.push(["denseForward", rows, nOut, nIn, transposed.byteOffset, 0, yBarAt, xBarAt]);
      }
      return calls;
    },
    collect(_, gradient) {
      const weightsBar = weightsOf(gradient), biasBar = biasOf(gradient);
      for (let own = 0; own < bars.length; own += both) {
        for (let i = 0; i < size; i++) weightsBar[i] += bars[own + i];
        for (let i = 0; i < biasBar.length; i++) biasBar[i] += bars[own + size + i];
      }
    },
  };
}

/** `y = max(0, x)` and its adjoint: the gradient passes where `x > 0`. */
export function createLinkedRelu({ nIn }: ReluStage, x: Float64Array, y: Float64Array): Link {
  return {
    ...NOTHING,
    prepare() {},
    forwardCalls: ({ begin, rows }) => [[
      "reluForward",
      rows * nIn,
      rowAddress(x, nIn, begin),
      rowAddress(y, nIn, begin),
    ]],
    backwardCalls: (yBar, xBar, { begin, rows }) =>
      xBar
        ? [[
          "reluBackward",
          rows * nIn,
          rowAddress(x, nIn, begin),
          rowAddress(yBar, nIn, begin),
          rowAddress(xBar, nIn, begin),
        ]]
        : [],
    collect() {},
  };
}
