import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { withAllRows } from "../../../cli/commands/train/all_rows.ts";
import {
  encodeTable,
  parseTable,
  type PrepareOptions,
  prepareTable,
  type TableEncoding,
} from "../../../lib/data/mod.ts";
import { measureRows, sampleTable, selectRows, tableParts } from "../../../lib/data/inner.ts";
import { createRandom, ensembleOutputs } from "../../../lib/model/mod.ts";
import { type RowSource, searchModel, type SearchOptions } from "../../../lib/search/mod.ts";

const ROWS = 40_000;

function text(of: (x: number, y: number, noise: number) => number): string {
  const random = createRandom(3, "all rows");
  let lines = "x,y,kind,z\n";
  for (let r = 0; r < ROWS; r++) {
    const x = random.uniform(), y = random.normal(), kind = "abc"[random.integer(3)];
    const z = of(x, y, random.normal()) + (kind === "a" ? 1 : 0);
    lines += `${x.toFixed(5)},${r % 100 === 7 ? "NA" : y.toFixed(4)},${kind},${z}\n`;
  }
  return lines;
}

/** A search whose rows are read in parts, and one that has all of them at hand. */
async function searchTwice(csv: string, prepare: PrepareOptions, options: SearchOptions) {
  const name = "long.csv", bytes = new TextEncoder().encode(csv);
  const stream = () => new Blob([bytes]).stream();
  const { table } = await sampleTable(stream(), { name, bytes: 200_000, seed: 1 });
  const { train, test, encoding, split } = prepareTable(table, prepare);
  assert(table.rows < ROWS / 4 && test !== undefined);
  const long = { blocks: 1, parts: () => tableParts(stream(), { name, bytes: 100_000 }) };
  const data = await withAllRows({ parts: { train, test }, encoding, split }, table, long);
  const { parts, allRows } = data, wide = data.encoding as TableEncoding;

  const kept = new Set(Array.from(split.test, (row) => table.lines[row]));
  const whole = parseTable(csv, { name });
  const trained = Uint32Array.from(whole.lines.keys()).filter((r) => !kept.has(whole.lines[r]));
  const atHand = encodeTable(selectRows(whole, trained), wide, { requireTargets: true });
  assertEquals(allRows?.rows, atHand.rows);
  const sources: RowSource[] = [
    allRows!.of(wide),
    { rows: atHand.rows, parts: () => [atHand] },
  ];
  const found = [];
  for (const source of sources) {
    found.push(await searchModel(parts.train, { ...options, allRows: source }));
  }
  return { found, parts, wide, whole };
}

Deno.test("all rows of a file are fitted, part by part, as if they were at hand", async () => {
  const { found, parts, wide, whole } = await searchTwice(
    text((x, y, noise) => Math.sin(6 * x) + 0.5 * y + 0.3 * x * y + 0.2 * noise),
    { targets: ["z"], task: "regression", seed: 1 },
    { task: "regression", form: "additive", interactions: 2 },
  );
  const [a, b] = found.map(({ networks }) => ensembleOutputs(networks, parts.test!.inputs));
  a.forEach((y, i) => assertAlmostEquals(y, b[i], 1e-9));
  const { rows } = found[0].tried.find(({ weight }) => weight > 0)!;
  assertEquals(rows, ROWS - parts.test!.rows);
  const x = whole.cells[0].map(Number);
  const { minimum, maximum } = wide.inputs[0];
  assertAlmostEquals(minimum, Math.min(...x), 1e-4);
  assertAlmostEquals(maximum, Math.max(...x), 1e-4);
});

Deno.test("classes are fitted to all rows with a pass for each step", async () => {
  const csv = text((x, y, noise) => Number(x + 0.3 * y + 0.2 * noise > 0.5))
    .replaceAll(/,(\d)\n/g, (_, label) => `,${["no", "yes", "yes"][Number(label)]}\n`);
  const { found, parts } = await searchTwice(
    csv,
    { targets: ["z"], task: "classification", seed: 1 },
    { task: "classification", form: "additive" },
  );
  const [a, b] = found.map(({ networks }) => ensembleOutputs(networks, parts.test!.inputs));
  a.forEach((y, i) => assertAlmostEquals(y, b[i], 1e-8));
});

Deno.test("rows of classes that a sample does not have are counted and left out", async () => {
  const csv = "x,kind\n" + "1,a\n2,b\n3,a\n4,b\n".repeat(10), name = "k.csv";
  const { encoding } = prepareTable(parseTable(csv, { name }), {
    ...{ targets: ["kind"], task: "classification", seed: 1, testFraction: 0 },
  });
  const read = () => tableParts(new Blob([csv + "9,seldom\n8,\n7,b\n"]).stream(), { name });
  const { rows, unknown, inputs } = await measureRows(read(), encoding, new Set([2, 3]));
  assertEquals([rows, unknown, inputs], [39, 1, [[1, 7]]]);
});
