import { assert, assertAlmostEquals, assertEquals, assertLess, assertThrows } from "@std/assert";
import { gradientDescent } from "../../../lib/train/mod.ts";
import { evaluatorOf, quadratic, rosenbrock } from "../../support/objectives.ts";

Deno.test("gradientDescent() with a learning rate shrinks errors by 1 - rate lambda", async () => {
  const { f, minimum } = quadratic(1, 1, 3), optimizer = gradientDescent({ learningRate: 0.25 });
  const evaluator = evaluatorOf(1, f), state = optimizer.init(Float64Array.of(minimum[0] + 1));
  for (let k = 1; k <= 20; k++) {
    assertEquals(await optimizer.epoch(state, evaluator), "running");
    assertAlmostEquals(state.parameters[0] - minimum[0], 0.75 ** k, 1e-15);
  }
});

Deno.test("gradientDescent() searches steps: every epoch lowers the objective", async () => {
  const optimizer = gradientDescent(), evaluator = evaluatorOf(2, rosenbrock);
  const state = optimizer.init(Float64Array.of(-1.2, 1));
  let before = Infinity;
  for (let k = 0; k < 2000; k++) {
    assertEquals(await optimizer.epoch(state, evaluator), "running");
    assertLess(state.objective, before);
    before = state.objective;
  }
  assertLess(state.objective, 1e-2);
  assertEquals(state.evaluations, evaluator.calls);
  assertLess(state.evaluations, 3 * 2000);
});

Deno.test("gradientDescent() converges at the linear rate of the condition number", async () => {
  // Kantorovich: with exact searches errors shrink by ((k - 1) / (k + 1))^2 or faster; weak Wolfe
  // steps are not exact, so that a slower rate is asked of them
  const condition = 10, { f, minimum } = quadratic(5, condition, 2);
  const least = f(minimum, new Float64Array(5));
  const optimizer = gradientDescent(), evaluator = evaluatorOf(5, f);
  const state = optimizer.init(new Float64Array(5));
  const start = f(state.parameters, new Float64Array(5)) - least;
  for (let k = 0; k < 60; k++) await optimizer.epoch(state, evaluator);
  assertLess((state.objective - least) / start, (1 - 1 / condition) ** 60);
});

Deno.test("gradientDescent() ends at a minimum, and where nothing decreases", async () => {
  const { f, minimum } = quadratic(1, 1, 3), optimizer = gradientDescent();
  const flat = optimizer.init(minimum);
  assertEquals(await optimizer.epoch(flat, evaluatorOf(1, f)), "converged");
  const lying = evaluatorOf(1, (x, g) => {
    g[0] = 1; // the objective rises the other way
    return Math.abs(x[0]);
  });
  assertEquals(await optimizer.epoch(optimizer.init(Float64Array.of(0)), lying), "stalled");
  const broken = evaluatorOf(1, () => NaN);
  assertEquals(await optimizer.epoch(optimizer.init(Float64Array.of(0)), broken), "diverged");
});

Deno.test("gradientDescent() refuses numbers out of range", () => {
  for (
    const options of [
      { learningRate: 0 },
      { learningRate: NaN },
      { clipNorm: 1 },
      { schedule: { kind: "constant" } as const },
      { learningRate: 1, clipNorm: 0 },
    ]
  ) assertThrows(() => gradientDescent(options), RangeError, "Cannot create gradient-descent");
  assert(gradientDescent().options.learningRate === undefined);
});
