import { assertLessOrEqual, assertThrows } from "@std/assert";
import { gaussLegendre } from "../../lib/basis/mod.ts";

Deno.test("gaussLegendre() integrates polynomials of degree 2 n - 1 exactly", () => {
  for (const n of [1, 2, 3, 4, 6, 9, 20]) {
    const { nodes, weights } = gaussLegendre(n);
    for (let degree = 0; degree < 2 * n; degree++) {
      const integral = nodes.reduce((sum, x, i) => sum + weights[i] * x ** degree, 0);
      assertLessOrEqual(Math.abs(integral - (degree % 2 === 0 ? 2 / (degree + 1) : 0)), 1e-14);
    }
    nodes.forEach((x, i) => assertLessOrEqual(Math.abs(x + nodes[n - 1 - i]), 1e-15));
  }
  for (const n of [0, 1.5, 101, NaN]) assertThrows(() => gaussLegendre(n), RangeError);
});
