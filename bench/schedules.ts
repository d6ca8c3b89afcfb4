/**
 * Which schedule trains best? Final training loss, loss on 10,000 fresh points, and work in evaluations of the coarsest grid,
 * geometric means over seeds: halving everywhere, refinement where the error is, knots frozen at
 * first, Adam first, refinement when progress stalls.
 *
 * `deno run --allow-read bench/schedules.ts [--rows 2000] [--seeds 1,2,3,4,5] [--knots uniform,free]
 * [--problem nonsmooth,xor]`
 *
 * @module
 */

import {
  adam,
  adaptiveSchedule,
  createNetwork,
  customSchedule,
  evaluateLoss,
  findProblem,
  fit,
  forward,
  galleryDatasets,
  lbfgs,
  multilevelSchedule,
  type Schedule,
} from "@freeknot/freeknot";
import { parseArgs } from "@std/cli/parse-args";

const flags = parseArgs(Deno.args, {
  string: ["rows", "seeds", "knots", "problem"],
  default: { rows: "2000", seeds: "1,2,3,4,5", knots: "uniform,free", problem: "nonsmooth,xor" },
});
const list = (text: unknown): string[] => String(text).split(",");
const COARSEST = 5;
const even = multilevelSchedule([32, 16, 8, 4]);
const [first, ...others] = even.stages;
const SCHEDULES: readonly Schedule[] = [
  even,
  customSchedule(
    [first, ...others.map((stage) => ({ ...stage, placement: "residual" as const }))],
    {
      name: "by residual",
    },
  ),
  customSchedule([{ epochs: 16, freeze: ["knots"] }, { epochs: 16 }, ...others], {
    name: "knots frozen 16",
  }),
  customSchedule([{ epochs: 200, optimizer: "adam" }, { epochs: 24 }, ...others], {
    name: "200 of Adam, 24",
  }),
  adaptiveSchedule(),
  adaptiveSchedule({ placement: "residual" }),
];

for (const name of list(flags.problem)) {
  const problem = findProblem(name);
  const { train: rows, test } = galleryDatasets(problem, { rows: Number(flags.rows) });
  for (const knots of list(flags.knots) as ("free" | "uniform")[]) {
    for (const [s, schedule] of SCHEDULES.entries()) {
      if (knots === "uniform" && schedule.stages.some(({ freeze }) => freeze)) continue;
      const losses: number[] = [], onTest: number[] = [];
      let work = 0;
      for (const seed of list(flags.seeds).map(Number)) {
        const network = createNetwork({ ...problem.defaults, knots, intervals: COARSEST }, {
          seed,
        });
        const optimizers = { adam: adam({ learningRate: 0.01 }) };
        const { loss, levels, network: best } = await fit(network, rows, {
          ...{ schedule, optimizers, optimizer: lbfgs() },
        });
        losses.push(loss);
        const outputs = forward(best, test.inputs, test.rows);
        onTest.push(evaluateLoss({ kind: "mse" }, outputs, test));
        for (const level of levels) work += level.evaluations * level.intervals / COARSEST;
      }
      const mean = (each: number[]) =>
        Math.exp(each.reduce((sum, x) => sum + Math.log(x), 0) / each.length).toExponential(2);
      const title = s === SCHEDULES.length - 1 ? "adaptive, residual" : schedule.name.slice(0, 24);
      console.log(
        `${name} ${knots} ${title.padEnd(24)} ${mean(losses)}  test ${mean(onTest)}  ` +
          `${losses.map((loss) => loss.toExponential(1)).join(" ")}  ` +
          `(${Math.round(work / losses.length)} coarse evaluations each)`,
      );
    }
  }
}
