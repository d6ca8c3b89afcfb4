/**
 * Does the error keep falling as the grid gets finer? Down to 320 intervals, and to rounding.
 *
 * The KAN paper's exp(sin(pi x) + y^2) with splines on every edge. An error that falls as
 * (intervals)^-4 in root mean square falls by 256 per level in mean square.
 *
 * `deno run examples/scaling_law.ts`
 */

import {
  createNetwork,
  findProblem,
  forward,
  galleryDatasets,
  multilevelSchedule,
  prolong,
  trainToEnd,
} from "@freeknot/freeknot";

import { evaluateLoss } from "@freeknot/freeknot/engine";

const problem = findProblem("exp-sine");
const { train, test } = galleryDatasets(problem, { rows: 4000 });
let network = createNetwork({ ...problem.defaults, intervals: 5, knots: "uniform" }, { seed: 1 });
console.log("intervals   train mse    test mse");
for (let level = 0; level < 7; level++) {
  if (level > 0) network = prolong(network);
  const schedule = multilevelSchedule([level === 0 ? 30 : 15]);
  const result = await trainToEnd(network, train, { schedule });
  network = result.network;
  const held = evaluateLoss({ kind: "mse" }, forward(network, test.inputs), test);
  console.log(
    `${String(network.config.intervals).padStart(9)}   ${result.loss.toExponential(2)}    ${
      held.toExponential(2)
    }`,
  );
}
