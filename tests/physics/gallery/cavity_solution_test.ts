import { assert, assertAlmostEquals, assertThrows } from "@std/assert";
import { cavitySolution } from "../../../lib/physics/inner.ts";

const POINTS = Float64Array.from({ length: 80 }, (_, i) => (i + 1) * 0.6180339887498949 % 1);

Deno.test("two forms of the cavity's flow agree", () => {
  const points = cavitySolution(100, { degree: 12, form: "collocation" })(POINTS);
  const tests = cavitySolution(100, { degree: 10, form: "galerkin" })(POINTS);
  const size = Math.max(...points.map(Math.abs));
  points.forEach((x, i) => assertAlmostEquals(x, tests[i], 1e-3 * size));
});

Deno.test("the cavity's walls rest, its lid moves, and without inertia its flow is symmetric", () => {
  const flow = cavitySolution(1e-9, { degree: 8, form: "collocation" });
  const mirrored = flow(POINTS.map((x, i) => i % 2 === 0 ? 1 - x : x));
  flow(POINTS).forEach((value, i) => assertAlmostEquals(value, mirrored[i], 1e-12));
  const x = 0.3, e = 1e-6, lid = 16 * x * x * (1 - x) ** 2;
  const [wall, near, top, below] = flow(Float64Array.of(0, 0.4, e, 0.4, x, 1, x, 1 - e));
  assert(wall === 0 && Math.abs(near) < 10 * e * e);
  assertAlmostEquals((top - below) / e, lid, 1e-5);
});

Deno.test("a flow that Newton's steps do not find is an error", () => {
  assertThrows(
    () => cavitySolution(1e7, { degree: 6, form: "collocation" }),
    RangeError,
    "current values are 10000000 and 6",
  );
});
