import { assertEquals } from "@std/assert";
import type { Evaluator } from "../../../lib/engine/mod.ts";
import { rememberLatest } from "../../../lib/train/evaluators/latest.ts";
import { evaluatorOf, rosenbrock } from "../../support/objectives.ts";

Deno.test("rememberLatest() asks no value twice at one point, and every value at others", async () => {
  const own = evaluatorOf(2, rosenbrock), evaluator = rememberLatest(own);
  const x = Float64Array.of(1, 2), y = Float64Array.of(3, 4), g = new Float64Array(2);
  assertEquals(await evaluator.valueAndGradient(x, g), 100);
  assertEquals([await evaluator.value(x), await evaluator.value(x.slice()), own.calls], [
    100,
    100,
    1,
  ]);
  assertEquals([await evaluator.value(y), own.calls], [2504, 2]);
  x.set(y);
  assertEquals([await evaluator.value(x), own.calls], [2504, 2]);
  y[0] = 0; // what was remembered is a copy
  assertEquals([await evaluator.value(y), own.calls], [1601, 3]);
});

Deno.test("rememberLatest() forgets where rows change or the engine evaluates otherwise", async () => {
  const own = evaluatorOf(2, rosenbrock), x = Float64Array.of(1, 2);
  const more: Evaluator & { other(): number } = { ...own, other: () => 7 };
  const evaluator = rememberLatest(more) as typeof more;
  for (const disturb of [() => evaluator.selectRows(undefined), () => evaluator.other()]) {
    await evaluator.value(x);
    const before = own.calls;
    await evaluator.value(x);
    assertEquals(own.calls, before);
    disturb();
    await evaluator.value(x);
    assertEquals(own.calls, before + 1);
  }
  assertEquals(evaluator.other(), 7);
});
