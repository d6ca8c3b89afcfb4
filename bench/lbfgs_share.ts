/**
 * What L-BFGS itself costs beside the engine: share of an iteration, and time of one direction,
 * the loops of `createPairMemory` beside plain JavaScript's.
 *
 * `deno run --allow-all bench/lbfgs_share.ts [--problem NAME] [--intervals 5,40,280]
 * [--memory 20,100] [--threads N] [--numbers 100000]` prints two tables. In the first, the share
 * `plain` is what the same iterations would show with the plain loops.
 *
 * @module
 */

import {
  createCpuEngine,
  createNetwork,
  findProblem,
  galleryDatasets,
  lbfgs,
} from "@freeknot/freeknot";

import type { Evaluator } from "@freeknot/freeknot/engine";

import { createRandom } from "@freeknot/freeknot/model";

import type { LbfgsState } from "@freeknot/freeknot/train";

import { createPairMemory } from "../lib/engine/inner.ts";
import { parseArgs } from "@std/cli/parse-args";
import { median } from "./_case.ts";
import { describeMachine } from "./_machine.ts";
import { markdown } from "./_table.ts";

const EPOCHS = 10;

/** Milliseconds of `-H g` by both programs, alternating. */
function timeDirections(
  { steps, differences, gradient }: Pick<LbfgsState, "steps" | "differences" | "gradient">,
  milliseconds = 400,
): { ours: number; plain: number; difference: number } {
  const pairs = createPairMemory(gradient.length, steps.length);
  steps.forEach((step, k) => pairs.add(step, differences[k]));
  const [s, y] = [steps, differences].map((list) => list.map((each) => each.slice()));
  const out = gradient.slice();
  let reference: Float64Array = out;
  const ours: number[] = [], plain: number[] = [];
  for (const end = performance.now() + milliseconds; performance.now() < end || ours.length < 5;) {
    const begin = performance.now();
    pairs.inverseHessianTimes(gradient, out);
    const middle = performance.now();
    reference = plainTwoLoop(s, y, gradient);
    ours.push(middle - begin);
    plain.push(performance.now() - middle);
  }
  const size = Math.hypot(...reference.subarray(0, 10000));
  const difference = Math.hypot(...out.subarray(0, 10000).map((x, i) => x - reference[i])) / size;
  return { ours: median(ours), plain: median(plain), difference };
}

/** The textbook's loops, as they were before. */
function plainTwoLoop(s: Float64Array[], y: Float64Array[], g: Float64Array): Float64Array {
  const z = g.slice(), m = s.length;
  const alpha = new Float64Array(m), rho = new Float64Array(m);
  for (let i = m - 1; i >= 0; i--) {
    rho[i] = 1 / dot(y[i], s[i]);
    alpha[i] = rho[i] * dot(s[i], z);
    addScaled(z, -alpha[i], y[i]);
  }
  const scale = 1 / (rho[m - 1] * dot(y[m - 1], y[m - 1]));
  for (let i = 0; i < z.length; i++) z[i] *= scale;
  for (let i = 0; i < m; i++) addScaled(z, alpha[i] - rho[i] * dot(y[i], z), s[i]);
  return z;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

function addScaled(y: Float64Array, scale: number, x: Float64Array): void {
  for (let i = 0; i < y.length; i++) y[i] += scale * x[i];
}

/** Trains until the memory is full, then measures some epochs. */
async function measureRun(
  name: string,
  intervals: number,
  memory: number,
  threads: number | undefined,
): Promise<string[]> {
  const problem = findProblem(name);
  const { train } = galleryDatasets(problem);
  const network = createNetwork({ ...problem.defaults, intervals }, { seed: 1234 });
  const engine = createCpuEngine(threads === undefined ? {} : { threads });
  const own = await engine.compile({ network, loss: { kind: "mse" }, dataset: train });
  let inside = 0, evaluations = 0;
  const evaluator: Evaluator = {
    ...own,
    async evaluate(parameters, out) {
      const begin = performance.now();
      const evaluation = await own.evaluate(parameters, out);
      inside += performance.now() - begin;
      evaluations++;
      return evaluation;
    },
  };
  const optimizer = lbfgs({ memory });
  const state = optimizer.init(network.parameters);
  for (let k = 0; k < 30 && state.steps.length < memory; k++) {
    if (await optimizer.epoch(state, evaluator) !== "running") break;
  }
  inside = evaluations = 0;
  const before = state.iterations, begin = performance.now();
  for (let k = 0; k < EPOCHS; k++) await optimizer.epoch(state, evaluator);
  const total = performance.now() - begin;
  const iterations = state.iterations - before;
  own.dispose();
  const { ours, plain } = timeDirections(state);
  const outside = total - inside, outsidePlain = outside + iterations * (plain - ours);
  return [
    `${name} [${problem.defaults?.widths?.join(", ")}]`,
    `${intervals}`,
    `${network.parameters.length}`,
    `${state.steps.length}`,
    (inside / evaluations).toFixed(2),
    (total / iterations).toFixed(2),
    (plain * 1e3).toFixed(0),
    (ours * 1e3).toFixed(0),
    `${(plain / ours).toFixed(1)}x`,
    `${(100 * outsidePlain / (inside + outsidePlain)).toFixed(1)} %`,
    `${(100 * outside / total).toFixed(1)} %`,
  ];
}

/** Directions of random pairs: no network is so large. */
function measureVectors(n: number, memory: number): string[] {
  const random = createRandom(1);
  const vector = () => Float64Array.from({ length: n }, () => random.uniform() - 0.5);
  const steps = Array.from({ length: memory }, vector);
  const differences = steps.map((s) => s.map((each, i) => each * (1 + (i % 7))));
  const { ours, plain, difference } = timeDirections(
    { steps, differences, gradient: vector() },
    3000,
  );
  return [
    `${n}`,
    `${memory}`,
    plain.toFixed(2),
    ours.toFixed(2),
    `${(plain / ours).toFixed(1)}x`,
    (4 * memory * n * 8 / ours / 1e6).toFixed(1),
    difference.toExponential(0),
  ];
}

const flags = parseArgs(Deno.args, {
  string: ["problem", "intervals", "memory", "threads", "numbers"],
});
const list = (text: unknown, fallback: number[]) =>
  text === undefined ? fallback : String(text).split(",").map(Number);
const memories = list(flags.memory, [20, 100]);
const threads = flags.threads === undefined ? undefined : Number(flags.threads);

console.log(Object.values(describeMachine()).join("; ") + "\n");
const runs: string[][] = [];
for (const intervals of list(flags.intervals, [5, 40, 280])) {
  for (const memory of memories) {
    runs.push(await measureRun(String(flags.problem ?? "nonsmooth"), intervals, memory, threads));
  }
}
console.log(markdown(
  [
    "network",
    "intervals",
    "parameters",
    "pairs",
    "evaluation ms",
    "iteration ms",
    "direction us, plain",
    "ours",
    "ratio",
    "share, plain",
    "ours",
  ],
  runs,
));
console.log();
console.log(markdown(
  ["parameters", "pairs", "direction ms, plain", "ours", "ratio", "GB/s", "difference"],
  list(flags.numbers, [100_000]).flatMap((n) => memories.map((m) => measureVectors(n, m))),
));
