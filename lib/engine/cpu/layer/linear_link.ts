/**
 * Linear maps and ReLU in the chain.
 *
 * @module
 */

import type { ActivationStage, LinearStage } from "../../../model/inner.ts";
import { createLinearMap } from "./linear_map.ts";
import type { BlockViews, Link, Position } from "./link.ts";
import { call, joinPhases } from "../wasm/kernel_calls.ts";
import type { Workspace } from "../wasm/row_blocks.ts";
import { createRows } from "../wasm/row_array.ts";

/** The members of a link without statistics. */
const PLAIN = {
  ...{ fresh: [], build: [], measure: [], once: {}, pull: [] },
  statistics: () => [],
} satisfies Partial<Link>;

/** Lays out a linear map; behind the data it passes no gradient on. */
export function createLinearLink(
  { name, nIn, nOut, bias: hasBias }: LinearStage,
  { input, first, fused, keepsOutput }: Position,
  work: Workspace,
  views: BlockViews,
): Link {
  const weights = views(`${name}.weights`), bias = views(`${name}.bias`);
  const map = createLinearMap(nIn, nOut, hasBias, work, !first);
  const output = createRows(work, nOut, keepsOutput);
  const inputBar = first ? undefined : createRows(work, nIn, !fused);
  return {
    ...PLAIN,
    output,
    inputBar,
    prepare(parameters) {
      map.prepare(weights(parameters), bias(parameters));
      return false;
    },
    forward: map.forward(input, output),
    backward: (yBar) =>
      joinPhases([map.backward(input, yBar), inputBar ? map.pull(yBar, inputBar) : {}]),
    add: map.add,
    collect: (gradient) => map.collect(weights(gradient), bias(gradient)),
  };
}

/** Lays out `y = max(0, x)`: the gradient passes where `y > 0`, in the place of the gradient by `y`. */
export function createReluLink(
  { nIn }: ActivationStage,
  { input, fused, keepsOutput }: Position,
  work: Workspace,
): Link {
  const output = createRows(work, nIn, keepsOutput);
  const inputBar = createRows(work, nIn, !fused);
  return {
    ...PLAIN,
    output,
    inputBar,
    prepare: () => false,
    forward: { chunk: [call.relu({ x: input, y: output, step: output.step })] },
    backward: (yBar) => ({
      chunk: [call.pullRelu({ y: output, yBar, xBar: inputBar, step: output.step })],
    }),
    add: [],
    collect() {},
  };
}
