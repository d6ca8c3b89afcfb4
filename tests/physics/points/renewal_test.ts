import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createNetwork } from "../../../lib/model/mod.ts";
import { multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import {
  burgers,
  findPde,
  pdeEngine,
  type PdeProblem,
  renewingEngine,
  solvePde,
} from "../../../lib/physics/mod.ts";
import { fitContinuation, renewalSchedule } from "../../../lib/physics/inner.ts";
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  trainToEnd,
} from "../../../lib/train/mod.ts";

const MSE = { kind: "mse" } as const;

/** Steep at x = 0.5, whatever the network says. */
const STEEP: PdeProblem = {
  name: "steep",
  title: "a layer",
  domain: { t: [0, 1], x: [0, 1] },
  constants: { k: 0.01 },
  equations: [{ name: "inside", equation: "u_t = k*u_xx" }],
  conditions: [{ name: "start", at: { t: 0 }, equation: "u = 0" }],
  ansatz: { u: "(exp(80*(x - 0.5)) - 1)/(exp(80*(x - 0.5)) + 1) + 0*N" },
  incomplete: true,
};

function network(problem: PdeProblem, seed = 1) {
  const widths = [Object.keys(problem.domain).length, 4, 1];
  return createNetwork({ widths, degree: 4, normalisation: "none" }, { seed });
}

Deno.test("renewalSchedule() cuts levels into stages of so many epochs", () => {
  const schedule = renewalSchedule(multilevelSchedule([7, 4]), { every: 3 });
  assertEquals(schedule.stages.map(({ epochs, refine = 1 }) => [epochs, refine]), [
    [3, 1],
    [3, 1],
    [1, 1],
    [3, 2],
    [1, 1],
  ]);
  const plain = multilevelSchedule([7, 4]);
  assertEquals(renewalSchedule(plain, {}), plain);
});

Deno.test("renewingEngine() draws points where the solution is steep, weights undo the density", async () => {
  const engine = renewingEngine(STEEP, { points: { count: 400, by: "slope" } });
  const start = network(STEEP);
  const near = async (stage: number) => {
    const evaluator = await engine.compile({ network: start, loss: MSE, stage });
    await evaluator.evaluate(start.parameters);
    const { points, values } = evaluator.residuals()[0];
    assertEquals(values.length, 400);
    return values.filter((_, r) => Math.abs(points[2 * r + 1] - 0.5) < 0.05).length;
  };
  const even = await near(0), drawn = await near(1);
  assert(even > 30 && even < 50, `${even} of 400 in a tenth of the box`);
  assert(drawn > 2.5 * even, `${drawn} of 400`);
  const second = await engine.compile({ network: start, loss: MSE, stage: 1 });
  await second.evaluate(start.parameters);
  const third = await engine.compile({ network: start, loss: MSE, stage: 2 });
  await third.evaluate(start.parameters);
  assert(second.residuals()[0].points[0] !== third.residuals()[0].points[0], "other points");
});

Deno.test("renewingEngine() continues constants to their values", async () => {
  const problem = { ...STEEP, ansatz: { u: "x^2 + 0*N" } };
  const engine = renewingEngine(problem, { continuation: { k: [3, 2] } });
  const losses: number[] = [];
  for (let stage = 0; stage < 4; stage++) {
    const start = network(problem);
    const evaluator = await engine.compile({ network: start, loss: MSE, stage });
    await evaluator.evaluate(start.parameters);
    losses.push(evaluator.terms()[0].loss);
  }
  // the residual is -2 k everywhere
  [0.06, 0.04, 0.02, 0.02].forEach((r, s) => assertAlmostEquals(losses[s], r * r, 1e-15));
});

Deno.test("fitContinuation() leaves the last stage its own constants", () => {
  const renewal = { every: 5, continuation: { nu: [8, 4, 2], e: [2] } };
  const factors = (stages: number) => fitContinuation(renewal, stages).continuation;
  assertEquals(factors(9), { nu: [8, 4, 2], e: [2] });
  assertEquals(factors(3), { nu: [4, 2], e: [2] });
  assertEquals(factors(1), { nu: [], e: [] });
  assertEquals(fitContinuation({ every: 5 }, 1), { every: 5 });
});

Deno.test("renewingEngine() balances the gradients of all terms", async () => {
  const problem = findPde("wave");
  const start = network(problem);
  const renewed = renewingEngine(problem, { weights: "gradients" });
  const evaluator = await renewed.compile({ network: start, loss: MSE });
  await evaluator.evaluate(start.parameters);
  const plain = pdeEngine(problem);
  const before = await plain.compile({ network: start, loss: MSE });
  await before.evaluate(start.parameters);
  const lengths = await Promise.all(
    before.terms().map(async (_, k) => {
      const counts = before.residuals().map(({ values }) => values.length);
      const shares = counts.map((count, j) => new Float64Array(count).fill(j === k ? 1 : 0));
      const engine = pdeEngine(problem, { shares });
      const own = await engine.compile({ network: start, loss: MSE });
      const gradient = new Float64Array(start.parameters.length);
      await own.evaluate(start.parameters, gradient);
      return Math.hypot(...gradient);
    }),
  );
  const balanced = evaluator.terms().map(({ loss }, k) =>
    loss / before.terms()[k].loss * lengths[k]
  );
  for (const length of balanced) assertAlmostEquals(length / balanced[0], 1, 1e-9);
});

