import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { equidistribute } from "../../lib/multilevel/inner.ts";
import { SEED } from "../support/arbitrary_knots.ts";

Deno.test("equidistribute() is the distribution whose worst part is the least", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 5 }),
      (energies, extra) => {
        const n = energies.length, parts = equidistribute(energies, n + extra);
        assertEquals(parts.reduce((a, b) => a + b), n + extra);
        assert(parts.every((k) => k >= 1));
        const worst = (each: ArrayLike<number>) => Math.max(...energies.map((e, i) => e / each[i]));
        for (const other of compositions(n + extra, n)) assert(worst(parts) <= worst(other));
      },
    ),
    { seed: SEED, numRuns: 100 },
  );
});

/** All lists of `n` positive integers with sum `total`. */
function compositions(total: number, n: number): number[][] {
  if (n === 1) return [[total]];
  return Array.from({ length: total - n + 1 }, (_, i) => i + 1)
    .flatMap((first) => compositions(total - first, n - 1).map((rest) => [first, ...rest]));
}

Deno.test("equidistribute() spreads evenly where there is nothing to choose by", () => {
  assertEquals([...equidistribute([0, 0, 0], 7)], [3, 2, 2]);
  assertEquals([...equidistribute([1e-300, 1e300], 5, 3)], [2, 3]);
  assertEquals([...equidistribute([], 0)], []);
});

Deno.test("equidistribute() refuses what cannot be distributed", () => {
  assertThrows(() => equidistribute([1, NaN], 3), RangeError, "at 1 is NaN");
  assertThrows(() => equidistribute([1, -1], 3), RangeError, "not negative");
  assertThrows(() => equidistribute([1, 1], 1), RangeError, "from 2 to Infinity");
  assertThrows(() => equidistribute([1, 1], 5, 2), RangeError, "from 2 to 4");
  assertThrows(() => equidistribute([1, 1], 2, 0.5), RangeError, "most");
});
