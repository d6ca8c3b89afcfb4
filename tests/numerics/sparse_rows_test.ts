import { assertEquals, assertLessOrEqual, assertThrows } from "@std/assert";
import {
  multiply,
  multiplyTransposed,
  solveUpper,
  solveUpperTransposed,
  type SparseRows,
  toDense,
  uniformChangeOfBasis,
} from "../../lib/basis/mod.ts";

Deno.test("SparseRows products and solves agree with dense ones, out-of-range entries skipped", () => {
  const matrix: SparseRows = {
    rows: 3,
    columns: 4,
    width: 3,
    starts: Int32Array.of(-1, 1, 3),
    values: Float64Array.of(9, 1, 2, 3, 4, 5, 6, 9, 9),
  };
  assertEquals([...toDense(matrix)], [1, 2, 0, 0, 0, 3, 4, 5, 0, 0, 0, 6]);
  assertEquals([...multiply(matrix, Float64Array.of(1, 10, 100, 1000))], [21, 5430, 6000]);
  assertEquals([...multiplyTransposed(matrix, Float64Array.of(1, 10, 100))], [1, 32, 40, 650]);
  const two = Float64Array.of(1, 0, 10, 0, 100, 0, 1000, 1);
  assertEquals([...multiply(matrix, two, 2)], [21, 0, 5430, 5, 6000, 6]);
  assertThrows(() => multiply(matrix, Float64Array.of(1)), TypeError, "shape [4, 1]");
  assertThrows(() => multiplyTransposed(matrix, Float64Array.of(1)), TypeError, "shape [3, 1]");
  assertThrows(() => solveUpper(matrix, new Float64Array(3)), TypeError, "square");

  const upper = uniformChangeOfBasis({ degree: 3, intervals: 4 });
  const v = Float64Array.from({ length: 14 }, (_, i) => Math.sin(i)), held = v.slice();
  const x = solveUpper(upper, v, 2), y = solveUpperTransposed(upper, v, 2);
  assertEquals(v, held);
  multiply(upper, x, 2).forEach((value, i) => assertLessOrEqual(Math.abs(value - v[i]), 1e-10));
  multiplyTransposed(upper, y, 2).forEach((value, i) => {
    assertLessOrEqual(Math.abs(value - v[i]), 1e-10);
  });
});
