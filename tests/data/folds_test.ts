import {
  assert,
  assertEquals,
  assertLess,
  assertLessOrEqual,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { type FoldOptions, foldRows, type RowFold } from "../../lib/data/mod.ts";
import fc from "fast-check";

const FOLDS = fc.integer({ min: 2, max: 8 });

/** Every row is on one side of every fold, and held out once. */
function assertPartition(folds: readonly RowFold[], rows: number): void {
  const all = Array.from({ length: rows }, (_, row) => row);
  for (const { train, test } of folds) {
    assertEquals([...train, ...test].sort((a, b) => a - b), all);
    for (const part of [train, test]) {
      part.forEach((row, i) => assert(i === 0 || part[i - 1] < row));
    }
  }
  assertEquals(folds.flatMap(({ test }) => [...test]).sort((a, b) => a - b), all);
}

function count(rows: Uint32Array, holds: (row: number) => boolean): number {
  return rows.reduce((sum, row) => sum + Number(holds(row)), 0);
}

Deno.test("foldRows() holds every row out once, in folds of equal sizes up to one row", () => {
  fc.assert(
    fc.property(fc.integer({ min: 8, max: 300 }), FOLDS, fc.integer(), (rows, folds, seed) => {
      const found = foldRows({ rows, folds, seed });
      assertEquals(found.length, folds);
      assertPartition(found, rows);
      const sizes = found.map(({ test }) => test.length);
      assertLessOrEqual(Math.max(...sizes) - Math.min(...sizes), 1);
    }),
    { seed: 1, numRuns: 200 },
  );
});

Deno.test("foldRows() gives every fold its share of every class, up to one row", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(sizes, FOLDS, fc.integer(), (sizes, folds, seed) => {
      const classes = sizes.flatMap((size, k) => Array<number>(size).fill(k)).reverse();
      const rows = classes.length;
      fc.pre(rows >= folds);
      const found = foldRows({ rows, folds, seed, classes });
      assertPartition(found, rows);
      const all = found.map(({ test }) => test.length);
      assertLessOrEqual(Math.max(...all) - Math.min(...all), 1);
      sizes.forEach((size, k) => {
        for (const { test } of found) {
          assertLess(Math.abs(count(test, (row) => classes[row] === k) - size / folds), 1);
        }
      });
    }),
    { seed: 2, numRuns: 200 },
  );
});

Deno.test("foldRows() keeps groups whole, and every fold has one", () => {
  const members = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 10, maxLength: 300 });
  fc.assert(
    fc.property(members, FOLDS, fc.integer(), fc.boolean(), (members, folds, seed, stratified) => {
      fc.pre(new Set(members).size >= folds);
      const rows = members.length, groups = members.map((group) => `group ${group}`);
      const classes = members.map((_, row) => row % 3);
      const found = foldRows({ rows, folds, seed, groups, ...(stratified ? { classes } : {}) });
      assertPartition(found, rows);
      for (const { train, test } of found) {
        assert(test.length > 0);
        const held = new Set(Array.from(test, (row) => groups[row]));
        assertEquals(count(train, (row) => held.has(groups[row])), 0);
      }
    }),
    { seed: 3, numRuns: 200 },
  );
});

Deno.test("foldRows() evens out the classes of groups, and their sizes", () => {
  // 60 groups of 1 to 12 rows, of which the first classes are rare.
  const groups = Array.from({ length: 60 }, (_, g) => Array<number>(1 + g % 12).fill(g)).flat();
  const classes = groups.map((group) => group % 5 === 0 ? 1 : 0), rows = groups.length;
  const rare = classes.filter((k) => k === 1).length;
  for (const { test } of foldRows({ rows, folds: 5, seed: 7, groups, classes })) {
    assertLess(Math.abs(test.length - rows / 5), 6);
    assertLess(Math.abs(count(test, (row) => classes[row] === 1) - rare / 5), 4);
  }
  for (const { test } of foldRows({ rows, folds: 5, seed: 7, groups })) {
    assertLess(Math.abs(test.length - rows / 5), 2);
  }
});

