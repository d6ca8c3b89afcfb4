import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  appendColumns,
  encodeTable,
  formatTable,
  numericColumn,
  parseTable,
  type PrepareOptions,
  prepareTable,
  subset,
  type Table,
  TableError,
  unscaleColumns,
} from "../../lib/data/mod.ts";
import {
  encodedOutputs,
  predictionColumns,
  selectPart,
  targetNames,
} from "../../lib/data/inner.ts";

const ROWS = Array.from({ length: 20 }, (_, i) => ({
  a: i,
  b: 10 - 0.5 * i,
  constant: 4,
  w: i % 3,
  y: i * i,
  z: -i,
  kind: ["red", "green", "blue"][i % 3],
}));

function rowsTable(rows: readonly Record<string, unknown>[] = ROWS): Table {
  const names = Object.keys(rows[0]);
  const lines = rows.map((row) => names.map((name) => row[name]).join(","));
  return parseTable([names.join(","), ...lines].join("\n"), { name: "d.csv" });
}

const REGRESSION: PrepareOptions = {
  inputs: ["b", "a", "constant"],
  targets: ["y", "z"],
  weight: "w",
  task: "regression",
  testFraction: 0.25,
  validationFraction: 0.1,
  seed: 1234,
};

const CLASSES: PrepareOptions = {
  inputs: ["a", "b"],
  targets: ["kind"],
  task: "classification",
  testFraction: 0.3,
  seed: 5,
};

Deno.test("prepareTable() scales by the training rows' range and splits as asked", () => {
  const prepared = prepareTable(rowsTable(), REGRESSION);
  const { train, validation, test, split, encoding } = prepared;
  assertEquals([train.rows, validation?.rows, test?.rows], [13, 2, 5]);
  assertEquals([train.nIn, train.nOut], [3, 2]);
  for (const column of [0, 1]) {
    const inputs = train.inputs.filter((_, i) => i % 3 === column);
    const targets = train.targets.filter((_, i) => i % 2 === column);
    assertEquals([Math.min(...inputs), Math.max(...inputs)], [0, 1]);
    assertEquals([Math.min(...targets), Math.max(...targets)], [0, 1]);
  }
  assert(train.inputs.filter((_, i) => i % 3 === 2).every((value) => value === 0.5));
  assertEquals(train.weights, Float64Array.from(split.train, (row) => row % 3));
  assert(encoding.task === "regression");
  const raw = unscaleColumns(test!.targets, encoding.targets);
  split.test.forEach((row, r) => {
    assertAlmostEquals(raw[2 * r], row * row, 1e-12);
    assertAlmostEquals(raw[2 * r + 1], -row, 1e-13);
  });
});

Deno.test("prepareTable() takes all other columns as inputs, and no empty parts", () => {
  const prepared = prepareTable(rowsTable(ROWS.map(({ kind: _, ...row }) => row)), {
    targets: ["y"],
    weight: "w",
    task: "regression",
    testFraction: 0,
    seed: 1,
  });
  assertEquals(prepared.encoding.inputs.map((scale) => scale.name), ["a", "b", "z"]);
  const [, , constant] = prepared.encoding.columns!;
  assertEquals([constant.kind, constant.reason], ["dropped", "always 4"]);
  assertEquals(["validation" in prepared, "test" in prepared], [false, false]);
  assertEquals(prepared.train.rows, 20);
});

Deno.test("prepareTable() encodes classes and splits them by equal shares", () => {
  const { train, test, encoding, split } = prepareTable(rowsTable(), CLASSES);
  assert(encoding.task === "classification");
  assertEquals(encoding.labels, ["blue", "green", "red"]);
  assertEquals([train.rows, test?.rows, train.nOut], [14, 6, 3]);
  split.test.forEach((row, r) => {
    const label = encoding.labels.indexOf(ROWS[row].kind);
    assertEquals(
      [...test!.targets.subarray(3 * r, 3 * r + 3)],
      [0, 1, 2].map((k) => +(k === label)),
    );
  });
  for (let k = 0; k < 3; k++) {
    assertEquals(split.test.filter((row) => row % 3 === k).length, 2);
  }
});

