import { assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { symmetricEigenvalues } from "../../lib/numerics/inner.ts";
import { SEED } from "../support/arbitrary_knots.ts";

/** `Q diag(values) Q^T`, `Q` a product of reflections. */
function symmetric(values: readonly number[], reflections: readonly (readonly number[])[]) {
  const n = values.length;
  let a = Array.from({ length: n }, (_, i) => values.map((value, j) => i === j ? value : 0));
  for (const v of reflections) {
    const square = v.slice(0, n).reduce((sum, x) => sum + x * x, 0);
    if (square < 1e-6) continue;
    const h = a.map((_, i) => a.map((_, j) => (i === j ? 1 : 0) - 2 * v[i] * v[j] / square));
    const times = (x: number[][], y: number[][]) =>
      x.map((row) => row.map((_, j) => row.reduce((sum, each, k) => sum + each * y[k][j], 0)));
    a = times(times(h, a), h);
  }
  return Float64Array.from(a.flatMap((row, i) => row.map((x, j) => (x + a[j][i]) / 2)));
}

Deno.test("symmetricEigenvalues() finds the eigenvalues a matrix is made of", () => {
  const number = fc.double({ min: -1, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(number, { minLength: 1, maxLength: 12 }),
      fc.array(fc.array(number, { minLength: 12, maxLength: 12 }), { maxLength: 4 }),
      fc.constantFrom(1e-20, 1, 1e20),
      (values, reflections, size) => {
        const scaled = values.map((value) => value * size);
        const matrix = symmetric(scaled, reflections), kept = matrix.slice();
        const found = symmetricEigenvalues(matrix, values.length).sort();
        scaled.sort((a, b) => a - b).forEach((value, i) => {
          assertLessOrEqual(Math.abs(found[i] - value), 1e-14 * size);
        });
        assertEquals(matrix, kept);
      },
    ),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("symmetricEigenvalues() of second differences are 4 sin^2", () => {
  const n = 323;
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    matrix[i * n + i] = 2;
    if (i > 0) matrix[i * n + i - 1] = matrix[(i - 1) * n + i] = -1;
  }
  symmetricEigenvalues(matrix, n).sort().forEach((value, i) => {
    const exact = 4 * Math.sin((i + 1) * Math.PI / 2 / (n + 1)) ** 2;
    assertLessOrEqual(Math.abs(value - exact), 1e-13);
  });
  assertEquals([...symmetricEigenvalues(Float64Array.of(7), 1)], [7]);
  assertEquals([...symmetricEigenvalues(new Float64Array(9), 3)], [0, 0, 0]);
});
