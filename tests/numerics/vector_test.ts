import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { addScaled, dot, maxNorm, norm, step, sumNorm } from "../../lib/numerics/inner.ts";

const X = Float64Array.of(1, -2, 3, 0.5, -4), Y = Float64Array.of(2, 1, -1, 4, 0.25);

Deno.test("vector operations are the textbook's", () => {
  assertAlmostEquals(dot(X, Y), 2 - 2 - 3 + 2 - 1, 1e-15);
  assertAlmostEquals(norm(X), Math.hypot(...X), 1e-15);
  assertEquals([maxNorm(X), sumNorm(X)], [4, 10.5]);
  const sum = Y.slice();
  addScaled(sum, 2, X);
  assertEquals([...sum], [...Y].map((y, i) => y + 2 * X[i]));
  const out = new Float64Array(5);
  step(out, X, -1, Y);
  assertEquals([...out], [...X].map((x, i) => x - Y[i]));
});

Deno.test("maxNorm() of a vector with NaN is NaN, that of an empty one 0", () => {
  assert(Number.isNaN(maxNorm(Float64Array.of(1, NaN, 2))));
  assertEquals([maxNorm(new Float64Array(0)), norm(new Float64Array(0))], [0, 0]);
});
