import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  appendColumns,
  createTable,
  formatTable,
  numericColumn,
  parseTable,
  type Table,
  TableError,
  textColumn,
} from "../../lib/data/mod.ts";
import fc from "fast-check";

function read(text: string): Table {
  return parseTable(text, { name: "d.csv" });
}

/** Checks the whole message and the place of a TableError. */
function assertTableError(
  run: () => unknown,
  message: string,
  line: number | undefined,
  column?: string,
): void {
  const error = assertThrows(run, TableError);
  assertEquals(error.message, `Cannot read d.csv: ${message}`);
  assertEquals([error.name, error.table, error.line, error.column], [
    "TableError",
    "d.csv",
    line,
    column,
  ]);
}

Deno.test("parseTable() reads columns, rows and lines", () => {
  const table = read("x, y ,kind\n1,2,a\n3,4,b c\n");
  assertEquals(table.columns, ["x", "y", "kind"]);
  assertEquals(table.rows, 2);
  assertEquals(table.cells, [["1", "3"], ["2", "4"], ["a", "b c"]]);
  assertEquals([...table.lines], [2, 3]);
});

Deno.test("parseTable() tells commas, semicolons and tabs apart by the header", () => {
  assertEquals(read("a,b\n1;2,3\n").cells, [["1;2"], ["3"]]);
  assertEquals(read("a;b\n1,2;3\n").cells, [["1,2"], ["3"]]);
  assertEquals(read("a\tb\tc\n\t1\t\n2\t \t3\n").cells, [["", "2"], ["1", ""], ["", "3"]]);
  assertEquals(read('"a,b,c";d\n1;2\n').columns, ["a,b,c", "d"]);
  assertEquals(read("only\n1;2\n").cells, [["1;2"]]);
});

Deno.test("parseTable() understands byte order marks and every line end", () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const table = read(["\ufeffa,b", "1,2", "", "3,4", "", ""].join(end));
    assertEquals(table.columns, ["a", "b"]);
    assertEquals(table.cells, [["1", "3"], ["2", "4"]]);
    assertEquals([...table.lines], [2, 4], JSON.stringify(end));
    assertEquals(table.source.newline, end);
  }
});

Deno.test("parseTable() keeps delimiters, line breaks, quotes and spaces inside quotes", () => {
  const table = read('a,b\r\n"1,\r\n2","say ""x"""\r\n" y ",  z  \r\n');
  assertEquals(table.cells, [["1,\r\n2", " y "], ['say "x"', "z"]]);
  assertEquals([...table.lines], [2, 4]);
});

Deno.test("parseTable() skips blank lines, but not those inside a single column", () => {
  assertEquals(read("\n\na,b\n\n1,2\n  \n3,4\n\n\n").cells[0], ["1", "3"]);
  const single = read("a\n1\n\n3\n\n\n");
  assertEquals(single.cells, [["1", "", "3"]]);
  assertTableError(
    () => numericColumn(single, "a"),
    'line 3, column "a" must be a number, current value is a missing cell',
    3,
    "a",
  );
});

