/**
 * How do I solve an equation of my own? Write it down: Fisher's equation, whose front travels.
 *
 * `deno run examples/own_equation.ts`
 */

import { multilevelSchedule, type PdeProblem, solvePde } from "@freeknot/freeknot";

const front = "1/(1 + exp((x - 5*t/sqrt(6))/sqrt(6)))^2"; // Ablowitz and Zeppetella 1979
const problem: PdeProblem = {
  name: "fisher",
  title: "a population spreads",
  domain: { t: [0, 1], x: [-4, 6] },
  constants: { r: 1 },
  equations: [{ equation: "u_t = u_xx + r*u*(1 - u)" }],
  conditions: [
    { name: "start", at: { t: 0 }, equation: `u = ${front}` },
    { name: "ends", at: { x: [-4, 6] }, equation: `u = ${front}` },
  ],
  exact: { u: front },
  grid: [12, 24],
};

const { error, finished, network } = await solvePde(problem, {
  network: { hidden: [3], firstLayer: "spline", knots: "uniform", intervals: 3 },
  schedule: multilevelSchedule([20, 10]),
});
for (const { intervals, loss } of finished.levels) {
  console.log(`${intervals} intervals: mean squared residual ${loss.toExponential(1)}`);
}
console.log(`${network.parameters.length} parameters`);
console.log(`relative error: ${error!.relativeL2.toExponential(1)} in the mean square`);
