import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { basisSupport, createNetwork, createRandom, withStatistics } from "../../lib/model/mod.ts";
import { supportBatchSize } from "../../lib/model/inner.ts";

const FIXED = {
  widths: [1, 1],
  firstLayer: "spline",
  knots: "uniform",
  domain: [0, 10],
  normalisation: "none",
  intervals: 10,
} as const;

Deno.test("basisSupport() counts basis functions that no row meets", () => {
  const dead = (network: typeof bspline, ...x: number[]) =>
    basisSupport(network, Float64Array.from(x))[0].dead;
  const bspline = createNetwork(FIXED, { seed: 1 });
  assertEquals(dead(bspline, 0.5, 9.5), 13 - 8);
  assertEquals(dead(bspline, 0.5, 1.5), 13 - 5);
  const relu = createNetwork({ ...FIXED, basis: "relu" }, { seed: 1 });
  // Knots -3, -2, ..., 9: those at 2 and beyond have no row to their right.
  assertEquals(dead(relu, 0.5, 1.5), 8);
  const x = new Float64Array([3, 4, 5]);
  const free = { ...FIXED, normalisation: "minmax", intervals: 5 } as const;
  assertEquals(dead(withStatistics(createNetwork(free, { seed: 1 }), x), ...x), 0);
  assertEquals(
    basisSupport(createNetwork({ widths: [1, 3, 1], activation: "relu" }, { seed: 1 }), x),
    [],
  );
});

Deno.test("basisSupport() finds the batch that meets every live function", () => {
  const random = createRandom(5, "support");
  const x = Float64Array.from({ length: 400 }, () => 10 * random.uniform() ** 2);
  for (const basis of ["bspline", "relu"] as const) {
    const network = createNetwork({ ...FIXED, basis }, { seed: 1 });
    const [{ leastShare, batchSize, dead }] = basisSupport(network, x);
    const seen = Array.from(
      { length: 13 },
      (_, i) => x.filter((u) => u > i - 3 && (basis === "relu" || u < i + 1)).length,
    );
    assertEquals([dead, leastShare], [0, Math.min(...seen) / 400]);
    // Eq. (51) as it stands: the probability that no row of the batch is in the support.
    assert((1 - leastShare) ** batchSize <= 0.001);
    assert((1 - leastShare) ** (batchSize - 1) > 0.001);
  }
});

Deno.test("supportBatchSize() knows its limits", () => {
  assertEquals([0, 0.5, 1].map((share) => supportBatchSize(share)), [Infinity, 10, 1]);
  assertEquals(supportBatchSize(0.5, 0), 1);
  assertAlmostEquals(supportBatchSize(1e-300) * 1e-300, Math.log(1000), 1e-14);
  for (const [share, confidence] of [[NaN, 0.9], [-0.1, 0.9], [1.1, 0.9], [0.5, 1], [0.5, NaN]]) {
    assertThrows(() => supportBatchSize(share, confidence), RangeError, "must be");
  }
});
