import { assert, assertEquals, assertLess, assertLessOrEqual, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type KnotVector, numBasis, refineKnots, uniformKnots } from "../../lib/knots/mod.ts";
import { evaluateSpline, gaussLegendre, multiply } from "../../lib/basis/mod.ts";
import {
  l2Projection,
  l2Restriction,
  prolongationMatrix,
  prolongCoefficients,
  restrictGradient,
} from "../../lib/multilevel/mod.ts";
import { arbitrarySpline, largest, SEED } from "../support/arbitrary_knots.ts";

/** The L2 norm on the domain of the spline minus `f`. */
function l2Error(knots: KnotVector, c: Float64Array, f: (x: number) => number): number {
  const { values: t, degree } = knots;
  const { nodes, weights } = gaussLegendre(degree + 6);
  let sum = 0;
  for (let mu = degree; mu < numBasis(knots); mu++) {
    const half = (t[mu + 1] - t[mu]) / 2;
    nodes.forEach((node, g) => {
      const x = t[mu] + half * (1 + node);
      sum += half * weights[g] * (evaluateSpline(knots, c, x) - f(x)) ** 2;
    });
  }
  return Math.sqrt(sum);
}

Deno.test("restrictGradient() is the transpose: <P c, g> = <c, P^T g>", () => {
  fc.assert(
    fc.property(arbitrarySpline(), ({ knots, outerKnots, coefficients }) => {
      const fine = refineKnots(knots, 2, outerKnots);
      const matrix = prolongationMatrix(knots, fine);
      const g = Float64Array.from({ length: numBasis(fine) }, (_, i) => Math.cos(3 * i));
      const dot = (u: Float64Array, v: Float64Array) => u.reduce((s, x, i) => s + x * v[i], 0);
      const left = dot(multiply(matrix, coefficients), g);
      const right = dot(coefficients, restrictGradient(matrix, g));
      assertLessOrEqual(Math.abs(left - right), 1e-13);
    }),
    { seed: SEED, numRuns: 100 },
  );
});

Deno.test("l2Restriction() undoes prolongation: the function comes back to 1e-12", () => {
  fc.assert(
    fc.property(arbitrarySpline(), ({ knots, outerKnots, coefficients, points }) => {
      const fine = refineKnots(knots, 2, outerKnots);
      const d = prolongCoefficients(prolongationMatrix(knots, fine), coefficients);
      const c = l2Restriction(knots, fine, d);
      // outer knots that reach far make coefficients large beside the function
      const scale = Math.max(largest(c), largest(coefficients));
      for (const x of points) {
        const difference = evaluateSpline(knots, c, x) - evaluateSpline(knots, coefficients, x);
        assertLessOrEqual(Math.abs(difference), 1e-12 * scale);
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

Deno.test("l2Restriction() leaves a residual orthogonal to the coarse splines", () => {
  const fine = uniformKnots({ degree: 3, intervals: 12 });
  // nested and not nested
  for (const intervals of [6, 5]) {
    const coarse = uniformKnots({ degree: 3, intervals });
    const d = Float64Array.from({ length: 15 }, (_, i) => Math.sin(5 * i));
    const c = l2Restriction(coarse, fine, d);
    const residual = (x: number) => evaluateSpline(fine, d, x) - evaluateSpline(coarse, c, x);
    const common = uniformKnots({ degree: 3, intervals: 60 }); // breaks at all knots of both
    const { nodes, weights } = gaussLegendre(4);
    for (let i = 0; i < numBasis(coarse); i++) {
      const unit = Float64Array.from({ length: numBasis(coarse) }, (_, k) => k === i ? 1 : 0);
      let sum = 0;
      for (let mu = 3; mu < 63; mu++) {
        const [left, right] = [common.values[mu], common.values[mu + 1]];
        nodes.forEach((node, g) => {
          const x = left + (right - left) / 2 * (1 + node);
          sum += (right - left) / 2 * weights[g] * residual(x) * evaluateSpline(coarse, unit, x);
        });
      }
      assertLessOrEqual(Math.abs(sum), 1e-14);
    }
  }
});

Deno.test("l2Restriction() treats several splines at once, finite at empty intervals", () => {
  const coarse: KnotVector = {
    values: Float64Array.from([-1, -0.5, 0, 0.4, 0.4, 0.4, 0.4, 1, 1.5, 2]),
    degree: 2,
  };
  const fine = refineKnots(coarse, 2, "free");
  const d = Float64Array.from({ length: 2 * numBasis(fine) }, (_, i) => Math.sin(i));
  const held = d.slice();
  const both = l2Restriction(coarse, fine, d, 2);
  assertEquals(d, held);
  assert(both.every(Number.isFinite));
  for (const q of [0, 1]) {
    const one = l2Restriction(coarse, fine, d.filter((_, i) => i % 2 === q));
    assertEquals(one, both.filter((_, i) => i % 2 === q));
  }
  assertThrows(() => l2Restriction(coarse, fine, d), TypeError, "shape");
  const other = uniformKnots({ degree: 3, intervals: 2, domain: [0, 1] });
  assertThrows(() => l2Restriction(other, fine, d), TypeError, "same degree");
});

Deno.test("l2Projection() converges as h^(degree + 1) for degree 1 to 9", () => {
  const f = (x: number) => Math.exp(Math.sin(Math.PI * x));
  for (const degree of [1, 2, 3, 4, 5, 7, 9]) {
    // from where the asymptotic range begins to well above roundoff
    const errors = (degree > 5 ? [24, 48] : [64, 128]).map((intervals) => {
      const knots = uniformKnots({ degree, intervals });
      return l2Error(knots, l2Projection(f, knots), f);
    });
    for (let k = 1; k < errors.length; k++) {
      const slope = Math.log2(errors[k - 1] / errors[k]);
      // splines of high degrees are at rounding before the slope has settled
      const off = degree > 5 ? Math.min(0, slope - degree - 1) : slope - degree - 1;
      assertLess(Math.abs(off), 0.15, `degree ${degree}: ${errors}`);
    }
  }
});

Deno.test("l2Projection() reproduces splines on any knots and passes NaN on", () => {
  fc.assert(
    fc.property(arbitrarySpline({ decades: 2 }), ({ knots, coefficients, points }) => {
      const c = l2Projection((x) => evaluateSpline(knots, coefficients, x), knots);
      const scale = Math.max(largest(c), largest(coefficients));
      for (const x of points) {
        const difference = evaluateSpline(knots, c, x) - evaluateSpline(knots, coefficients, x);
        assertLessOrEqual(Math.abs(difference), 1e-12 * scale);
      }
    }),
    { seed: SEED, numRuns: 200 },
  );
  const knots = uniformKnots({ degree: 2, intervals: 3 });
  assert(l2Projection(() => NaN, knots).every(Number.isNaN));
});