Deno.test("parseTable() refuses what is not a table, with its line", () => {
  const cases: [string, string, number | undefined, string?][] = [
    ["", "line 1 must hold the column names, current value is an empty table", 1],
    ["\n \n", "line 1 must hold the column names, current value is an empty table", 1],
    [
      "1,2.5\n3,4\n",
      'line 1 must hold the column names, current value is numbers: "1, 2.5"; ' +
      "add a first line such as x,y",
      1,
    ],
    [
      "1;2;3;4;5\n",
      'line 1 must hold the column names, current value is numbers: "1, 2, 3, 4, 5"; ' +
      "add a first line such as x1;x2;...;y",
      1,
    ],
    [
      "1\t2\n",
      'line 1 must hold the column names, current value is numbers: "1, 2"; ' +
      "add a first line of names with tabs between",
      1,
    ],
    [
      "7\n8\n",
      'line 1 must hold the column names, current value is a number: "7"; ' +
      "add a first line such as x",
      1,
    ],
    [
      "\n,,\n1,2,3\n",
      "line 2 must hold the column names, current value is 3 empty names",
      2,
    ],
    [
      "a,b, a\n1,2,3\n",
      'line 1, column "a" must have a name of its own, ' +
      "current value is the same name in columns 1 and 3",
      1,
      "a",
    ],
    ["a,b\n1,2\n\n3\n", "line 4 must have 2 cells, as many as the header, current value is 1", 4],
    ["a,b\n1,2,3\n", "line 2 must have 2 cells, as many as the header, current value is 3", 2],
    ["a,b\n", "the table must have rows below the header, current value is 0 rows", undefined],
    ["a,b\n\n\n", "the table must have rows below the header, current value is 0 rows", undefined],
    ['a,b\n"1,2\n3,4\n', 'line 2 must close its quote ("), current value is an open one', 2],
    [
      'a,b\r\n1,2\r\n3,5" x\r\n',
      'line 3 must have quotes (") around whole cells only, those inside a cell doubled, ' +
      "current value is a stray quote",
      3,
    ],
    [
      'a,b\n"1"x,2\n',
      'line 2 must have quotes (") around whole cells only, those inside a cell doubled, ' +
      "current value is a stray quote",
      2,
    ],
    [
      "P\0K",
      "the table must be text in UTF-8, current value is a file with zero bytes; " +
      'save it as UTF-8 ("CSV UTF-8" in a spreadsheet)',
      undefined,
    ],
  ];
  for (const [text, message, line, column] of cases) {
    assertTableError(() => read(text), message, line, column);
  }
});

Deno.test("numericColumn() reads every spelling of a finite number", () => {
  const table = read("x\n1\n-2.5\n+.5\n3.\n1e-3\n6.02E+23\n-0\n");
  assertEquals([...numericColumn(table, "x")], [1, -2.5, 0.5, 3, 1e-3, 6.02e23, -0]);
});

Deno.test("numericColumn() gives a new array each time, with and without an offset", () => {
  const table = read("x\n12345678901234567\n12345678901234569\n");
  for (const offset of [undefined, "12345678901234567"]) {
    const first = numericColumn(table, "x", offset), before = [...first];
    first.fill(NaN);
    assertEquals([...numericColumn(table, "x", offset)], before);
  }
  assertEquals([...numericColumn(table, "x", "12345678901234567")], [0, 2]);
});

Deno.test("a column is read again where a copy of the table has other cells", () => {
  const table = read("x\n1\n2\n");
  assertEquals([...numericColumn(table, "x")], [1, 2]);
  assertEquals([...numericColumn({ ...table, cells: [["3", "4"]] }, "x")], [3, 4]);
  assertTableError(
    () => numericColumn({ ...table, cells: [["3", "four"]] }, "x"),
    'line 3, column "x" must be a number, current value is "four"',
    3,
    "x",
  );
});

Deno.test("numericColumn() names line, column and text of what is not a number", () => {
  const cases: [string, string][] = [
    ["abc", 'be a number, current value is "abc"'],
    ["", "be a number, current value is a missing cell"],
    ["NA", 'be a number, current value is "NA"'],
    ["0x10", 'be a number, current value is "0x10"'],
    ["1 2", 'be a number, current value is "1 2"'],
    ["1,5", 'be a number, current value is "1,5"; write a decimal point'],
    ["NaN", 'be a finite number, current value is "NaN"'],
    ["-Infinity", 'be a finite number, current value is "-Infinity"'],
    ["inf", 'be a finite number, current value is "inf"'],
    ["1e999", 'be a finite number, current value is "1e999"'],
    ["z".repeat(99), `be a number, current value is "${"z".repeat(37)}..."`],
  ];
  for (const [cell, message] of cases) {
    const table = read(`a;price\n1;2\n"x\ny";3\n3;${cell}\n`);
    assertTableError(
      () => numericColumn(table, "price"),
      `line 5, column "price" must ${message}`,
      5,
      "price",
    );
  }
});

Deno.test("textColumn() lists the columns there are and suggests the nearest", () => {
  const table = read("radius,texture\n1,2\n");
  assertTableError(
    () => textColumn(table, "raduis"),
    'column "raduis" must be one of "radius", "texture", current value is "raduis"; ' +
      'did you mean "radius"?',
    undefined,
    "raduis",
  );
  const far = assertThrows(() => textColumn(table, "weight"), TableError);
  assertEquals(far.message.includes("did you mean"), false);
  const shout = assertThrows(() => numericColumn(table, "TEXTURE"), TableError);
  assertStringIncludes(shout.message, 'did you mean "texture"?');
});

