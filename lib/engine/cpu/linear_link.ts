/**
 * The linear first map in the chain.
 *
 * @module
 */

import type { LinearStage } from "../../model/mod.ts";
import { createLinearMap } from "./linear_map.ts";
import type { BlockViews, Link, Position } from "./link.ts";
import type { Arena } from "./memory.ts";
import type { Blocks } from "./program.ts";
import { createRows, type RowPlan } from "./row_array.ts";

/** Lays out the linear first map. */
export function createLinearLink(
  { nIn, nOut, bias: hasBias }: LinearStage,
  { input, keepsOutput }: Position,
  arena: Arena,
  blocks: Blocks,
  plan: RowPlan,
  views: BlockViews,
): Link {
  const weights = views("linear.weights"), bias = views("linear.bias");
  const map = createLinearMap(nIn, nOut, hasBias, arena, blocks);
  const output = createRows(arena, plan, nOut, keepsOutput);
  return {
    output,
    inputBar: undefined,
    prepare: (parameters) => map.prepare(weights(parameters), bias(parameters)),
    measure: [],
    once: {},
    forward: map.forward(input, output),
    backward: (yBar) => map.backward(input, yBar),
    pull: [],
    add: map.add,
    collect: (_, gradient) => map.collect(weights(gradient), bias(gradient)),
    statistics: () => [],
  };
}
