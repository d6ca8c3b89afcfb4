import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  type ColumnRecipe,
  encodeTable,
  parseTable,
  type PrepareOptions,
  prepareTable,
  type Table,
  TableError,
} from "../../lib/data/mod.ts";
import { countGaps, describeRecipe, inputColumns } from "../../lib/data/inner.ts";

const ROWS = 100;

/** A table of columns and a target that counts. */
function tableOf(columns: Record<string, readonly (string | number)[]>, delimiter = ","): Table {
  const names = Object.keys(columns), rows = Object.values(columns)[0].length;
  const quoted = (cell: string | number) =>
    /[",;\n]/.test(String(cell)) ? `"${cell}"` : String(cell);
  const lines = Array.from(
    { length: rows },
    (_, row) => [...names.map((name) => quoted(columns[name][row])), row].join(delimiter),
  );
  return parseTable([[...names, "y"].join(delimiter), ...lines].join("\n"), { name: "t.csv" });
}

function prepared(table: Table, options: Partial<PrepareOptions> = {}) {
  return prepareTable(table, {
    ...{ targets: ["y"], task: "regression", testFraction: 0, seed: 1 },
    ...options,
  });
}

function recipeOf(cells: readonly (string | number)[], options?: Partial<PrepareOptions>) {
  const table = tableOf({ x: cells, other: cells.map((_, i) => (i * 7) % 13) });
  return prepared(table, options).encoding.columns![0];
}

const cells = (make: (row: number) => string | number, rows = ROWS) =>
  Array.from({ length: rows }, (_, row) => make(row));

/** What a column becomes, shortly. */
const shape = ({ kind, features }: ColumnRecipe) => [kind, ...features.map(({ name }) => name)];

Deno.test("columns are recognised by their training rows", () => {
  const cases: [readonly (string | number)[], string[]][] = [
    [cells((i) => i / 3), ["number", "x"]],
    [cells((i) => i % 3), ["number", "x"]],
    [cells((i) => i % 2 ? "yes" : "no"), ["boolean", "x"]],
    [cells((i) => i % 2 ? "True" : "FALSE"), ["boolean", "x"]],
    [cells((i) => i % 2 ? "Male" : "Female"), ["category", "x=Male"]],
    [cells((i) => "abc"[i % 3]), ["category", "x=a", "x=b", "x=c"]],
    [cells((i) => ["low", "high", "medium"][i % 3]), ["ordered", "x"]],
    [cells((i) => ["18-25", "<18", "65+", "26-64"][i % 4]), ["ordered", "x"]],
    [cells((i) => i % 10 ? i : "NA"), ["number", "x", "x missing"]],
    [cells((i) => i === 7 ? "?" : i), ["number", "x"]],
    [cells((i) => i % 10 ? "ab"[i % 2] : ""), ["category", "x=b", "x missing"]],
    [cells((i) => i < 8 ? `odd ${i}` : "abc"[i % 3]), [
      ...["category", "x=a", "x=b", "x=c", "x=(other)"],
    ]],
    [cells((i) => `row ${i}`), ["dropped"]],
    [cells((i) => `word ${i % 60}`), ["dropped"]],
    [cells(() => "same"), ["dropped"]],
    [cells(() => 4), ["dropped"]],
    [cells(() => ""), ["dropped"]],
    [cells((i) => i % 2 ? "yes" : ""), ["category", "x missing"]],
    [cells((i) => `${i % 24}:0${i % 7}`), ["date", "x time of day sin", "x time of day cos"]],
  ];
  for (const [column, expected] of cases) {
    assertEquals(shape(recipeOf(column)), expected, `${column.slice(0, 4)}`);
  }
  const id = cells((i) => 1000 + i);
  const named = prepared(tableOf({ id, a: cells((i) => i % 7) })).encoding;
  assertEquals(named.columns![0].reason, "an identifier: 100 different numbers");
  assertEquals(inputColumns(named), ["a"]);
  assertEquals(inputColumns(prepared(tableOf({ id })).encoding), ["id"], "the only column stays");
});

Deno.test("numbers may have decimal commas and marks between thousands", () => {
  const styles: [string[], ColumnRecipe["style"], number[]][] = [
    [["1,5", "2", "-3,25"], { decimal: "," }, [1.5, 2, -3.25]],
    [["1,234.5", "12", "1,000,000"], { decimal: ".", thousands: "," }, [1234.5, 12, 1e6]],
    [["1.234,5", "12", "1.000.000"], { decimal: ",", thousands: "." }, [1234.5, 12, 1e6]],
    [["1 234,5", "12", "1 000 000"], { decimal: ",", thousands: " " }, [1234.5, 12, 1e6]],
    [["1'234.5", "12", "1'000'000"], { decimal: ".", thousands: "'" }, [1234.5, 12, 1e6]],
    [["1,234", "2,345", "999"], { decimal: ".", thousands: "," }, [1234, 2345, 999]],
  ];
  for (const [texts, style, values] of styles) {
    const table = tableOf({ x: cells((i) => texts[i % 3]) });
    const { encoding, train } = prepared(table);
    assertEquals(encoding.columns![0].style, style, texts[0]);
    const { minimum, maximum } = encoding.inputs[0];
    values.forEach((value, i) =>
      assertAlmostEquals(minimum + train.inputs[i] * (maximum - minimum), value, 1e-9 * maximum)
    );
  }
  const german = "x;y\n" + cells((i) => `1,${100 + i};${i},5`).join("\n");
  const { encoding } = prepared(parseTable(german, { name: "g.csv" }));
  assertEquals(encoding.inputs[0].maximum, 1.199, "semicolons: a comma is for decimals");
  assert(encoding.task === "regression");
  assertEquals([encoding.targets[0].minimum, encoding.targets[0].maximum], [0.5, 99.5]);
});

Deno.test("dates become elapsed days, season and weekday, in any order", () => {
  const day = (i: number) => new Date(Date.UTC(2022, 0, 1 + 7 * i + i % 5)).toISOString();
  const iso = recipeOf(cells((i) => day(i).slice(0, 10)));
  assertEquals(shape(iso).slice(0, 5), [
    ...["date", "x (days)", "x season sin", "x season cos", "x weekday=Mon"],
  ]);
  const written = (order: (parts: string[]) => string) =>
    recipeOf(cells((i) => order(day(i).slice(0, 10).split("-")))).features[0].imputed;
  const { imputed } = iso.features[0];
  assertEquals(written(([y, m, d]) => `${d}.${m}.${y}`), imputed);
  assertEquals(written(([y, m, d]) => `${m}/${d}/${y}`), imputed);
  const timed = recipeOf(cells((i) => `${day(i).slice(0, 10)} ${10 + i % 12}:30`));
  assert(shape(timed).includes("x time of day sin"));
  const zoned = recipeOf(cells((i) => `${day(i).slice(0, 10)}T02:00:00+02:00`));
  assertEquals(zoned.features[0].imputed, imputed);
  assertEquals(shape(recipeOf(cells((i) => `2024-02-${10 + i % 20}`))).slice(0, 1), ["date"]);
  assertEquals(recipeOf(cells((i) => `2023-02-${10 + i % 21}`)).kind, "category", "no such day");
});

Deno.test("missing cells and unseen levels are imputed, with an effect of their own", () => {
  const table = tableOf({
    age: cells((i) => i % 10 ? i : "NA"),
    kind: cells((i) => "abca"[i % 4]),
  });
  const { encoding, train, features } = prepared(table);
  assertEquals(features, [
    { name: "age", column: "age", kind: "number" },
    { name: "age missing", column: "age", kind: "missing" },
    ...["a", "b", "c"].map((level) => ({
      ...{ name: `kind=${level}`, column: "kind", kind: "level" as const },
    })),
  ]);
  const present = cells((i) => i).filter((i) => Number(i) % 10).map(Number);
  const median = (present[44] + present[45]) / 2;
  assertAlmostEquals(train.inputs[0], (median - 1) / 98, 1e-12);
  assertEquals(train.inputs[1], 1);
  const fresh = parseTable("kind,age\nz,5\n,\nb,50\n", { name: "f.csv" });
  const { inputs, nIn } = encodeTable(fresh, encoding, { requireTargets: false });
  assertEquals(nIn, 5);
  const shares = [0.5, 0.25, 0.25];
  assertEquals([...inputs.subarray(2, 5)], shares, "an unseen level is the mean of all");
  assertEquals([...inputs.subarray(6, 10)], [1, ...shares]);
  assertEquals([...inputs.subarray(12, 15)], [0, 1, 0]);
  assertEquals(countGaps(fresh, encoding), {
    age: { missing: 1 },
    kind: { missing: 1, unseen: { rows: 1, example: "z" } },
  });
});

Deno.test("cells that are no numbers or dates count as missing, in training and after", () => {
  const table = tableOf({
    size: cells((i) => i === 7 ? "rotary" : i === 9 ? "Inf" : i % 13),
    day: cells((i) => i === 3 ? "soon" : `2024-01-${String(1 + i % 28).padStart(2, "0")}`),
  });
  const { encoding } = prepared(table);
  assertEquals(encoding.columns?.map(({ kind, missing }) => [kind, missing]).slice(0, 2), [
    ["number", 2],
    ["date", 1],
  ]);
  assertEquals(countGaps(table, encoding), {
    size: { missing: 0, unread: { rows: 2, example: "rotary" } },
    day: { missing: 0, unread: { rows: 1, example: "soon" } },
  });
  const fresh = parseTable('day,size\nnever,12 kg\n2024-01-02,"2,5"\n,NaN\n', { name: "f.csv" });
  const gaps = countGaps(fresh, encoding);
  assertEquals(gaps.size, {
    missing: 1,
    unread: { rows: 1, example: "12 kg" },
    respelt: { rows: 1, example: "2,5", value: 2.5 },
  });
  assertEquals(gaps.day, { missing: 1, unread: { rows: 1, example: "never" } });
  const none = parseTable("day,size\n,\n2024-01-02,2.5\n", { name: "g.csv" });
  const read = (each: typeof table) => [
    ...encodeTable(each, encoding, { requireTargets: false }).inputs.subarray(0, 4),
  ];
  assertEquals(read(fresh), read(none), "as cells that are missing");
  const strict = assertThrows(() => prepared(table, { missing: "error" }), TableError);
  assertStringIncludes(strict.message, 'column "size" must be a number, current value is "rotary"');
});

Deno.test("a column with a decimal comma may have slips too", () => {
  const comma = cells((i) => i === 5 ? "n.v." : `${i % 17},5`);
  assertEquals(recipeOf(comma).style, { decimal: "," });
  assertEquals(recipeOf(comma).missing, 1);
});

Deno.test("rows without a target are left out, of classes too", () => {
  const text = "x,y,kind\n" +
    cells((i) => `${i},${i % 9 ? i : "NA"},${i % 11 ? "ab"[i % 2] : ""}`).join("\n");
  const table = parseTable(text, { name: "t.csv" });
  const numbers = prepared(table, { testFraction: 0.25, inputs: ["x"] });
  assertEquals([numbers.leftOut, numbers.train.rows + numbers.test!.rows], [12, 88]);
  for (const part of [numbers.split.train, numbers.split.test]) {
    assert(part.every((row) => row % 9 !== 0), "rows of the table as it is");
  }
  const classes = prepared(table, { targets: ["kind"], task: "classification", inputs: ["x"] });
  assertEquals([classes.leftOut, classes.train.rows], [10, 90]);
  assert(classes.encoding.task === "classification");
  assertEquals(classes.encoding.labels, ["a", "b"]);
  const error = assertThrows(
    () => prepared(table, { inputs: ["x"], missing: "error" }),
    TableError,
  );
  assertStringIncludes(error.message, 'line 2, column "y" must be a number');
});

Deno.test("types may be asked for; what does not fit is refused", () => {
  const numbers = cells((i) => i % 4);
  assertEquals(shape(recipeOf(numbers, { types: { x: "category" } })).length, 5);
  assertEquals(shape(recipeOf(numbers, { types: { x: "ordered" } })), ["ordered", "x"]);
  assertEquals(shape(recipeOf(numbers, { types: { x: "text" } })), ["dropped"]);
  const sizes = cells((i) => ["s9", "m1", "l4"][i % 3]);
  const order = recipeOf(sizes, { types: { x: "ordered:s9:m1:l4" } });
  assertEquals([order.levels, order.features[0].imputed], [["s9", "m1", "l4"], 1]);
  const refused: [string, string][] = [
    ["nubmer", "have one of the types number, boolean, category, ordered, date, text, current"],
    ["number", 'line 2, column "x" must be a number, current value is "s9"'],
    ["date", 'column "x" must hold dates such as 2024-05-31'],
    ["boolean", 'column "x" must hold two values'],
    ["ordered", 'column "x" must hold levels of a known order'],
    ["ordered:s9:m1", 'column "x" must hold only the levels s9, m1'],
  ];
  for (const [type, message] of refused) {
    const error = assertThrows(() => recipeOf(sizes, { types: { x: type } }), TableError);
    assertStringIncludes(error.message, message);
  }
  const text = cells((i) => `row ${i}`);
  const named = assertThrows(() => recipeOf(text, { inputs: ["x"] }), TableError);
  assertStringIncludes(named.message, "must hold numbers, dates or categories to be an input");
});

Deno.test("recipes are plain data and say what they are", () => {
  const recipe = recipeOf(cells((i) => i % 10 ? "abc"[i % 3] : ""));
  assertEquals(JSON.parse(JSON.stringify(recipe)), recipe);
  assertEquals(describeRecipe(recipe), "a, b, c; 10 missing, imputed and an effect of their own");
  const many = recipeOf(cells((i) => `k${i % 40}`, 1000));
  assertEquals([many.levels?.length, many.rare?.length, many.features.length], [30, 10, 31]);
  assertStringIncludes(describeRecipe(many), "... (30); 10 rare levels together");
});

Deno.test("names of features are unlike those of columns", () => {
  const age = cells((i) => i % 10 ? i : "NA");
  const { encoding } = prepared(tableOf({ age, "age missing": cells((i) => i % 7) }));
  assertEquals(encoding.inputs.map(({ name }) => name), ["age", "age missing_", "age missing"]);
});

Deno.test("a table of plain numbers has the scales and rows that it had", () => {
  const table = tableOf({ a: cells((i) => (i * 37) % 101), b: cells((i) => (i * 53) % 89) });
  const { encoding, train } = prepared(table);
  assertEquals(encoding.inputs, [
    { name: "a", minimum: 0, maximum: 100 },
    { name: "b", minimum: 0, maximum: 88 },
  ]);
  const { columns: _, ...old } = encoding; // as files had it
  assertEquals(encodeTable(table, old, { requireTargets: true }).inputs, train.inputs);
  const gap = parseTable("a,b\n,4\n", { name: "g.csv" });
  assertEquals(encodeTable(gap, old, { requireTargets: false }).inputs[0], 0.5, "the middle");
});
