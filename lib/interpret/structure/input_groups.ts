/**
 * Which inputs of a network can act together: read from its parameters, not from data.
 *
 * @module
 */

import {
  blockValues,
  edgeBaseWeight,
  edgeParameters,
  type LinearStage,
  nodeMap,
  type SplineStage,
  stagesOf,
} from "../../model/inner.ts";
import type { Network } from "../../model/mod.ts";
import { type Explained, networksOf } from "./output_function.ts";

/**
 * Inputs by the group that they belong to, `[nIn]`: the first input of the group; -1 for an input
 * that a node does not depend on.
 */
type Partition = Int32Array<ArrayBuffer>;

/**
 * Finds the groups of inputs that one output is a sum over: `f(x) = sum_G f_G(x_G)`.
 *
 * Inputs meet where a function that is not a constant takes a sum of theirs. Edges whose
 * coefficients are all the same, weights of 0 and nodes of constant range carry nothing. The sum
 * holds for all inputs, exactly; a network whose groups all have one input is additive.
 *
 * @param explained A network, or several whose mean is meant.
 * @param output Which output, from 0. Default 0.
 * @returns The groups, each in rising order; inputs that the output does not depend on are in none.
 * @throws {RangeError} If there is no such output.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { inputGroups } from "@freeknot/freeknot/interpret";
 * import { assertEquals } from "@std/assert";
 *
 * const additive = createNetwork({ widths: [3, 1], firstLayer: "spline" });
 * assertEquals(inputGroups(additive), [[0], [1], [2]]);
 * assertEquals(inputGroups(createNetwork({ widths: [3, 5, 1] })), [[0, 1, 2]]);
 * ```
 */
export function inputGroups(explained: Explained, output = 0): number[][] {
  const networks = networksOf("find groups of inputs", explained), { widths } = networks[0].config;
  const nOut = widths[widths.length - 1];
  if (!Number.isInteger(output) || output < 0 || output >= nOut) {
    throw new RangeError(
      `Cannot find groups of inputs: output must be an integer from 0 to ${nOut - 1}, current ` +
        `value is ${output}`,
    );
  }
  const joined = networks.map((network) => partitionOf(network, output)).reduce(join);
  const groups = new Map<number, number[]>();
  joined.forEach((first, input) => {
    if (first < 0) return;
    groups.set(first, [...groups.get(first) ?? [], input]);
  });
  return [...groups.values()];
}

function partitionOf(network: Network, output: number): Partition {
  const nIn = network.config.widths[0];
  let nodes = Array.from({ length: nIn }, (_, p): Partition => {
    const partition = new Int32Array(nIn).fill(-1);
    partition[p] = p;
    return partition;
  });
  for (const stage of stagesOf(network.config)) {
    if (stage.kind === "relu" || stage.kind === "tanh") {
      nodes = nodes.map(united);
      continue;
    }
    const from = stage.kind === "spline" ? nodes.map(united) : nodes;
    nodes = Array.from({ length: stage.nOut }, (_, q) => {
      const used = from.filter((_, p) =>
        stage.kind === "linear" ? weightAt(network, stage, p, q) : varies(network, stage, p, q)
      );
      return used.reduce(join, new Int32Array(nIn).fill(-1));
    });
  }
  return nodes[output];
}

function weightAt(network: Network, { name, nOut }: LinearStage, p: number, q: number): boolean {
  return blockValues(network, `${name}.weights`)[p * nOut + q] !== 0;
}

/** Whether an edge is more than a constant. */
function varies(network: Network, stage: SplineStage, p: number, q: number): boolean {
  const { layer, basis, space } = stage;
  if (nodeMap(network.statistics[layer], space.domain, p).scale === 0) return false;
  const coefficients = edgeParameters(network, stage, p, q);
  const level = basis === "bspline" ? coefficients[0] : 0;
  return coefficients.some((value) => value !== level) ||
    edgeBaseWeight(network, stage, p, q) !== 0;
}

/** All inputs of a node in one group. */
function united(partition: Partition): Partition {
  const first = partition.findIndex((group) => group >= 0);
  return partition.map((group) => group < 0 ? -1 : first);
}

/** The finest partition that both are parts of. */
function join(a: Partition, b: Partition): Partition {
  const parent = Int32Array.from(a, (_, i) => i);
  const root = (i: number): number => {
    while (parent[i] !== i) i = parent[i];
    return i;
  };
  for (const partition of [a, b]) {
    partition.forEach((group, i) => {
      if (group < 0) return;
      const x = root(i), y = root(group);
      parent[Math.max(x, y)] = Math.min(x, y);
    });
  }
  return a.map((group, i) => group < 0 && b[i] < 0 ? -1 : root(i));
}
