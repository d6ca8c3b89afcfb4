import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { classIndices, classLabels, decodeClasses, encodeClasses } from "../../lib/data/inner.ts";
import { createTable, type Table, TableError } from "../../lib/data/mod.ts";
import fc from "fast-check";

function labelled(...labels: string[]): Table {
  return createTable([{ name: "kind", values: labels }], { name: "d.csv" });
}

Deno.test("classLabels() sorts numbers by size and text by code points", () => {
  assertEquals(classLabels(labelled("10", "9", "-1", "10", "9", "-1"), "kind"), ["-1", "9", "10"]);
  assertEquals(classLabels(labelled("b", "B", "10", "b", "B", "10"), "kind"), ["10", "B", "b"]);
  // U+FF5E comes before U+1F600 by code points, after it by UTF-16 units
  assertEquals(classLabels(labelled("😀", "～", "😀", "～"), "kind"), ["～", "😀"]);
});

Deno.test("classLabels() takes 1 and 1.0 for one label, not so beside text", () => {
  const table = labelled("1.0", "0", "1", "0.0");
  assertEquals(classLabels(table, "kind"), ["0", "1.0"]);
  assertEquals([...classIndices(table, "kind", ["0", "1.0"])], [1, 0, 1, 0]);
  assertEquals(classLabels(labelled("1.0", "1", "x", "1", "1.0", "x"), "kind"), ["1", "1.0", "x"]);
});

Deno.test("classLabels() refuses missing labels, one class and too many", () => {
  const missing = assertThrows(() => classLabels(labelled("a", "", "b"), "kind"), TableError);
  assertEquals(
    missing.message,
    'Cannot read d.csv: line 3, column "kind" must be a class label, ' +
      "current value is a missing cell",
  );
  const one = assertThrows(() => classLabels(labelled("a", "a"), "kind"), TableError);
  assertEquals(
    one.message,
    'Cannot read d.csv: column "kind" must hold at least 2 classes, current value is only "a"',
  );
  const many = assertThrows(() => classLabels(labelled("1.5", "2.5", "3.5", "1.5"), "kind"));
  assertEquals(
    (many as Error).message,
    'Cannot read d.csv: column "kind" must hold classes with 2 rows each or more on average, ' +
      "current value is 3 classes in 4 rows",
  );
});

Deno.test("classIndices() names line, column and labels of a foreign label", () => {
  const error = assertThrows(
    () => classIndices(labelled("a", "c"), "kind", ["a", "b"]),
    TableError,
  );
  assertEquals(
    error.message,
    'Cannot read d.csv: line 3, column "kind" must be one of the labels "a", "b", ' +
      'current value is "c"',
  );
  assertEquals([error.line, error.column], [3, "kind"]);
});

Deno.test("encodeClasses() gives one column for two classes and one-hot for more", () => {
  assertEquals([...encodeClasses([1, 0, 1], 2)], [1, 0, 1]);
  assertEquals([...encodeClasses([1, 0], 3)], [0, 1, 0, 1, 0, 0]);
  assertThrows(() => encodeClasses([0], 1), RangeError);
  assertThrows(() => encodeClasses([2], 2), RangeError, "indices must be integers in 0..1");
});

Deno.test("decodeClasses() gives probabilities that sum to 1, without overflow", () => {
  const logits = fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), {
    minLength: 3,
    maxLength: 3,
  });
  fc.assert(
    fc.property(logits, (row) => {
      const { probabilities, indices } = decodeClasses(row, ["a", "b", "c"]);
      assertAlmostEquals(probabilities.reduce((sum, p) => sum + p, 0), 1, 1e-15);
      assertEquals(row[indices[0]], Math.max(...row));
      const [p0, p1] = decodeClasses([row[0]], ["a", "b"]).probabilities;
      assertAlmostEquals(p0 + p1, 1, 1e-15);
      const shifted = decodeClasses([0, row[0]], ["a", "b", "c"].slice(0, 2));
      assertEquals(shifted.probabilities[3], p1); // two rows of one output
    }),
    { seed: 7, numRuns: 200 },
  );
});

Deno.test("decodeClasses() agrees with logistic and softmax by hand", () => {
  const two = decodeClasses([Math.log(3), 0, -800], ["no", "yes"]);
  assertEquals(two.labels, ["yes", "no", "no"]);
  [0.25, 0.75, 0.5, 0.5, 1, 0].forEach((p, i) =>
    assertAlmostEquals(two.probabilities[i], p, 1e-15)
  );
  const three = decodeClasses([0, Math.log(2), Math.log(5)], ["x", "y", "z"]);
  [1 / 8, 2 / 8, 5 / 8].forEach((p, i) => assertAlmostEquals(three.probabilities[i], p, 1e-15));
  assertEquals(three.labels, ["z"]);
});

Deno.test("decodeClasses() refuses shapes that do not fit", () => {
  assertThrows(() => decodeClasses([1, 2], ["a", "b", "c"]), TypeError);
  assertThrows(() => decodeClasses([1], ["a"]), TypeError);
});
