import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { domainOf, findInterval, uniformKnots } from "../../lib/knots/mod.ts";
import { SEED } from "../support/arbitrary_knots.ts";

Deno.test("findInterval() agrees with a linear search, never gives an empty interval", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 5 }),
      (gaps, degree) => {
        fc.pre(gaps.some((gap) => gap > 0));
        const n = gaps.length;
        const values = new Float64Array(n + 1 + 2 * degree);
        for (let i = 1; i <= n; i++) values[degree + i] = values[degree + i - 1] + gaps[i - 1];
        for (let k = 1; k <= degree; k++) {
          values[degree - k] = -k;
          values[degree + n + k] = values[degree + n] + k;
        }
        const knots = { values, degree };
        const [a, b] = domainOf(knots);
        for (let x = -1; x <= b + 1; x += 0.5) {
          let expected = -1;
          for (let mu = degree; mu < degree + n; mu++) {
            if (!(values[mu] < values[mu + 1])) continue;
            if (expected < 0 || (values[mu] <= x && x >= a)) expected = mu;
          }
          assertEquals(findInterval(knots, x), expected);
        }
      },
    ),
    { seed: SEED, numRuns: 200 },
  );
});

Deno.test("findInterval() clamps outside points and maps NaN to the first interval", () => {
  const knots = uniformKnots({ degree: 2, intervals: 4, domain: [0, 4] });
  const points = [-Infinity, -1, 0, 0.5, 3, 4, 5, Infinity, NaN];
  assertEquals(points.map((x) => findInterval(knots, x)), [2, 2, 2, 2, 5, 5, 5, 5, 2]);
});
