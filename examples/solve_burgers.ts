/**
 * Can a network of splines solve the Burgers equation? Against the Cole-Hopf solution.
 *
 * `deno run examples/solve_burgers.ts`; viscosity 0.1, to be quick. For 0.01 / pi see
 * `freeknot solve --problem burgers`.
 */

import { lbfgs, multilevelSchedule, solvePde } from "@freeknot/freeknot";

import { burgers } from "@freeknot/freeknot/physics";

const problem = burgers({ viscosity: 0.1 });
const { error, terms, finished } = await solvePde(problem, {
  network: {
    hidden: [4],
    firstLayer: "spline",
    normalisation: "minmax",
    degree: 4,
    knots: "uniform",
    intervals: 4,
  },
  sampler: { kind: "grid", counts: [32, 64] },
  optimizer: lbfgs(),
  schedule: multilevelSchedule([30, 20]),
});
for (const { intervals, loss, seconds } of finished.levels) {
  console.log(`${intervals} intervals: loss ${loss.toExponential(1)} (${seconds.toFixed(1)} s)`);
}
for (const { name, loss } of terms) console.log(`  ${name}: ${loss.toExponential(1)}`);
console.log(`relative error: ${error!.relativeL2.toExponential(1)}`);
