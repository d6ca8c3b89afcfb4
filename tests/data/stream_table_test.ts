import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import {
  appendColumns,
  formatTable,
  numericColumn,
  parseTable,
  streamTable,
  type Table,
  TableError,
} from "../../lib/data/mod.ts";

const NAME = { name: "d.csv" };

/** The bytes of a text in blocks of the given sizes, the last size for all that follow. */
async function* blocks(text: string, ...sizes: number[]): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let from = 0, k = 0; from < bytes.length; k++) {
    const size = sizes[Math.min(k, sizes.length - 1)];
    yield await Promise.resolve(bytes.subarray(from, from + size));
    from += size;
  }
}

async function parts(
  source: AsyncIterable<Uint8Array>,
  rowsPerPart?: number,
): Promise<Table[]> {
  const found: Table[] = [];
  const options = rowsPerPart === undefined ? NAME : { ...NAME, rowsPerPart };
  for await (const part of streamTable(source, options)) found.push(part);
  return found;
}

/** The parts as one table. */
function joined(tables: readonly Table[]): Table {
  const [first] = tables;
  return {
    ...first,
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    cells: first.columns.map((_, c) => tables.flatMap(({ cells }) => cells[c])),
    lines: Int32Array.from(tables.flatMap(({ lines }) => [...lines])),
    source: { ...first.source, records: tables.flatMap(({ source }) => source.records) },
  };
}

/** The message of the error that reading ends with, and that of the whole text at once. */
async function messages(text: string, size: number): Promise<[string, string]> {
  const streamed = await assertRejects(() => parts(blocks(text, size), 3), TableError);
  const whole = assertThrows(() => parseTable(text, NAME), TableError);
  assertEquals(streamed.line, whole.line);
  return [streamed.message, whole.message];
}

const AWKWARD = [
  '\ufeffname;x\r\n"two\r\nlines; ""é😀""";1\r\n\r\n  \r\nplain ; 2\r\n"";3\r\n',
  "\n \na,b\n1,2\n\n3,4\n5,6",
  "a\tb\r\r1\t\r2\té\r",
  "only\r\n1\r\n\r\n\r\n4\r\n\r\n\r\n",
  '"a\n,;",b\n"\r","\r\n"\n1,2\r\n',
];

Deno.test("streamTable() reads the same whatever its blocks are, byte by byte too", async () => {
  for (const text of AWKWARD) {
    const whole = parseTable(text, NAME);
    for (const size of [1, 2, 3, 5, 7, 1000]) {
      assertEquals(joined(await parts(blocks(text, size), 2)), whole, `${size}: ${text}`);
    }
    const length = new TextEncoder().encode(text).length;
    for (let first = 1; first < length; first++) { // every cut: CR | LF, inside é and 😀
      assertEquals(joined(await parts(blocks(text, first, length))), whole, `${first}: ${text}`);
    }
  }
});

Deno.test("streamTable() cuts long tables anywhere: in quotes, CRLF and characters", async () => {
  const cell = fc.constantFrom('"a\r\nb"', '"""\n"', "é😀", "1", '"\r"', '"x;y"', "ü".repeat(50));
  const end = fc.constantFrom("\n", "\r\n", "\r");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell, end), { minLength: 900, maxLength: 1100, size: "max" }),
      fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 700 }),
      async (rows, sizes, rowsPerPart) => {
        const body = rows.map(([a, b, newline]) => `${a};${b}${newline}`).join("").repeat(3);
        const text = `first;second\n${body}`;
        const found = await parts(blocks(text, ...sizes), rowsPerPart);
        assertEquals(joined(found), parseTable(text, NAME));
        assert(found.slice(0, -1).every((part) => part.rows === rowsPerPart));
      },
    ),
    { seed: 5, numRuns: 25 },
  );
});

Deno.test("streamTable() and appendColumns() copy a table part by part", async () => {
  for (const text of AWKWARD.slice(0, 3)) {
    let copy = "", header = true;
    for (const part of await parts(blocks(text, 4), 1)) {
      copy += appendColumns(part, [], { header });
      header = false;
    }
    assertEquals(copy, formatTable(parseTable(text, NAME)));
  }
});

