import { assertEquals } from "@std/assert";
import { domainOf, numBasis, numIntervals, uniformKnots } from "../../lib/knots/mod.ts";

Deno.test("numIntervals(), numBasis(), domainOf() read a knot vector", () => {
  const knots = uniformKnots({ degree: 4, intervals: 6, domain: [2, 5] });
  assertEquals(knots.values.length, 15);
  assertEquals([numIntervals(knots), numBasis(knots)], [6, 10]);
  assertEquals(domainOf(knots), [2, 5]);
});
