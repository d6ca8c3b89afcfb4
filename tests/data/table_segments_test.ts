import { assert, assertEquals, assertRejects } from "@std/assert";
import { type ByteSource, cutTable, sampleBlocks } from "../../lib/data/inner.ts";
import { parseTable, type Table, TableError } from "../../lib/data/mod.ts";
import { createRandom } from "../../lib/model/mod.ts";

function sourceOf(text: string): ByteSource {
  const bytes = new TextEncoder().encode(text);
  return { size: bytes.length, read: (from, to) => Promise.resolve(bytes.slice(from, to)) };
}

async function tablesOf(text: string, bytes: number): Promise<Table[]> {
  const cut = (await cutTable(sourceOf(text), { name: "t.csv", bytes }))!, found: Table[] = [];
  assert(Number.isInteger(Math.log2(cut.blocks)));
  for (let block = 0; block < cut.blocks; block++) {
    for await (const part of cut.parts(block)) found.push(part);
  }
  return found;
}

Deno.test("segments of any size are the rows and lines of the whole table", async () => {
  const random = createRandom(5, "segments");
  for (
    const [newline, quotes, end] of [["\n", false, true], ["\r\n", true, false], [
      "\n",
      true,
      true,
    ]] as const
  ) {
    const cell = (r: number) => {
      if (!quotes || random.uniform() < 0.6) return `${r}é`;
      return `"a ""${r}""${random.uniform() < 0.5 ? newline : ","} b"`;
    };
    const rows = Array.from({ length: 300 }, (_, r) => {
      return r % 50 === 9
        ? ""
        : `${r},${cell(r)},${"x".repeat(random.integer(r === 40 ? 900 : 9))}`;
    });
    const text = ["n,text,x", ...rows].join(newline) + (end ? newline : "");
    const whole = parseTable(text, { name: "t.csv" });
    for (const bytes of [7, 64, 500, 5000, 1e6]) {
      const found = await tablesOf(text, bytes);
      const all = <T>(of: (table: Table) => Iterable<T>) => found.flatMap((each) => [...of(each)]);
      assertEquals(all((each) => each.lines), [...whole.lines], `${bytes} bytes`);
      whole.cells.forEach((cells, c) => assertEquals(all((each) => each.cells[c]), [...cells]));
    }
  }
});

Deno.test("a sample of blocks holds rows by the seed alone, within its bytes", async () => {
  const text = "x,y\n" + Array.from({ length: 20_000 }, (_, i) => `${i},${2 * i}\n`).join("");
  const cut = (await cutTable(sourceOf(text), { name: "t.csv", bytes: 10_000 }))!;
  const options = { name: "t.csv", bytes: 40_000, seed: 1 };
  const { table, rows } = await sampleBlocks(cut, options);
  assertEquals(rows, 20_000);
  assert(table.rows > 1000 && table.rows < 5000, `${table.rows} rows`);
  table.cells[0].forEach((x, r) => {
    assertEquals(table.lines[r], Number(x) + 2);
    assertEquals(Number(table.cells[1][r]), 2 * Number(x));
  });
  const whole = await sampleBlocks(cut, { ...options, bytes: 1e6 });
  assertEquals(whole.table.rows, 20_000);
});

Deno.test("cutTable() leaves out of the ordinary tables to others and names bad rows", async () => {
  assertEquals(await cutTable(sourceOf("x y\n1 2\n"), { name: "t.csv" }), undefined);
  const long = "x,y\n" + "1,2\n".repeat(30_000) + "1\n" + "1,2\n".repeat(30_000);
  const cut = (await cutTable(sourceOf(long), { name: "t.csv", bytes: 4096 }))!;
  const options = { name: "t.csv", bytes: 1000, seed: 1 };
  await assertRejects(() => sampleBlocks(cut, options), TableError, "line 30002");
  const empty = (await cutTable(sourceOf("x,y\n\n"), { name: "t.csv" }))!;
  await assertRejects(() => sampleBlocks(empty, options), TableError, "t.csv");
});
