import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { run, withFolder } from "../support.ts";

const ROWS = Array.from({ length: 40 }, (_, r) => {
  const x = (r * 0.618) % 1, y = (r * 0.414) % 1;
  return `${x},${y},${2 * x - y + 0.1 * Math.sin(77 * r)},${x > y ? "yes" : "no"}`;
});
const TABLE = `x,y,z,kind\n${ROWS.join("\n")}\n`;

Deno.test("train searches for the model, keeps it, and predict, evaluate and inspect read it", () =>
  withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m`, report = `${folder}/r.html`;
    await Deno.writeTextFile(data, TABLE);
    const flags = ["--data", data, "--target", "z", "--drop", "kind", "--time-limit", "1"];
    const first = await run(
      ...["train", ...flags, "--model-out", model, "--report", report, "--json"],
    );
    assertEquals(first.code, 0, first.err);
    assertStringIncludes(first.err, "searching: ");
    const { tried, heldOut, simplest, scores, status } = JSON.parse(first.out);
    assertEquals(tried[0].name, "linear");
    assert(heldOut.loss > 0 && typeof simplest === "string" && scores.test.r2 > 0.9);
    assertEquals(status, "completed");
    assertStringIncludes(await Deno.readTextFile(report), "linear");
    const bytes = await Deno.readFile(model);
    await run("train", ...flags, "--model-out", model, "--quiet");
    assertEquals(await Deno.readFile(model), bytes, "the same search writes the same bytes");

    await Deno.writeTextFile(`${folder}/far.csv`, "x,y\n900,-900\n0.5,0.5\n");
    const far = await run("predict", "--model", model, "--data", `${folder}/far.csv`);
    const [said] = far.out.split("\n")[1].split(",").slice(-1).map(Number);
    assert(said < 3, `bounded, current value is ${said}`);
    assertStringIncludes(far.err, "within the range of the training targets, widened by a tenth");
    const judged = await run(
      "evaluate",
      "--model",
      model,
      "--data",
      data,
      "--part",
      "test",
      "--json",
    );
    assertEquals(JSON.parse(judged.out).scores, scores.test);
    assertEquals((await run("inspect", "--model", model)).code, 0);
    await exportedSays(folder, model, `${folder}/far.csv`);
    const sure = await run("predict", "--model", model, "--data", data, "--interval", "0.9");
    assertStringIncludes(sure.err, "conformal, from errors of 32 rows (held out in cross-valid");
    const [head, ...lines] = sure.out.trim().split("\n").map((line) => line.split(","));
    assertEquals(head.slice(-3), ["z_prediction", "z_lower", "z_upper"]);
    const held = lines.filter((cells) => {
      const [low, high] = cells.slice(-2).map(Number), z = Number(cells[2]);
      return low <= z && z <= high;
    });
    assert(held.length >= 0.85 * lines.length, `${held.length} of ${lines.length}`);
    const out = ["--out", `${folder}/lut.c`];
    const tables = await run("export", "--model", model, "--to", "lut", ...out);
    assertEquals(tables.code, 2);
    assertStringIncludes(tables.err, "train with --form network");
  }));

/** Checks that a model exported as JavaScript says of a table's rows what predict says. */
async function exportedSays(folder: string, model: string, data: string): Promise<void> {
  const out = `${folder}/program.js`;
  const program = await run("export", "--model", model, "--to", "js", "--out", out);
  assertEquals(program.code, 0, program.err);
  const { predict, columns } = await import(`file://${out}`);
  const { out: text } = await run("predict", "--model", model, "--data", data);
  const [head, ...rows] = text.trim().split("\n").map((line) => line.split(","));
  const places = columns.map((name: string) => head.indexOf(name));
  for (const row of rows) {
    const said = [...predict(places.map((at: number) => Number(row[at])))] as number[];
    said.forEach((y, q) => assertAlmostEquals(y, Number(row[row.length - said.length + q]), 1e-12));
  }
}

