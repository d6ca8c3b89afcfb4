import { assert, assertEquals, assertThrows } from "@std/assert";
import { numericColumn, parseTable, parseTableBytes, TableError } from "../../lib/data/mod.ts";
import type { Table } from "../../lib/data/mod.ts";
import { decimalAt } from "../../lib/data/scan/_decimals.ts";
import { scanTable } from "../../lib/data/scan/scan_table.ts";
import { createRandom } from "../../lib/model/mod.ts";

const encoder = new TextEncoder();

function decimal(text: string): number {
  const bytes = encoder.encode(text);
  return decimalAt(bytes, 0, bytes.length);
}

Deno.test("decimalAt() reads the float64 that Number() reads", () => {
  const random = createRandom(5, "decimals");
  for (let i = 0; i < 40_000; i++) {
    const u = random.uniform(), digits = 1 + i % 21, power = 10 ** (Math.floor(i / 21) % 31 - 15);
    const odd = (2n ** 53n + 2n * BigInt(Math.floor(u * 2 ** 40)) + 1n).toString(); // halfway
    for (
      const text of [
        ...[String(u), String(-u * power), (u * power).toPrecision(digits), u.toFixed(digits - 1)],
        ...[odd, `${odd.slice(0, 9)}.${odd.slice(9)}`, `${odd}${i}`],
      ]
    ) {
      const right = Number(text), value = decimal(text);
      assert(Object.is(value, right), `${text}: ${value} is not ${right}`);
    }
  }
  for (const text of ["1.", ".5", "+7", "-0", "00012", "1e22", "1E-5", "0.0", "1e-400"]) {
    assert(Object.is(decimal(text), Number(text)), text);
  }
  for (
    const text of [".", "+", "1e", "1e+", "0x1", "1_0", "nan", "Infinity", "1..2", "1e400", "1 2"]
  ) {
    assertEquals(decimal(text), NaN, text);
  }
});

/** All that a table says, or its error. */
function said(make: () => Table): unknown {
  try {
    const table = make();
    return {
      ...table,
      cells: table.columns.map((_, c) => [...table.cells[c]]),
      source: { ...table.source },
      numbers: table.columns.map((name) => {
        try {
          return numericColumn(table, name);
        } catch (error) {
          return (error as Error).message;
        }
      }),
    };
  } catch (error) {
    return (error as Error).message;
  }
}

Deno.test("scanTable() reads what the parser for all cases reads, or leaves it to that", () => {
  const random = createRandom(7, "tables");
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.uniform() * list.length)];
  const usual = [
    ...["1", "2.5", "-3e4", "", " 7 ", "abc", '"q"', '"a,b"', '"x ""y"" z"', "é", " ü x ", "NA"],
    ...['" 1"', '"1.5"', "1;5", "#x", "%", '"l1\nl2"', "0.12345678901234567", "\u00a05", "💥"],
  ];
  let scanned = 0;
  for (let k = 0; k < 3000; k++) {
    const cells = k % 5 ? usual : [...usual, '"', 'a"b'];
    const width = 2 + k % 3, delimiter = pick([",", ",", ";", "\t"]), end = pick(["\n", "\r\n"]);
    const header = Array.from({ length: width }, (_, c) => `c${c}`).join(delimiter) + end;
    let text = `${pick(["", "", "\ufeff"])}${pick(["", "", "# note\n"])}${header}`;
    const rows = Math.floor(6 * random.uniform());
    for (let r = 0; r < rows; r++) {
      if (random.uniform() < 0.1) text += pick(["", "  ", "# note"]) + end;
      const more = random.uniform() < 0.01 ? 1 : 0;
      text += Array.from({ length: width + more }, () => pick(cells)).join(delimiter);
      if (r < rows - 1 || k % 2) text += end;
    }
    const right = said(() => parseTable(text, { name: "t" }));
    const found = said(() => {
      const table = scanTable(encoder.encode(text), "t");
      if (table !== undefined) scanned++;
      return table ?? parseTable(text, { name: "t" });
    });
    assertEquals(found, right, JSON.stringify(text));
  }
  assert(scanned > 800, `${scanned} tables were scanned`);
});

Deno.test("parseTableBytes() reads long tables, and says where they are at fault", () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `${i},"p ${i % 3}",${i / 7}`);
  const bytes = encoder.encode(`a,b,c\n${lines.join("\n")}\n`);
  const table = parseTableBytes(bytes, { name: "long.csv" });
  assertEquals([table.rows, table.cells[1][4], table.lines[4999]], [5000, "p 1", 5001]);
  assertEquals(numericColumn(table, "c"), Float64Array.from({ length: 5000 }, (_, i) => i / 7));
  assertEquals(table.source.records[2], '2,"p 2",0.2857142857142857');
  const fault = assertThrows(() => numericColumn(table, "b"), TableError);
  assertEquals(
    fault.message,
    'Cannot read long.csv: line 2, column "b" must be a number, current value is "p 0"',
  );
  lines[3000] += ",1";
  const ragged = encoder.encode(`a,b,c\n${lines.join("\n")}\n`);
  const error = assertThrows(() => parseTableBytes(ragged, { name: "long.csv" }), TableError);
  assertEquals(error.line, 3002);
  bytes[bytes.length - 20] = 0xff;
  assertThrows(() => parseTableBytes(bytes, { name: "long.csv" }), TableError, "text in UTF-8");
});
