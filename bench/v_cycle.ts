/**
 * Does the way back help? After one pass from coarse to fine, the rest of the work goes either into
 * more epochs on the finest grid (with L-BFGS's pairs kept, or anew every two epochs, as V-cycles
 * do) or into V-cycles of the full approximation scheme: smooth, restrict network and gradient,
 * minimise the coarse loss with a linear term that makes its gradient the restricted fine one,
 * prolong the correction, search along it, smooth again.
 *
 * With `x_H = restrict(x_h)` and the tangent `T` of `prolong` at `x_H`, the coarse problem is
 * `min f_H(x) - v . x`, `v = grad f_H(x_H) - T^T (grad f_h(x_h) - v_h)`, and `x_h` moves along
 * `T (x - x_H)`.
 *
 * `deno run --allow-read bench/v_cycle.ts [--rows 2000] [--seeds 1,2,3,4,5] [--knots uniform,free]
 * [--problem nonsmooth,xor]`
 *
 * Intel Xeon, 2 threads, Deno 2.9.6, 2026-11-22, 2,000 rows, geometric means of five final training
 * losses; work 2,700 to 3,060 evaluations of the coarsest grid, V-cycles' always the most:
 *
 * | problem, knots     | finest grid | the same, restarted | V-cycles | corrections taken |
 * | ------------------ | ----------- | ------------------- | -------- | ----------------- |
 * | nonsmooth, uniform | 7.5e-6      | 9.1e-6              | 1.1e-5   | 19 of 30          |
 * | nonsmooth, free    | 5.2e-7      | 7.9e-7              | 1.3e-6   | 20 of 30          |
 * | xor, uniform       | 9.3e-8      | 1.9e-7              | 3.5e-7   | 13 of 30          |
 * | xor, free          | 1.2e-8      | 2.4e-8              | 3.3e-8   | 14 of 30          |
 *
 * V-cycles lose everywhere. 54 of 120 coarse corrections lowered the fine loss at no step length
 * down to 1/64 and were refused; the work spent on them did more on the finest grid, and part of the
 * rest of the gap is L-BFGS that begins anew (second column). So the library has no V-cycle.
 *
 * @module
 */

import {
  cpuEngine,
  createNetwork,
  type Dataset,
  findProblem,
  galleryDatasets,
  lbfgs,
  multilevelSchedule,
  type Network,
  trainToEnd,
} from "@freeknot/freeknot";

import type { Evaluator } from "@freeknot/freeknot/engine";

import { restrict } from "@freeknot/freeknot/multilevel";

import { prolongationTransfer } from "../lib/multilevel/inner.ts";
import { parseArgs } from "@std/cli/parse-args";

const COARSEST = 5;
/** One pass coarse to fine, 64 work units, and the same with 64 more on the finest grid. */
const PASS = [16, 8, 4, 2], ON_FINE = [16, 8, 4, 10];
/** Epochs on the way down and up, and on the coarsest grid: 32 work units a cycle. */
const SMOOTHING = 1, BOTTOM = 4, CYCLES = 2;

/** Counts evaluations in units of the coarsest grid. */
let work = 0;

/** The objective minus a linear term. */
function shifted(evaluator: Evaluator, term: Float64Array, intervals: number): Evaluator {
  const product = (x: Float64Array) => x.reduce((sum, value, i) => sum + value * term[i], 0);
  return {
    ...evaluator,
    async evaluate(parameters, gradient) {
      work += intervals / COARSEST;
      const evaluation = await evaluator.evaluate(parameters, gradient);
      if (gradient) { for (let i = 0; i < term.length; i++) gradient[i] -= term[i]; }
      return { ...evaluation, objective: evaluation.objective - product(parameters) };
    },
  };
}

/** Some epochs of L-BFGS; never uphill. */
async function smooth(objective: Evaluator, parameters: Float64Array, epochs: number) {
  const optimizer = lbfgs();
  const state = optimizer.init(parameters);
  for (let epoch = 0; epoch < epochs; epoch++) {
    if (await optimizer.epoch(state, objective) !== "running") break;
  }
  return state;
}

/** `T^T g` column by column: the coarse vector `e_j` moves to `T e_j`. */
function restrictGradient(
  transfer: ReturnType<typeof prolongationTransfer>,
  gradient: Float64Array,
  size: number,
): Float64Array {
  return Float64Array.from({ length: size }, (_, j) => {
    const unit = new Float64Array(size);
    unit[j] = 1;
    return transfer.step(unit).reduce((sum, value, i) => sum + value * gradient[i], 0);
  });
}

let accepted = 0, tried = 0;

