import { assertEquals } from "@std/assert";
import type { LbfgsMethod } from "../../../lib/engine/mod.ts";
import { rememberLatest } from "../../../lib/train/evaluators/latest.ts";
import { evaluatorOf, rosenbrock } from "../../support/objectives.ts";

Deno.test("rememberLatest() asks no value twice at one point, and every value at others", async () => {
  const own = evaluatorOf(2, rosenbrock), evaluator = rememberLatest(own);
  const x = Float64Array.of(1, 2), y = Float64Array.of(3, 4), g = new Float64Array(2);
  assertEquals((await evaluator.evaluate(x, g)).objective, 100);
  assertEquals([
    (await evaluator.evaluate(x)).objective,
    (await evaluator.evaluate(x.slice())).objective,
    own.calls,
  ], [
    100,
    100,
    1,
  ]);
  assertEquals([(await evaluator.evaluate(y)).objective, own.calls], [2504, 2]);
  x.set(y);
  assertEquals([(await evaluator.evaluate(x)).objective, own.calls], [2504, 2]);
  y[0] = 0; // what was remembered is a copy
  assertEquals([(await evaluator.evaluate(y)).objective, own.calls], [1601, 3]);
});

Deno.test("rememberLatest() forgets where rows change or the engine evaluates otherwise", async () => {
  const own = evaluatorOf(2, rosenbrock), x = Float64Array.of(1, 2);
  const runEpoch = () => Promise.resolve(undefined);
  const evaluator = rememberLatest({ ...own, evaluate: own.evaluate, resident: { runEpoch } });
  const method = { kind: "lbfgs" } as LbfgsMethod;
  for (
    const disturb of [
      () => evaluator.batches!.select(undefined),
      () => evaluator.resident!.runEpoch(method, x),
    ]
  ) {
    await evaluator.evaluate(x);
    const before = own.calls;
    await evaluator.evaluate(x);
    assertEquals(own.calls, before);
    await disturb();
    await evaluator.evaluate(x);
    assertEquals(own.calls, before + 1);
  }
});

Deno.test("rememberLatest() hands rows and matrix on, and remembers what a matrix at the same point leaves", async () => {
  const own = evaluatorOf(2, rosenbrock), x = Float64Array.of(1, 2), g = new Float64Array(2);
  const rows = Float64Array.of(1, 2, 3, 4),
    never = () => {
      throw new Error("not asked for");
    };
  const evaluator = rememberLatest({
    ...own,
    evaluate: own.evaluate,
    curvature: {
      matrix: () => 100,
      jacobian: () => rows,
      ...{ product: never, residuals: never, jvp: never, vjp: never, secondJvp: never },
    },
  });
  const { matrix, jacobian } = evaluator.curvature!;
  assertEquals(await jacobian!(x), rows);
  await evaluator.evaluate(x);
  const before = own.calls;
  assertEquals(await matrix!(x, rows, g), 100);
  await evaluator.evaluate(x);
  assertEquals(own.calls, before);
  await matrix!(Float64Array.of(3, 4), rows, g);
  await evaluator.evaluate(x);
  assertEquals(own.calls, before + 1);
});