Deno.test("appendColumns() copies delimiter, quotes, line ends and byte order mark", () => {
  const text = '\ufeff"id";x\r\n"a;1"; 1.50\r\n\r\nb;"2"\r\n';
  const table = read(text);
  assertEquals(formatTable(table), text.replace("\r\n\r\n", "\r\n"));
  assertEquals(
    appendColumns(table, [
      { name: "y;z", values: new Float64Array([0.1, -0]) },
      { name: "kind", values: ["plain", 'two "words"\n'] },
    ]),
    '\ufeff"id";x;"y;z";kind\r\n"a;1"; 1.50;0.1;plain\r\nb;"2";-0;"two ""words""\n"\r\n',
  );
});

Deno.test("appendColumns() works where the last line has no end", () => {
  const table = read("x\n1\n\n2");
  assertEquals(appendColumns(table, [{ name: "y", values: [1, 2, 3] }]), "x,y\n1,1\n,2\n2,3\n");
});

Deno.test("appendColumns() refuses names in use and wrong lengths", () => {
  const table = read("x,y\n1,2\n");
  const column = (name: string, length = 1): { name: string; values: number[] } => ({
    name,
    values: Array(length).fill(0),
  });
  assertTableError(
    () => appendColumns(table, [column("y")]),
    'column "y" must have a name of its own, current value is a name already in use',
    undefined,
    "y",
  );
  assertThrows(() => appendColumns(table, [column("z"), column("z")]), TableError);
  assertThrows(() => appendColumns(table, [column("")]), TableError);
  assertTableError(
    () => appendColumns(table, [column("z", 2)]),
    'column "z" must have 1 rows, current value is 2',
    undefined,
    "z",
  );
});

Deno.test("createTable() refuses an empty table", () => {
  assertThrows(() => createTable([], { name: "d.csv" }), TableError);
  assertThrows(() => createTable([{ name: "x", values: [] }], { name: "d.csv" }), TableError);
});

Deno.test("formatTable() and parseTable() round-trip awkward strings", () => {
  const piece = fc.constantFrom(
    ...[
      "a",
      "é",
      "😀",
      " ",
      "\t",
      "\n",
      "\r",
      "\r\n",
      '"',
      '""',
      ",",
      ";",
      "1",
      "-",
      "\ufeff",
      "'",
    ],
  );
  const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(""));
  const columns = fc.integer({ min: 1, max: 4 }).chain((width) =>
    fc.record({
      names: fc.uniqueArray(text.map((name) => `n${name}`), { minLength: width, maxLength: width }),
      rows: fc.array(fc.array(text, { minLength: width, maxLength: width }), {
        minLength: 1,
        maxLength: 5,
      }),
      delimiter: fc.constantFrom(",", ";", "\t") as fc.Arbitrary<"," | ";" | "\t">,
    })
  );
  fc.assert(
    fc.property(columns, ({ names, rows, delimiter }) => {
      const table = createTable(
        names.map((name, c) => ({ name, values: rows.map((row) => row[c]) })),
        { name: "d.csv", delimiter },
      );
      const back = read(formatTable(table));
      assertEquals(back.columns, names);
      assertEquals(back.cells, table.cells);
      assertEquals(back.lines, table.lines);
      assertEquals(formatTable(back), formatTable(table));
    }),
    { seed: 2, numRuns: 500 },
  );
});

Deno.test("appendColumns() prints numbers that read back bitwise", () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1, maxLength: 20 }), (numbers) => {
      const table = createTable([{ name: "i", values: numbers.map((_, i) => i) }], { name: "d" });
      const values = Float64Array.from(numbers);
      const back = numericColumn(read(appendColumns(table, [{ name: "x", values }])), "x");
      assertEquals(new Uint8Array(back.buffer), new Uint8Array(values.buffer));
    }),
    { seed: 3, numRuns: 200 },
  );
});
