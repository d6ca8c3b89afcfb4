/**
 * Should L-BFGS carry its pairs over a refinement, or begin anew? Final training loss, geometric
 * means over seeds, both ways with the same start.
 *
 * `deno run --allow-read bench/carried_memory.ts [--rows 4000] [--seeds 1234,1235,...]
 * [--knots free,uniform] [--problem nonsmooth,xor]`
 *
 * Intel Xeon, 2 threads, Deno 2.9.6, 2026-11-22, the ratio carried / anew of the means: nonsmooth
 * free 0.85 (4,000 rows, 6 seeds) and 1.23 (20,000 rows, 3 seeds), uniform 0.86 (4,000 rows, 5
 * seeds); xor free 0.68 (4,000 rows, 6 seeds) and 0.83 (20,000 rows, 3 seeds), uniform 0.20 (4,000
 * rows, 3 seeds); nonsmooth uniform, 20,000 rows, seeds 1234 to 1238: 0.9, 6.4, 15.8, 1.0, 1.2. Carrying
 * mostly wins a little, and sometimes loses much: it is not the default.
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
import { parseArgs } from "@std/cli/parse-args";

const flags = parseArgs(Deno.args, {
  string: ["rows", "seeds", "knots", "problem"],
  default: {
    rows: "4000",
    seeds: "1234,1235,1236,1237,1238",
    knots: "free,uniform",
    problem: "nonsmooth,xor",
  },
});
const list = (text: unknown): string[] => String(text).split(",");
const schedule = multilevelSchedule([32, 16, 8, 4]);

for (const name of list(flags.problem)) {
  const problem = findProblem(name);
  const { train } = galleryDatasets(problem, { rows: Number(flags.rows) });
  for (const knots of list(flags.knots) as ("free" | "uniform")[]) {
    const means = [];
    for (const carryMemory of [false, true]) {
      const losses: number[] = [];
      for (const seed of list(flags.seeds).map(Number)) {
        const network = createNetwork({ ...problem.defaults, knots, intervals: 5 }, { seed });
        const optimizer = lbfgs({ carryMemory });
        losses.push((await trainToEnd(network, train, { schedule, optimizer })).loss);
      }
      const mean = Math.exp(losses.reduce((sum, x) => sum + Math.log(x), 0) / losses.length);
      means.push(mean);
      const each = losses.map((loss) => loss.toExponential(1)).join(" ");
      console.log(
        `${name} ${knots} ${carryMemory ? "carried" : "anew   "} ${mean.toExponential(2)}  ${each}`,
      );
    }
    console.log(`${name} ${knots} carried / anew ${(means[1] / means[0]).toFixed(2)}`);
  }
}