Deno.test("prepareTable() gives an encoding that survives JSON", () => {
  for (const options of [REGRESSION, CLASSES]) {
    const table = rowsTable();
    const { encoding, train, split } = prepareTable(table, options);
    const kept = JSON.parse(JSON.stringify(encoding));
    assertEquals(kept, encoding);
    const all = encodeTable(table, kept, { requireTargets: true });
    assertEquals(all.nOut, encodedOutputs(kept));
    split.train.forEach((row, r) => {
      assertEquals(
        all.inputs.subarray(row * all.nIn, (row + 1) * all.nIn),
        train.inputs.subarray(r * all.nIn, (r + 1) * all.nIn),
      );
    });
    assertEquals(prepareTable(table, options), { ...prepareTable(table, options), encoding });
  }
});

Deno.test("encodeTable() reads inputs by name only, where no targets are required", () => {
  const { encoding } = prepareTable(rowsTable(), REGRESSION);
  const fresh = parseTable("constant;a;note;b\n9;3;x;8.5\n", { name: "fresh.csv" });
  const encoded = encodeTable(fresh, encoding, { requireTargets: false });
  assertEquals(Object.keys(encoded).sort(), ["inputs", "nIn", "rows"]);
  const whole = encodeTable(rowsTable(), encoding, { requireTargets: true });
  assertEquals(encoded.inputs, whole.inputs.slice(9, 12));
  const error = assertThrows(
    () => encodeTable(fresh, encoding, { requireTargets: true }),
    TableError,
  );
  assertStringIncludes(error.message, 'Cannot read fresh.csv: column "y" must be one of');
});

Deno.test("encodeTable() refuses a label that was not trained on", () => {
  const { encoding } = prepareTable(rowsTable(), CLASSES);
  const fresh = parseTable("a,b,kind\n1,2,red\n3,4,pink\n", { name: "fresh.csv" });
  const error = assertThrows(
    () => encodeTable(fresh, encoding, { requireTargets: true }),
    TableError,
  );
  assertEquals(
    error.message,
    'Cannot read fresh.csv: line 3, column "kind" must be one of the labels ' +
      '"blue", "green", "red", current value is "pink"',
  );
});

Deno.test("selectPart() finds the parts of the table trained on", () => {
  for (const options of [REGRESSION, CLASSES]) {
    const table = rowsTable();
    const { encoding, split } = prepareTable(table, options);
    assertEquals(selectPart(table, encoding, "train"), split.train);
    assertEquals(selectPart(table, encoding, "test"), split.test);
    assertEquals([...selectPart(table, encoding, "all")], Array.from(ROWS.keys()));
    const zeros = new Float64Array(20);
    const more = appendColumns(table, [{ name: "prediction", values: zeros }]);
    const respelt = more.replace("19,0.5,4", "19.0,5e-1,4");
    assertNotEquals(respelt, more);
    const copy = parseTable(respelt, { name: "copy.csv" });
    assertEquals(selectPart(copy, encoding, "test"), split.test);
  }
});

Deno.test("selectPart() refuses another table for all parts but all", () => {
  const { encoding } = prepareTable(rowsTable(), CLASSES);
  const shorter = rowsTable(ROWS.slice(1));
  assertEquals(selectPart(shorter, encoding, "all").length, 19);
  const rows = assertThrows(() => selectPart(shorter, encoding, "test"), TableError);
  assertEquals(
    rows.message,
    "Cannot read d.csv: the table must be the one that the model was trained on to have a test " +
      "part, with 20 rows, current value is 19 rows",
  );
  const changes: ((row: typeof ROWS[number], i: number) => typeof ROWS[number])[] = [
    (row, i) => i === 7 ? { ...row, a: 7.000000000000001 } : row,
    (row, i) => i === 7 ? { ...row, kind: "red" } : row,
    (_, i) => ROWS[19 - i],
    (row) => ({ ...row, a: row.b, b: row.a }),
  ];
  for (const change of changes) {
    const changed = rowsTable(ROWS.map(change));
    const error = assertThrows(() => selectPart(changed, encoding, "train"), TableError);
    assertStringIncludes(error.message, `with checksum ${encoding.split.checksum}, current value`);
  }
  const unused = rowsTable(ROWS.map((row) => ({ ...row, y: 0 })));
  assertEquals(selectPart(unused, encoding, "test").length, 6);
  const none = assertThrows(() => selectPart(rowsTable(), encoding, "validation"), TableError);
  assertEquals(
    none.message,
    "Cannot read d.csv: the table must have a validation part, " +
      "current value is none: validationFraction was 0",
  );
});

