import { assert, assertAlmostEquals, assertEquals, assertGreater, assertThrows } from "@std/assert";
import fc from "fast-check";
import { chooseScale, chooseTargetScale } from "../../lib/data/inner.ts";
import {
  type ColumnScale,
  encodeTable,
  fitScale,
  parseTable,
  prepareTable,
  scaleValue,
  TableError,
  unscaleValue,
} from "../../lib/data/mod.ts";
import { createRandom } from "../../lib/model/mod.ts";

const random = createRandom(7, "scales");
const even = (n: number) => Array.from({ length: n }, (_, i) => i / n);
const normal = (n: number) => Array.from({ length: n }, () => random.normal());
const lognormal = (n: number, sigma: number) => normal(n).map((z) => Math.exp(sigma * z));

/** Largest share of the different values in a fifth of [0, 1]. */
function crowd(scale: ColumnScale, values: readonly number[]): number {
  const different = [...new Set(values)], counts = new Float64Array(5);
  for (const value of different) {
    counts[Math.max(0, Math.min(4, Math.floor(5 * scaleValue(scale, value))))]++;
  }
  return Math.max(...counts) / different.length;
}

Deno.test("chooseScale() keeps the range of columns that fill it", () => {
  const columns = {
    even: even(160),
    normal: normal(300),
    exponential: even(300).map((u) => -Math.log(1 - u)),
    "little skewed": lognormal(400, 0.7),
    categories: Array.from({ length: 300 }, (_, i) => i === 17 ? 1e6 : i % 7),
    constant: [3, 3, 3],
    few: [1, 2, 1e9],
  };
  for (const [name, values] of Object.entries(columns)) {
    assertEquals(chooseScale(name, values), fitScale(name, values), name);
  }
});

Deno.test("chooseScale() spreads outliers, tails and clusters at any size and place", () => {
  const columns: [string, string, number[]][] = [
    ["one outlier", "quantile", [...even(160), 1e6]],
    ["below", "quantile", [...even(160).map((x) => 1e-9 * x - 5), -1e3]],
    ["on both sides", "quantile", [...even(160), 1e6, -1e12, 3e7]],
    ["lognormal", "log", lognormal(400, 2)],
    ["lognormal, small", "log", lognormal(400, 3).map((x) => 1e-12 * x)],
    ["negative lognormal", "quantile", lognormal(400, 2).map((x) => -x)],
    ["with zeros", "quantile", lognormal(400, 2.5).map((x, i) => i % 9 === 0 ? 0 : x)],
    ["Cauchy", "quantile", normal(400).map((z) => z / random.normal())],
    ["two clusters", "quantile", even(200).map((x, i) => x + (i % 2) * 1e7)],
    ["a small table", "quantile", [...even(20), 1e5]],
  ];
  for (const [name, kind, values] of columns) {
    const scale = chooseScale(name, values);
    assertEquals(scale.map?.kind, kind, name);
    assertGreater(crowd(fitScale(name, values), values), 0.45, name);
    assert(crowd(scale, values) < 0.6, `${name}: ${crowd(scale, values)}`);
    // Increasing, onto [0, 1], and back.
    const sorted = [...new Set(values)].sort((a, b) => a - b);
    const places = sorted.map((value) => scaleValue(scale, value));
    assertAlmostEquals(places[0], 0, 1e-15);
    assertAlmostEquals(places[places.length - 1], 1, 1e-15);
    for (let i = 1; i < places.length; i++) assertGreater(places[i], places[i - 1], name);
    const size = Math.max(...values.map(Math.abs));
    for (const value of sorted) {
      assertAlmostEquals(unscaleValue(scale, scaleValue(scale, value)), value, 1e-12 * size);
    }
  }
});

Deno.test("scales that are not straight have an inverse far outside, and do not run away", () => {
  for (const values of [[...even(160), 1e6], lognormal(400, 2)]) {
    const scale = chooseScale("x", values);
    const { minimum, maximum } = scale, range = maximum - minimum;
    fc.assert(fc.property(fc.double({ min: -30, max: 30, noNaN: true }), (factor) => {
      const value = minimum + factor * range, place = scaleValue(scale, value);
      assert(place > -4 && place < 5, `${place} at ${value}`);
      const back = unscaleValue(scale, place);
      assertAlmostEquals(back, value, 1e-9 * Math.max(range, Math.abs(value)));
    }));
    let last = -Infinity;
    for (let step = -200; step <= 300; step++) {
      const place = scaleValue(scale, minimum + step / 100 * range);
      assertGreater(place, last);
      last = place;
    }
  }
});

