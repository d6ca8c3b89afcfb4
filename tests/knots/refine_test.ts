import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  knotsFromBreakpoints,
  numIntervals,
  refineKnots,
  uniformKnots,
} from "../../lib/knots/mod.ts";
import { splitIntervals } from "../../lib/knots/inner.ts";
import { arbitrarySpline, SEED } from "../support/arbitrary_knots.ts";

Deno.test("refineKnots() and splitIntervals() keep old knots bit for bit, inputs untouched", () => {
  fc.assert(
    fc.property(arbitrarySpline(), fc.integer({ min: 2, max: 5 }), ({ knots }, factor) => {
      const { degree } = knots;
      const n = numIntervals(knots);
      const held = knots.values.slice();
      const fine = refineKnots(knots, factor, "free");
      assertEquals(knots.values, held);
      assertEquals(numIntervals(fine), factor * n);
      for (let i = 0; i <= n; i++) {
        assertEquals(fine.values[degree + factor * i], knots.values[degree + i]);
      }
      assertEquals(fine.values.slice(0, degree), knots.values.slice(0, degree));
      assertEquals(fine.values.slice(-degree), knots.values.slice(-degree));
      for (let i = 1; i < fine.values.length; i++) {
        assertLessOrEqual(fine.values[i - 1], fine.values[i]);
      }
      assertEquals(splitIntervals(knots, new Array(n).fill(factor), "free"), fine);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

Deno.test("refineKnots() of uniform knots is uniformKnots()", () => {
  for (const outerKnots of ["even", "clamped"] as const) {
    const coarse = uniformKnots({ degree: 3, intervals: 4, outerKnots });
    assertEquals(
      refineKnots(coarse, 2, outerKnots),
      uniformKnots({ degree: 3, intervals: 8, outerKnots }),
    );
  }
});

Deno.test("splitIntervals() splits chosen intervals and rejects bad parts", () => {
  const knots = knotsFromBreakpoints([0, 1, 3], { degree: 1 });
  assertEquals([...splitIntervals(knots, [1, 4], "clamped").values], [0, 0, 1, 1.5, 2, 2.5, 3, 3]);
  assertThrows(() => splitIntervals(knots, [1], "even"), TypeError, "current length is 1");
  assertThrows(() => splitIntervals(knots, [1, 0], "even"), RangeError, "parts[1]");
  for (const factor of [1, 0, 2.5, NaN]) {
    assertThrows(() => refineKnots(knots, factor, "even"), RangeError, "factor must be");
  }
});
