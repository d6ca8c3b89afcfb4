import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
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

Deno.test({
  name: "of a Parquet file beyond the limit a sample is read (FREEKNOT_PARQUET fetches packages)",
  ignore: Deno.env.get("FREEKNOT_PARQUET") === undefined,
  async fn() {
    const writer = "npm:hyparquet-writer@0.17.0"; // not in the module graph
    const { parquetWriteBuffer } = await import(writer), rows = 750_000;
    const data = (scale: number) => Float64Array.from({ length: rows }, (_, r) => scale * r);
    const columnData = [
      { name: "x", type: "DOUBLE", data: data(1) },
      { name: "y", type: "DOUBLE", data: data(2) },
    ];
    await withFolder(async (folder) => {
      const file = `${folder}/long.parquet`;
      const written = parquetWriteBuffer({ columnData, rowGroupSize: 200_000 });
      await Deno.writeFile(file, new Uint8Array(written));
      const { table, of, blocks } = await readWithin(file, { memory: 0, seed: 1, sample: 1e5 });
      assertEquals([of, blocks!.blocks], [rows, 8]);
      assert(table.rows > 1000 && table.rows < 20_000, `${table.rows} rows`);
      table.cells[0].forEach((x, r) => {
        assertEquals([Number(table.cells[1][r]), table.lines[r]], [2 * Number(x), Number(x) + 2]);
      });
      let all = 0;
      for (let block = 0; block < blocks!.blocks; block++) {
        for await (const part of blocks!.parts(block)) all += part.rows;
      }
      assertEquals(all, rows);
    });
  },
});
