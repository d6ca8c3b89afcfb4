import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { parseTable, TableError } from "../../../lib/data/mod.ts";
import { trainRequest } from "../../../cli/commands/train/request.ts";
import { foldData, growingParts, planFolds } from "../../../cli/runs/fold_plan.ts";

/** 40 rows: days of 2024 in an order of their own, four groups, a rare class. */
function lines(time: (day: number) => string): string {
  const rows = Array.from(
    { length: 40 },
    (_, i) =>
      [i / 40, i * i, i % 10 === 0 ? "rare" : "usual", `g${i % 8}`, time(7 * i % 40)].join(","),
  );
  return `x,y,kind,group,time\n${rows.join("\n")}\n`;
}

const requestOf = (...more: [string, string][]) =>
  trainRequest(new Map([["data", "t.csv"], ["target", "y"], ["inputs", "x"], ...more]));

const ALL = Uint32Array.from({ length: 40 }, (_, row) => row);

Deno.test("planFolds() reads times as numbers, dates, and dates with a time and a zone", () => {
  const day = (d: number) => new Date(Date.UTC(2024, 0, 30 + d));
  const styles = [
    (d: number) => `${d}`,
    (d: number) => day(d).toISOString().slice(0, 10),
    (d: number) => day(d).toISOString(),
    (d: number) => `${day(d).toISOString().slice(0, 10)} 23:59`,
    // the zone counts: half of the times are written an hour ahead
    (d: number) =>
      d % 2 === 0
        ? day(d).toISOString()
        : new Date(day(d).getTime() + 3_600_000).toISOString().replace("Z", "+01:00"),
  ];
  const plans = styles.map((style) => {
    const table = parseTable(lines(style), { name: "t.csv" });
    const judging = { folds: 3, order: "time", learningCurve: false };
    return planFolds(requestOf(), table, ALL, judging);
  });
  for (const plan of plans) assertEquals(plan, plans[0]);
  const place = (row: number) => 7 * row % 40;
  assertEquals(plans[0].map(({ test }) => Array.from(test, place).sort((a, b) => a - b)), [
    Array.from({ length: 10 }, (_, i) => 10 + i),
    Array.from({ length: 10 }, (_, i) => 20 + i),
    Array.from({ length: 10 }, (_, i) => 30 + i),
  ]);
  const table = parseTable(lines((d) => d === 3 ? "2024-13-01" : "2024-01-01"), { name: "t.csv" });
  const error = assertThrows(
    () => planFolds(requestOf(), table, ALL, { folds: 2, order: "time", learningCurve: false }),
    TableError,
    'column "time" must be a date such as 2024-05-31',
  );
  assertEquals(error.line, 2 + [...ALL].findIndex((row) => place(row) === 3));
});

Deno.test("planFolds() takes validation rows by whole groups, by classes, or the latest", () => {
  const table = parseTable(lines(String), { name: "t.csv" });
  const fraction: [string, string] = ["validation-fraction", "0.3"];
  const groups = Array.from(ALL, (row) => `g${row % 8}`);
  const grouped = { folds: 2, group: "group", learningCurve: false };
  for (const { train, validation, test } of planFolds(requestOf(fraction), table, ALL, grouped)) {
    assertEquals([train.length, validation!.length, test.length], [10, 10, 20]);
    const sides = [train, validation!, test].map((rows) => new Set(rows.map((row) => row % 8)));
    assertEquals(sides.reduce((sum, { size }) => sum + size, 0), new Set(groups).size);
  }
  const classes = requestOf(fraction, ["target", "kind"], ["loss", "cross-entropy"]);
  for (const fold of planFolds(classes, table, ALL, { folds: 2, learningCurve: false })) {
    for (const rows of [fold.test]) {
      assertEquals(rows.filter((row) => row % 10 === 0).length, 2);
    }
  }
  const timed = { folds: 3, order: "time", learningCurve: false };
  for (const { train, validation, test } of planFolds(requestOf(fraction), table, ALL, timed)) {
    const times = [train, validation!, test].map((rows) => Array.from(rows, (row) => 7 * row % 40));
    assert(Math.max(...times[0]) < Math.min(...times[1]));
    assert(Math.max(...times[1]) < Math.min(...times[2]));
  }
});

