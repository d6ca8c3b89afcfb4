import { assertAlmostEquals, assertEquals } from "@std/assert";
import { singularTriples } from "../../lib/numerics/inner.ts";

Deno.test("singular triples give the matrix again, largest first", () => {
  const columns = [[3, 0, 4], [0, 2, 1], [3, 2, 5]].map((each) => Float64Array.from(each));
  const triples = singularTriples(columns);
  assertEquals(triples.length, 2); // the third column is the sum of the others
  columns.forEach((column, q) =>
    column.forEach((value, p) => {
      const sum = triples.reduce(
        (all, { size, left, right }) => all + size * left[p] * right[q],
        0,
      );
      assertAlmostEquals(sum, value, 1e-14);
    })
  );
  assertEquals(triples[0].size > triples[1].size, true);
});
