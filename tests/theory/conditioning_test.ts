import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { changeOfBasis, gramMatrix, multiply } from "../../lib/basis/mod.ts";
import { knotsFromBreakpoints, numBasis, uniformKnots } from "../../lib/knots/mod.ts";
import { basisConditioning } from "../../lib/theory/mod.ts";

/** Even, clamped, ReLU: eigenvalues of the Gram matrices themselves, where they have digits. */
const TABLE: readonly (readonly [number, number, number, number, number])[] = [
  [1, 5, 3.883, 3.883, 6.82e3],
  [1, 80, 3.999, 3.999, 1.75e8],
  [2, 5, 46.8, 10.5, 2.2e6],
  [2, 40, 48.2, 10.6, 7.38e10],
  [3, 5, 1434, 28.1, 1.75e9],
  [3, 20, 1428, 26.7, 6.07e12],
];

Deno.test("condition numbers are those of the Gram matrices' eigenvalues", () => {
  for (const [degree, intervals, even, clamped, relu] of TABLE) {
    const found = basisConditioning(uniformKnots({ degree, intervals }));
    assertAlmostEquals(found.splines / even, 1, 5e-3);
    assertAlmostEquals(found.relu / relu, 1, 5e-3);
    const ends = basisConditioning(uniformKnots({ degree, intervals, outerKnots: "clamped" }));
    assertAlmostEquals(ends.splines / clamped, 1, 5e-3);
  }
});

Deno.test("condition numbers of ReLU powers grow by the theory's power where doubles have no digit", () => {
  // at degree 3 and 320 intervals the condition number is about 8e21
  const [coarse, fine] = [160, 320].map((intervals) =>
    basisConditioning(uniformKnots({ degree: 3, intervals })).relu
  );
  assertAlmostEquals(Math.log2(fine / coarse), 8, 0.15);
});

Deno.test("G_S = A G_R A^T", () => {
  const knots = knotsFromBreakpoints([0, 0.3, 0.5, 1.2], { degree: 2 }), n = numBasis(knots);
  const change = changeOfBasis(knots), relu = gramMatrix(knots, "relu");
  const half = multiply(change, relu, n);
  const turned = half.map((_, k) => half[(k % n) * n + Math.floor(k / n)]);
  const spline = gramMatrix(knots);
  multiply(change, turned, n).forEach((entry, k) => assertAlmostEquals(entry, spline[k], 1e-12));
});

Deno.test("points that leave a function undetermined give infinite condition numbers", () => {
  const knots = uniformKnots({ degree: 1, intervals: 5 });
  assertEquals(basisConditioning(knots, [0, 0.1, 0.2, 0.3, 0.05, 0.15]).splines, Infinity);
  const clamped = uniformKnots({ degree: 2, intervals: 5, outerKnots: "clamped" });
  const { splines, relu } = basisConditioning(clamped);
  assert(splines < 11);
  assertEquals(relu, Infinity);
});
