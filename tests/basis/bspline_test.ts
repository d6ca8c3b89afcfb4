import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { findInterval, type KnotVector, numBasis, uniformKnots } from "../../lib/knots/mod.ts";
import { bsplineBasis, bsplineDerivatives, bsplineKnotDerivatives } from "../../lib/basis/mod.ts";
import { writeBsplineBasis } from "../../lib/basis/inner.ts";
import { arbitrarySpline, largest, SEED } from "../support/arbitrary_knots.ts";
import { centralDifference } from "../support/differences.ts";
import { naiveBspline } from "../support/naive.ts";

Deno.test("bsplineBasis() is a partition of unity, not negative", () => {
  fc.assert(
    fc.property(arbitrarySpline(), ({ knots, points }) => {
      for (const x of points) {
        const { interval, values } = bsplineBasis(knots, x);
        assertEquals(interval, findInterval(knots, x));
        assertEquals(values.length, knots.degree + 1);
        const sum = values.reduce((total, value) => total + value, 0);
        assertLessOrEqual(Math.abs(sum - 1), 1e-12);
        assert(values.every((value) => value >= 0));
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("bsplineBasis() agrees with the full Cox-de Boor recursion", () => {
  fc.assert(
    fc.property(arbitrarySpline(), ({ knots, points }) => {
      for (const x of points) {
        const { interval, values } = bsplineBasis(knots, x);
        for (let i = 0; i < numBasis(knots); i++) {
          const k = i - interval + knots.degree;
          const own = k >= 0 && k <= knots.degree ? values[k] : 0;
          assertLessOrEqual(Math.abs(own - naiveBspline(knots, i, x)), 1e-14);
        }
      }
    }),
    { seed: SEED, numRuns: 60 },
  );
});

Deno.test("bsplineBasis() is a partition of unity at empty intervals too", () => {
  const t = [-1, -1, 0, 0, 0.2, 0.2, 0.2, 0.5, 1, 1, 2, 2];
  const knots: KnotVector = { values: Float64Array.from(t), degree: 2 };
  for (const x of [0, 0.1, 0.2, 0.3, 0.5, 1]) {
    const { interval, values } = bsplineBasis(knots, x);
    assert(t[interval + 1] > t[interval]);
    const sum = values.reduce((total, value) => total + value, 0);
    assertLessOrEqual(Math.abs(sum - 1), 1e-15);
    values.forEach((value, k) => {
      assertLessOrEqual(Math.abs(value - naiveBspline(knots, interval - 2 + k, x)), 1e-15);
    });
  }
  // an empty interval asked for: finite values
  assert(bsplineBasis(knots, 0.2, 4).values.every(Number.isFinite));
  assert(bsplineDerivatives(knots, 0.2, 2, 4).values.every(Number.isFinite));
  for (const order of [0, 1]) {
    assert(bsplineKnotDerivatives(knots, 0.2, 4, order).values.every(Number.isFinite));
  }
});

Deno.test("bsplineBasis() continues the polynomial piece of a given interval", () => {
  const knots = uniformKnots({ degree: 3, intervals: 4 });
  const at = (x: number) => bsplineBasis(knots, x, 4).values;
  // four points and a cubic: the fifth follows from vanishing fourth differences
  const [v0, v1, v2, v3, v4] = [-2, -1, 0, 1, 2].map(at);
  for (let k = 0; k < 4; k++) {
    assertLessOrEqual(Math.abs(v0[k] - 4 * v1[k] + 6 * v2[k] - 4 * v3[k] + v4[k]), 1e-12);
  }
});

Deno.test("bsplineBasis() lets NaN through, rejects bad intervals", () => {
  const knots = uniformKnots({ degree: 3, intervals: 4 });
  for (const order of [0, 1]) {
    assert(bsplineKnotDerivatives(knots, NaN, undefined, order).values.some(Number.isNaN));
  }
  assert(bsplineBasis(knots, NaN).values.every(Number.isNaN));
  assert(bsplineDerivatives(knots, NaN, 2).values.every(Number.isNaN));
  for (const interval of [2, 7, 3.5, NaN]) {
    assertThrows(() => bsplineBasis(knots, 0, interval), RangeError, "from 3 to 6");
    assertThrows(() => bsplineDerivatives(knots, 0, 1, interval), RangeError, "from 3 to 6");
    assertThrows(() => bsplineKnotDerivatives(knots, 0, interval), RangeError, "from 3 to 6");
  }
  for (const order of [-1, 0.5, NaN]) {
    assertThrows(() => bsplineDerivatives(knots, 0, order), RangeError, "maxOrder must be");
  }
  assertThrows(() => bsplineKnotDerivatives(knots, 0, 3, 2), RangeError, "order must be 0 or 1");
});

Deno.test("bsplineDerivatives() agrees with central differences, order by order", () => {
  fc.assert(
    fc.property(arbitrarySpline({ decades: 2, mostDegree: 5 }), ({ knots, points }) => {
      const { values: t, degree } = knots;
      for (const x of points) {
        const mu = findInterval(knots, x);
        const { interval, values } = bsplineDerivatives(knots, x, degree + 1);
        assertEquals(interval, mu);
        const size = degree + 1;
        // polynomials vary on the scale of the interval; u^(1/3) of it is the best step
        const h = 6e-6 * (t[mu + 1] - t[mu]);
        for (let order = 1; order <= degree + 1; order++) {
          const row = values.subarray(order * size, (order + 1) * size);
          const scale = largest(values.subarray((order - 1) * size, order * size)) /
            (t[mu + 1] - t[mu]);
          row.forEach((value, k) => {
            const difference = centralDifference(
              (y) => bsplineDerivatives(knots, y, order - 1, mu).values[(order - 1) * size + k],
              x,
              h,
            );
            assertLessOrEqual(Math.abs(value - difference), 1e-8 * scale);
          });
        }
        assert(values.subarray(size * size).every((value) => value === 0));
        const { values: plain } = bsplineBasis(knots, x);
        plain.forEach((value, k) => assertLessOrEqual(Math.abs(values[k] - value), 1e-15));
      }
    }),
    { seed: SEED, numRuns: 60 },
  );
});

Deno.test("writeBsplineBasis() writes the values of bsplineBasis()", () => {
  const knots = uniformKnots({ degree: 1, intervals: 4, domain: [0, 4] });
  const values = new Float64Array(2);
  assertEquals(writeBsplineBasis(knots, 2.25, values), 3);
  assertEquals([...values], [0.75, 0.25]);
});
