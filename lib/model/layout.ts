/**
 * Where each block lies in the flat parameter vector.
 *
 * @module
 */

import { numKnotLogits } from "../knots/inner.ts";
import type { Network, NetworkConfig, ParameterBlock } from "./network.ts";
import { stagesOf } from "./stage.ts";

/**
 * Lays out the parameters of a network, in the order of the stages.
 *
 * Blocks, the last axis fastest: `linear.weights [nIn, nOut]`, `linear.bias [nOut]`, and per
 * spline layer k `splinek.coefficients [nIn, numBasis, nOut]`, `splinek.baseWeights [nIn, nOut]`
 * (base silu), `splinek.knotLogits [nIn or 1, logits]` (free knots). Of a layer with a mask only the
 * edges that exist have parameters, input by input: `splinek.coefficients [edges, numBasis]`,
 * `splinek.baseWeights [edges]`. An MLP has `lineark.weights` and `lineark.bias` per linear map k, no
 * bias on the last.
 *
 * @param config A resolved configuration.
 * @returns The blocks, contiguous from offset 0.
 *
 * @example
 * ```ts
 * import { parameterLayout, resolveConfig } from "@freeknot/freeknot/model";
 * import { assertEquals } from "@std/assert";
 *
 * const layout = parameterLayout(resolveConfig({ widths: [2, 5, 1], knots: "uniform" }));
 * const names = layout.map(({ name }) => name);
 * assertEquals(names, ["linear.weights", "linear.bias", "spline0.coefficients"]);
 * assertEquals([layout[2].offset, layout[2].shape], [15, [5, 8, 1]]);
 * ```
 */
export function parameterLayout(config: NetworkConfig): ParameterBlock[] {
  const layout: ParameterBlock[] = [];
  let offset = 0;
  function add(name: string, ...shape: number[]): void {
    const size = shape.reduce((product, n) => product * n, 1);
    layout.push({ name, offset, shape, size });
    offset += size;
  }
  for (const stage of stagesOf(config)) {
    const { nIn, nOut } = stage;
    if (stage.kind === "linear") {
      add(`${stage.name}.weights`, nIn, nOut);
      if (stage.bias) add(`${stage.name}.bias`, nOut);
      continue;
    }
    if (stage.kind !== "spline") continue;
    const name = `spline${stage.layer}`, { edges, numBasis } = stage;
    if (edges) add(`${name}.coefficients`, edges.count, numBasis);
    else add(`${name}.coefficients`, nIn, numBasis, nOut);
    if (stage.base === "silu") add(`${name}.baseWeights`, ...edges ? [edges.count] : [nIn, nOut]);
    if (stage.knots === "free") {
      add(`${name}.knotLogits`, stage.numKnotVectors, numKnotLogits(stage.space));
    }
  }
  return layout;
}

/**
 * Counts the trainable parameters of a configuration.
 *
 * @example The paper's Table 1: 55 coarse, 110 with free knots
 * ```ts
 * import { countParameters, resolveConfig } from "@freeknot/freeknot/model";
 * import { assertEquals } from "@std/assert";
 *
 * const widths = [2, 5, 1];
 * assertEquals(countParameters(resolveConfig({ widths, knots: "uniform" })), 55);
 * assertEquals(countParameters(resolveConfig({ widths, knots: "free" })), 110);
 * ```
 */
export function countParameters(config: NetworkConfig): number {
  return parameterLayout(config).reduce((sum, block) => sum + block.size, 0);
}

/** Finds a block by name; `undefined` if the network has no such block. */
export function findBlock(
  layout: readonly ParameterBlock[],
  name: string,
): ParameterBlock | undefined {
  return layout.find((block) => block.name === name);
}

/** Finds a block by name; a `RangeError` if the network has no such block. */
export function parameterBlock(network: Pick<Network, "layout">, name: string): ParameterBlock {
  const block = findBlock(network.layout, name);
  if (!block) {
    const names = network.layout.map((each) => each.name).join(", ");
    throw new RangeError(
      `Cannot find parameters: name must be one of ${names}, current value is ${name}`,
    );
  }
  return block;
}

/** Finds the values of a block: a view of `network.parameters`, empty if there is no such block. */
export function blockValues(network: Network, name: string): Float64Array {
  const block = findBlock(network.layout, name);
  if (!block) return new Float64Array(0);
  return network.parameters.subarray(block.offset, block.offset + block.size);
}

/**
 * Prints a layout as a table: name, shape, offset, size.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { formatLayout } from "@freeknot/freeknot/model";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const lines = formatLayout(network.layout).split("\n");
 * assertEquals(lines[1], "linear.weights        [2, 5]          0    10");
 * ```
 */
export function formatLayout(layout: readonly ParameterBlock[]): string {
  const total = layout.reduce((sum, block) => sum + block.size, 0);
  const rows = layout.map((block) => [
    block.name,
    `[${block.shape.join(", ")}]`,
    String(block.offset),
    String(block.size),
  ]);
  const table = [["parameters", "shape", "offset", "size"], ...rows, ["total", "", "", `${total}`]];
  const widths = [0, 1, 2, 3].map((c) => Math.max(...table.map((row) => row[c].length)));
  return table
    .map((row) =>
      row.map((cell, c) => c < 2 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])).join("  ")
    )
    .join("\n");
}
