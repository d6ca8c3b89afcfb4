/**
 * Time of the Gauss-Newton matrix beside that of the gradient, on one thread and two: the default
 * network on 20,000 points over the number of intervals, and networks whose every edge is a spline on
 * 1,000.
 *
 * `deno run --allow-read bench/normal_equations.ts`
 *
 * @module
 */

import {
  createCpuEngine,
  createNetwork,
  findProblem,
  galleryDatasets,
  type NetworkOptions,
} from "@freeknot/freeknot";
import { nudged } from "./_nudged.ts";

const problem = findProblem("nonsmooth");
const SPLINES = { firstLayer: "spline", bias: false } as const;
const CASES: readonly (readonly [NetworkOptions, number])[] = [
  ...[5, 40, 320].map((intervals) => [{ widths: [2, 5, 1], intervals }, 20_000] as const),
  ...(["uniform", "free"] as const).flatMap((knots) => [
    [{ ...SPLINES, widths: [2, 5, 1], intervals: 60, knots }, 1000] as const,
    [{ ...SPLINES, widths: [2, 10, 10, 1], intervals: 5, knots }, 1000] as const,
    [{ ...SPLINES, widths: [2, 20, 20, 1], intervals: 5, knots }, 1000] as const,
  ]),
];

/** The shortest of several runs, milliseconds. */
async function shortest(work: () => unknown): Promise<number> {
  let least = Infinity;
  for (let i = 0, begin = performance.now(); i < 3 || performance.now() - begin < 700; i++) {
    const before = performance.now();
    await work();
    least = Math.min(least, performance.now() - before);
  }
  return least;
}

/** Gradient and matrix on some threads, milliseconds. */
async function measure(options: NetworkOptions, rows: number, threads: number) {
  const { train } = galleryDatasets(problem, { rows });
  const network = createNetwork(options, { seed: 1 }), next = nudged(network.parameters);
  const evaluator = await createCpuEngine({ threads }).compile({
    network,
    loss: { kind: "mse" },
    dataset: train,
  });
  const n = network.parameters.length;
  const matrix = new Float64Array(n * n), gradient = new Float64Array(n);
  const whole = () => evaluator.curvature!.matrix!(next(), matrix, gradient);
  await whole();
  await new Promise((resolve) => setTimeout(resolve, 200)); // helpers come
  const times = {
    gradient: await shortest(async () => (await evaluator.evaluate(next(), gradient)).loss),
    matrix: await shortest(whole),
  };
  evaluator.dispose();
  return times;
}

const WIDTHS = [26, 8, 7, 11, 13, 11, 9, 7];
function print(cells: readonly (string | number)[]): void {
  console.log(cells.map((cell, i) => `${cell}`.padStart(WIDTHS[i])).join(" "));
}

print([
  "network",
  "knots",
  "points",
  "parameters",
  "gradient, ms",
  "matrix, ms",
  "2 threads",
  "faster",
]);
for (const [options, rows] of CASES) {
  const one = await measure(options, rows, 1), two = await measure(options, rows, 2);
  const { widths, intervals, knots = "free" } = options;
  const parameters = createNetwork(options, { seed: 1 }).parameters.length;
  print([
    ...[`[${widths}], ${intervals}`, knots, rows, parameters],
    ...[one.gradient.toFixed(2), one.matrix.toFixed(1), two.matrix.toFixed(1)],
    (one.matrix / two.matrix).toFixed(2),
  ]);
}