Deno.test("growingParts() lays fewer rows into more, and judges all by the same", () => {
  const table = parseTable(lines(String), { name: "t.csv" });
  const request = requestOf(["target", "kind"], ["loss", "cross-entropy"]);
  const judging = { folds: 2, learningCurve: true };
  const test = ALL.slice(0, 5), fold = { train: ALL.slice(5), test };
  const parts = growingParts(request, table, fold, judging);
  assertEquals(parts.map(({ share }) => share), [0.4, 0.7]); // below ten rows there is none
  assertEquals(parts.map(({ train }) => train.length), [14, 25]);
  for (const row of parts[0].train) assert(parts[1].train.includes(row));
  for (const part of parts) {
    assertEquals(part.test, test);
    assert(part.train.some((row) => row % 10 === 0), "the rare class is among few rows, too");
  }
  const latest = growingParts(requestOf(), table, fold, { ...judging, order: "time" });
  const times = (rows: Uint32Array) => Array.from(rows, (row) => 7 * row % 40);
  const left = times(fold.train).filter((time) => !times(latest[0].train).includes(time));
  assert(Math.max(...left) < Math.min(...times(latest[0].train)));
});

Deno.test("foldData() learns scales and labels without the rows held out", async () => {
  const text = lines(String), request = requestOf();
  const fold = { train: ALL.slice(0, 20), validation: ALL.slice(20, 30), test: ALL.slice(30) };
  const { parts, encoding } = await foldData(request, text, fold);
  assertEquals([parts.train.rows, parts.validation?.rows, parts.test?.rows], [20, 10, 10]);
  assert(encoding.kind === "table" && encoding.task === "regression");
  assertEquals(encoding.targets[0].maximum, 19 ** 2);
  assert(Math.max(...parts.test!.targets) > 4, "targets beyond the scale");
  const classes = requestOf(["target", "kind"], ["loss", "cross-entropy"]);
  const rare = {
    train: ALL.filter((row) => row % 10 !== 0),
    test: ALL.filter((r) => r % 10 === 0),
  };
  const known = await foldData(classes, text, rare);
  assert(known.encoding.kind === "table" && known.encoding.task === "classification");
  assertEquals(known.encoding.labels, ["rare", "usual"]);
  assertEquals([...known.parts.test!.targets], [0, 0, 0, 0]);
  const missing = requestOf(["inputs", "nothing"]);
  await assertRejects(() => foldData(missing, text, fold), TableError, '"nothing"');
});

Deno.test("planFolds() and foldData() leave out rows without a target, and read decimal commas", async () => {
  const rows = Array.from(
    ALL,
    (i) =>
      `${i / 40};${i % 8 === 0 ? "" : `${i},5`};${i % 5 === 0 ? "NA" : i % 2 === 0 ? "a" : "b"}`,
  );
  const text = `x;y;kind\n${rows.join("\n")}\n`, table = parseTable(text, { name: "t.csv" });
  const judging = { folds: 2, learningCurve: false };
  const classes = requestOf(["target", "kind"], ["loss", "cross-entropy"]);
  const known = ALL.filter((row) => row % 5 !== 0);
  for (const fold of planFolds(classes, table, known, judging)) {
    const { parts, encoding } = await foldData(classes, text, fold);
    assert(encoding.kind === "table" && encoding.task === "classification");
    assertEquals(encoding.labels, ["a", "b"]);
    assertEquals([parts.train.rows, parts.test?.rows], [16, 16]);
    assertEquals(parts.test!.targets.reduce((a, b) => a + b), 8);
  }
  const numbers = requestOf(), left = ALL.filter((row) => row % 8 !== 0);
  const [fold] = planFolds(numbers, table, left, judging);
  const { parts, encoding } = await foldData(numbers, text, fold);
  assert(encoding.kind === "table" && encoding.task === "regression");
  assertEquals(parts.train.rows + parts.test!.rows, 35);
  assertEquals(encoding.targets[0].maximum, Math.max(...fold.train) + 0.5);
});
