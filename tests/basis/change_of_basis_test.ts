import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type KnotVector, numBasis, refineKnots, uniformKnots } from "../../lib/knots/mod.ts";
import {
  changeOfBasis,
  changeOfBasisNormRatio,
  evaluateRelu,
  evaluateSpline,
  fromRelu,
  multiplyTransposed,
  reluPowers,
  type SparseRows,
  toDense,
  toRelu,
  uniformChangeOfBasis,
} from "../../lib/basis/mod.ts";
import { arbitrarySpline, pointsOf, SEED } from "../support/arbitrary_knots.ts";
import { naiveBspline, naiveChangeOfBasis } from "../support/naive.ts";

const UNIT_ROUNDOFF = 2 ** -53;

function magnitudes(matrix: SparseRows): SparseRows {
  return { ...matrix, values: matrix.values.map(Math.abs) };
}

/** Bound of the rounding errors of the ReLU form at `x`: `16 u psi(x)^T |A|^T |c|`. */
function bound(knots: KnotVector, c: Float64Array, x: number): number {
  const sums = multiplyTransposed(magnitudes(changeOfBasis(knots)), c.map(Math.abs));
  return 16 * UNIT_ROUNDOFF * reluPowers(knots, x).reduce((s, psi, i) => s + psi * sums[i], 0);
}

const strict = arbitrarySpline({ outerKnots: ["even", "free"] });

Deno.test("changeOfBasis() agrees with divided differences, entry by entry", () => {
  fc.assert(
    fc.property(strict, ({ knots }) => {
      const n = numBasis(knots);
      const dense = toDense(changeOfBasis(knots));
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          const expected = naiveChangeOfBasis(knots, i, j);
          const error = Math.abs(dense[i * n + j] - expected);
          assertLessOrEqual(error, 40 * UNIT_ROUNDOFF * Math.abs(expected));
        }
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("changeOfBasis() maps ReLU powers to B-splines: b = A psi on the domain", () => {
  for (const degree of [1, 2, 3, 4, 5, 7, 9]) {
    const knots = uniformKnots({ degree, intervals: 5 });
    const n = numBasis(knots);
    const dense = toDense(changeOfBasis(knots));
    for (const x of pointsOf(knots, [0.1, 0.33, 0.9])) {
      const psi = reluPowers(knots, x);
      for (let i = 0; i < n; i++) {
        let sum = 0, size = 0;
        for (let j = 0; j < n; j++) {
          sum += dense[i * n + j] * psi[j];
          size += Math.abs(dense[i * n + j] * psi[j]);
        }
        assertLessOrEqual(
          Math.abs(sum - naiveBspline(knots, i, x)),
          16 * UNIT_ROUNDOFF * (size + 1),
        );
      }
    }
  }
});

Deno.test("the ReLU form keeps the spline within 16 u psi^T |A|^T |c|", () => {
  fc.assert(
    fc.property(strict, ({ knots, coefficients, points }) => {
      const weights = toRelu(knots, coefficients);
      for (const x of points) {
        const difference = evaluateRelu(knots, weights, x) - evaluateSpline(knots, coefficients, x);
        assertLessOrEqual(Math.abs(difference), bound(knots, coefficients, x));
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("the ReLU form keeps the bound up to 320 uniform intervals", () => {
  for (const degree of [1, 3, 5]) {
    const knots = uniformKnots({ degree, intervals: 320 });
    const c = Float64Array.from({ length: numBasis(knots) }, (_, i) => Math.sin(i * i));
    const weights = toRelu(knots, c);
    for (const x of [-1, -0.5, 0.1, 0.77, 1]) {
      const difference = evaluateRelu(knots, weights, x) - evaluateSpline(knots, c, x);
      assertLessOrEqual(Math.abs(difference), bound(knots, c, x));
    }
  }
});

Deno.test("fromRelu() solves A^T c = W within 16 u |A|^T |c|", () => {
  fc.assert(
    fc.property(strict, ({ knots, coefficients }) => {
      const matrix = changeOfBasis(knots);
      for (const weights of [coefficients, toRelu(knots, coefficients)]) {
        const c = fromRelu(knots, weights);
        const product = multiplyTransposed(matrix, c);
        const limit = multiplyTransposed(magnitudes(matrix), c.map(Math.abs));
        weights.forEach((w, i) => {
          assertLessOrEqual(Math.abs(product[i] - w), 16 * UNIT_ROUNDOFF * limit[i]);
        });
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
});

Deno.test("toRelu() and fromRelu() treat several splines at once and change no input", () => {
  const knots = uniformKnots({ degree: 3, intervals: 4 });
  const c = Float64Array.from({ length: 14 }, (_, i) => Math.cos(i)), held = c.slice();
  const both = toRelu(knots, c, 2);
  const back = fromRelu(knots, both, 2);
  assertEquals(c, held);
  for (const q of [0, 1]) {
    assertEquals(
      toRelu(knots, c.filter((_, i) => i % 2 === q)),
      both.filter((_, i) => i % 2 === q),
    );
  }
  back.forEach((value, i) => assertLessOrEqual(Math.abs(value - c[i]), 1e-11));
  assertThrows(() => toRelu(knots, c), TypeError, "shape [7, 1]");
  assertThrows(() => fromRelu(knots, c), TypeError, "shape [7, 1]");
});

Deno.test("uniformChangeOfBasis() agrees with the recursion", () => {
  for (const degree of [1, 2, 3, 4, 5, 7, 9]) {
    for (const domain of [[-1, 1], [-4, 4], [0, 0.3]] as const) {
      const options = { degree, intervals: 7, domain };
      const closed = toDense(uniformChangeOfBasis(options));
      const general = toDense(changeOfBasis(uniformKnots(options)));
      closed.forEach((value, i) => {
        assertLessOrEqual(Math.abs(value - general[i]), 1e-13 * Math.abs(value));
      });
    }
  }
});

Deno.test("uniformChangeOfBasis() prints eq. (43) for cubics: 1 -4 6 -4 1 over 6 h^3", () => {
  const dense = toDense(uniformChangeOfBasis({ degree: 3, intervals: 4, domain: [0, 4] }));
  assertEquals([...dense.subarray(7, 14)].map((v) => Math.round(6 * v)), [0, 1, -4, 6, -4, 1, 0]);
  assertEquals(Math.round(6 * dense[48]), 1);
});

Deno.test("changeOfBasisNormRatio() stays below 16, not below 4", () => {
  const limits = [16, 16, 64 / 9, 16 / 9, 16 / 9 / 6.25]; // (2^r / (r-1)!)^2
  limits.forEach((limit, k) => {
    const ratio = changeOfBasisNormRatio(k + 1, 40);
    assertLessOrEqual(ratio, limit);
    assertLessOrEqual(0.9 * limit, ratio);
  });
});

Deno.test("changeOfBasis() and fromRelu() stay finite at empty intervals", () => {
  const knots: KnotVector = {
    values: Float64Array.from([-2, -1, 0, 0.3, 0.3, 0.3, 1, 2, 3]),
    degree: 2,
  };
  assert(changeOfBasis(knots).values.every(Number.isFinite));
  const weights = Float64Array.of(1, 2, 3, 4, 5, 6);
  assert(fromRelu(knots, weights).every(Number.isFinite));
  assert(changeOfBasis(refineKnots(knots, 2, "free")).values.every(Number.isFinite));
});
