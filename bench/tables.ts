/**
 * The rows of seeds/003's Tables 1 and 2 that are networks of splines, one seed each:
 * basis x fidelity x knots, at equal work (128 coarse epochs of L-BFGS), beside the paper's means.
 *
 * `deno run --allow-read bench/tables.ts [nonsmooth|xor] [seed]` prints one table; every run of a
 * fidelity starts from the same function in both bases.
 *
 * @module
 */

import {
  coarseSchedule,
  createNetwork,
  findProblem,
  fineSchedule,
  fit,
  galleryDatasets,
  lbfgs,
  multilevelSchedule,
} from "@freeknot/freeknot";

const SCHEDULES = {
  coarse: coarseSchedule(128),
  fine: fineSchedule(16, 3),
  multilevel: multilevelSchedule([32, 16, 8, 4]),
} as const;

const problem = findProblem(Deno.args[0] ?? "nonsmooth");
const seed = Number(Deno.args[1] ?? (problem.name === "xor" ? 1232 : 1234));
const { train } = galleryDatasets(problem);

console.log(`${problem.name}, seed ${seed}, ${train.rows} points, mean squared error\n`);
console.log("basis    knots    fidelity    parameters      ours     paper  evaluations  seconds");
for (const knots of ["uniform", "free"] as const) {
  for (const basis of ["relu", "bspline"] as const) {
    for (const [fidelity, schedule] of Object.entries(SCHEDULES)) {
      const network = createNetwork(
        { ...problem.defaults, intervals: 5 * schedule.startFactor, knots, basis },
        { seed },
      );
      const result = await fit(network, train, { schedule, optimizer: lbfgs() });
      const paper = problem.paper?.rows.find((row) =>
        row.network === "kan" && row.basis === basis && row.knots === knots &&
        row.fidelity === fidelity
      );
      console.log([
        basis.padEnd(7),
        knots.padEnd(7),
        fidelity.padEnd(10),
        String(result.network.parameters.length).padStart(10),
        result.loss.toExponential(2).padStart(8),
        (paper ? paper.mse.toExponential(2) : "-").padStart(8),
        String(result.evaluations).padStart(11),
        result.seconds.toFixed(1).padStart(7),
      ].join("  "));
    }
  }
}
