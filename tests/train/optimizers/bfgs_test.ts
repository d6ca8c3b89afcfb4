import {
  assertAlmostEquals,
  assertEquals,
  assertLess,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { createNetwork, findProblem, galleryDatasets } from "../../../mod.ts";
import { customSchedule, multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import { bfgs, gradientDescent, lbfgs, trainToEnd } from "../../../lib/train/mod.ts";
import { evaluatorOf, quadratic, rosenbrock } from "../../support/objectives.ts";

/** `H` after the pairs, from `scale I`, by multiplying matrices as the formula is printed. */
function textbook(n: number, scale: number, pairs: readonly [Float64Array, Float64Array][]) {
  let h = Array.from(
    { length: n },
    (_, i) => Array.from({ length: n }, (_, j) => +(i === j) * scale),
  );
  const times = (a: number[][], b: number[][]) =>
    a.map((row) => row.map((_, j) => row.reduce((sum, each, k) => sum + each * b[k][j], 0)));
  for (const [s, y] of pairs) {
    const rho = 1 / s.reduce((sum, each, i) => sum + each * y[i], 0);
    const v = h.map((row, i) => row.map((_, j) => +(i === j) - rho * y[i] * s[j]));
    const transposed = v.map((_, i) => v.map((row) => row[i]));
    h = times(times(transposed, h), v).map((row, i) => row.map((x, j) => x + rho * s[i] * s[j]));
  }
  return h.flat();
}

Deno.test("bfgs() keeps the matrix of the printed formula: symmetric, H y = s", async () => {
  const n = 4, { f } = quadratic(n, 50, 5), evaluator = evaluatorOf(n, f), optimizer = bfgs();
  const state = optimizer.init(Float64Array.of(1, -2, 3, -4));
  const points: [Float64Array, Float64Array][] = [], at = Float64Array.from(state.parameters);
  const gradient = new Float64Array(n);
  f(at, gradient);
  let last: [Float64Array, Float64Array] = [at, gradient];
  const pairs: [Float64Array, Float64Array][] = [];
  const single = bfgs({ maxIterations: 1 });
  for (let k = 0; k < 6; k++) {
    await single.epoch(state, evaluator);
    const next: [Float64Array, Float64Array] = [state.parameters.slice(), state.gradient.slice()];
    pairs.push([
      next[0].map((x, i) => x - last[0][i]),
      next[1].map((g, i) => g - last[1][i]),
    ]);
    last = next;
    points.push(next);
  }
  const [s0, y0] = pairs[0],
    dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, each, i) => sum + each * b[i], 0);
  const expected = textbook(n, dot(s0, y0) / dot(y0, y0), pairs);
  state.inverse.forEach((h, i) => assertAlmostEquals(h, expected[i], 1e-10));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) assertEquals(state.inverse[i * n + j], state.inverse[j * n + i]);
  }
  const [s, y] = pairs.at(-1)!;
  for (let i = 0; i < n; i++) {
    assertAlmostEquals(dot(state.inverse.subarray(i * n, i * n + n), y), s[i], 1e-10);
  }
  assertEquals(points.length, 6);
});

Deno.test("bfgs() comes down Rosenbrock's valley to the last digits, and says converged", async () => {
  const optimizer = bfgs(), evaluator = evaluatorOf(2, rosenbrock);
  const state = optimizer.init(Float64Array.of(-1.2, 1));
  let status = "running", epochs = 0;
  while (status === "running" && epochs++ < 20) status = await optimizer.epoch(state, evaluator);
  assertEquals(status, "converged");
  assertLess(state.objective, 1e-24);
  assertLess(state.evaluations, 100);
  assertEquals(state.evaluations, evaluator.calls);
});

Deno.test("bfgs() finds the minimum of a kinked function, where gradients never vanish", async () => {
  const kinked = evaluatorOf(2, ([x, y], g) => { // Lewis and Overton 2013, a nonsmooth Rosenbrock
    g[0] = -2 * (1 - x) - 2 * x * 8 * Math.sign(y - x * x);
    g[1] = 8 * Math.sign(y - x * x);
    return (1 - x) ** 2 + 8 * Math.abs(y - x * x);
  });
  const optimizer = bfgs(), state = optimizer.init(Float64Array.of(-1.2, 1.1));
  for (let k = 0; k < 30; k++) if (await optimizer.epoch(state, kinked) !== "running") break;
  assertLess(state.objective, 1e-3);
});

Deno.test("bfgs() is ahead of gradientDescent(), and near lbfgs(), on a network", async () => {
  const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 300 });
  const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 }), losses: number[] = [];
  for (const optimizer of [gradientDescent(), lbfgs(), bfgs()]) {
    const epochs = optimizer.name === "gradient-descent" ? 600 : 30;
    const schedule = customSchedule([{ epochs }]);
    losses.push((await trainToEnd(network, train, { schedule, optimizer })).loss);
  }
  assertLess(losses[2], 0.1 * losses[0]);
  assertLess(losses[2], 10 * losses[1]);
});

Deno.test("train() refuses bfgs() beyond 5,000 parameters, before it begins", async () => {
  const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 20 });
  const network = createNetwork({ widths: [2, 20, 20, 1] }, { seed: 1 });
  const schedule = multilevelSchedule([1, 1, 1]);
  await assertRejects(
    () => trainToEnd(network, train, { schedule, optimizer: bfgs() }),
    RangeError,
    "bfgs with 6160 parameters at 10 intervals",
  );
  await trainToEnd(network, train, { schedule: multilevelSchedule([1, 0, 0]), optimizer: bfgs() });
});

Deno.test("bfgs() refuses numbers out of range", () => {
  for (
    const options of [
      { maxIterations: 0 },
      { maxEvaluations: 1.5 },
      { gradientTolerance: -1 },
      { changeTolerance: NaN },
    ]
  ) assertThrows(() => bfgs(options), RangeError, "Cannot create bfgs");
});