/** One V-cycle; returns the parameters. */
async function cycle(network: Network, rows: Dataset, term: Float64Array): Promise<Float64Array> {
  const { intervals } = network.config;
  const evaluator = await cpuEngine.compile({ network, loss: { kind: "mse" }, dataset: rows });
  try {
    const objective = shifted(evaluator, term, intervals);
    if (intervals === COARSEST) {
      return (await smooth(objective, network.parameters, BOTTOM)).parameters;
    }
    const before = await smooth(objective, network.parameters, SMOOTHING);
    const coarse = restrict({ ...network, parameters: before.parameters });
    const transfer = prolongationTransfer(coarse);
    const size = coarse.parameters.length;
    const wanted = restrictGradient(transfer, before.gradient, size);
    const own = new Float64Array(size);
    const coarseEvaluator = await cpuEngine.compile({
      network: coarse,
      loss: { kind: "mse" },
      dataset: rows,
    });
    await coarseEvaluator.evaluate(coarse.parameters, own);
    work += coarse.config.intervals / COARSEST;
    coarseEvaluator.dispose();
    const moved = await cycle(coarse, rows, own.map((g, j) => g - wanted[j]));
    const direction = transfer.step(moved.map((x, j) => x - coarse.parameters[j]));
    let point = before.parameters;
    tried++;
    for (let step = 1; step >= 1 / 64; step /= 2) {
      const trial = before.parameters.map((x, i) => x + step * direction[i]);
      if ((await objective.evaluate(trial)).objective < before.objective) {
        point = trial;
        accepted++;
        break;
      }
    }
    return (await smooth(objective, point, SMOOTHING)).parameters;
  } finally {
    evaluator.dispose();
  }
}

const flags = parseArgs(Deno.args, {
  string: ["rows", "seeds", "knots", "problem"],
  default: { rows: "2000", seeds: "1,2,3,4,5", knots: "uniform,free", problem: "nonsmooth,xor" },
});
const list = (text: unknown): string[] => String(text).split(",");

for (const name of list(flags.problem)) {
  const problem = findProblem(name);
  const { train: rows } = galleryDatasets(problem, { rows: Number(flags.rows) });
  for (const knots of list(flags.knots) as ("free" | "uniform")[]) {
    const losses: Record<string, number[]> = {}, works: Record<string, number> = {};
    for (const kind of ["on the finest grid", "same, restarted", "V-cycles"]) {
      losses[kind] = [];
      works[kind] = 0;
    }
    accepted = tried = 0;
    for (const seed of list(flags.seeds).map(Number)) {
      const network = createNetwork({ ...problem.defaults, knots, intervals: COARSEST }, { seed });
      const run = (epochs: number[]) =>
        trainToEnd(network, rows, { schedule: multilevelSchedule(epochs), optimizer: lbfgs() });
      const cost = ({ levels }: Awaited<ReturnType<typeof run>>) =>
        levels.reduce((sum, level) => sum + level.evaluations * level.intervals / COARSEST, 0);
      const control = await run(ON_FINE);
      losses["on the finest grid"].push(control.loss);
      works["on the finest grid"] += cost(control);
      const pass = await run(PASS);
      let now = pass.network;
      const finest = await cpuEngine.compile({
        network: now,
        loss: { kind: "mse" },
        dataset: rows,
      });
      work = cost(pass);
      let { parameters } = now;
      const nothing = shifted(finest, new Float64Array(parameters.length), now.config.intervals);
      for (let k = 0; k < 2 * CYCLES; k++) {
        parameters = (await smooth(nothing, parameters, 2)).parameters;
      }
      losses["same, restarted"].push((await finest.evaluate(parameters)).objective);
      works["same, restarted"] += work;
      finest.dispose();
      work = cost(pass);
      now = pass.network;
      for (let k = 0; k < CYCLES; k++) {
        const zero = new Float64Array(now.parameters.length);
        now = { ...now, parameters: await cycle(now, rows, zero) };
      }
      const evaluator = await cpuEngine.compile({
        network: now,
        loss: { kind: "mse" },
        dataset: rows,
      });
      losses["V-cycles"].push((await evaluator.evaluate(now.parameters)).objective);
      evaluator.dispose();
      works["V-cycles"] += work;
    }
    for (const [kind, each] of Object.entries(losses)) {
      const mean = Math.exp(each.reduce((sum, x) => sum + Math.log(x), 0) / each.length);
      console.log(
        `${name} ${knots} ${kind.padEnd(18)} ${mean.toExponential(2)}  ` +
          `${each.map((loss) => loss.toExponential(1)).join(" ")}  ` +
          `(${Math.round(works[kind] / each.length)} coarse evaluations each)`,
      );
    }
    console.log(`${name} ${knots} corrections taken: ${accepted} of ${tried}`);
  }
}
