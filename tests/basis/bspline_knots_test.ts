import { assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { findInterval } from "../../lib/knots/mod.ts";
import { bsplineDerivatives, bsplineKnotDerivatives } from "../../lib/basis/mod.ts";
import { arbitrarySpline, largest, SEED } from "../support/arbitrary_knots.ts";
import { centralDifference } from "../support/differences.ts";

for (const order of [0, 1]) {
  Deno.test(`bsplineKnotDerivatives() of order ${order} agrees with central differences`, () => {
    fc.assert(
      fc.property(arbitrarySpline({ outerKnots: ["even", "free"] }), ({ knots, points }) => {
        const { values: t, degree } = knots;
        const size = degree + 1;
        for (const x of points.slice(0, 12)) {
          const mu = findInterval(knots, x);
          const { interval, values } = bsplineKnotDerivatives(knots, x, mu, order);
          assertEquals([interval, values.length], [mu, size * 2 * degree]);
          for (let j = 0; j < 2 * degree; j++) {
            const knot = mu + 1 - degree + j;
            // a span of knots that holds this one is the scale; also where knots nearly coincide
            const scale = Math.min(t[knot] - t[knot - 1], t[knot + 1] - t[knot], t[mu + 1] - t[mu]);
            const column = Float64Array.from(
              { length: size },
              (_, k) => values[k * 2 * degree + j],
            );
            const size0 = largest(
              bsplineDerivatives(knots, x, order, mu).values.subarray(order * size),
            );
            for (let k = 0; k < size; k++) {
              const difference = centralDifference(
                (moved) => {
                  const other = t.slice();
                  other[knot] = moved;
                  return bsplineDerivatives({ values: other, degree }, x, order, mu)
                    .values[order * size + k];
                },
                t[knot],
                6e-6 * scale,
              );
              // rounding of the knot itself: u |t| against the step
              const rounding = 1 + largest([t[knot], x]) / scale * 1e-5;
              assertLessOrEqual(
                Math.abs(column[k] - difference),
                1e-8 * Math.max(largest(column), size0 / scale) * rounding,
              );
            }
          }
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
}

Deno.test("bsplineKnotDerivatives() sums to 0 over the functions, moves with the knots", () => {
  fc.assert(
    fc.property(arbitrarySpline(), ({ knots, points }) => {
      const { degree } = knots;
      for (const x of points) {
        const { interval, values } = bsplineKnotDerivatives(knots, x);
        const scale = largest(values);
        const slopes = bsplineDerivatives(knots, x, 1, interval).values.subarray(degree + 1);
        for (let j = 0; j < 2 * degree; j++) { // partition of unity
          let sum = 0;
          for (let k = 0; k <= degree; k++) sum += values[k * 2 * degree + j];
          assertLessOrEqual(Math.abs(sum), 1e-13 * scale);
        }
        for (let k = 0; k <= degree; k++) { // shifting all knots is shifting x back
          let sum = slopes[k];
          for (let j = 0; j < 2 * degree; j++) sum += values[k * 2 * degree + j];
          assertLessOrEqual(Math.abs(sum), 1e-13 * scale);
        }
      }
    }),
    { seed: SEED, numRuns: 100 },
  );
});
