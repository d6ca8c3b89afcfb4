import {
  assertAlmostEquals,
  assertEquals,
  assertLessOrEqual,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  type ColumnScale,
  fitScale,
  scaleColumns,
  scaleSlope,
  scaleValue,
  subset,
  unscaleColumns,
  unscaleValue,
} from "../../lib/data/mod.ts";
import fc from "fast-check";

Deno.test("fitScale() takes the range of the given rows only", () => {
  const values = new Float64Array([5, -1, 100, 2]);
  assertEquals(fitScale("x", values, [0, 1, 3]), { name: "x", minimum: -1, maximum: 5 });
  assertEquals(fitScale("x", values), { name: "x", minimum: -1, maximum: 100 });
});

Deno.test("fitScale() gives data that JSON keeps", () => {
  const scale = fitScale("x", [-0, -0]);
  assertEquals(JSON.parse(JSON.stringify(scale)), scale);
});

Deno.test("fitScale() refuses empty, infinite and overflowing columns", () => {
  for (const values of [[], [1, NaN], [Infinity], [-1.7e308, 1.7e308]]) {
    const error = assertThrows(() => fitScale("price", values), RangeError);
    assertStringIncludes(error.message, "Cannot fit scale: ");
    assertStringIncludes(error.message, "price");
  }
});

Deno.test("scaleValue() maps a constant column to 0.5 and back to the constant", () => {
  const scale = fitScale("x", [7, 7, 7]);
  assertEquals([scaleValue(scale, 7), scaleValue(scale, 9)], [0.5, 0.5]);
  assertEquals([unscaleValue(scale, 0.5), unscaleValue(scale, 0.9)], [7, 7]);
});

Deno.test("scaleValue() goes on linearly outside the range", () => {
  const scale = fitScale("x", [2, 4]);
  assertEquals([scaleValue(scale, 1), scaleValue(scale, 6)], [-0.5, 2]);
  assertEquals([unscaleValue(scale, -0.5), unscaleValue(scale, 2)], [1, 6]);
});

Deno.test("unscaleValue() undoes scaleValue() for every column", () => {
  const finite = fc.double({ min: -1e150, max: 1e150, noNaN: true });
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1, maxLength: 20 }), (values) => {
      const scale = fitScale("x", values);
      const size = Math.max(Math.abs(scale.minimum), Math.abs(scale.maximum));
      for (const value of values) {
        const scaled = scaleValue(scale, value);
        assertEquals(scaled >= 0 && scaled <= 1, true);
        // value - minimum, the quotient, the product and the sum round once each
        assertLessOrEqual(Math.abs(unscaleValue(scale, scaled) - value), 2 ** -49 * size);
      }
      if (scale.minimum < scale.maximum) {
        assertEquals(scaleValue(scale, scale.minimum), 0);
        assertEquals(scaleValue(scale, scale.maximum), 1);
        assertEquals(unscaleValue(scale, 0), scale.minimum);
        assertEquals(unscaleValue(scale, 1), scale.maximum);
      }
    }),
    { seed: 4, numRuns: 500 },
  );
});

Deno.test("scaleColumns() and unscaleColumns() work row by row and mutate nothing", () => {
  const scales = [fitScale("a", [0, 10]), fitScale("b", [-1, 1])];
  const values = new Float64Array([5, 0, 10, 1]);
  const scaled = scaleColumns(values, scales);
  assertEquals([...scaled], [0.5, 0.5, 1, 1]);
  assertEquals([...unscaleColumns(scaled, scales)], [5, 0, 10, 1]);
  assertEquals([...values], [5, 0, 10, 1]);
  assertThrows(() => scaleColumns([1, 2, 3], scales), TypeError);
  assertThrows(() => unscaleColumns([1], []), TypeError);
});

Deno.test("subset() copies rows with their weights", () => {
  const dataset = {
    rows: 3,
    nIn: 2,
    nOut: 1,
    inputs: new Float64Array([1, 2, 3, 4, 5, 6]),
    targets: new Float64Array([7, 8, 9]),
    weights: new Float64Array([0, 1, 2]),
  };
  const part = subset(dataset, new Uint32Array([2, 0]));
  assertEquals(part, {
    rows: 2,
    nIn: 2,
    nOut: 1,
    inputs: new Float64Array([5, 6, 1, 2]),
    targets: new Float64Array([9, 7]),
    weights: new Float64Array([2, 0]),
  });
  part.inputs[0] = 99;
  assertAlmostEquals(dataset.inputs[4], 5, 0);
  assertThrows(() => subset(dataset, []), RangeError);
  assertThrows(() => subset(dataset, [3]), RangeError, "rows must be integers in 0..2");
});

Deno.test("scaleSlope() is the slope of scaleValue(), beyond the range too", () => {
  const values = [1, 2, 6, 30], positions = [0, 0.3, 0.7, 1];
  const scales: ColumnScale[] = [
    { name: "a", minimum: 3, maximum: 7 },
    { name: "b", minimum: 1, maximum: 100, map: { kind: "log" } },
    { name: "c", minimum: 1, maximum: 30, map: { kind: "quantile", values, positions } },
  ];
  for (const scale of scales) {
    for (const x of [-50, 0.4, 1.5, 4, 20, 99, 500]) {
      const h = 1e-6 * (1 + Math.abs(x));
      const difference = (scaleValue(scale, x + h) - scaleValue(scale, x - h)) / (2 * h);
      assertAlmostEquals(scaleSlope(scale, x), difference, 1e-6 * Math.abs(difference));
    }
  }
  assertEquals(scaleSlope({ name: "d", minimum: 2, maximum: 2 }, 2), 0);
});