Deno.test("renewingEngine() with causal weights looks at early times first", async () => {
  const problem: PdeProblem = { ...STEEP, ansatz: { u: "2*t + 0*N" } }; // residual 2 everywhere
  const engine = renewingEngine(problem, { weights: "causal" });
  const start = network(problem);
  const plain = pdeEngine(problem);
  const renewed = await engine.compile({ network: start, loss: MSE, stage: 1 });
  const before = await plain.compile({ network: start, loss: MSE });
  const gradient = [renewed, before].map(async (evaluator) => {
    await evaluator.evaluate(start.parameters);
    return evaluator.terms()[0].loss;
  });
  const [own, even] = await Promise.all(gradient);
  assertAlmostEquals(own, even, 1e-12); // weights of mean 1, residuals alike
  // exp(-4 s) for slab s: nothing but the first slabs counts, which the residual there shows
  const late: PdeProblem = { ...problem, ansatz: { u: "2*t + t^2*(t - 0.2)^2*50 + 0*N" } };
  const lateEngine = renewingEngine(late, { weights: "causal" });
  const lateOwn = await lateEngine.compile({ network: start, loss: MSE, stage: 1 });
  await lateOwn.evaluate(start.parameters);
  assert(lateOwn.terms()[0].loss < 10, `${lateOwn.terms()[0].loss}`);
});

Deno.test("renewingEngine() refuses what it cannot renew", () => {
  const refuse = (renewal: Parameters<typeof renewingEngine>[1], text: string) =>
    assertThrows(() => renewingEngine(burgers(), renewal), RangeError, text);
  refuse({ every: 0 }, "renewal.every must be an integer >= 1");
  refuse({ points: { count: 0.5, by: "slope" } }, "renewal.points.count must be");
  refuse({ continuation: { mu: [2] } }, "must name constants (nu), current value is mu");
  refuse({ continuation: { nu: [NaN] } }, "finite numbers");
  const square = findPde("poisson");
  assertThrows(() => renewingEngine(square, { weights: "causal" }), RangeError, "coordinate t");
});

Deno.test("solvePde() with renewed points and weights repeats for a seed", async () => {
  const { reference: _, ...rest } = burgers({ viscosity: 0.1 });
  const problem: PdeProblem = {
    ...rest,
    network: { hidden: [3], firstLayer: "spline", normalisation: "none" },
    epochs: [6, 3],
  };
  for (const weights of ["attention", "causal"] as const) {
    const renewal = { every: 3, points: { count: 300, by: "residual" }, weights } as const;
    const [one, two] = [await solvePde(problem, { renewal }), await solvePde(problem, { renewal })];
    assertEquals(one.network.parameters, two.network.parameters);
    assertEquals(one.finished.levels.map(({ epochs }) => epochs), [6, 3]);
    assert(one.terms[0].loss < 0.5, `${one.terms[0].loss}`);
  }
});

Deno.test("renewingEngine() goes on from a checkpoint in its second stage to the same bits", async () => {
  const { reference: _, ...rest } = burgers({ viscosity: 0.1 });
  const problem: PdeProblem = rest;
  const schedule = renewalSchedule(multilevelSchedule([8, 4]), { every: 3 });
  let saved: Checkpoint | undefined;
  for (
    const renewal of [
      { points: { count: 200, by: "residual" }, weights: "causal" },
      { weights: "attention" },
      { continuation: { nu: [4, 2] } },
    ] as const
  ) {
    const options = { schedule, engine: renewingEngine(problem, renewal) };
    const start = network(problem), kept: Uint8Array<ArrayBuffer>[] = [];
    const whole = await trainToEnd(start, undefined, {
      ...options,
      onEvent(event) {
        if (event.type === "epoch") kept.push(encodeCheckpoint(event.checkpoint!()));
      },
    });
    saved = decodeCheckpoint(kept[0]).checkpoint;
    for (const k of [3, 5, 9]) { // in the second, at the end of the second, on the finer grid
      const resumed = await trainToEnd(start, undefined, {
        ...options,
        engine: renewingEngine(problem, renewal), // as in another process
        resume: decodeCheckpoint(kept[k]).checkpoint,
      });
      assertEquals(resumed.network, whole.network, `${JSON.stringify(renewal)} ${k}`);
      assertEquals(resumed.loss, whole.loss);
    }
  }
  const other = renewingEngine(burgers({ viscosity: 0.2 }), {});
  await assertRejects(
    () => trainToEnd(network(problem), undefined, { engine: other, resume: saved! }),
    RangeError,
    "Cannot resume training: dataset must be the checkpoint's",
  );
});
