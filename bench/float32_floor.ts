/**
 * What float32 costs: training on the webgpu engine beside the cpu engine in float64, and the loss
 * that float32's rounding leaves by itself.
 *
 *     deno run --allow-all bench/float32_floor.ts
 *     deno run --allow-all bench/float32_floor.ts --rows 1000 --schedule 8,4,2,1
 *
 * Every seed is trained by L-BFGS on both engines. Then the network that float64 has found is
 * evaluated in float32: `floor` is its loss against its own float64 outputs in place of the
 * targets, which only rounding keeps from 0; `noise` is the standard deviation of its loss, as a
 * share of it, when the last bits of all parameters are drawn anew: what a line search cannot see.
 *
 * Mesa's llvmpipe, 2 threads, Deno 2.9.6, 2026-11-22, 20,000 points of nonsmooth:
 *
 * | seed | float64 | webgpu  | float64's network in float32 | floor   | noise  |
 * | ---- | ------- | ------- | ---------------------------- | ------- | ------ |
 * | 1    | 6.03e-6 | 5.06e-7 | 6.03e-6                      | 1.2e-12 | 1.2e-5 |
 * | 2    | 1.16e-7 | 3.13e-7 | 1.16e-7                      | 9.2e-13 | 3.7e-5 |
 * | 3    | 3.21e-7 | 1.42e-7 | 3.21e-7                      | 6.2e-12 | 7.5e-5 |
 *
 * Means: float64 2.16e-6, webgpu 3.20e-7. The webgpu engine evaluates four step lengths at a time,
 * so its epochs have four times the evaluations; medians are 3.2e-7 and 3.1e-7.
 *
 * @module
 */

import {
  cpuEngine,
  createNetwork,
  createWebgpuEngine,
  type Dataset,
  type Engine,
  findProblem,
  forward,
  galleryDatasets,
  lbfgs,
  multilevelSchedule,
  type Network,
  trainToEnd,
} from "@freeknot/freeknot";

import { findWebgpuAdapter } from "@freeknot/freeknot/engine";

import { createRandom } from "@freeknot/freeknot/model";
import { parseArgs } from "@std/cli/parse-args";
import { describeMachine } from "./_machine.ts";
import { markdown } from "./_table.ts";

const HELP = `Flags (all may be left out):
  --problem nonsmooth
  --rows 20000
  --seeds 1,2,3
  --schedule 32,16,8,4
`;

const flags = parseArgs(Deno.args, {
  string: ["problem", "rows", "seeds", "schedule"],
  boolean: ["help"],
  alias: { help: "h" },
});

/** The text of a flag. */
function flag(name: string, fallback: string): string {
  const value = flags[name];
  return typeof value === "string" ? value : fallback;
}

const DRAWS = 12;

async function lossOf(engine: Engine, network: Network, dataset: Dataset): Promise<number> {
  const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
  const loss = (await evaluator.evaluate(network.parameters)).objective;
  evaluator.dispose();
  return loss;
}

/** Standard deviation of the loss over parameters moved by their roundoff, relative. */
async function noiseOf(engine: Engine, network: Network, dataset: Dataset): Promise<number> {
  const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
  const random = createRandom(0, "bench float32");
  const losses: number[] = [];
  for (let draw = 0; draw < DRAWS; draw++) {
    const moved = network.parameters.map((x) => x * (1 + 2 ** -23 * (random.uniform() - 0.5)));
    losses.push((await evaluator.evaluate(moved)).objective);
  }
  evaluator.dispose();
  const mean = losses.reduce((sum, x) => sum + x, 0) / DRAWS;
  return Math.sqrt(losses.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (DRAWS - 1)) / mean;
}

async function main(): Promise<void> {
  const adapter = await findWebgpuAdapter();
  if (!adapter) {
    console.log("no WebGPU adapter on this machine: nothing to compare");
    return;
  }
  const numbers = (text: string) => text.split(",").map(Number);
  const problem = findProblem(flag("problem", "nonsmooth"));
  const { train } = galleryDatasets(problem, { rows: Number(flag("rows", "20000")) });
  const schedule = multilevelSchedule(numbers(flag("schedule", "32,16,8,4")));
  const engine = await createWebgpuEngine();
  for (const [key, value] of Object.entries(describeMachine())) console.log(`${key}: ${value}`);
  console.log(`adapter: ${adapter.name}, ${train.rows} points of ${problem.name}\n`);
  const rows: string[][] = [], means = [0, 0];
  const seeds = numbers(flag("seeds", "1,2,3"));
  for (const seed of seeds) {
    const network = createNetwork({ ...problem.defaults, knots: "free" }, { seed });
    const ends = [];
    for (const own of [cpuEngine, engine]) {
      ends.push(await trainToEnd(network, train, { engine: own, schedule, optimizer: lbfgs() }));
    }
    ends.forEach(({ loss }, k) => means[k] += loss / seeds.length);
    const best = ends[0].network;
    const outputs = forward(best, train.inputs, train.rows);
    rows.push([
      `${seed}`,
      ends[0].loss.toExponential(2),
      ends[1].loss.toExponential(2),
      (await lossOf(engine, best, train)).toExponential(2),
      (await lossOf(engine, best, { ...train, targets: outputs })).toExponential(1),
      (await noiseOf(engine, best, train)).toExponential(1),
    ]);
  }
  const head = ["seed", "float64", "webgpu", "float64's network in float32", "floor", "noise"];
  console.log(markdown(head, rows));
  console.log(
    `\nmeans: float64 ${means[0].toExponential(2)}, webgpu ${means[1].toExponential(2)}, ` +
      `${(means[1] / means[0]).toPrecision(2)} times as much`,
  );
  engine.dispose();
}

if (flags.help) console.log(HELP);
else await main();
