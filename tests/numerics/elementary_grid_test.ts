import { assertEquals, assertLessOrEqual } from "@std/assert";
import * as elementary from "../../lib/numerics/elementary/mod.ts";
import { argumentGrid, numbersBetween } from "../support/argument_grid.ts";

/** Functions of one number; three of two numbers are below: a million arguments together. */
const NAMES = [
  ...["exp", "expm1", "log", "log1p", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan"],
  ...["sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "cbrt"],
] as const;
const COUNT = 48_000;
/** Units in the last place: ours and `Math`'s are each off by less than one. */
const MOST = 2;

Deno.test("functions of one number are Math's within 2 units in the last place, whatever the size", () => {
  const grid = argumentGrid(COUNT);
  for (const name of NAMES) {
    const ours = elementary[name], theirs = Math[name];
    for (const x of grid) {
      const y = ours(x), expected = theirs(x);
      if (y === expected) continue;
      assertLessOrEqual(numbersBetween(y, expected), MOST, `${name}(${x}) = ${y}, not ${expected}`);
    }
  }
});

Deno.test("pow(), atan2() and hypot() are Math's within 2 units in the last place, whatever the size", () => {
  const first = argumentGrid(COUNT), second = argumentGrid(COUNT, 0.25);
  for (const name of ["pow", "atan2", "hypot"] as const) {
    const ours = elementary[name], theirs = Math[name];
    first.forEach((x, k) => {
      // another order of the second, so that every size meets others
      for (const y of [second[k], second[k * 7919 % COUNT], 2.5]) {
        const found = ours(x, y), expected = theirs(x, y);
        if (found === expected) continue;
        const off = numbersBetween(found, expected);
        assertLessOrEqual(off, MOST, `${name}(${x}, ${y}) = ${found}, not ${expected}`);
      }
    });
  }
});

Deno.test("the grid has subnormal, huge and infinite numbers, of both signs, and neighbours of pi/2", () => {
  const grid = argumentGrid(COUNT), sizes = grid.map(Math.abs);
  const count = (holds: (size: number) => boolean) => sizes.filter(holds).length;
  assertEquals(count((size) => size > 0 && size < 2 ** -1022) > 10, true);
  assertEquals(count((size) => size > 1e300 && size < Infinity) > 50, true);
  assertEquals([count((size) => size === Infinity), grid.includes(0)], [1, true]);
  assertEquals([Math.PI / 2, 100 * Math.PI / 2].map((x) => sizes.includes(x)), [true, true]);
  assertEquals([grid.filter((x) => x < 0).length / COUNT > 0.3, grid.some(Number.isNaN)], [
    true,
    false,
  ]);
});
