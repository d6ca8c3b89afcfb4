import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { coarsenLogits, freeKnots, refineLogits } from "../../lib/knots/mod.ts";
import { splitLogits } from "../../lib/knots/inner.ts";
import { SEED } from "../support/arbitrary_knots.ts";
import { arbitraryLogits } from "../support/arbitrary_logits.ts";

Deno.test("splitLogits() keeps the knots to a few units of roundoff", () => {
  fc.assert(
    fc.property(
      arbitraryLogits(6),
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 20, maxLength: 20 }),
      ({ space, logits }, counts) => {
        const { degree, intervals, domain: [a, b] } = space;
        const parts = counts.slice(0, intervals);
        const total = parts.reduce((sum, part) => sum + part, 0);
        const split = splitLogits(logits, space, parts);
        const fine = freeKnots(split, { ...space, intervals: total }).values;
        const coarse = freeKnots(logits, space).values;
        let at = degree;
        parts.forEach((part, i) => {
          assertLessOrEqual(Math.abs(fine[at] - coarse[degree + i]), 8 * 2 ** -52 * (b - a));
          at += part;
        });
      },
    ),
    { seed: SEED, numRuns: 200 },
  );
});

Deno.test("splitLogits() copies the logits when all parts are equal", () => {
  const space = { degree: 2, intervals: 2, domain: [0, 1], outerKnots: "free" } as const;
  const logits = Float64Array.of(1, 2, 3, 4, 5, 6);
  assertEquals(splitLogits(logits, space, [3, 3]), refineLogits(logits, space, 3));
  assertEquals(splitLogits(logits, space, [1, 1]), logits);
  assertThrows(() => splitLogits(logits, space, [1]), TypeError, "2 intervals");
  assertThrows(() => splitLogits(logits, space, [1, 0.5]), RangeError, "parts[1]");
  assertThrows(() => refineLogits(logits, space, 1), RangeError, "factor");
  assertThrows(() => refineLogits(logits.slice(1), space, 2), TypeError, "length 6");
});

Deno.test("coarsenLogits() undoes refineLogits() and keeps every second knot", () => {
  fc.assert(
    fc.property(arbitraryLogits(30), ({ space, logits }) => {
      const { degree, intervals } = space;
      const fineSpace = { ...space, intervals: 2 * intervals };
      const fineLogits = refineLogits(logits, space, 2).map((s, i) => s + 0.1 * Math.sin(i));
      const fine = freeKnots(fineLogits, fineSpace).values;
      const coarse = freeKnots(coarsenLogits(fineLogits, fineSpace, 2), space).values;
      for (let i = 0; i <= intervals; i++) {
        const span = space.domain[1] - space.domain[0];
        assertLessOrEqual(Math.abs(coarse[degree + i] - fine[degree + 2 * i]), 1e-14 * span);
      }
    }),
    { seed: SEED, numRuns: 200 },
  );
  const space = { degree: 1, intervals: 3, domain: [0, 1], outerKnots: "even" } as const;
  assertThrows(() => coarsenLogits(new Float64Array(3), space, 2), RangeError, "divide");
  assertThrows(() => coarsenLogits(new Float64Array(2), space, 3), TypeError, "length 3");
});
