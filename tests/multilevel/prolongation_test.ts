import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  createKnotVector,
  freeKnots,
  type KnotVector,
  numBasis,
  refineKnots,
  refineLogits,
  uniformKnots,
} from "../../lib/knots/mod.ts";
import { splitIntervals } from "../../lib/knots/inner.ts";
import { evaluateSpline, multiply, toDense } from "../../lib/basis/mod.ts";
import { prolongationMatrix, prolongCoefficients } from "../../lib/multilevel/mod.ts";
import { arbitrarySpline, largest, pointsOf, SEED } from "../support/arbitrary_knots.ts";
import { insertKnot } from "../support/naive.ts";
import { runScipy, scipyVersion } from "../support/scipy.ts";

/** Largest difference of the two splines, divided by the largest coarse coefficient. */
function difference(
  coarse: KnotVector,
  fine: KnotVector,
  c: Float64Array,
  points: readonly number[],
): number {
  const d = prolongCoefficients(prolongationMatrix(coarse, fine), c);
  let worst = 0;
  for (const x of [...points, ...pointsOf(fine)]) {
    worst = Math.max(worst, Math.abs(evaluateSpline(fine, d, x) - evaluateSpline(coarse, c, x)));
  }
  return worst / largest(c);
}

Deno.test("prolongationMatrix() keeps the spline to 1e-12 of max |c|, even outer knots", () => {
  fc.assert(
    fc.property(
      arbitrarySpline({ outerKnots: ["even"] }),
      fc.integer({ min: 2, max: 4 }),
      ({ knots, coefficients, points }, factor) => {
        const fine = refineKnots(knots, factor, "even");
        assertLessOrEqual(difference(knots, fine, coefficients, points), 1e-12);
      },
    ),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("prolongationMatrix() keeps the spline to 1e-12 of max |c|, outer knots kept", () => {
  fc.assert(
    fc.property(
      arbitrarySpline({ outerKnots: ["free", "clamped"] }),
      fc.integer({ min: 2, max: 4 }),
      ({ knots, coefficients, points }, factor) => {
        const fine = refineKnots(knots, factor, "free");
        const matrix = prolongationMatrix(knots, fine);
        assert(matrix.values.every((value) => value >= 0), "insertion is convex");
        assertLessOrEqual(difference(knots, fine, coefficients, points), 1e-12);
      },
    ),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("prolongationMatrix() keeps the spline to 1e-12 when some intervals are split", () => {
  fc.assert(
    fc.property(
      arbitrarySpline(),
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 12, maxLength: 12 }),
      ({ knots, coefficients, points, outerKnots }, parts) => {
        const intervals = numBasis(knots) - knots.degree;
        const fine = splitIntervals(knots, parts.slice(0, intervals), outerKnots);
        assertLessOrEqual(difference(knots, fine, coefficients, points), 1e-12);
      },
    ),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("prolongationMatrix() keeps the spline to 1e-12 for free knots from logits", () => {
  // e^-7 .. e^7: intervals that differ by up to 1.2e6
  const logit = fc.double({ min: -7, max: 7, noNaN: true });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 1, max: 12 }),
      fc.array(logit, { minLength: 22, maxLength: 22 }),
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 17, maxLength: 17 }),
      (degree, intervals, logits, heights) => {
        const space = { degree, intervals, domain: [-1, 1], outerKnots: "free" } as const;
        const s = Float64Array.from(logits.slice(0, intervals + 2 * degree));
        const coarse = freeKnots(s, space);
        const fine = freeKnots(refineLogits(s, space, 2), { ...space, intervals: 2 * intervals });
        const c = Float64Array.from(heights.slice(0, numBasis(coarse)));
        const matrix = prolongationMatrix(coarse, fine);
        assert(matrix.values.every((value) => value >= 0), "insertion is convex");
        assertLessOrEqual(difference(coarse, fine, c, pointsOf(coarse)), 1e-12);
      },
    ),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("prolongationMatrix() has rows that sum to 1 and composes: P12 P01 = P02", () => {
  fc.assert(
    fc.property(arbitrarySpline(), ({ knots, outerKnots }) => {
      const middle = refineKnots(knots, 2, outerKnots);
      const fine = refineKnots(middle, 2, outerKnots);
      const first = prolongationMatrix(knots, middle), second = prolongationMatrix(middle, fine);
      const direct = toDense(prolongationMatrix(knots, fine));
      const n = numBasis(knots);
      const product = multiply(second, toDense(first), n);
      const scale = largest(direct);
      product.forEach((value, i) => {
        assertLessOrEqual(Math.abs(value - direct[i]), 1e-12 * scale);
      });
      for (let j = 0; j < numBasis(fine); j++) {
        const sum = direct.subarray(j * n, (j + 1) * n).reduce((s, value) => s + value, 0);
        assertLessOrEqual(Math.abs(sum - 1), 1e-12 * scale);
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

Deno.test("prolongationMatrix() agrees with inserting knots one by one (Boehm)", () => {
  fc.assert(
    fc.property(arbitrarySpline({ outerKnots: ["even", "free"] }), ({ knots, coefficients }) => {
      const fine = refineKnots(knots, 2, "free"); // keeps the outer knots
      let naive = { knots, coefficients };
      for (const x of fine.values) {
        if (!naive.knots.values.includes(x)) {
          naive = insertKnot(naive.knots, naive.coefficients, x);
        }
      }
      assertEquals(naive.knots.values, fine.values);
      const prolonged = prolongCoefficients(prolongationMatrix(knots, fine), coefficients);
      prolonged.forEach((value, i) => {
        assertLessOrEqual(Math.abs(value - naive.coefficients[i]), 1e-14 * largest(coefficients));
      });
    }),
    { seed: SEED, numRuns: 200 },
  );
});

Deno.test("prolongationMatrix() is the known mask for uniform cubic knots", () => {
  const coarse = uniformKnots({ degree: 3, intervals: 8 });
  const dense = toDense(prolongationMatrix(coarse, refineKnots(coarse, 2, "even")));
  const n = numBasis(coarse);
  const row = (j: number) => [...dense.subarray(j * n, (j + 1) * n)].map((v) => 8 * v);
  // the two-scale relation 1 4 6 4 1 over 8
  row(8).forEach((value, i) =>
    assertLessOrEqual(Math.abs(value - [0, 0, 0, 0, 4, 4][i] || 0), 1e-13)
  );
  row(9).slice(4, 7).forEach((value, i) =>
    assertLessOrEqual(Math.abs(value - [1, 6, 1][i]), 1e-13)
  );
});

Deno.test("prolongationMatrix() is the identity for equal knots, changes outer knots exactly", () => {
  const even = uniformKnots({ degree: 3, intervals: 4 });
  const same = toDense(prolongationMatrix(even, even));
  for (let i = 0; i < 7; i++) {
    for (let j = 0; j < 7; j++) assertEquals(same[i * 7 + j], i === j ? 1 : 0);
  }
  const clamped = uniformKnots({ degree: 3, intervals: 4, outerKnots: "clamped" });
  const c = Float64Array.from({ length: 7 }, (_, i) => Math.sin(i));
  assertLessOrEqual(difference(even, clamped, c, []), 1e-14);
  assertLessOrEqual(difference(clamped, even, c, []), 1e-14);
});

Deno.test("prolongationMatrix() stays finite and exact at empty intervals", () => {
  for (const outer of [0, 0.5]) {
    const t = [-2 * outer, -outer, 0, 0.2, 0.2, 0.5, 0.5, 0.5, 0.9, 1, 1 + outer, 1 + 2 * outer];
    const coarse: KnotVector = { values: Float64Array.from(t), degree: 2 };
    const fine = refineKnots(coarse, 2, "free");
    const matrix = prolongationMatrix(coarse, fine);
    assert(matrix.values.every((value) => value >= 0 && value <= 1));
    const c = Float64Array.from({ length: numBasis(coarse) }, (_, i) => Math.cos(3 * i));
    assertLessOrEqual(difference(coarse, fine, c, [0, 0.1, 0.3, 0.7, 0.95, 1]), 1e-15 * 8);
  }
});

Deno.test("prolongationMatrix() accepts fine knots that match up to roundoff", () => {
  const coarse = uniformKnots({ degree: 3, intervals: 5 });
  const fine = refineKnots(coarse, 2, "even");
  const moved = fine.values.slice();
  moved[3 + 2] += 2 ** -52;
  const c = Float64Array.from({ length: 8 }, (_, i) => Math.sin(i));
  assertLessOrEqual(difference(coarse, { values: moved, degree: 3 }, c, []), 1e-13);
});

Deno.test("prolongationMatrix() rejects knots that are not nested", () => {
  const coarse = uniformKnots({ degree: 2, intervals: 3 });
  const error = assertThrows(
    () => prolongationMatrix(coarse, uniformKnots({ degree: 2, intervals: 4 })),
    RangeError,
  );
  assert(error.message.includes("at index 3"), error.message);
  assertThrows(() => prolongationMatrix(refineKnots(coarse, 2, "even"), coarse), RangeError);
  assertThrows(
    () => prolongationMatrix(coarse, uniformKnots({ degree: 3, intervals: 6 })),
    TypeError,
    "same degree",
  );
  assertThrows(
    () => prolongationMatrix(coarse, uniformKnots({ degree: 2, intervals: 6, domain: [0, 1] })),
    TypeError,
    "same domain",
  );
});

Deno.test("prolongCoefficients() moves several splines at once and changes no input", () => {
  const coarse = uniformKnots({ degree: 2, intervals: 3 });
  const fine = refineKnots(coarse, 2, "even");
  const before = [coarse.values.slice(), fine.values.slice()];
  const matrix = prolongationMatrix(coarse, fine);
  assertEquals([coarse.values, fine.values], before);
  const c = Float64Array.from({ length: 10 }, (_, i) => i * i);
  const held = c.slice();
  const both = prolongCoefficients(matrix, c, 2);
  assertEquals(c, held);
  for (const q of [0, 1]) {
    const one = prolongCoefficients(matrix, c.filter((_, i) => i % 2 === q));
    assertEquals(one, both.filter((_, i) => i % 2 === q));
  }
  assertThrows(() => prolongCoefficients(matrix, c), TypeError, "shape [5, 1]");
});

Deno.test({
  name: "prolongationMatrix() agrees with SciPy's insert (FITPACK)",
  ignore: scipyVersion === undefined,
  async fn() {
    const cases: { t: number[]; c: number[]; degree: number; added: number[] }[] = [];
    const expected: Float64Array[] = [];
    for (const degree of [1, 2, 3, 4, 5, 7, 9]) {
      // FITPACK inserts inside clamped ends
      const breakpoints = [0, 0.1, 0.11, 0.4, 0.75, 1];
      const ends = new Array(degree);
      const t = [...ends.fill(0), ...breakpoints, ...ends.slice().fill(1)];
      const coarse = createKnotVector(t, degree);
      const fine = refineKnots(coarse, 2, "clamped");
      const c = Float64Array.from({ length: numBasis(coarse) }, (_, i) => Math.sin(2 * i + degree));
      const added = [...fine.values].filter((x) => !t.includes(x));
      cases.push({ t, c: [...c], degree, added });
      expected.push(prolongCoefficients(prolongationMatrix(coarse, fine), c));
    }
    const answer = await runScipy<number[][]>(
      `
answer = []
for case in data:
    tck = (np.array(case["t"]), np.array(case["c"] + [0] * (case["degree"] + 1)), case["degree"])
    for x in case["added"]:
        tck = insert(x, tck)
    answer.append(list(tck[1][: len(tck[0]) - case["degree"] - 1]))
`,
      cases,
    );
    expected.forEach((coefficients, k) => {
      assertEquals(answer[k].length, coefficients.length);
      coefficients.forEach((value, i) => {
        assertLessOrEqual(Math.abs(value - answer[k][i]), 1e-14);
      });
    });
  },
});
