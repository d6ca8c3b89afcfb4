import {
  assertEquals,
  assertLess,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { splitRows } from "../../lib/data/mod.ts";
import fc from "fast-check";

Deno.test("splitRows() partitions the rows, each part ascending and of the size asked for", () => {
  const options = fc.record({
    rows: fc.integer({ min: 3, max: 300 }),
    testFraction: fc.double({ min: 0, max: 0.49, noNaN: true }),
    validationFraction: fc.double({ min: 0, max: 0.49, noNaN: true }),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(options, ({ rows, testFraction, validationFraction, seed }) => {
      const size = (fraction: number): number =>
        fraction === 0 ? 0 : Math.max(1, Math.round(rows * fraction));
      fc.pre(size(testFraction) + size(validationFraction) < rows);
      const split = splitRows({ rows, testFraction, validationFraction, seed });
      assertEquals(split.test.length, size(testFraction));
      assertEquals(split.validation.length, size(validationFraction));
      for (const part of Object.values(split) as Uint32Array[]) {
        part.forEach((row, i) => i > 0 && assertLess(part[i - 1], row));
      }
      const all = [...split.train, ...split.validation, ...split.test].sort((a, b) => a - b);
      assertEquals(all, Array.from({ length: rows }, (_, row) => row));
    }),
    { seed: 5, numRuns: 300 },
  );
});

Deno.test("splitRows() keeps every class within one row of its share in each part", () => {
  const options = fc.record({
    sizes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }),
    testFraction: fc.double({ min: 0.01, max: 0.49, noNaN: true }),
    validationFraction: fc.double({ min: 0, max: 0.49, noNaN: true }),
    seed: fc.integer(),
  });
  fc.assert(
    fc.property(options, ({ sizes, testFraction, validationFraction, seed }) => {
      const labels = Int32Array.from(sizes.flatMap((size, k) => Array(size).fill(k)));
      const rows = labels.length;
      const numTest = Math.max(1, Math.round(rows * testFraction));
      const numValidation = validationFraction === 0
        ? 0
        : Math.max(1, Math.round(rows * validationFraction));
      fc.pre(numTest + numValidation < rows);
      const split = splitRows({ rows, testFraction, validationFraction, seed, labels });
      assertEquals(split.test.length, numTest);
      assertEquals(split.validation.length > 0, validationFraction > 0);
      const count = (part: Uint32Array, k: number): number =>
        part.filter((row) => labels[row] === k).length;
      sizes.forEach((size, k) => {
        assertLess(Math.abs(count(split.test, k) - size * testFraction), 1);
        // a validation part that had to get its one row may take it anywhere
        if (split.validation.length === 1) return;
        assertLess(Math.abs(count(split.validation, k) - size * validationFraction), 1);
        const share = size * (1 - testFraction - validationFraction);
        assertLess(Math.abs(count(split.train, k) - share), 1);
      });
    }),
    { seed: 6, numRuns: 500 },
  );
});

Deno.test("splitRows() splits 357 and 212 rows of two classes by the same quarter", () => {
  const labels = Int32Array.from({ length: 569 }, (_, row) => row < 357 ? 1 : 0);
  const { test } = splitRows({ rows: 569, testFraction: 0.25, seed: 1234, labels });
  assertEquals(test.length, 142);
  assertEquals(test.filter((row) => labels[row] === 1).length, 89); // 89.25 and 53
});

Deno.test("splitRows() depends on the seed only, its test part not on the validation part", () => {
  const first = splitRows({ rows: 50, seed: 1 });
  assertEquals(splitRows({ rows: 50, seed: 1 }), first);
  assertNotEquals(splitRows({ rows: 50, seed: 2 }).test, first.test);
  const more = splitRows({ rows: 50, validationFraction: 0.3, seed: 1 });
  assertEquals(more.test, first.test);
  assertEquals([more.train.length, more.validation.length], [25, 15]);
});

Deno.test("splitRows() gives each part that was asked for a row", () => {
  const split = splitRows({ rows: 3, testFraction: 0.01, validationFraction: 0.01, seed: 1 });
  assertEquals(Object.values(split).map((part) => part.length), [1, 1, 1]);
  const labels = new Int32Array([0, 1, 2]);
  const classes = splitRows({
    rows: 3,
    testFraction: 0.01,
    validationFraction: 0.01,
    seed: 1,
    labels,
  });
  assertEquals(Object.values(classes).map((part) => part.length), [1, 1, 1]);
  const none = splitRows({ rows: 3, testFraction: 0, seed: 1 });
  assertEquals([...none.train], [0, 1, 2]);
});

Deno.test("splitRows() refuses wrong fractions, too few rows and a wrong number of labels", () => {
  const cases: [Parameters<typeof splitRows>[0], string][] = [
    [{ rows: 9, testFraction: 1, seed: 1 }, "testFraction must be at least 0 and below 1"],
    [{ rows: 9, testFraction: -0.1, seed: 1 }, "current value is -0.1"],
    [{ rows: 9, testFraction: NaN, seed: 1 }, "current value is NaN"],
    [{ rows: 9, validationFraction: 2, seed: 1 }, "validationFraction must be"],
    [
      { rows: 9, testFraction: 0.5, validationFraction: 0.5, seed: 1 },
      "testFraction + validationFraction must be below 1, current value is 1",
    ],
    [{ rows: 2, validationFraction: 0.1, seed: 1 }, "rows must be an integer of at least 3"],
    [{ rows: 2.5, seed: 1 }, "current value is 2.5"],
    [{ rows: 9, seed: 0.5 }, "seed must be an integer"],
  ];
  for (const [options, message] of cases) {
    const error = assertThrows(() => splitRows(options), RangeError);
    assertStringIncludes(error.message, message);
  }
  assertThrows(
    () => splitRows({ rows: 3, seed: 1, labels: new Int32Array(2) }),
    TypeError,
    "labels must have 3 entries, current value is 2",
  );
});
