/**
 * Which diffusion coefficient do measurements point to? It is found together with the solution.
 *
 * `deno run examples/invert_diffusion.ts`
 */

import { findPde, multilevelSchedule, solvePde } from "@freeknot/freeknot";

const problem = findPde("inverse-diffusion"); // u_t = k u_xx, 100 measurements made with k = 0.1
console.log(`${problem.equations[0].equation}, k begins at ${problem.coefficients!.k}`);
const { coefficients, error } = await solvePde(problem, {
  network: { hidden: [3], firstLayer: "spline", degree: 5, knots: "uniform", intervals: 4 },
  sampler: { kind: "grid", counts: [16, 16] },
  schedule: multilevelSchedule([40]),
});
console.log(`k = ${coefficients.k.toFixed(4)} (0.1 made the measurements)`);
console.log(`relative error of u: ${error!.relativeL2.toExponential(1)}`);
