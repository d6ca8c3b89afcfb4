import { assert, assertEquals, assertLess, assertNotEquals, assertThrows } from "@std/assert";
import { createRandom } from "../../lib/model/mod.ts";

Deno.test("createRandom() repeats itself, and differs by seed and stream", () => {
  const draw = (seed: number, stream?: string) => {
    const random = createRandom(seed, stream);
    return Array.from({ length: 20 }, () => random.uniform());
  };
  assertEquals(draw(3), draw(3));
  assertNotEquals(draw(3), draw(4));
  assertNotEquals(draw(3, "init"), draw(3, "split"));
  assertNotEquals(draw(1, "2"), draw(12, ""));
  for (const seed of [0.5, NaN, 2 ** 53]) {
    assertThrows(() => createRandom(seed), RangeError, "seed");
  }
});

Deno.test("createRandom() draws uniform and normal numbers with the right moments", () => {
  const random = createRandom(1), n = 20_000;
  let sum = 0, square = 0, normal = 0, normalSquare = 0;
  for (let i = 0; i < n; i++) {
    const u = random.uniform(), z = random.normal();
    assert(u >= 0 && u < 1);
    sum += u;
    square += u * u;
    normal += z;
    normalSquare += z * z;
  }
  // Five standard errors.
  assertLess(Math.abs(sum / n - 1 / 2), 5 * Math.sqrt(1 / 12 / n));
  assertLess(Math.abs(square / n - 1 / 3), 5 * Math.sqrt(4 / 45 / n));
  assertLess(Math.abs(normal / n), 5 / Math.sqrt(n));
  assertLess(Math.abs(normalSquare / n - 1), 5 * Math.sqrt(2 / n));
});

Deno.test("createRandom() permutes without loss", () => {
  const random = createRandom(9);
  for (const n of [0, 1, 2, 100]) {
    assertEquals(
      [...random.permutation(n)].sort((a, b) => a - b),
      Array.from({ length: n }, (_, i) => i),
    );
  }
  const counts = new Array(6).fill(0);
  for (let i = 0; i < 6000; i++) counts[random.integer(6)]++;
  for (const count of counts) assertLess(Math.abs(count - 1000), 5 * Math.sqrt(1000));
});
