import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { freeKnots, freeKnotsVjp, refineLogits, uniformKnots } from "../../lib/knots/mod.ts";
import { numKnotLogits } from "../../lib/knots/inner.ts";
import { SEED } from "../support/arbitrary_knots.ts";
import { arbitraryLogits } from "../support/arbitrary_logits.ts";
import { gradientByDifferences } from "../support/differences.ts";

Deno.test("freeKnots() keeps ends exact and order, for any logits", () => {
  fc.assert(
    fc.property(arbitraryLogits(2000), ({ space, logits }) => {
      const { degree, intervals, domain: [a, b], outerKnots } = space;
      const { values } = freeKnots(logits, space);
      assertEquals(values.length, intervals + 1 + 2 * degree);
      assertEquals([values[degree], values[degree + intervals]], [a, b]);
      if (outerKnots === "free") {
        assertEquals([values[0], values[values.length - 1]], [a - (b - a), b + (b - a)]);
      }
      for (let i = 1; i < values.length; i++) assertLessOrEqual(values[i - 1], values[i]);
    }),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("freeKnots() with copied logits contains the coarse knots bit for bit", () => {
  fc.assert(
    fc.property(
      arbitraryLogits(8),
      fc.constantFrom(2, 3, 4, 8),
      ({ space, logits }, factor) => {
        const { degree, intervals } = space;
        const coarse = freeKnots(logits, space).values;
        const refined = refineLogits(logits, space, factor);
        const fine = freeKnots(refined, { ...space, intervals: factor * intervals }).values;
        for (let i = 0; i <= intervals; i++) {
          assertEquals(fine[degree + factor * i], coarse[degree + i]);
        }
        if (space.outerKnots === "free") {
          assertEquals(fine.subarray(0, degree), coarse.subarray(0, degree));
          assertEquals(fine.slice(-degree), coarse.slice(-degree));
        }
      },
    ),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("freeKnots() of equal logits is uniformKnots()", () => {
  for (const outerKnots of ["even", "free", "clamped"] as const) {
    for (const intervals of [1, 5, 7, 40]) {
      const space = { degree: 3, intervals, domain: [-1, 1], outerKnots } as const;
      const logits = new Float64Array(numKnotLogits(space)).fill(0.7);
      assertEquals(freeKnots(logits, space), uniformKnots({ degree: 3, intervals, outerKnots }));
    }
  }
});

Deno.test("freeKnots() follows eq. (22)", () => {
  const space = { degree: 1, intervals: 3, domain: [-1, 1], outerKnots: "free" } as const;
  const logits = Float64Array.of(5, Math.log(1), Math.log(2), Math.log(5), -3);
  const { values } = freeKnots(logits, space);
  [-3, -1, -0.75, -0.25, 1, 3].forEach((knot, i) => {
    assertLessOrEqual(Math.abs(values[i] - knot), 4e-16);
  });
});

Deno.test("freeKnots() makes intervals that underflow empty", () => {
  const space = { degree: 1, intervals: 3, domain: [0, 1], outerKnots: "even" } as const;
  const { values } = freeKnots(Float64Array.of(-1000, 0, -300), space);
  assertEquals([...values.subarray(1, 5)], [0, 0, 1, 1]);
  const narrow = freeKnots(Float64Array.of(-229, 0, 0), space).values;
  assert(narrow[2] > 0, "e^-229 = 3e-100 is kept at the origin");
});

Deno.test("freeKnots() writes into out and changes no input", () => {
  const space = { degree: 2, intervals: 3, domain: [0, 1], outerKnots: "free" } as const;
  const logits = Float64Array.of(1, 2, 3, 4, 5, 6, 7), held = logits.slice();
  const out = new Float64Array(8);
  assert(freeKnots(logits, space, out).values === out);
  assertEquals(out, freeKnots(logits, space).values);
  freeKnotsVjp(logits, space, new Float64Array(8).fill(1), new Float64Array(7));
  assertEquals(logits, held);
});

Deno.test("freeKnots() rejects logits that are not finite or of the wrong length", () => {
  const space = { degree: 1, intervals: 2, domain: [0, 1], outerKnots: "even" } as const;
  assertThrows(() => freeKnots(Float64Array.of(1, NaN), space), RangeError, "index 1 is NaN");
  assertThrows(() => freeKnots(Float64Array.of(Infinity, 1), space), RangeError, "index 0");
  assertThrows(() => freeKnots(Float64Array.of(1), space), TypeError, "length 2");
  assertThrows(() => freeKnots(Float64Array.of(1, 1), space, new Float64Array(4)), TypeError);
  assertThrows(
    () => freeKnotsVjp(Float64Array.of(1, 1), space, new Float64Array(4), new Float64Array(2)),
    TypeError,
  );
});

Deno.test("freeKnotsVjp() agrees with central differences", () => {
  fc.assert(
    fc.property(arbitraryLogits(4), ({ space, logits }) => {
      const length = space.intervals + 1 + 2 * space.degree;
      const bar = Float64Array.from({ length }, (_, i) => Math.sin(1 + 7 * i));
      const gradient = new Float64Array(logits.length).fill(1); // it is added to
      freeKnotsVjp(logits, space, bar, gradient);
      const expected = gradientByDifferences(
        (s) => freeKnots(s, space).values.reduce((sum, t, i) => sum + t * bar[i], 0),
        logits,
        1e-5, // u^(1/3) times the scale 1 of the softmax
      );
      gradient.forEach((value, i) => {
        assertLessOrEqual(Math.abs(value - 1 - expected[i]), 1e-8);
      });
    }),
    { seed: SEED, numRuns: 200 },
  );
});

Deno.test("freeKnotsVjp() is finite where the softmax underflows, and sums to 0 per group", () => {
  fc.assert(
    fc.property(arbitraryLogits(3000), ({ space, logits }) => {
      const bar = new Float64Array(space.intervals + 1 + 2 * space.degree).fill(1);
      const gradient = new Float64Array(logits.length);
      freeKnotsVjp(logits, space, bar, gradient);
      assert(gradient.every(Number.isFinite));
      const sum = gradient.reduce((total, value) => total + value, 0);
      assertLessOrEqual(Math.abs(sum), 1e-12);
    }),
    { seed: SEED, numRuns: 200 },
  );
});
