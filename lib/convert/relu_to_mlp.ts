/**
 * ReLU networks in full: MLPs that can be trained.
 *
 * @module
 */

import type { Network } from "../model/mod.ts";
import { mlpOfMaps } from "./_mlp_of_maps.ts";
import {
  checkReluNetwork,
  composed,
  identityLayer,
  type ReluLayer,
  type ReluNetwork,
} from "./relu_network.ts";

/** Most numbers of a full MLP. */
const MOST_NUMBERS = 50_000_000;

/**
 * Writes a ReLU network out as an MLP, with full matrices: neighbouring affine maps are multiplied,
 * so it has one linear map more than layers with ReLU. Outputs of an MLP have no bias: where they
 * need one, the last layer gets a unit that is always 1.
 *
 * @param network The ReLU network; powers must be 1.
 * @returns The MLP.
 * @throws {RangeError} If it would have more than 50 million numbers, has no ReLU, or powers.
 *
 * @example
 * ```ts
 * import { createNetwork, forward } from "@freeknot/freeknot";
 * import { reluToMlp, splinesToRelu } from "@freeknot/freeknot/convert";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const splines = createNetwork({ widths: [2, 5, 1], degree: 1, intervals: 4 }, { seed: 1 });
 * const mlp = reluToMlp(splinesToRelu(splines));
 * assertEquals(mlp.config.widths, [2, 21, 1]); // 5 x 4, and one for the constant
 * const x = Float64Array.of(0.1, 0.2);
 * assertAlmostEquals(forward(mlp, x)[0], forward(splines, x)[0], 1e-14);
 * ```
 */
export function reluToMlp(network: ReluNetwork): Network {
  checkReluNetwork("write MLP", network);
  const hidden = network.layers.filter(({ activation }) => activation === "relu");
  if (hidden.length === 0 || hidden.some(({ power = 1 }) => power !== 1)) {
    throw new RangeError(
      "Cannot write MLP: layers must hold a ReLU, and no powers of it, current value is " +
        (hidden.length === 0 ? "an affine map" : "powers"),
    );
  }
  checkWidths([
    network.layers[0].nIn,
    ...hidden.map(({ nOut }) => nOut),
    network.layers.at(-1)!.nOut,
  ]);
  return mlpOfMaps(affineMaps(network), "relu", (map, weights, width) => {
    const { nOut, starts, columns, values } = map;
    for (let q = 0; q < nOut; q++) {
      for (let k = starts[q]; k < starts[q + 1]; k++) weights[columns[k] * width + q] = values[k];
    }
  });
}

/** The affine maps between the ReLUs, neighbours multiplied. */
function affineMaps(network: ReluNetwork): ReluLayer[] {
  const maps: ReluLayer[] = [];
  let open: ReluLayer | undefined;
  for (const layer of network.layers) {
    open = open === undefined ? layer : composed(open, layer);
    if (layer.activation === "none") continue;
    maps.push(open);
    open = undefined;
  }
  maps.push(open ?? identityLayer(maps[maps.length - 1].nOut));
  return maps;
}

function checkWidths(widths: readonly number[]): void {
  let size = 0;
  for (let i = 1; i < widths.length; i++) size += widths[i - 1] * widths[i];
  if (size <= MOST_NUMBERS) return;
  throw new RangeError(
    `Cannot write MLP: full matrices must have at most ${MOST_NUMBERS} numbers (the sparse form ` +
      `has no such limit), current value is ${size} numbers for widths ${widths.join(", ")}`,
  );
}
