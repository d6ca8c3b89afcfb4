import { assert, assertEquals, assertThrows } from "@std/assert";
import { samplePoints } from "../../../lib/physics/mod.ts";

Deno.test("samplePoints() fills every dyadic interval once with Sobol's sequence", () => {
  const unit = new Array(8).fill([0, 1]) as [number, number][];
  const points = samplePoints(unit, { kind: "sobol", count: 255, seed: 0 });
  for (let i = 0; i < 8; i++) {
    const cells = new Set([0]); // the origin, which is left out
    for (let r = 0; r < 255; r++) cells.add(Math.floor(points[8 * r + i] * 256));
    assertEquals(cells.size, 256, `coordinate ${i}`);
  }
});

Deno.test("samplePoints() stays in the box and repeats for a seed", () => {
  const ranges = [[2, 3], [-1, 1]] as const;
  for (const kind of ["sobol", "uniform"] as const) {
    const points = samplePoints(ranges, { kind, count: 50, seed: 4 });
    assertEquals(points, samplePoints(ranges, { kind, count: 50, seed: 4 }));
    points.forEach((x, i) => assert(i % 2 ? Math.abs(x) <= 1 : x >= 2 && x <= 3));
  }
  assertThrows(() => samplePoints(ranges, { kind: "grid", counts: [3] }), RangeError, "[3]");
});
