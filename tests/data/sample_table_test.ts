import { assert, assertEquals, assertRejects } from "@std/assert";
import { sampleTable } from "../../lib/data/inner.ts";
import { numericColumn, parseTable, TableError } from "../../lib/data/mod.ts";

const stream = (text: string) => new Blob([text]).stream();

Deno.test("a sample of a table holds rows of it, in order, with their lines, by its seed alone", async () => {
  const text = "x,y\n" + Array.from({ length: 20_000 }, (_, i) => `${i},"${2 * i}"\n`).join("");
  const options = { name: "long.csv", bytes: 40_000, seed: 1 };
  const { table, rows } = await sampleTable(stream(text), options);
  assertEquals(rows, 20_000);
  assert(table.rows > 1000 && table.rows < 5000, `${table.rows} rows`);
  const x = numericColumn(table, "x"), y = numericColumn(table, "y");
  x.forEach((each, r) => {
    assertEquals(y[r], 2 * each);
    assertEquals(table.lines[r], each + 2);
    if (r > 0) assert(x[r] > x[r - 1]);
  });
  const mean = x.reduce((sum, each) => sum + each, 0) / x.length;
  assert(Math.abs(mean - 10_000) < 5 * 5774 / Math.sqrt(x.length), `mean ${mean}`);
  const again = await sampleTable(stream(text), options);
  assertEquals(numericColumn(again.table, "x"), x);
});

Deno.test("a table that fits is whole, and a bad row anywhere is named", async () => {
  const text = "x,y\n1,2\n3,4\n", options = { name: "t.csv", bytes: 1000, seed: 1 };
  const { table, rows } = await sampleTable(stream(text), options);
  assertEquals([rows, table.rows], [2, 2]);
  assertEquals(table.cells, parseTable(text, { name: "t.csv" }).cells);
  const long = "x,y\n" + "1,2\n".repeat(30_000) + "1\n" + "1,2\n".repeat(30_000);
  await assertRejects(() => sampleTable(stream(long), options), TableError, "line 30002");
});
