import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { numBasis, uniformKnots } from "../../lib/knots/mod.ts";
import { evaluateRelu, evaluateSpline, reluPowers, toRelu } from "../../lib/basis/mod.ts";
import { largest } from "../support/arbitrary_knots.ts";

Deno.test("evaluateRelu() has the derivatives and the extrapolation of the spline", () => {
  for (const degree of [1, 2, 3, 4, 5, 7, 9]) {
    const knots = uniformKnots({ degree, intervals: 3 });
    const c = Float64Array.from({ length: numBasis(knots) }, (_, i) => Math.sin(1 + 3 * i));
    const weights = toRelu(knots, c);
    for (let derivative = 0; derivative <= degree + 1; derivative++) {
      const scale = largest(weights) * 1e3 * 4 ** Math.max(0, degree - 5);
      for (const x of [-2, -1, -1 / 3, 0.2, 1, 1.5]) {
        for (const extrapolation of ["linear", "clamp"] as const) {
          const options = { derivative, extrapolation };
          const difference = evaluateRelu(knots, weights, x, options) -
            evaluateSpline(knots, c, x, options);
          assertLessOrEqual(Math.abs(difference), 1e-14 * scale);
        }
      }
      assert(Number.isNaN(evaluateRelu(knots, weights, NaN, { derivative })));
    }
    assertThrows(() => evaluateRelu(knots, weights, 2, { extrapolation: "error" }), RangeError);
    assertThrows(() => evaluateRelu(knots, weights.slice(1), 0), TypeError, "weights must have");
  }
});

Deno.test("reluPowers() follows its definition, NaN goes through", () => {
  const knots = uniformKnots({ degree: 2, intervals: 2, domain: [0, 2] });
  assertEquals([...reluPowers(knots, 0.5)], [6.25, 2.25, 0.25, 0]);
  assertEquals([...reluPowers(knots, -5)], [0, 0, 0, 0]);
  assert(reluPowers(knots, NaN).every(Number.isNaN));
});
