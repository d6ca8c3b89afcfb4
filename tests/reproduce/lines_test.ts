import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import {
  countCells,
  crossing,
  curveThrough,
  type CuttingLine,
  endsOf,
  mostCells,
  sampledCells,
} from "../../lib/reproduce/experiments/_lines.ts";

Deno.test("mostCells() is the count of families of parallels in general position", () => {
  // lines: 1 + Q + Q (Q - 1) / 2; a grid: n^2; five nodes of 5 and 40 intervals by hand
  assertEquals(mostCells(5, 1, 2), 16);
  assertEquals(mostCells(2, 4, 2), 25);
  assertEquals(mostCells(5, 4, 2), 1 + 20 + 160);
  assertEquals(mostCells(5, 39, 2), 1 + 195 + 15_210);
  assertEquals(mostCells(3, 1, 5), 8, "no more hyperplanes than dimensions: all signs");
});

Deno.test("countCells() counts regions of the plane and of the square", () => {
  const lines: CuttingLine[] = [[1, 0, 0.5], [0, 1, 0.5], [1, 1, 0.3], [1, 1, 5], [1, -1, 4]];
  // pairs cross but for the two parallels; in the square three lines, of which only the first two
  // and none with x + y = 0.3 cross there
  assertEquals(countCells(lines), { plane: 1 + 5 + 9, square: 1 + 3 + 1 });
  assertEquals(sampledCells(lines, 50), 5);
  assertEquals(crossing([1, 1, 1], [2, 2, 5]), undefined);
  assertEquals(crossing([1, 0, 0.25], [0, 1, 0.75]), [0.25, 0.75]);
});

Deno.test("endsOf() and curveThrough() stay on lines and border", () => {
  assertEquals(endsOf([1, 1, 3]), []);
  assertEquals(endsOf([1, 1, 1]), [[0, 1], [1, 0]], "a diagonal");
  const lines: CuttingLine[] = [[1, 0.2, 0.3], [1, 0.2, 0.6], [0.1, 1, 0.5], [1, 1, 9]];
  const { x, y } = curveThrough(lines),
    onBorder = (i: number) => [x[i], y[i]].some((place) => Math.abs(place * (1 - place)) < 1e-12);
  for (const [a, b, c] of lines.slice(0, 3)) {
    const ends = x.filter((_, i) => Math.abs(a * x[i] + b * y[i] - c) < 1e-9);
    assertEquals(ends.length, 2);
  }
  x.forEach((_, i) => assert(onBorder(i)));
  let border = 0; // steps along a side keep one coordinate
  for (let i = 1; i < x.length; i++) if (x[i] === x[i - 1] || y[i] === y[i - 1]) border++;
  assertEquals(border, x.length - 1 - 3, "all steps but the three lines run along the border");
  assertAlmostEquals(x[0] + 0.2 * y[0], 0.3, 1e-12);
});
