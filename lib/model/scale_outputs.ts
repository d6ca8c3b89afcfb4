/**
 * A network whose outputs are multiples of another's.
 *
 * @module
 */

import type { EdgeMask } from "./edge_mask.ts";
import { findBlock } from "./layout.ts";
import type { Network } from "./network.ts";
import { stagesOf } from "./stage.ts";

/**
 * Multiplies a network's outputs by factors, in the parameters of its last layer.
 *
 * @param network The network; not changed.
 * @param factors One per output.
 * @returns A network with `f_k(x) = factors[k] g_k(x)`, to rounding.
 * @throws {TypeError} If there are not as many factors as outputs.
 *
 * @example
 * ```ts
 * import { createNetwork, forward } from "@freeknot/freeknot";
 * import { scaleOutputs } from "@freeknot/freeknot/model";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [1, 2, 1] }, { seed: 1 });
 * const x = new Float64Array([0.3]);
 * assertEquals(forward(scaleOutputs(network, [4]), x)[0], 4 * forward(network, x)[0]);
 * ```
 */
export function scaleOutputs(network: Network, factors: readonly number[]): Network {
  const nOut = network.config.widths.at(-1)!;
  if (factors.length !== nOut) {
    throw new TypeError(
      `Cannot scale outputs: factors must be of length ${nOut}, current value is of length ` +
        `${factors.length}`,
    );
  }
  const parameters = network.parameters.slice();
  const last = stagesOf(network.config).at(-1)!;
  const outputs = last.kind === "spline" && last.edges ? outputsOfEdges(last.edges) : undefined;
  const blocks = last.kind === "linear"
    ? [`${last.name}.weights`, `${last.name}.bias`]
    : last.kind === "spline"
    ? [`spline${last.layer}.coefficients`, `spline${last.layer}.baseWeights`]
    : [];
  for (const name of blocks) {
    const { offset, size } = findBlock(network.layout, name) ?? { offset: 0, size: 0 };
    // Numbers of edges with a mask come edge by edge, others output by output.
    const each = outputs && size / outputs.length;
    for (let i = 0; i < size; i++) {
      parameters[offset + i] *= factors[outputs && each ? outputs[Math.floor(i / each)] : i % nOut];
    }
  }
  return { ...network, parameters };
}

/** The output of every edge. */
function outputsOfEdges({ outputs }: EdgeMask): number[] {
  return outputs.flatMap((each) => [...each]);
}
