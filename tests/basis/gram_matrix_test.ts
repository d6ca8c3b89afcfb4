import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type KnotVector, numBasis, uniformKnots } from "../../lib/knots/mod.ts";
import {
  conditionNumber,
  gramMatrix,
  multiply,
  uniformChangeOfBasis,
} from "../../lib/basis/mod.ts";
import { arbitrarySpline, SEED } from "../support/arbitrary_knots.ts";
import { naiveBspline } from "../support/naive.ts";

Deno.test("gramMatrix() is symmetric and sums to the length of the domain", () => {
  fc.assert(
    fc.property(arbitrarySpline(), ({ knots }) => {
      const n = numBasis(knots);
      const gram = gramMatrix(knots);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) assertEquals(gram[i * n + j], gram[j * n + i]);
      }
      const [a, b] = [knots.values[knots.degree], knots.values[n]];
      const sum = gram.reduce((total, value) => total + value, 0);
      assertLessOrEqual(Math.abs(sum - (b - a)), 1e-12 * (b - a));
      assert(gram.every((value) => value >= 0));
    }),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("gramMatrix() agrees with a fine sum of naive B-splines", () => {
  const knots: KnotVector = {
    values: Float64Array.from([-0.5, -0.2, 0, 0.3, 0.35, 1, 1.2, 1.5]),
    degree: 2,
  };
  const gram = gramMatrix(knots), n = 5;
  const steps = 4000; // midpoint rule: error O(h^2)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let s = 0; s < steps; s++) {
        const x = (s + 0.5) / steps;
        sum += naiveBspline(knots, i, x) * naiveBspline(knots, j, x) / steps;
      }
      assertLessOrEqual(Math.abs(gram[i * n + j] - sum), 1e-6);
    }
  }
});

Deno.test("gramMatrix() has the known entries and transforms with the basis: G_S = A G_R A^T", () => {
  // cubic cardinal B-splines: 151/315, 397/1680, 1/42, 1/5040 times h
  const knots = uniformKnots({ degree: 3, intervals: 8, domain: [0, 8] });
  const gram = gramMatrix(knots), n = 11;
  [151 / 315, 397 / 1680, 1 / 42, 1 / 5040].forEach((value, k) => {
    assertLessOrEqual(Math.abs(gram[5 * n + 5 - k] - value), 1e-15);
  });
  const options = { degree: 2, intervals: 4, domain: [0, 4] } as const;
  const small = uniformKnots(options), m = 6;
  const change = uniformChangeOfBasis(options);
  const right = multiply(change, gramMatrix(small, "relu"), m); // A G_R
  const transposed = Float64Array.from(right, (_, i) => right[(i % m) * m + Math.floor(i / m)]);
  const both = multiply(change, transposed, m); // A G_R^T A^T
  gramMatrix(small).forEach((value, i) => {
    assertLessOrEqual(Math.abs(value - both[i]), 1e-10);
  });
});

Deno.test("conditionNumber() stays bounded for B-splines and grows for ReLU powers", () => {
  const condition = (intervals: number, basis: "bspline" | "relu") => {
    const knots = uniformKnots({ degree: 1, intervals });
    return conditionNumber(gramMatrix(knots, basis), numBasis(knots));
  };
  assertLessOrEqual(Math.abs(condition(40, "bspline") / condition(20, "bspline") - 1), 0.05);
  assert(condition(40, "relu") > 8 * condition(20, "relu"));
  const clamped = uniformKnots({ degree: 3, intervals: 40, outerKnots: "clamped" });
  const even = uniformKnots({ degree: 3, intervals: 40 });
  const inCommon = [clamped, even].map((knots) => conditionNumber(gramMatrix(knots), 43));
  assert(inCommon[0] < 40 && inCommon[1] > 500, `${inCommon}`);
});

Deno.test("conditionNumber() knows diagonal and singular matrices", () => {
  assertLessOrEqual(Math.abs(conditionNumber(Float64Array.of(4, 0, 0, 0.5), 2) - 8), 1e-14);
  assert(conditionNumber(Float64Array.of(1, 1, 1, 1), 2) > 1e15);
  assertThrows(() => conditionNumber(Float64Array.of(1, 2), 2), TypeError, "shape [2, 2]");
});