Deno.test("prepareTable() refuses wrong roles, columns, cells and weights", () => {
  const table = rowsTable();
  const cases: [Table, Partial<PrepareOptions>, string][] = [
    [table, { targets: ["yy"] }, 'column "yy" must be one of "a"'],
    [table, { inputs: ["a", "bb"] }, 'column "bb" must be one of "a", "b", "constant"'],
    [table, { weight: "ww" }, 'column "ww" must be one of'],
    [
      table,
      { inputs: ["a", "y"] },
      'column "y" must be used once, current value is target and input',
    ],
    [table, { inputs: ["a", "a"] }, "current value is input twice"],
    [table, { targets: ["y", "y"] }, "current value is target twice"],
    [table, { weight: "y" }, "current value is target and weight"],
    [table, { inputs: [] }, "the table must have an input column"],
    [
      table,
      { inputs: ["kind"], types: { kind: "number" } },
      'line 2, column "kind" must be a number, current value is "red"',
    ],
    [
      table,
      { targets: ["kind"] },
      'line 2, column "kind" must be a number, current value is "red"',
    ],
    [
      table,
      { targets: ["y"], weight: "z" },
      'line 3, column "z" must be a weight of at least 0, current value is "-1"',
    ],
    [
      rowsTable(ROWS.map((row) => ({ ...row, w: 0 }))),
      {},
      'column "w" must have a weight above 0 in the train rows, current value is 0 in all 13',
    ],
    [
      rowsTable(ROWS.slice(0, 3)),
      {},
      "must have at least 4 rows (1 for the test, 1 for validation, 2 to train on), " +
      "current value is 3",
    ],
    [
      rowsTable(ROWS.slice(0, 4)),
      { testFraction: 0.85 },
      "must have at least 6 rows (3 for the test, 1 for validation, 2 to train on), " +
      "current value is 4",
    ],
    [
      rowsTable(ROWS.map((row, i) => ({ ...row, a: i % 2 ? 1.7e308 : -1.7e308 }))),
      {},
      'column "a" must have a finite range',
    ],
  ];
  for (const [bad, options, message] of cases) {
    const error = assertThrows(() => prepareTable(bad, { ...REGRESSION, ...options }), TableError);
    assertStringIncludes(error.message, message);
    assertStringIncludes(error.message, "Cannot read d.csv: ");
  }
});

Deno.test("prepareTable() refuses arguments out of range", () => {
  const table = rowsTable();
  const cases: [PrepareOptions, string][] = [
    [{ ...REGRESSION, targets: [] }, "targets must be at least one column, current value is 0"],
    [{ ...CLASSES, targets: ["kind", "y"] }, "one column for a classification, current value is 2"],
    [{ ...REGRESSION, testFraction: 1 }, "testFraction must be at least 0 and below 1"],
    [{ ...REGRESSION, validationFraction: -1 }, "validationFraction must be at least 0"],
    [{ ...REGRESSION, seed: 1.5 }, "seed must be an integer"],
  ];
  for (const [options, message] of cases) {
    const error = assertThrows(() => prepareTable(table, options), RangeError);
    assertStringIncludes(error.message, message);
  }
});