Deno.test("streamTable() names the faults that parseTable() names", async () => {
  const cases = [
    "",
    "\n \n",
    "\ufeff",
    "1,2.5\n3,4\n",
    "\n,,\n1,2,3\n",
    "# a comment\n",
    "# a comment\n\n% more\na b\n1 2\n3\n",
    "# x y\n1 2\n3 4 5\n",
    "a,b, a\n1,2,3\n",
    "a,b\n1,2\n\n3\n",
    "a,b\n",
    "a,b\n\n\n",
    'a,b\n"1,2\n3,4\n',
    'a,b\r\n1,2\r\n3,5" x\r\n',
    'a,b\n"1"x,2\n',
    'a,b\n1,2\n3" ,"4\n5,"6"\n"7,8',
    "P\0K",
    '"a,b\n1,2\n',
  ];
  for (const text of cases) {
    for (const size of [1, 3, 1000]) {
      const [streamed, whole] = await messages(text, size);
      assertEquals(streamed, whole, JSON.stringify(text));
    }
  }
});

Deno.test("streamTable() knows the line of a fault far behind", async () => {
  const row = '0.5,"two\r\nlines"\r\n'; // 60,000 of them: a megabyte, 120,000 lines
  const good = `x,note\r\n${row.repeat(60_000)}`;
  const faults: [string, string, number][] = [
    ["1,2,3\r\n", "must have 2 cells", 120_002],
    ['1,a "word"\r\n', "must have quotes", 120_002],
    ['1,"ok"\r\n2,"open\r\n\r\n', "must close its quote", 120_003],
  ];
  for (const [fault, rule, line] of faults) {
    const [streamed, whole] = await messages(good + fault, 1 << 16);
    assertEquals(streamed, whole);
    assertStringIncludes(streamed, `line ${line} ${rule}`);
  }
  const error = await assertRejects(async () => {
    const source = blocks(`${good}\r\nhalf,"x"\r\n`, 1 << 16);
    for await (const part of streamTable(source, NAME)) numericColumn(part, "x");
  }, TableError);
  assertEquals([error.line, error.column], [120_003, "x"]);
});

Deno.test("streamTable() refuses bytes that are not UTF-8, at the end too", async () => {
  async function* source(...bytes: number[]): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode("a\n1\n");
    yield await Promise.resolve(Uint8Array.from(bytes));
  }
  for (const bytes of [[0xff, 0x0a], [0xc3], [0xf0, 0x9f, 0x98]]) {
    const error = await assertRejects(() => parts(source(...bytes)), TableError);
    assertStringIncludes(
      error.message,
      'must be text in UTF-8, current value is bytes that are not; save it as UTF-8 ("CSV UTF-8" in a ' +
        "spreadsheet)",
    );
  }
  assertEquals((await parts(source(0xc3, 0xa9)))[0].cells, [["1", "é"]]);
});

Deno.test("streamTable() reads no further than it must", async () => {
  let read = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode("x,y\n");
    const block = new TextEncoder().encode("0.125,0.25\n".repeat(1000));
    for (;; read += block.length) yield await Promise.resolve(block);
  }
  const sizes: number[] = [];
  for await (const part of streamTable(endless(), { ...NAME, rowsPerPart: 500 })) {
    sizes.push(part.rows);
    const given = sizes.length * 500 * 11; // bytes
    assert(read - given < 3 * (1 << 16), `${read} bytes read, ${given} given`);
    if (sizes.length === 400) break;
  }
  assert(sizes.every((rows) => rows === 500));
});

Deno.test("streamTable() gives up on a record without an end", async () => {
  async function* endless(begin: string): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode(begin);
    const block = new TextEncoder().encode("0.125,0.25 ".repeat(6000));
    for (;;) yield await Promise.resolve(block);
  }
  const open = await assertRejects(() => parts(endless('x,y\n1,2\n3,"4\n')), TableError);
  assertStringIncludes(open.message, 'line 3 must close its quote (")');
  const long = await assertRejects(() => parts(endless("x,y\n1,2\n3,4\n5,")), TableError);
  assertStringIncludes(long.message, "line 4 must have rows of at most 4194304 characters");
});

Deno.test("streamTable() refuses parts without rows", async () => {
  for (const rowsPerPart of [0, 1.5, NaN]) {
    await assertRejects(() => parts(blocks("x\n1\n", 9), rowsPerPart), RangeError);
  }
});
