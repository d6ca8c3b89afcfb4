/**
 * Time of the Gauss-Newton matrix beside that of the gradient, over the number of intervals:
 * [2,5,1], free knots, 20,000 points.
 *
 * `deno run --allow-read bench/normal_equations.ts [--threads 1]`
 *
 * @module
 */

import { createCpuEngine, createNetwork, findProblem, galleryDatasets } from "@freeknot/freeknot";
import { parseArgs } from "@std/cli/parse-args";

const threads = Number(parseArgs(Deno.args, { string: ["threads"] }).threads ?? 1);
const problem = findProblem("nonsmooth");
const { train } = galleryDatasets(problem, { rows: 20_000 });

/** The shortest of several runs, milliseconds. */
async function shortest(times: number, work: () => unknown): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < times; i++) {
    const begin = performance.now();
    await work();
    least = Math.min(least, performance.now() - begin);
  }
  return least;
}

console.log("intervals  parameters  gradient, ms  matrix, ms");
for (const intervals of [5, 40, 320]) {
  const network = createNetwork({ ...problem.defaults!, intervals, knots: "free" }, { seed: 1 });
  const { parameters } = network, n = parameters.length;
  const evaluator = await createCpuEngine({ threads }).compile({
    network,
    loss: { kind: "mse" },
    dataset: train,
  });
  const matrix = new Float64Array(n * n), gradient = new Float64Array(n);
  const slope = await shortest(
    40,
    async () => (await evaluator.evaluate(parameters, gradient)).objective,
  );
  const whole = await shortest(
    intervals > 100 ? 3 : 15,
    () => evaluator.curvature!.matrix!(parameters, matrix, gradient),
  );
  const cells = [intervals, n, slope.toFixed(2), whole.toFixed(1)].map(String);
  console.log(cells.map((cell, i) => cell.padStart([9, 12, 14, 12][i])).join(""));
  evaluator.dispose();
}
