import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { createBandTriangle } from "../../lib/engine/inner.ts";
import { createRandom } from "../../lib/model/mod.ts";

/** Rows of a band, and the same rows in full; so many blocks have ended. */
function rowsOf(
  shape: {
    readonly blocks: number;
    readonly size: number;
    readonly width: number;
    readonly border: number;
  },
  ended = shape.blocks,
) {
  const { blocks, size, width, border } = shape, random = createRandom(3, "tests/band");
  const triangle = createBandTriangle(shape), { stride } = triangle;
  const full: number[][] = [], right: number[] = [];
  for (let block = 0; block <= Math.min(ended, blocks - 1); block++) {
    const count = 8, rows = new Float64Array(count * stride);
    for (let r = 0; r < count; r++) {
      const row = new Array((blocks + border) * size).fill(0);
      for (let c = 0; c < stride; c++) {
        const isBand = c < width * size, to = block * size + c;
        if (isBand && to >= blocks * size) continue;
        const value = rows[r * stride + c] = random.normal();
        if (c === stride - 1) right.push(value);
        else row[isBand ? to : blocks * size + c - width * size] = value;
      }
      full.push(row);
    }
    triangle.add(rows, count);
    if (block < ended) triangle.next();
  }
  return { triangle, full, right };
}

for (const border of [0, 2]) {
  Deno.test(`the residuals of a band's solution are orthogonal to its columns, border ${border}`, () => {
    const shape = { blocks: 7, size: 2, width: 3, border };
    const { triangle, full, right } = rowsOf(shape), x = triangle.solve();
    assertEquals(x.length, (7 + border) * 2);
    const residuals = full.map((row, r) =>
      row.reduce((sum, value, c) => sum + value * x[c], -right[r])
    );
    for (let c = 0; c < x.length; c++) {
      assertAlmostEquals(full.reduce((sum, row, r) => sum + row[c] * residuals[r], 0), 0, 1e-12);
    }
    assert(residuals.some((value) => Math.abs(value) > 0.1)); // more rows than unknowns
  });
}

Deno.test("an unknown of a band that no row decides is 0", () => {
  const triangle = createBandTriangle({ blocks: 2, size: 1, width: 2, border: 0 });
  const rows = new Float64Array(triangle.stride);
  rows.set([2, 0, 6]); // 2 x_0 = 6
  triangle.add(rows, 1);
  assertEquals([...triangle.solve()], [3, 0]);
});

for (const border of [0, 2]) {
  Deno.test(`a triangle that ends early leaves least squares of the rest, border ${border}`, () => {
    const shape = { blocks: 7, size: 2, width: 3, border };
    const whole = rowsOf(shape, 5).triangle.solve();
    const { full, right, triangle } = rowsOf(shape, 5), rest = triangle.rest();
    const n = (2 + border) * 2,
      least = createBandTriangle({
        ...{ blocks: 1, size: n, width: 1, border: 0 },
      });
    assertEquals(rest.length, n * (n + 1));
    least.add(rest, n);
    const ends = least.solve();
    ends.forEach((x, i) => assertAlmostEquals(x, whole[whole.length - n + i], 1e-12));
    const x = triangle.solveFrom(ends);
    x.forEach((value, i) => assertAlmostEquals(value, whole[i], 1e-12));
    const squares = (values: readonly number[]) => values.reduce((sum, v) => sum + v * v, 0);
    const left = squares(
      full.map((row, r) => row.reduce((sum, v, c) => sum + v * x[c], -right[r])),
    );
    assertAlmostEquals(squares(right) - triangle.explained - least.explained, left, 1e-12);
  });
}
