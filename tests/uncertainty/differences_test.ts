import { assertAlmostEquals, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { fitAdditive } from "../../lib/additive/mod.ts";
import { datasetOf } from "../../lib/data/mod.ts";
import { createNetwork, type ParameterCovariance } from "../../lib/model/mod.ts";
import { differenceErrors, effectBand } from "../../lib/uncertainty/mod.ts";
import { additiveTable, inputColumn } from "../support/additive_tables.ts";

const table = additiveTable({ rows: 150, columns: 2, kind: "numbers", seed: 4 });
const { network, covariance } = fitAdditive(table, { intervals: 8 });

/** The rows with the first column set to a value. */
function withFirst(value: number): Float64Array {
  return table.inputs.map((x, i) => i % 2 === 0 ? value : x);
}

Deno.test("differenceErrors() of rows that differ in one column are those of its effect", () => {
  const positions = Float64Array.of(0.05, 0.5, 0.95);
  const { errors } = effectBand(network, covariance, 0, inputColumn(table, 0), { positions });
  positions.forEach((x, i) => {
    const row = Float64Array.of(x, 0.4);
    const base = table.inputs.map((value, k) => k % 2 === 0 ? value : 0.4); // the same in the other
    assertAlmostEquals(differenceErrors(network, covariance, row, base)[0], errors[i], 1e-10);
  });
});

Deno.test("differenceErrors() vanish where nothing differs, and do not tell directions apart", () => {
  const low = withFirst(0.2), high = withFirst(0.8);
  const none = differenceErrors(network, covariance, low.subarray(0, 2), low.subarray(0, 2));
  assertAlmostEquals(none[0], 0, 1e-12);
  const [up] = differenceErrors(network, covariance, low.subarray(0, 2), high.subarray(0, 2));
  const [down] = differenceErrors(network, covariance, high.subarray(0, 2), low.subarray(0, 2));
  assertGreater(up, 0);
  assertAlmostEquals(up, down, 1e-12);
});

Deno.test("differenceErrors() heed weights of the base as repeated rows", () => {
  const rows = table.inputs.subarray(0, 6), base = table.inputs.subarray(10, 14);
  const twice = Float64Array.of(
    ...base.subarray(0, 2),
    ...base.subarray(0, 2),
    ...base.subarray(2),
  );
  const weighed = differenceErrors(network, covariance, rows, base, Float64Array.of(2, 1));
  const repeated = differenceErrors(network, covariance, rows, twice);
  assertEquals(weighed.length, 3);
  weighed.forEach((error, r) => assertAlmostEquals(error, repeated[r], 1e-12));
});

Deno.test("differenceErrors() of other networks agree with slopes along the factor", () => {
  const deep = createNetwork({ widths: [1, 2, 1], intervals: 3, firstLayer: "spline" });
  const size = deep.parameters.length;
  const factor = new Float64Array(size).map((_, i) => 0.01 * Math.sin(i + 1));
  const one: ParameterCovariance = { factor, rank: 1 };
  const [error] = differenceErrors(deep, one, Float64Array.of(0.3), Float64Array.of(-0.4));
  const [back] = differenceErrors(deep, one, Float64Array.of(-0.4), Float64Array.of(0.3));
  assertAlmostEquals(error, back, 1e-12);
  const scaled = { ...one, factor: factor.map((x) => 2 * x) };
  const [double] = differenceErrors(deep, scaled, Float64Array.of(0.3), Float64Array.of(-0.4));
  assertAlmostEquals(double / error, 2, 1e-4);
  assertThrows(
    () => differenceErrors(deep, { factor, rank: 2 }, Float64Array.of(0), Float64Array.of(1)),
    TypeError,
    `covariance must be of ${size} parameters`,
  );
});

Deno.test("differenceErrors() of several outputs have one column for each", () => {
  const inputs = Float64Array.from({ length: 60 }, (_, i) => i / 60);
  const targets = Array.from(inputs, (x, i) => [x + 0.1 * Math.sin(99 * i), Math.sin(9 * x)]);
  const model = fitAdditive(datasetOf({ inputs, targets }));
  const errors = differenceErrors(
    model.network,
    model.covariance,
    Float64Array.of(0.1, 0.9),
    inputs,
  );
  assertEquals(errors.length, 4);
  [0.1, 0.9].forEach((x, r) => {
    const row = differenceErrors(model.network, model.covariance, Float64Array.of(x), inputs);
    row.forEach((error, q) => assertAlmostEquals(error, errors[2 * r + q], 1e-14));
  });
});
