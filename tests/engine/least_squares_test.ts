import { assert, assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { canReflect, createLeastSquares } from "../../lib/engine/inner.ts";
import { createRandom } from "../../lib/model/mod.ts";

function randomProblem(rows: number, n: number) {
  const random = createRandom(rows + n, "test least squares");
  const draw = (length: number) => Float64Array.from({ length }, () => random.uniform() - 0.5);
  return { jacobian: draw(rows * n), residuals: draw(rows), scales: draw(n).map((x) => x + 1) };
}

/** `D J^T (J D x + r) + mu x`, which is 0 at the minimum, and the sum of squares there. */
function normalEquations(
  { jacobian, residuals, scales }: ReturnType<typeof randomProblem>,
  x: Float64Array,
  damping: number,
) {
  const n = x.length;
  const left = residuals.map((r, i) =>
    x.reduce((sum, value, j) => sum + jacobian[i * n + j] * scales[j] * value, r)
  );
  const gradient = x.map((value, j) =>
    left.reduce((sum, y, i) => sum + jacobian[i * n + j] * scales[j] * y, damping * value)
  );
  return { gradient, sum: left.reduce((s, y) => s + y * y, 0) / 2 };
}

Deno.test("createLeastSquares() finds the minimum for every damping, any size", () => {
  for (const [rows, n] of [[1, 1], [5, 3], [3, 5], [37, 37], [70, 33], [131, 96], [200, 101]]) {
    const problem = randomProblem(rows, n), system = createLeastSquares(rows, n);
    assert(canReflect(rows, n));
    for (let turn = 0; turn < 2; turn++) {
      system.take(problem.jacobian, problem.residuals, problem.scales);
      for (const damping of [1e-6, 1e-2, 10]) {
        const { x, decrease } = system.solve(damping);
        const { gradient, sum } = normalEquations(problem, x, damping);
        const before = problem.residuals.reduce((s, y) => s + y * y, 0) / 2;
        gradient.forEach((g) => assertAlmostEquals(g, 0, 1e-12, `${rows} x ${n}`));
        assertAlmostEquals(decrease, before - sum, 1e-12);
        const right = normalEquations(problem, new Float64Array(n), 0).gradient.map((g) => -g);
        system.again(right);
        right.forEach((value, i) =>
          assertAlmostEquals(value, x[i], 1e-8 * Math.max(1, 1 / damping))
        );
      }
    }
  }
  assertEquals(canReflect(1e7, 1e4), false);
});

Deno.test("createLeastSquares() keeps the digits that the product of the rows has not", () => {
  // Powers on [0, 1]: the condition is about 1e8, that of the product 1e16.
  const rows = 60, n = 11;
  const jacobian = Float64Array.from(
    { length: rows * n },
    (_, i) => (Math.floor(i / n) / (rows - 1)) ** (i % n),
  );
  const wanted = Float64Array.from({ length: n }, (_, j) => j % 3 - 1);
  const residuals = Float64Array.from(
    { length: rows },
    (_, r) => wanted.reduce((sum, c, j) => sum - c * jacobian[r * n + j], 0),
  );
  const system = createLeastSquares(rows, n);
  system.take(jacobian, residuals, new Float64Array(n).fill(1));
  const { x } = system.solve(1e-28);
  x.forEach((value, j) => assertLess(Math.abs(value - wanted[j]), 1e-7));
});
