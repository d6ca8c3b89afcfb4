import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  bendingMatrix,
  bsplineDerivatives,
  gramMatrix,
  grevilleAbscissae,
  knotsFromBreakpoints,
  numBasis,
  uniformKnots,
} from "../../splines.ts";

Deno.test("bendingMatrix() is the integral of second derivatives, on knots of any spacing", () => {
  for (const degree of [2, 3, 4, 5, 7, 9]) {
    const knots = knotsFromBreakpoints([-1, -0.4, 0.1, 0.2, 1], { degree });
    const n = numBasis(knots), bending = bendingMatrix(knots);
    const c = Float64Array.from({ length: n }, (_, i) => Math.sin(3 * i + 1));
    let quadratic = 0, integral = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) quadratic += c[i] * bending[i * n + j] * c[j];
    }
    const points = 40_000, h = 2 / points; // midpoints
    for (let s = 0; s < points; s++) {
      const { interval, values } = bsplineDerivatives(knots, -1 + (s + 0.5) * h, 2);
      let second = 0;
      for (let k = 0; k <= degree; k++) {
        second += values[2 * (degree + 1) + k] * c[interval - degree + k];
      }
      integral += h * second ** 2;
    }
    assertAlmostEquals(quadratic / integral, 1, 1e-3);
  }
});

Deno.test("bendingMatrix() of lines is 0, also for degree 1", () => {
  for (const degree of [1, 2, 3]) {
    const knots = uniformKnots({ degree, intervals: 7, domain: [-1, 1] });
    const n = numBasis(knots), bending = bendingMatrix(knots), line = grevilleAbscissae(knots);
    for (let i = 0; i < n; i++) {
      let image = 0;
      for (let j = 0; j < n; j++) image += bending[i * n + j] * (2 + 3 * line[j]);
      assert(Math.abs(image) < 1e-9, `${degree} ${image}`);
    }
  }
});

Deno.test("bendingMatrix() of degree 1 tends to the integral of a smooth function", () => {
  const intervals = 400, knots = uniformKnots({ degree: 1, intervals, domain: [0, 1] });
  const n = numBasis(knots), bending = bendingMatrix(knots);
  assertEquals(n, intervals + 1);
  const c = Float64Array.from({ length: n }, (_, i) => (i / intervals) ** 3);
  let quadratic = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) quadratic += c[i] * bending[i * n + j] * c[j];
  }
  assertAlmostEquals(quadratic, 12, 0.1); // integral of (6 x)^2
});

Deno.test("weights of intervals: bending and Gram matrices are sums over intervals", () => {
  for (const degree of [1, 2, 3, 5]) {
    const knots = knotsFromBreakpoints([0, 0.1, 0.4, 2, 3], { degree }), weights = [3, 0, 1, 7];
    const one = (k: number) => weights.map((_, i) => Number(i === k));
    const matrices = [
      (by?: number[]) => bendingMatrix(knots, by),
      (by?: number[]) => gramMatrix(knots, "bspline", by),
      (by?: number[]) => gramMatrix(knots, "relu", by),
    ];
    for (const matrix of matrices) {
      const parts = weights.map((_, k) => matrix(one(k))),
        all = matrix(),
        weighed = matrix(weights);
      const size = Math.max(...all.map(Math.abs));
      for (let i = 0; i < all.length; i++) {
        const sum = parts.reduce((total, part) => total + part[i], 0);
        const times = parts.reduce((total, part, k) => total + weights[k] * part[i], 0);
        assertAlmostEquals(sum, all[i], 1e-12 * size);
        assertAlmostEquals(times, weighed[i], 1e-11 * size);
      }
      assertThrows(() => matrix([1, 2]), TypeError, "must be one for each of 4 intervals");
    }
  }
});
