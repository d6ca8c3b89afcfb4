import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  appendColumns,
  encodeTable,
  numericColumn,
  parseTable,
  prepareTable,
  streamTable,
  TableError,
  TablePrecisionError,
} from "../../lib/data/mod.ts";
import { indexColumns } from "../../lib/data/inner.ts";

const NAME = { name: "t.txt" };

/** Columns, and cells by row. */
function read(text: string): { columns: readonly string[]; rows: string[][] } {
  const table = parseTable(text, NAME);
  return {
    columns: table.columns,
    rows: Array.from({ length: table.rows }, (_, row) => table.cells.map((column) => column[row])),
  };
}

Deno.test("parseTable() knows tables by spaces, tabs, semicolons, with comments and without", () => {
  const expected = { columns: ["x", "y z"], rows: [["1", "2.5"], ["-3e4", "4"]] };
  const texts = [
    'x,"y z"\n1,2.5\n-3e4,4\n',
    "x;y z\n1;2.5\n-3e4;4\n",
    "x\ty z\n1\t2.5\n-3e4\t4\n",
    'x "y z"\n1 2.5\n-3e4 4\n',
    '  x   "y z"\n   1      2.5\r\n-3e4   4\n',
    'x\t  "y z"\n1   2.5\n-3e4\t\t4\n',
    '# made by hand\n% and again, twice; so\n\nx "y z"\n1 2.5\n-3e4 4\n',
    '# x "y z"\n1 2.5\n-3e4 4\n',
    "#x,y z\n1,2.5\n-3e4,4\n",
    "# x, y z\n# of a machine\n1,2.5\n-3e4,4\n".replace(/(# x.*\n)(# of.*\n)/, "$2$1"),
    "# first\nx,y z\n1,2.5\n# between\n-3e4,4\n# the end",
    "# first\nx y\n1 2.5\n # of two\n-3e4 4\n% the very end\n".replace("x y", 'x "y z"'),
    "\ufeff% one\nx,y z\n\n1,2.5\n\n-3e4,4\n\n",
  ];
  for (const text of texts) assertEquals(read(text), expected, JSON.stringify(text));
});

Deno.test("parseTable() takes text with a mark for text where it is a cell", () => {
  assertEquals(read("color,x\n#ff0000,1\n%,2\n"), {
    columns: ["color", "x"],
    rows: [["#ff0000", "1"], ["%", "2"]],
  });
  assertEquals(read("room size\n12\n13\n").columns, ["room size"]);
  assertEquals(read("first name,x\nAnna Lena,1\n").columns, ["first name", "x"]);
});

Deno.test("parseTable() names the line behind comments, and cells apart by spaces", () => {
  const error = (text: string) => assertThrows(() => parseTable(text, NAME), TableError);
  assertEquals(error("# a\n\n# b\nx,y\n1,2\n3\n").line, 6);
  assertEquals(
    error("x,y\n1 2\n").message,
    "Cannot read t.txt: line 2 must have 2 cells, as many as the header, current value is 1; " +
      "its cells stand apart by spaces, those of the header do not",
  );
  assertEquals(
    error("# of a machine with many words\n 1.5  2\n 3  4\n").message,
    "Cannot read t.txt: line 2 must hold the column names, current value is numbers: " +
      '"1.5, 2"; add a first line such as x y',
  );
  assertEquals(error('x y\n1 "2\n').line, 2);
});

Deno.test("appendColumns() writes a table by spaces so that it reads back", () => {
  const table = parseTable("# x  y\n 1   2\n 3   4\n", NAME);
  const text = appendColumns(table, [{ name: "y prediction", values: ["a b", ""] }]);
  assertEquals(text, 'x  y "y prediction"\n 1   2 "a b"\n 3   4 ""\n');
  assertEquals(read(text).rows, [["1", "2", "a b"], ["3", "4", ""]]);
});

Deno.test("streamTable() reads the formats that parseTable() reads, cut anywhere", async () => {
  const texts = [
    "# made by hand\n% x   y\n1  2\n# a long break\n3  4\n",
    "# c\n\n,x\n0,2\n1,4\n",
    "  x   y\n  1   2\n",
  ];
  for (const text of texts) {
    const whole = parseTable(text, NAME);
    for (const size of [1, 7, 1000]) {
      const bytes = new TextEncoder().encode(text);
      const blocks = Array.from(
        { length: Math.ceil(bytes.length / size) },
        (_, i) => bytes.slice(i * size, (i + 1) * size),
      );
      const cells: string[][] = whole.columns.map(() => []), lines: number[] = [];
      for await (
        const part of streamTable(ReadableStream.from(blocks), { ...NAME, rowsPerPart: 1 })
      ) {
        assertEquals([part.columns, part.unnamed], [whole.columns, whole.unnamed]);
        part.cells.forEach((column, c) => cells[c].push(...column));
        lines.push(...part.lines);
      }
      assertEquals(cells, whole.cells);
      assertEquals(lines, [...whole.lines]);
    }
  }
});

Deno.test("parseTable() names columns without a name, and reads names that are numbers", () => {
  const table = parseTable(",0,1,,y\n0,1,2,3,4\n1,2,3,7,5\n", NAME);
  assertEquals(table.columns, ["column 1", "0", "1", "column 4", "y"]);
  assertEquals(table.unnamed, ["column 1", "column 4"]);
  assertEquals(indexColumns(table), ["column 1"]);
  assertEquals(parseTable("column 2,\n1,2\n", NAME).columns, ["column 2", "column 2_"]);
  assertEquals(parseTable("0,1,2\n7,8,9\n", NAME).columns, ["0", "1", "2"]);
  assertEquals(parseTable("x,y\n1,2\n", NAME).unnamed, undefined);
});

Deno.test("indexColumns() finds counts of the rows and empty columns, no others", () => {
  const found = (text: string) => indexColumns(parseTable(text, NAME));
  assertEquals(found(",x\n1,5\n2,5\n3,6\n"), ["column 1"]);
  assertEquals(found("x,\n5,0.0\n5,1\n6,2e0\n"), ["column 2"]);
  assertEquals(found("Unnamed: 0,x\n0,5\n1,5\n"), ["Unnamed: 0"]);
  assertEquals(found("x,\n5,\n5,\n"), ["column 2"]);
  for (const text of [",x\n2,5\n3,5\n", ",x\n0,5\n2,5\n", "i,x\n0,5\n1,5\n", ",x\na,1\nb,2\n"]) {
    assertEquals(found(text), [], text);
  }
});

Deno.test("prepareTable() leaves counts and dropped columns out", () => {
  const rows = Array.from({ length: 10 }, (_, i) => `${i},${i % 3},${i % 4},${i % 5}`);
  const table = parseTable(`,a,b,y\n${rows.join("\n")}\n`, NAME);
  const inputs = (options: { inputs?: string[]; drop?: string[] }) =>
    prepareTable(table, { targets: ["y"], task: "regression", seed: 1, ...options })
      .encoding.inputs.map(({ name }) => name);
  assertEquals(inputs({}), ["a", "b"]);
  assertEquals(inputs({ drop: ["b"] }), ["a"]);
  assertEquals(inputs({ inputs: ["column 1", "b"] }), ["column 1", "b"]);
  assertEquals(inputs({ drop: ["a", "b"] }), ["column 1"], "where there is nothing else");
  assertThrows(() => inputs({ drop: ["c"] }), TableError, 'current value is "c"');
});

Deno.test("prepareTable() refuses columns that float64 cannot tell apart, at any scale", () => {
  const prepared = (cells: string[], column = "id") => {
    const text = `${column},y\n${cells.map((cell, i) => `${cell},${i % 7}`).join("\n")}\n`;
    return prepareTable(parseTable(text, NAME), { targets: ["y"], task: "regression", seed: 1 });
  };
  const count = (start: string, n = 12) =>
    Array.from({ length: n }, (_, i) => String(BigInt(start) + BigInt(i)));
  const wrong: string[][] = [
    count("1451520000000000000"),
    count("-99999999999999999999"),
    count("9007199254740993"),
    count("0", 12).map((cell) => `1000000000.0000000${cell.padStart(2, "0")}`),
    count("0", 12).map((cell) => `12345678901234567890${cell.padStart(2, "0")}e-30`),
  ];
  for (const cells of wrong) {
    const error = assertThrows(() => prepared(cells), TablePrecisionError);
    assertEquals([error.column, typeof error.line], ["id", "number"], error.message);
  }
  const first = assertThrows(() => prepared(wrong[0]), TablePrecisionError);
  assertEquals(
    first.message,
    'Cannot read t.txt: line 3, column "id" must hold numbers that float64 can tell apart, ' +
      'current value is "1451520000000000001", read as the same number as ' +
      '"1451520000000000000" of line 2',
  );
  const right: string[][] = [
    count("1451520000000000000").map((cell) => `${cell}000`.slice(3)), // nothing collides
    Array.from({ length: 12 }, (_, i) => (i / 7).toFixed(30)), // digits of the same float64s
    ["1.0", "1.00", "1", "10e-1", "2", "3", "4", "5", "6", "7", "8", "9"], // one number each
    // far below the column's range
    ["0.12345678901234567890", "0.12345678901234567891", ...count("1", 10)],
    count("1451520000", 12).map((cell) => `${cell}123456789`), // a second apart, in nanoseconds
  ];
  for (const cells of right) prepared(cells);
});

Deno.test("offsets are subtracted exactly, kept, and used again on other tables", () => {
  const starts = ["1451520000000000000", "-98765432109876543210", "1000000000"];
  for (const start of starts) {
    for (const step of ["1", "0.0000001"]) {
      const digits = step === "1" ? 0 : 7;
      const cell = (i: number) => {
        const scaled = BigInt(start) * 10n ** BigInt(digits) + BigInt(i);
        if (digits === 0) return String(scaled);
        const text = String(scaled);
        return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
      };
      const text = (from: number, n: number) =>
        `t,y\n${Array.from({ length: n }, (_, i) => `${cell(from + i)},${i % 7}`).join("\n")}\n`;
      const { encoding, train } = prepareTable(parseTable(text(0, 11), NAME), {
        targets: ["y"],
        task: "regression",
        testFraction: 0,
        offsets: { t: "min" },
        seed: 1,
      });
      assertEquals(train.inputs.length, 11);
      train.inputs.forEach((u, i) => assertAlmostEquals(u, i / 10, 1e-15));
      const kept = JSON.parse(JSON.stringify(encoding));
      const fresh = encodeTable(parseTable(text(5, 10), NAME), kept, { requireTargets: false });
      fresh.inputs.forEach((u, i) => assertAlmostEquals(u, (5 + i) / 10, 1e-15));
    }
  }
  const table = parseTable("t,y\n3e2,1\n301.5,2\n", NAME);
  assertEquals([...numericColumn(table, "t", "3.005e2")], [-0.5, 1]);
  assertThrows(() => numericColumn(table, "t", "x"), RangeError, "offset must be a decimal number");
  const prepare = (offsets: Record<string, string>) =>
    prepareTable(table, { targets: ["y"], task: "regression", testFraction: 0, offsets, seed: 1 });
  assertThrows(() => prepare({ y: "1" }), TableError, 'column "y" must be an input');
  assertThrows(() => prepare({ t: "most" }), RangeError, "offset must be a decimal number or min");
});
