import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { parseTable, TableError } from "../../lib/data/mod.ts";
import {
  INVARIANTS,
  readKnotTable,
  standInKnots,
} from "../../lib/reproduce/experiments/_knot_table.ts";
import { findExperiment, runExperiment } from "../../lib/reproduce/mod.ts";

/** The stand-in as the public table is written. */
function tableText(rows: number, seed: number): string {
  const { inputs, labels, least } = standInKnots(rows, seed);
  return [
    ["", ...INVARIANTS, "signature"].join(","),
    ...inputs.map((row, r) => [r, ...row, 2 * labels[r] + least].join(",")),
  ].join("\n") + "\n";
}

Deno.test("readKnotTable() reads the public table's columns", () => {
  const rows = standInKnots(50, 1),
    read = readKnotTable(parseTable(tableText(50, 1), { name: "k.csv" }));
  assertEquals(read.inputs, rows.inputs);
  const shift = (read.least - rows.least) / 2;
  assertEquals(read.labels, rows.labels.map((label) => label - shift));
  assertEquals(Math.max(...read.labels), read.classes - 1);
});

Deno.test("readKnotTable() says what is missing, and which signature is wrong", () => {
  const text = tableText(5, 1);
  const read = (changed: string) => () => readKnotTable(parseTable(changed, { name: "k.csv" }));
  assertThrows(read(text.replace("cusp_volume", "x")), TableError, "columns without cusp_volume");
  const lines = text.trim().split("\n");
  lines[3] = lines[3].replace(/,[^,]*$/, ",3");
  assertThrows(
    read(lines.join("\n")),
    TableError,
    'line 4, column "signature" must be an even',
  );
  lines[3] = lines[3].replace(/,[^,]*$/, ",x");
  assertThrows(read(lines.join("\n")), TableError);
});

Deno.test("standInKnots() knows the accuracy of the best rule", () => {
  // the rule by the slope itself: round to the nearest class
  const { inputs, labels, bayes } = standInKnots(20_000, 3);
  let right = 0;
  inputs.forEach((row, r) => {
    const [lambda, real, imaginary] = row.slice(5, 8);
    const slope = lambda * real / (real * real + imaginary * imaginary);
    right += +(Math.min(13, Math.max(0, Math.round(slope / 4) + 7)) === labels[r]);
  });
  assertAlmostEquals(right / labels.length, bayes!, 0.01); // 3 standard errors of 20,000 rows
});

Deno.test("knot-theory and digits take tables", async () => {
  for (
    const [name, text, parts] of [
      ["knot-theory", tableText(300, 1), /^paper$/],
      ["digits", tableText(300, 1).replace(",signature", ",label"), /^(kan|mlp)$/],
    ] as const
  ) {
    const experiment = findExperiment(name)!, table = parseTable(text, { name: "t.csv" });
    const options = { quick: true, table }, values = new Map<string, unknown>();
    for await (const { id, value } of runExperiment(experiment, options, (id) => parts.test(id))) {
      values.set(id, value);
    }
    const { tables, claims } = experiment.conclude(values, options);
    assert(tables[0].rows.length > 0);
    assert(claims.some(({ holds }) => holds !== undefined));
  }
});
