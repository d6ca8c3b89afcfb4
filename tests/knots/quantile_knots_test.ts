import { assert, assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import { quantileKnots, uniformKnots } from "../../lib/knots/mod.ts";

Deno.test("quantileKnots() puts the same share of the data into each interval", () => {
  const samples = Array.from({ length: 1001 }, (_, i) => (i / 1000) ** 3);
  const knots = quantileKnots(samples, { degree: 2, intervals: 5 });
  for (let i = 0; i <= 5; i++) {
    assertLessOrEqual(Math.abs(knots.values[2 + i] - (i / 5) ** 3), 1e-15);
  }
  const mixed = quantileKnots(samples, { degree: 2, intervals: 5, uniformFraction: 0.5 });
  assertLessOrEqual(Math.abs(mixed.values[3] - (0.2 + 0.008) / 2), 1e-15);
  assertEquals(
    quantileKnots(samples, { degree: 2, intervals: 5, uniformFraction: 1 }),
    uniformKnots({ degree: 2, intervals: 5, domain: [0, 1] }),
  );
});

Deno.test("quantileKnots() keeps heavy ties apart", () => {
  const tied = [0, ...new Array(100).fill(0.5), 1];
  for (const intervals of [2, 3, 10]) {
    const { values } = quantileKnots(tied, { degree: 1, intervals });
    for (let i = 1; i <= intervals; i++) {
      assertLessOrEqual(0.0099 / intervals, values[1 + i] - values[i]);
    }
  }
  const one = quantileKnots([3, 3], { degree: 1, intervals: 4, domain: [0, 4] });
  assert(one.values.every((t, i) => i === 0 || t > one.values[i - 1]));
});

Deno.test("quantileKnots() leaves out samples outside the domain and rejects bad ones", () => {
  const samples = [-9, 0, 1, 2, 3, 4, 99];
  const knots = quantileKnots(samples, { degree: 1, intervals: 4, domain: [0, 4] });
  assertEquals([...knots.values], [-1, 0, 1, 2, 3, 4, 5]);
  const options = { degree: 1, intervals: 4 };
  assertThrows(() => quantileKnots([], options), RangeError, "must not be empty");
  assertThrows(() => quantileKnots([1, NaN], options), RangeError, "index 1 is NaN");
  assertThrows(() => quantileKnots([1, 1], options), RangeError, "domain");
  assertThrows(
    () => quantileKnots([5], { ...options, domain: [0, 1] }),
    RangeError,
    "in the domain",
  );
  assertThrows(() => quantileKnots([0, 1], { ...options, uniformFraction: 2 }), RangeError);
});
