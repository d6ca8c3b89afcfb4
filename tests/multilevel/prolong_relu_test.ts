import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  findInterval,
  type KnotVector,
  numBasis,
  refineKnots,
  uniformKnots,
} from "../../lib/knots/mod.ts";
import { splitIntervals } from "../../lib/knots/inner.ts";
import {
  changeOfBasis,
  evaluateRelu,
  evaluateSpline,
  multiplyTransposed,
  reluPowers,
  toRelu,
} from "../../lib/basis/mod.ts";
import { prolongationMatrix, prolongCoefficients, prolongRelu } from "../../lib/multilevel/mod.ts";
import { arbitrarySpline, pointsOf, SEED } from "../support/arbitrary_knots.ts";

/** Bound of the rounding errors of the ReLU form at `x`: `16 u psi(x)^T |A|^T |c|`. */
function bound(knots: KnotVector, c: Float64Array, x: number): number {
  const matrix = changeOfBasis(knots);
  const sizes = { ...matrix, values: matrix.values.map(Math.abs) };
  const sums = multiplyTransposed(sizes, c.map(Math.abs));
  return 16 * 2 ** -53 * reluPowers(knots, x).reduce((s, psi, i) => s + psi * sums[i], 0);
}

Deno.test("prolongRelu() inserts zeros, bit for bit, where the outer knots stay", () => {
  fc.assert(
    fc.property(
      arbitrarySpline({ outerKnots: ["even", "free"] }),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 12, maxLength: 12 }),
      ({ knots, coefficients }, parts) => {
        const { degree } = knots;
        const intervals = numBasis(knots) - degree;
        const fine = splitIntervals(knots, parts.slice(0, intervals), "free");
        const prolonged = prolongRelu(knots, fine, coefficients);
        const kept = new Map<number, number>();
        knots.values.subarray(0, numBasis(knots)).forEach((t, i) => kept.set(t, coefficients[i]));
        prolonged.forEach((value, i) => assertEquals(value, kept.get(fine.values[i]) ?? 0));
      },
    ),
    { seed: SEED, numRuns: 200 },
  );
});

Deno.test("prolongRelu() keeps the function within 16 u psi^T |A|^T |c| where they move", () => {
  fc.assert(
    fc.property(
      arbitrarySpline({ outerKnots: ["even"] }),
      fc.integer({ min: 2, max: 4 }),
      ({ knots, coefficients, points }, factor) => {
        const fine = refineKnots(knots, factor, "even");
        const weights = toRelu(knots, coefficients);
        const prolonged = prolongRelu(knots, fine, weights);
        const c = prolongCoefficients(prolongationMatrix(knots, fine), coefficients);
        for (const x of [...points, ...pointsOf(fine)]) {
          const difference = evaluateRelu(fine, prolonged, x) -
            evaluateSpline(knots, coefficients, x);
          // both vectors of weights are stored with rounding
          const limit = Math.max(bound(knots, coefficients, x), bound(fine, c, x));
          assertLessOrEqual(Math.abs(difference), limit);
        }
        // coefficients of knots inside the domain are untouched
        for (let i = knots.degree + 1; i < numBasis(knots); i++) {
          assertEquals(prolonged[findInterval(fine, knots.values[i])], weights[i]);
        }
      },
    ),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("prolongRelu() moves several splines at once and rejects bad input", () => {
  const coarse = uniformKnots({ degree: 2, intervals: 3 });
  const fine = refineKnots(coarse, 2, "even");
  const weights = Float64Array.from({ length: 10 }, (_, i) => Math.sin(i)), held = weights.slice();
  const both = prolongRelu(coarse, fine, weights, 2);
  assertEquals(weights, held);
  for (const q of [0, 1]) {
    const one = prolongRelu(coarse, fine, weights.filter((_, i) => i % 2 === q));
    assertEquals(one, both.filter((_, i) => i % 2 === q));
  }
  assertThrows(() => prolongRelu(coarse, fine, weights), TypeError, "shape [5, 1]");
  assertThrows(
    () => prolongRelu(coarse, refineKnots(coarse, 2, "clamped"), weights, 2),
    RangeError,
    "must be distinct",
  );
  assertThrows(
    () => prolongRelu(coarse, uniformKnots({ degree: 2, intervals: 4 }), weights, 2),
    RangeError,
    "contain the coarse ones",
  );
});
