/**
 * Which outer knots train best with free knots: a softmax of their own (Actor et al. 2025, section 5),
 * even spacing, or repeated ends? Final training loss over several seeds, fewer points than the
 * paper's so that it ends in a few minutes.
 *
 * `deno run --allow-read bench/outer_knots.ts`
 *
 * @module
 */

import {
  createNetwork,
  findProblem,
  galleryDatasets,
  lbfgs,
  multilevelSchedule,
  trainToEnd,
} from "@freeknot/freeknot";

const SEEDS = [1, 2, 3, 4, 5, 6, 7];
const ROWS = 3000;
const schedule = multilevelSchedule([16, 8, 4]);

for (const name of ["nonsmooth", "xor", "exp-sine"]) {
  const problem = findProblem(name);
  const { train } = galleryDatasets(problem, { rows: ROWS });
  for (const outerKnots of ["free", "even", "clamped"] as const) {
    const losses: number[] = [];
    for (const seed of SEEDS) {
      const network = createNetwork({
        ...problem.defaults,
        intervals: 5,
        knots: "free",
        outerKnots,
      }, {
        seed,
      });
      losses.push((await trainToEnd(network, train, { schedule, optimizer: lbfgs() })).loss);
    }
    losses.sort((a, b) => a - b);
    console.log(
      `${name.padEnd(10)} ${outerKnots.padEnd(8)} median ${
        losses[SEEDS.length >> 1].toExponential(1)
      }  all ${losses.map((loss) => loss.toExponential(1)).join(" ")}`,
    );
  }
}
