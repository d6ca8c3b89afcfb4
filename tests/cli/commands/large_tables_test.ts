import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { memoryBytes, readWithin } from "../../../cli/terminal/large_tables.ts";
import { run, withFolder } from "../support.ts";

Deno.test("limits of memory are read with their units, and nonsense is refused", async () => {
  assertEquals(memoryBytes("1GB"), 1e9);
  assertEquals(memoryBytes("2 GiB"), 2 ** 31);
  assertEquals(memoryBytes("500000000"), 5e8);
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`;
    await Deno.writeTextFile(data, "x,y\n1,2\n2,3\n3,4\n");
    const flags = ["--data", data, "--target", "y", "--memory-limit"];
    for (const limit of ["1KB", "much", "0"]) {
      const { code, err } = await run("train", ...flags, limit);
      assertEquals(code, 2);
      assertStringIncludes(err, `--memory-limit must be at least 500MB`);
    }
  });
});

Deno.test("of a file beyond the limit a sample is read, and a bad row in its midst is named", () =>
  withFolder(async (folder) => {
    const data = `${folder}/long.csv`, row = "0.12345678901234567,0.98765432109876543\n";
    const rows = Math.ceil(2 ** 24 / row.length) + 1000;
    await Deno.writeTextFile(data, "x,y\n" + row.repeat(rows));
    const { table, of } = await readWithin(data, { memory: 0, seed: 1 });
    assertEquals(of, rows);
    assertEquals(table.rows < rows, true);
    await Deno.writeTextFile(data, "x,y\n" + row.repeat(rows - 500) + "7\n" + row.repeat(500));
    const error = await assertRejects(() => readWithin(data, { memory: 0, seed: 1 }), Error);
    assertMatch(error.message, new RegExp(`line ${rows - 500 + 2} must`));
  }));

Deno.test("a Parquet file that is cut off is refused in one sentence", () =>
  withFolder(async (folder) => {
    const data = `${folder}/t.parquet`;
    await Deno.writeFile(data, new TextEncoder().encode("PAR1 and no more"));
    const { code, err } = await run("train", "--data", data, "--target", "y");
    assertEquals(code, 2);
    assertMatch(err, /Cannot read .*t\.parquet: (it must be a Parquet file|Parquet needs)/);
  }));
