import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { grevilleAbscissae, numBasis, uniformKnots } from "../../lib/knots/mod.ts";
import { evaluateSpline } from "../../lib/basis/mod.ts";
import { arbitrarySpline, largest, SEED } from "../support/arbitrary_knots.ts";
import { naiveSpline } from "../support/naive.ts";
import { runScipy, scipyVersion } from "../support/scipy.ts";

Deno.test("evaluateSpline() agrees with the naive sum and reproduces x (Greville)", () => {
  fc.assert(
    fc.property(arbitrarySpline(), ({ knots, coefficients, points }) => {
      const abscissae = grevilleAbscissae(knots);
      for (const x of points) {
        const value = evaluateSpline(knots, coefficients, x);
        assertLessOrEqual(Math.abs(value - naiveSpline(knots, coefficients, x)), 1e-14);
        const identity = evaluateSpline(knots, abscissae, x);
        assertLessOrEqual(Math.abs(identity - x), 1e-14 * largest(knots.values));
      }
    }),
    { seed: SEED, numRuns: 60 },
  );
});

Deno.test("evaluateSpline() reproduces powers by Marsden's identity", () => {
  // (x - y)^p = sum_i prod_k (t_{i+k} - y) B_i(x), with both sides times (-1)^p
  for (const degree of [1, 2, 3, 4, 5, 7, 9]) {
    const knots = uniformKnots({ degree, intervals: 6 });
    for (const y of [-3, 0, 0.5, 4]) {
      const c = new Float64Array(numBasis(knots)).map((_, i) => {
        let product = 1;
        for (let k = 1; k <= degree; k++) product *= knots.values[i + k] - y;
        return product;
      });
      for (const x of [-1, -0.4, 0, 0.123, 1]) {
        const value = evaluateSpline(knots, c, x);
        assertLessOrEqual(Math.abs(value - (x - y) ** degree), 1e-14 * largest(c));
      }
    }
  }
});

Deno.test("evaluateSpline() extrapolates as asked", () => {
  const knots = uniformKnots({ degree: 3, intervals: 5 });
  const c = Float64Array.from({ length: 8 }, (_, i) => Math.sin(2 * i));
  const held = c.slice();
  for (const [end, x] of [[-1, -1.7], [1, 2.5]]) {
    const value = evaluateSpline(knots, c, end);
    const slope = evaluateSpline(knots, c, end, { derivative: 1 });
    assertEquals(evaluateSpline(knots, c, x), value + slope * (x - end));
    assertEquals(evaluateSpline(knots, c, x, { derivative: 1 }), slope);
    assertEquals(evaluateSpline(knots, c, x, { derivative: 2 }), 0);
    const clamp = { extrapolation: "clamp" } as const;
    assertEquals(evaluateSpline(knots, c, x, clamp), value);
    assertEquals(evaluateSpline(knots, c, x, { ...clamp, derivative: 1 }), 0);
    assertThrows(
      () => evaluateSpline(knots, c, x, { extrapolation: "error" }),
      RangeError,
      `current value is ${x}`,
    );
    assertEquals(evaluateSpline(knots, c, end, { extrapolation: "error" }), value);
  }
  for (const extrapolation of ["linear", "clamp", "error"] as const) {
    for (const derivative of [0, 1, 2, 4]) {
      assert(Number.isNaN(evaluateSpline(knots, c, NaN, { extrapolation, derivative })));
    }
  }
  assertEquals(c, held);
  assertThrows(() => evaluateSpline(knots, c.slice(1), 0), TypeError, "length 8");
  assertThrows(() => evaluateSpline(knots, c, 0, { derivative: -1 }), RangeError, "derivative");
});

Deno.test({
  name: "evaluateSpline() agrees with SciPy's BSpline, all derivatives",
  ignore: scipyVersion === undefined,
  async fn() {
    const cases: { t: number[]; c: number[]; degree: number; x: number[] }[] = [];
    fc.assert(
      fc.property(arbitrarySpline({ decades: 2 }), ({ knots, coefficients, points }) => {
        const { values, degree } = knots;
        // one ulp decides the piece at a knot: SciPy closes pieces as we do, [t_mu, t_{mu+1})
        cases.push({ t: [...values], c: [...coefficients], degree, x: points });
      }),
      { seed: SEED, numRuns: 60 },
    );
    const answer = await runScipy<number[][][]>(
      `
answer = []
for case in data:
    p = case["degree"]
    spline = BSpline(np.array(case["t"]), np.array(case["c"]), p)
    answer.append([[float(v) for v in spline(np.array(case["x"]), nu)] for nu in range(p + 1)])
`,
      cases,
    );
    cases.forEach(({ t, c, degree, x }, k) => {
      const knots = { values: Float64Array.from(t), degree };
      for (let derivative = 0; derivative <= degree; derivative++) {
        const expected = answer[k][derivative];
        const scale = largest(expected);
        x.forEach((point, s) => {
          const value = evaluateSpline(knots, c, point, { derivative });
          assertLessOrEqual(Math.abs(value - expected[s]), 1e-10 * scale);
        });
      }
    });
  },
});