Deno.test("chooseScale() does as it is told", () => {
  const values = lognormal(100, 0.1);
  for (const kind of ["log", "quantile"] as const) {
    assertEquals(chooseScale("x", values, undefined, kind).map?.kind, kind);
  }
  const spoilt = [...even(100), 1e6];
  assertEquals(chooseScale("x", spoilt, undefined, "range"), fitScale("x", spoilt));
  assertEquals(chooseScale("x", spoilt, [1, 2, 3, 50, 99]).map, undefined, "rows that count");
  assertThrows(() => chooseScale("x", [0, 1], undefined, "log"), RangeError, "above 0 for a log");
});

Deno.test("chooseScale() robust: median and interquartile range say what lies beyond", () => {
  const plain = even(101);
  assertEquals(chooseScale("x", plain, undefined, "robust"), fitScale("x", plain));
  for (const [factor, shift] of [[1, 0], [1e-6, 3], [1e9, -1e9], [-1, 0]]) {
    const values = [...plain, 1e6, 2e6, -1e6].map((value) => factor * value + shift);
    const scale = chooseScale("x", values, undefined, "robust");
    const at = (value: number) => scaleValue(scale, factor * value + shift);
    assertEquals([scale.outliers, scale.minimum], [3, Math.min(...values)]);
    assertAlmostEquals(at(plain[0]), factor > 0 ? 0 : 1, 1e-9);
    assertAlmostEquals(at(plain[50]), 0.5, 1e-9);
    assertAlmostEquals(at(plain[100]), factor > 0 ? 1 : 0, 1e-9);
    const places = [-1e6, 0, 1e6, 2e6].map(at).sort((a, b) => a - b);
    assert(places[0] > -2 && places[3] < 3);
    const order = values.map((value) => scaleValue(scale, value));
    values.forEach((value, i) =>
      assertAlmostEquals(unscaleValue(scale, order[i]), value, 1e-6 * Math.abs(value) + 1e-9)
    );
  }
  const same = [...plain.map(() => 7), 8, 9];
  assertEquals(chooseScale("x", same, undefined, "robust"), fitScale("x", same));
});

Deno.test("chooseTargetScale() leaves what is far out outside, and gross values out", () => {
  const plain = even(50);
  assertEquals(chooseTargetScale("y", plain, undefined, "robust"), fitScale("y", plain));
  assertEquals(chooseTargetScale("y", [...plain, 1e6]), fitScale("y", [...plain, 1e6]));
  for (const [factor, shift] of [[1, 0], [1e-6, 3], [1e9, -1e9]]) {
    const values = [...plain, 2.9, 100, -40].map((value) => factor * value + shift);
    const scale = chooseTargetScale("y", values, undefined, "robust");
    const at = (value: number) => scaleValue(scale, factor * value + shift);
    assertAlmostEquals(at(0), 0, 1e-9);
    assertAlmostEquals(at(0.98), 1, 1e-9);
    assertEquals(scale.outliers, 3);
    const [low, high] = scale.limits!;
    const beyond = values.map((value) => value < low || value > high);
    assertEquals(beyond.filter(Boolean).length, 2);
    assertEquals([beyond[51], beyond[52]], [true, true]);
  }
});

Deno.test("prepareTable() keeps its scales for other tables, gross targets without weight", () => {
  const rows = even(100).map((x, i) =>
    `${i === 5 ? 1e6 : x},${i % 20 === 3 ? -1e5 : Math.sin(9 * x)}`
  );
  const table = parseTable(`x,y\n${rows.join("\n")}\n`, { name: "t.csv" });
  const options = { targets: ["y"], task: "regression", testFraction: 0.2, seed: 1 } as const;
  const { train, encoding } = prepareTable(table, { ...options, targetScale: "robust" });
  const kept = JSON.parse(JSON.stringify(encoding));
  const all = encodeTable(table, kept, { requireTargets: true });
  const zero = [...all.weights!].flatMap((weight, row) => weight === 0 ? [row] : []);
  assertEquals(zero, [3, 23, 43, 63, 83]);
  assert(train.inputs.every((u) => u >= 0 && u <= 1));
  const range = prepareTable(table, { ...options, scale: "range" });
  assertEquals(range.encoding.inputs[0].map, undefined);
  assertEquals(range.train.weights, undefined);
  assertThrows(
    () => prepareTable(table, { ...options, testFraction: 0, scale: "log" }),
    TableError,
    'column "x" must be above 0 for a logarithm, current value is 0',
  );
});