Deno.test("predictionColumns() names and unscales predictions", () => {
  const table = rowsTable();
  const { encoding } = prepareTable(table, REGRESSION);
  const { targets } = encodeTable(table, encoding, { requireTargets: true });
  const columns = predictionColumns(encoding, targets);
  assertEquals(columns.map((column) => column.name), ["y_prediction", "z_prediction"]);
  ROWS.forEach((row, r) => assertAlmostEquals(columns[0].values[r] as number, row.y, 1e-12));
  const out = parseTable(appendColumns(table, columns), { name: "out.csv" });
  assertEquals(numericColumn(out, "z_prediction"), columns[1].values as Float64Array);
  assertThrows(() => predictionColumns(encoding, new Float64Array(3)), TypeError);
});

Deno.test("predictionColumns() gives labels, then the probability of each", () => {
  const { encoding } = prepareTable(rowsTable(), CLASSES);
  assertEquals(targetNames(encoding), ["kind"]);
  const columns = predictionColumns(encoding, Float64Array.of(0, 50, 0, 0, 0, 50));
  assertEquals(columns.map((column) => column.name), [
    "kind_prediction",
    "kind_probability_blue",
    "kind_probability_green",
    "kind_probability_red",
  ]);
  assertEquals(columns[0].values, ["green", "red"]);
  assertAlmostEquals(columns[2].values[0] as number, 1, 1e-15);
});

Deno.test("the Wisconsin table splits 569 rows into 427 and 142 and comes back", async () => {
  const file = new URL("../../examples/data/wisconsin_breast_cancer.csv", import.meta.url);
  const text = await Deno.readTextFile(file);
  const table = parseTable(text, { name: "wisconsin_breast_cancer.csv" });
  assertEquals([table.rows, table.columns.length], [569, 31]);
  assertEquals(formatTable(table), text);
  const { train, test, encoding } = prepareTable(table, {
    targets: ["benign"],
    task: "classification",
    testFraction: 0.25,
    seed: 1234,
  });
  assertEquals([train.rows, test?.rows, train.nIn, train.nOut], [427, 142, 30, 1]);
  assertEquals(encoding.task === "classification" && encoding.labels, ["0", "1"]);
  assertEquals(test?.targets.reduce((sum, target) => sum + target, 0), 89);
});

Deno.test("prepareTable() weighs classes by their frequency in the training rows", () => {
  const kinds = ["a", "a", "a", "b", "a", "a", "c", "a", "b", "a", "c", "a", "a", "b", "a", "c"];
  const lines = kinds.map((kind, i) => `${i},${kind},${1 + i % 3}`);
  const table = parseTable(`x,kind,w\n${lines.join("\n")}\n`, { name: "t.csv" });
  for (const weight of [undefined, "w"]) {
    const options = {
      inputs: ["x"],
      targets: ["kind"],
      task: "classification",
      seed: 3,
      testFraction: 0.25,
      ...(weight === undefined ? {} : { weight }),
    } as const;
    const { train, test, encoding } = prepareTable(table, { ...options, classWeights: "balanced" });
    const plain = prepareTable(table, options);
    const sums = [0, 0, 0];
    for (let row = 0; row < train.rows; row++) {
      sums[train.targets.subarray(3 * row, 3 * row + 3).indexOf(1)] += train.weights![row];
    }
    const total = plain.train.weights?.reduce((sum, each) => sum + each) ?? plain.train.rows;
    for (const sum of sums) assertAlmostEquals(sum, total / 3, 1e-12);
    assertEquals(test!.rows, plain.test!.rows);
    // The model file's encoding gives other tables the same weights.
    const kept = JSON.parse(JSON.stringify(encoding));
    assertEquals(
      subset(encodeTable(table, kept, { requireTargets: true }), selectPart(table, kept, "train")),
      train,
    );
  }
  const given = (classWeights: Record<string, number>) =>
    prepareTable(table, {
      inputs: ["x"],
      targets: ["kind"],
      task: "classification",
      seed: 1,
      classWeights,
    });
  const { encoding } = given({ c: 2.5 });
  assertEquals(encoding.task === "classification" && encoding.classWeights, [1, 1, 2.5]);
  assertThrows(() => given({ d: 1 }), RangeError, 'classWeights must name labels ("a", "b", "c")');
  assertThrows(() => given({ a: 0 }), RangeError, "classWeights must be finite and above 0");
});
