/**
 * Does refinement change what the network has learned? No: knots are inserted exactly.
 *
 * `deno run examples/exact_refinement.ts`
 */

import { createNetwork, forward, prolong } from "@freeknot/freeknot";

import { createRandom } from "@freeknot/freeknot/model";

const random = createRandom(3);
const inputs = Float64Array.from({ length: 2000 }, () => 2 * random.uniform() - 1);

for (const knots of ["uniform", "free"] as const) {
  for (const basis of ["bspline", "relu"] as const) {
    let network = createNetwork({ widths: [2, 5, 5, 1], intervals: 5, knots, basis }, { seed: 1 });
    const before = forward(network, inputs);
    for (let level = 0; level < 3; level++) network = prolong(network);
    const after = forward(network, inputs);
    let change = 0;
    for (let r = 0; r < before.length; r++) {
      change = Math.max(change, Math.abs(after[r] - before[r]));
    }
    console.log(
      `${knots} knots, ${basis} basis: 5 -> ${network.config.intervals} intervals, ` +
        `${network.parameters.length} parameters, largest change ${change.toExponential(1)}`,
    );
  }
}
