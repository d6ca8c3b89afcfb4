import { assertEquals, assertLessOrEqual } from "@std/assert";
import { grevilleAbscissae, uniformKnots } from "../../lib/knots/mod.ts";

Deno.test("grevilleAbscissae() averages knots", () => {
  assertEquals(
    [...grevilleAbscissae(uniformKnots({ degree: 1, intervals: 2 }))],
    [-1, 0, 1],
  );
  const clamped = uniformKnots({ degree: 3, intervals: 1, outerKnots: "clamped" });
  grevilleAbscissae(clamped).forEach((value, i) => {
    assertLessOrEqual(Math.abs(value - [-1, -1 / 3, 1 / 3, 1][i]), 1e-16);
  });
});
