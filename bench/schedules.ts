/**
 * Which schedule trains best? Final training loss, loss on 10,000 fresh points, and work in
 * evaluations of the coarsest grid, geometric means over seeds: halving everywhere, refinement where
 * the error is, knots frozen at first, Adam first, refinement when progress stalls.
 *
 * `deno run --allow-read bench/schedules.ts [--rows 2000] [--seeds 1,2,3,4,5] [--knots uniform,free]
 * [--problem nonsmooth,xor]`
 *
 * Intel Xeon, 2 threads, Deno 2.9.6, 2026-11-22, `--rows 4000 --seeds 1,2,3`, L-BFGS; training loss,
 * loss on fresh points, evaluations of the coarsest grid:
 *
 * | schedule           | nonsmooth, uniform    | nonsmooth, free       | xor, uniform          | xor, free             |
 * | ------------------ | --------------------- | --------------------- | --------------------- | --------------------- |
 * | [32, 16, 8, 4]     | 1.9e-4, 2.1e-4, 3,042 | 3.1e-6, 3.9e-6, 2,872 | 4.9e-7, 9.6e-7, 2,814 | 1.3e-8, 2.6e-8, 2,707 |
 * | by residual        | 4.1e-6, 5.2e-6, 2,868 | 4.4e-8, 8.5e-8, 2,742 | 1.2e-7, 2.5e-7, 2,707 | 1.9e-8, 3.2e-8, 2,718 |
 * | knots frozen 16    |                       | 4.6e-6, 5.8e-6, 2,777 |                       | 2.7e-8, 5.9e-8, 2,739 |
 * | 200 of Adam, 24    | 1.1e-5, 1.3e-5, 2,917 | 1.8e-6, 2.6e-6, 2,885 | 2.7e-7, 4.5e-7, 2,842 | 8.6e-9, 2.0e-8, 2,785 |
 * | adaptive           | 7.1e-6, 8.4e-6, 1,842 | 3.2e-7, 4.5e-7, 3,794 | 1.5e-7, 3.4e-7, 4,363 | 5.3e-9, 1.3e-8, 4,877 |
 * | adaptive, residual | 2.1e-7, 3.5e-7, 2,122 | 2.0e-8, 4.0e-8, 3,584 | 3.8e-8, 9.6e-8, 4,357 | 6.4e-9, 1.4e-8, 4,680 |
 *
 * At equal work new knots by residual are worth a factor of 40 to 70 on nonsmooth, which has kinks,
 * and of 4 on xor with uniform knots; on xor with free knots they lose a little.
 *
 * @module
 */

import {
  adam,
  adaptiveSchedule,
  createNetwork,
  customSchedule,
  findProblem,
  forward,
  galleryDatasets,
  lbfgs,
  multilevelSchedule,
  type Schedule,
  trainToEnd,
} from "@freeknot/freeknot";

import { evaluateLoss } from "@freeknot/freeknot/engine";
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
        const { loss, levels, network: best } = await trainToEnd(network, rows, {
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