Deno.test("foldRows() with an order trains on the past only", () => {
  const times = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 10, maxLength: 200 });
  fc.assert(
    fc.property(times, FOLDS, (order, folds) => {
      fc.pre(new Set(order).size > folds);
      const rows = order.length, found = foldRows({ rows, folds, seed: 1, order });
      const held = found.flatMap(({ test }) => [...test]);
      assertEquals(new Set(held).size, held.length);
      const first = found[0].train;
      assertEquals(first.length + held.length, rows); // all but the first block
      for (const { train, test } of found) {
        const latest = Math.max(...Array.from(train, (row) => order[row]));
        assertLess(latest, Math.min(...Array.from(test, (row) => order[row])));
        assertEquals(
          train.length,
          count(Uint32Array.from(order.keys()), (r) => order[r] <= latest),
        );
      }
    }),
    { seed: 4, numRuns: 200 },
  );
  const order = Array.from({ length: 60 }, (_, row) => 60 - row);
  const even = foldRows({ rows: 60, folds: 5, seed: 1, order });
  assertEquals(even.map(({ train, test }) => [train.length, test.length]), [
    [10, 10],
    [20, 10],
    [30, 10],
    [40, 10],
    [50, 10],
  ]);
});

Deno.test("foldRows() with groups and an order leaves out earlier rows of a group held out", () => {
  const order = [1, 2, 3, 4, 5, 6], groups = ["a", "b", "a", "c", "b", "d"];
  assertEquals(
    foldRows({ rows: 6, folds: 2, seed: 1, order, groups }).map(({ train, test }) => [
      [...train],
      [...test],
    ]),
    [[[1], [2, 3]], [[0, 2, 3], [4, 5]]],
  );
  assertThrows(
    () => foldRows({ rows: 6, folds: 2, seed: 1, order, groups: Array(6).fill("a") }),
    RangeError,
    "groups must leave every fold a row to train on",
  );
});

Deno.test("foldRows() depends on the seed", () => {
  const classes = Array.from({ length: 50 }, (_, row) => row % 2);
  const first = foldRows({ rows: 50, folds: 5, seed: 1, classes });
  assertEquals(foldRows({ rows: 50, folds: 5, seed: 1, classes }), first);
  assertNotEquals(foldRows({ rows: 50, folds: 5, seed: 2, classes }), first);
});

Deno.test("foldRows() refuses what cannot be folded", () => {
  const base = { rows: 9, folds: 3, seed: 1 };
  const cases: [FoldOptions, string][] = [
    [{ ...base, folds: 1 }, "folds must be an integer of at least 2, current value is 1"],
    [{ ...base, rows: 2 }, "3 folds must have at least 3 rows, current value is 2"],
    [{ ...base, rows: 2.5 }, "rows must be an integer"],
    [{ ...base, seed: 0.5 }, "seed must be an integer"],
    [
      { ...base, groups: [1, 1, 1, 1, 1, 1, 1, 1, 2] },
      "3 folds must have at least 3 groups, current value is 2",
    ],
    [
      { ...base, order: [1, 1, 1, 1, 1, 1, 2, 2, 3] },
      "3 folds must have at least 4 different times, current value is 3",
    ],
    [
      { ...base, order: [1, 1, NaN, 1, 1, 1, 2, 2, 3] },
      "order must be finite numbers, current value is NaN at 2",
    ],
  ];
  for (const [options, message] of cases) {
    assertStringIncludes(assertThrows(() => foldRows(options), RangeError).message, message);
  }
  for (const name of ["classes", "groups", "order"]) {
    assertThrows(
      () => foldRows({ ...base, [name]: [1] }),
      TypeError,
      `${name} must have 9 entries`,
    );
  }
});
