import { assert, assertAlmostEquals, assertLess } from "@std/assert";
import { knotTangents } from "../../lib/reproduce/experiments/_knot_tangents.ts";

/** Inner knots of `intervals` even pieces of [-1, 1]. */
function innerKnots(intervals: number): number[] {
  return Array.from({ length: intervals - 1 }, (_, i) => 2 * (i + 1) / intervals - 1);
}

Deno.test("knotTangents(): ReLU powers move all that lies at the right, as integrals say", () => {
  // A tangent is a multiple of (x - t)_+^2, whose square has the integral y^5 / 5 up to t + y.
  const intervals = 20, knots = innerKnots(intervals), reach = 6 / intervals;
  const { local, cosine } = knotTangents(intervals);
  const shares = knots.map((t) => Math.min(1, reach / (1 - t)) ** 5);
  assertAlmostEquals(local.relu, shares.reduce((sum, share) => sum + share) / shares.length, 2e-3);
  // and for a knot at the distance d left of t, L = 1 - t: int_0^L (y + d)^2 y^2 dy
  const cosines = knots.slice(intervals / 2).map((t, j) => {
    const d = t - knots[j], L = 1 - t;
    const product = L ** 5 / 5 + d * L ** 4 / 2 + d * d * L ** 3 / 3;
    return product / Math.sqrt((L + d) ** 5 / 5 * L ** 5 / 5);
  });
  assertAlmostEquals(cosine.relu, Math.max(...cosines), 2e-3);
});

Deno.test("knotTangents(): coefficients of B-splines keep a knot's reach to its neighbours", () => {
  for (const intervals of [13, 20]) {
    const { local, cosine, condition } = knotTangents(intervals);
    assertAlmostEquals(local.splines, 1, 1e-12);
    assertLess(cosine.splines, 1e-12);
    assert(condition.splines! > 1);
  }
});