Deno.test("searches classify; wrong requests of a search end with 2", () =>
  withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m`;
    await Deno.writeTextFile(data, TABLE);
    const common = ["train", "--data", data, "--target", "kind", "--drop", "z"];
    const classes = [...common, "--loss", "cross-entropy", "--form", "linear", "--quiet"];
    const done = await run(...classes, "--model-out", model);
    assertEquals(done.code, 0, done.err);
    const { out } = await run("predict", "--model", model, "--data", data);
    assertStringIncludes(out, "kind_probability_yes");
    await exportedSays(folder, model, data);
    for (
      const [text, ...flags] of [
        ["--schedule must come with --form network", "--form", "auto", "--schedule", "3"],
        ["--time-limit must come with --form auto", "--form", "network", "--time-limit", "3"],
        ["--interactions must come with --form", "--interactions", "3", "--schedule", "3"],
        ["--form must be one of", "--form", "forest"],
      ]
    ) {
      const { code, err } = await run(...common, ...flags);
      assertEquals(code, 2, err);
      assertStringIncludes(err, text);
    }
  }));

Deno.test("train --folds judges the search itself where no network is asked for", () =>
  withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m`, report = `${folder}/r.html`;
    await Deno.writeTextFile(data, TABLE);
    const flags = ["train", "--data", data, "--form", "linear", "--folds", "4"];
    const numbers = [...flags, "--target", "z", "--drop", "kind"];
    const alone = await run(...numbers);
    assertStringIncludes(alone.err, "4 searches to judge by");
    assertStringIncludes(alone.out, "each model is judged on rows that it has not seen");
    assertStringIncludes(alone.out, "no model was kept");
    const kept = await run(...numbers, "--json", "--model-out", model, "--report", report);
    const { folds, tried, command } = JSON.parse(kept.out);
    assertEquals([folds.count, folds.runs.length, tried.length], [4, 4, 1]);
    assert(folds.pooled.r2 > 0.9 && command.includes("--folds 4"), command);
    assertStringIncludes(await Deno.readTextFile(report), "Rows not seen");

    assertAlmostEquals(
      folds.mean.loss,
      0.25 * sum(folds.runs.map((each: Fold) => each.loss)),
      1e-12,
    );

    const classes = [...flags, "--target", "kind", "--drop", "z", "--loss", "cross-entropy"];
    const costly = await run(...classes, "--cost", "yes=5", "--threads", "1", "--json");
    assertEquals(costly.code, 0, costly.err);
    const { cost } = JSON.parse(costly.out).folds;
    assert(cost !== undefined);
    const wrong = await run(...classes, "--group", "nothing");
    assertEquals(wrong.code, 2, wrong.err);
  }));

Deno.test("commands deal rightly with a model that a search has found, or say what to do", () =>
  withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m`, out = `${folder}/out`;
    await Deno.writeTextFile(data, TABLE);
    const common = ["train", "--data", data, "--quiet", "--model-out", model];
    const numbers = ["--target", "z", "--drop", "kind", "--form", "additive"];
    assertEquals((await run(...common, ...numbers)).code, 0);
    const refused = async (text: string, command: string, ...flags: string[]) => {
      const { code, err } = await run(command, "--model", model, ...flags);
      assertEquals(code, 2, err);
      assertStringIncludes(err, text);
      assertStringIncludes(err, "train --form network trains one");
    };
    const bounded = "a model that a search has found (";
    await refused(bounded, "prune", "--data", data, "--model-out", out);
    for (const command of [["formula", "--data", data], ["certify"]]) {
      const { code, err } = await run(command[0], "--model", model, ...command.slice(1));
      assertEquals(code, 0, err);
    }
    await refused(bounded, "regions", "--line", "0,0:1,1");
    const explained = await run("explain", "--model", model, "--data", data, "--json");
    assertEquals(explained.code, 0, explained.err);
    assertStringIncludes(explained.err, "without the bounds");
    assertStringIncludes((await run("inspect", "--model", model)).out, "z from -");
    const alone = [...common, "--target", "z", "--drop", "kind", "--form", "linear"];
    assertEquals((await run(...alone)).code, 0);
    const relu = await run("convert", "--model", model, "--to", "relu", "--model-out", out);
    assertEquals(relu.code, 0, relu.err);
    await Deno.writeTextFile(`${folder}/far.csv`, "x,y\n900,-900\n0.5,0.5\n");
    const said = async (file: string) => {
      const { out } = await run("predict", "--model", file, "--data", `${folder}/far.csv`);
      return out.trim().split("\n").slice(1).map((line) => Number(line.split(",").at(-1)));
    };
    assertEquals((await said(out))[0], (await said(model))[0]); // the bound

    const classes = ["--target", "kind", "--drop", "z", "--loss", "cross-entropy"];
    assertEquals((await run(...common, ...classes, "--form", "linear")).code, 0);
    const proven = await run("certify", "--model", model, "--json");
    assertEquals(proven.code, 0, proven.err);
    await refused("(1 network)", "prune", "--data", data, "--model-out", out);
  }));

/** What the object of a fold holds. */
interface Fold {
  readonly loss: number;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
