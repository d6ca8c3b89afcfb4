/**
 * A network whose outputs are multiples of another's.
 *
 * @module
 */

import { throughAllEdges } from "./all_edges.ts";
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
  return throughAllEdges(network, (all) => scaleAll(all, factors));
}

/** The same for a network with all edges. */
function scaleAll(network: Network, factors: readonly number[]): Network {
  const nOut = factors.length, parameters = network.parameters.slice();
  const last = stagesOf(network.config).at(-1)!;
  const blocks = last.kind === "linear"
    ? [`${last.name}.weights`, `${last.name}.bias`]
    : last.kind === "spline"
    ? [`spline${last.layer}.coefficients`, `spline${last.layer}.baseWeights`]
    : [];
  for (const name of blocks) {
    const { offset, size } = findBlock(network.layout, name) ?? { offset: 0, size: 0 };
    for (let i = 0; i < size; i++) parameters[offset + i] *= factors[i % nOut];
  }
  return { ...network, parameters };
}
