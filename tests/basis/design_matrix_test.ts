import { assert, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { numBasis, uniformKnots } from "../../lib/knots/mod.ts";
import {
  designMatrix,
  evaluateRelu,
  evaluateSpline,
  multiply,
  multiplyTransposed,
  normalMatrix,
  toDense,
} from "../../lib/basis/mod.ts";
import { arbitrarySpline, largest, SEED } from "../support/arbitrary_knots.ts";

Deno.test("designMatrix() times coefficients is the spline, inside and outside", () => {
  fc.assert(
    fc.property(
      arbitrarySpline({ decades: 2, outerKnots: ["even", "free"] }),
      ({ knots, coefficients, points }) => {
        const { degree } = knots;
        const a = knots.values[degree];
        const xs = [a - 0.3, ...points, knots.values[numBasis(knots)] + 0.3];
        for (const extrapolation of ["linear", "clamp"] as const) {
          for (const basis of ["bspline", "relu"] as const) {
            const matrix = designMatrix(knots, xs, { basis, extrapolation });
            const evaluate = basis === "bspline" ? evaluateSpline : evaluateRelu;
            const product = multiply(matrix, coefficients);
            xs.forEach((x, s) => {
              const expected = evaluate(knots, coefficients, x, { extrapolation });
              const row = matrix.values.subarray(s * matrix.width, (s + 1) * matrix.width);
              const limit = 1e-13 * (largest(row) + Math.abs(expected));
              assertLessOrEqual(Math.abs(product[s] - expected), limit);
            });
          }
        }
      },
    ),
    { seed: SEED, numRuns: 100 },
  );
});

Deno.test("designMatrix() rejects outside points if asked, lets NaN through", () => {
  const knots = uniformKnots({ degree: 2, intervals: 3 });
  assertThrows(
    () => designMatrix(knots, [0, 1.5], { extrapolation: "error" }),
    RangeError,
    "index 1 is 1.5",
  );
  for (const basis of ["bspline", "relu"] as const) {
    const { values, width } = designMatrix(knots, [NaN, 0], { basis });
    assert(values.subarray(0, width).every(Number.isNaN));
    assert(values.subarray(width).every(Number.isFinite));
  }
});

Deno.test("normalMatrix() is the product of the design matrix with itself", () => {
  const knots = uniformKnots({ degree: 3, intervals: 4 });
  const points = Array.from({ length: 30 }, (_, s) => Math.sin(s));
  for (const basis of ["bspline", "relu"] as const) {
    const design = designMatrix(knots, points, { basis });
    const expected = multiplyTransposed(design, toDense(design), 7);
    normalMatrix(knots, points, basis).forEach((value, i) => {
      assertLessOrEqual(Math.abs(value - expected[i]), 1e-13 * largest(expected));
    });
  }
});
