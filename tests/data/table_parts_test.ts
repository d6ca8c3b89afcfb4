import { assert, assertEquals, assertRejects } from "@std/assert";
import { tableParts } from "../../lib/data/table_parts.ts";
import { parseTable, type Table, TableError } from "../../lib/data/mod.ts";

async function* blocks(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let from = 0; from < bytes.length; from += size) {
    yield await Promise.resolve(bytes.slice(from, from + size));
  }
}

async function parts(text: string, bytes: number): Promise<Table[]> {
  const found: Table[] = [];
  for await (const part of tableParts(blocks(text, 997), { name: "t.csv", bytes })) {
    found.push(part);
  }
  return found;
}

const line = (i: number) =>
  `${i},${i % 7 === 3 ? `"a, ""${i}""\né"` : "plain"},${(i / 7).toFixed(3)}\n`;
const many = (count: number, of = line) => Array.from({ length: count }, (_, i) => of(i)).join("");

for (
  const [what, text] of [
    ["quotes and line ends within", "id,text,x\n" + many(12_000)],
    ["plain numbers", "a,b\n" + many(30_000, (i) => `${i},${i * 0.5}\n`)],
    ["carriage returns", "a;b\r\n" + many(30_000, (i) => `${i};${i * 0.5}\r\n`)],
    [
      "comments and blanks",
      "# of a logger\na,b\n" + many(20_000, (i) => i % 50 ? `${i},1\n` : "\n"),
    ],
    ["a byte order mark, no last line end", "\ufeffa,b\n" + many(9000, (i) => `${i},2\n`) + "7,8"],
    ["spaces between cells", "a b\n" + many(30_000, (i) => `${i}   ${i * 0.5}\n`)],
    ["few rows", "a,b\n1,2\n3,4\n"],
  ] as const
) {
  Deno.test(`parts of a table are the table: ${what}`, async () => {
    const whole = parseTable(text, { name: "t.csv" });
    for (const bytes of [2000, 1 << 16, 1 << 23]) {
      const found = await parts(text, bytes);
      assertEquals(found.map(({ columns }) => columns).at(-1), whole.columns);
      whole.cells.forEach((cells, c) =>
        assertEquals(found.flatMap((part) => [...part.cells[c]]), [...cells])
      );
      assertEquals(found.flatMap((part) => [...part.lines]), [...whole.lines]);
      assertEquals(found.flatMap((part) => [...part.source.records]), [...whole.source.records]);
    }
  });
}

Deno.test("parts of a table name the line of a fault", async () => {
  const rows = many(20_000), lines = rows.split("\n").length;
  for (
    const [bad, rule] of [["1,2\n", "cells"], ['1,"open,3\n', "quote"]] as const
  ) {
    const text = "id,text,x\n" + rows + bad + "1,2,3\n";
    const error = await assertRejects(() => parts(text, 1 << 15), TableError);
    assert(error.line === lines + 1 && error.message.includes(rule), error.message);
  }
  await assertRejects(() => parts("a,b\n", 1000), TableError, "rows");
});
