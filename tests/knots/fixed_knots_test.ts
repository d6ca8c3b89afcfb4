import { assertEquals, assertThrows } from "@std/assert";
import {
  createKnotVector,
  knotsFromBreakpoints,
  type KnotVector,
  uniformKnots,
} from "../../lib/knots/mod.ts";

Deno.test("uniformKnots() nests bit for bit under any factor and ends exactly", () => {
  for (const domain of [[-1, 1], [-4, 4], [0.1, 0.7], [-1 / 3, 1e3]] as const) {
    for (const intervals of [1, 3, 5, 7]) {
      for (const factor of [2, 3, 5, 64]) {
        const coarse = uniformKnots({ degree: 3, intervals, domain }).values;
        const fine = uniformKnots({ degree: 3, intervals: factor * intervals, domain }).values;
        for (let i = 0; i <= intervals; i++) assertEquals(fine[3 + factor * i], coarse[3 + i]);
        assertEquals([coarse[3], coarse[3 + intervals]], [...domain]);
      }
    }
  }
});

Deno.test("uniformKnots() places outer knots evenly, clamped, or free", () => {
  const options = { degree: 2, intervals: 4, domain: [0, 8] } as const;
  const ends = (knots: KnotVector) => [...knots.values.slice(0, 2), ...knots.values.slice(-2)];
  assertEquals(ends(uniformKnots(options)), [-4, -2, 10, 12]);
  assertEquals(ends(uniformKnots({ ...options, outerKnots: "clamped" })), [0, 0, 8, 8]);
  assertEquals(ends(uniformKnots({ ...options, outerKnots: "free" })), [-8, -4, 12, 16]);
});

Deno.test("knotsFromBreakpoints() keeps the breakpoints and copies them", () => {
  const breakpoints = Float64Array.of(-2, 0.5, 3);
  const knots = knotsFromBreakpoints(breakpoints, { degree: 2 });
  assertEquals([...knots.values], [-7, -4.5, -2, 0.5, 3, 5.5, 8]);
  knots.values[2] = 99;
  assertEquals(breakpoints[0], -2);
});

Deno.test("bad knots give errors that name the fault", () => {
  const from = (...points: number[]) => () => knotsFromBreakpoints(points, { degree: 3 });
  assertThrows(from(1), RangeError, "at least 2 numbers, current length is 1");
  assertThrows(from(), RangeError, "current length is 0");
  assertThrows(from(0, 1, 1, 2), RangeError, "index 2 is 1 after 1");
  assertThrows(from(0, 2, 1), RangeError, "index 2 is 1 after 2");
  assertThrows(from(0, NaN, 1), RangeError, "index 1 is NaN");
  assertThrows(from(-Infinity, 0), RangeError, "index 0 is -Infinity");
  assertThrows(from(-1e308, 1e308), RangeError, "finite length");
  for (const degree of [0, 10, 2.5, NaN]) {
    assertThrows(() => knotsFromBreakpoints([0, 1], { degree }), RangeError, "degree must be");
    assertThrows(() => uniformKnots({ degree, intervals: 2 }), RangeError, "degree must be");
  }
  for (const intervals of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(() => uniformKnots({ degree: 1, intervals }), RangeError, "intervals must be");
  }
  for (const domain of [[1, 1], [2, 1], [0, NaN], [-Infinity, 0]] as [number, number][]) {
    assertThrows(() => uniformKnots({ degree: 1, intervals: 1, domain }), RangeError, "domain");
  }
  assertThrows(
    () => uniformKnots({ degree: 1, intervals: 10, domain: [1, 1 + 2 ** -50] }),
    RangeError,
    "increase strictly",
  );
  assertThrows(() => createKnotVector([0, 1, 2], 1), RangeError, "at least 4 knots");
  assertThrows(() => createKnotVector([0, 1, 0.5, 2], 1), RangeError, "index 2 is 0.5 after 1");
  assertThrows(() => createKnotVector([0, 1, NaN, 2], 1), RangeError, "index 2 is NaN");
  assertThrows(() => createKnotVector([0, 1, 1, 2], 1), RangeError, "a < b");
  assertThrows(() => createKnotVector([0, 0, 1, 1, 2, 2], 1), RangeError, "at most 1 times");
  assertEquals(createKnotVector([0, 0, 1, 2, 2], 1).degree, 1);
});
