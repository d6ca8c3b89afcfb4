import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { parseTable } from "../../../lib/data/mod.ts";
import { createNetwork, encodeModel } from "../../../lib/model/mod.ts";
import { readTrainedModel } from "../../../cli/models/metadata.ts";
import { classTable, listing, run, smallTable, trainNetwork, withFolder } from "../support.ts";

/** A table `a,b,noise,y` with `y = 30 (a + b^2) + 100`. */
function noisyTable(rows = 200): string {
  const lines = ["a,noise,b,y"];
  for (let r = 0; r < rows; r++) {
    const a = (r * 7) % 13 / 13, b = (r * 5) % 11 / 11, noise = (r * 3) % 17;
    lines.push(`${a},${noise},${b},${30 * (a + b * b) + 100}`);
  }
  return `${lines.join("\n")}\n`;
}

async function trained(folder: string, table: string, ...flags: string[]): Promise<string[]> {
  const { data, model } = await trainNetwork(folder, table, ...flags);
  return ["--model", model, "--data", data];
}

Deno.test("explain speaks in the units and names of the table", async () => {
  await withFolder(async (folder) => {
    const given = await trained(folder, noisyTable(), "--target", "y");
    const files = ["svg", "report", "csv"].map((kind) => `${folder}/e.${kind}`);
    const { code, out } = await run(
      ...["explain", ...given, "--row", "3", "--json", "--quiet"],
      ...["--svg", files[0], "--report", files[1], "--csv", files[2]],
    );
    assertEquals(code, 0);
    const { inputs, outputs: [y], rows } = JSON.parse(out);
    assertEquals([inputs, y.name, rows], [["a", "noise", "b"], "y", 200]);
    const [a, noise, b] = y.inputs;
    assertAlmostEquals(a.slope, 30, 0.5);
    assertAlmostEquals(a.total + b.total, 1, 0.15);
    assert(noise.total < 1e-3);
    const { x, value } = y.effects[0];
    assertAlmostEquals((value.at(-1) - value[0]) / (x.at(-1) - x[0]), 30, 0.5);
    const { row, mean, prediction, inputs: steps } = y.row;
    assertEquals(row, 3);
    const sum = steps.reduce((sum: number, step: { value: number }) => sum + step.value, mean);
    assertAlmostEquals(sum, prediction, 1e-9);
    assertAlmostEquals(prediction, 30 * (14 / 13 - 1 + (10 / 11) ** 2) + 100, 0.5);

    const [svg, report, csv] = files.map((file) => Deno.readTextFileSync(file));
    assert(svg.startsWith("<svg xmlns") && svg.includes(">noise</text>"));
    for (const text of ["Effect of a on y", "One row", "noise"]) assertStringIncludes(report, text);
    const table = parseTable(csv, { name: "csv" });
    assertEquals(table.columns.slice(0, 4), ["output", "part", "input", "other"]);
    const lines = csv.split("\n").filter((line) => line.startsWith("y,effect,a,"));
    assertEquals(lines.length, x.length);

    const text = (await run("explain", ...given, "--quiet")).out;
    for (const part of ["of the variance", "row 1: ", "200 rows"]) assertStringIncludes(text, part);
    assertEquals(text, (await run("explain", ...given, "--quiet")).out);
  });
});

Deno.test("explain of classes, of one output, of several networks, of a gallery problem", async () => {
  await withFolder(async (folder) => {
    const flags = ["--target", "kind", "--loss", "cross-entropy", "--schedule", "3"];
    const given = await trained(folder, classTable(), ...flags);
    const all = JSON.parse((await run("explain", ...given, "--json")).out);
    assertEquals(all.outputs.map(({ name }: { name: string }) => name), ["high", "low", "middle"]);
    const low = await run("explain", ...given, "--output", "low");
    assertStringIncludes(low.out, "logit of low: mean prediction");
    assertEquals(low.out.includes("logit of high"), false);

    const both = await trained(
      ...[folder, smallTable(), "--target", "y", "--schedule", "2"] as const,
      ...["--seeds", "1,2", "--keep", "mean"],
    );
    const mean = JSON.parse((await run("explain", ...both, "--json")).out);
    assertEquals([mean.outputs[0].name, mean.scores], ["y", undefined]);
    const drawing = await run("explain", ...both, "--svg", `${folder}/no.svg`);
    assertEquals(drawing.code, 2);
    assertStringIncludes(drawing.err, "--svg must come with a model of one network");
    assertStringIncludes((await run("prune", ...both)).err, "must be one network");

    const model = `${folder}/g`, problem = ["--problem", "nonsmooth", "--rows", "60"];
    await run("train", ...problem, "--schedule", "1", "--model-out", model, "--quiet");
    const gallery = JSON.parse((await run("explain", "--model", model, "--json")).out);
    assertEquals([gallery.inputs, gallery.rows], [["x", "y"], 60]);
  });
});

Deno.test("prune writes a network that needs fewer columns", async () => {
  await withFolder(async (folder) => {
    const given = await trained(folder, noisyTable(), "--target", "y"), small = `${folder}/s`;
    const { code, out, err } = await run("prune", ...given, "--model-out", small, "--json");
    assertEquals(code, 0, err);
    const found = JSON.parse(out);
    assertEquals([found.inputs, found.removedInputs], [["a", "b"], ["noise"]]);
    assert(found.parameters.after < found.parameters.before);
    assert(found.judged.after <= 1.01 * found.judged.before + 1e-7);
    assertStringIncludes(err, "loss");
    const part = ["--data", `${folder}/t.csv`, "--part", "test", "--json"];
    const evaluated = JSON.parse((await run("evaluate", "--model", small, ...part)).out);
    assertEquals(evaluated.loss, found.after.loss.test); // the same rows are found again
    await Deno.writeTextFile(`${folder}/new.csv`, "b,a\n0.5,0.25\n");
    const predicted = await run("predict", "--model", small, "--data", `${folder}/new.csv`);
    assertAlmostEquals(Number(predicted.out.split("\n")[1].split(",")[2]), 115, 0.5);
    const { metadata } = await readTrainedModel(small);
    const { options, command } = metadata;
    assertEquals([options.inputs, options.prunedFrom], [["a", "b"], [3, 5, 1]]);
    assertStringIncludes(command, "freeknot prune");

    const one = await run("prune", ...given, "--keep-inputs", "1", "--quiet");
    assertStringIncludes(one.out, "[3, 5, 1] -> [1, 5, 1]");
    assertEquals(one.err, "");
    const nodes = await run("prune", ...given, "--keep-nodes", "2", "--quiet", "--json");
    assertEquals(JSON.parse(nodes.out).widths.after, [3, 2, 1]);
  });
});

Deno.test("prune takes away edges, and all commands take a network with a mask", async () => {
  await withFolder(async (folder) => {
    const flags = ["--target", "y", "--first-layer", "spline", "--widths", "3,2,1"];
    const given = await trained(folder, noisyTable(), ...flags), small = `${folder}/s`;
    const kept = ["--keep-edges", "4", "--model-out", small];
    const { code, out, err } = await run("prune", ...given, ...kept, "--json", "--quiet");
    assertEquals(code, 0, err);
    const found = JSON.parse(out);
    assertEquals(found.edges, { before: 8, after: 4 });
    assertStringIncludes(found.command, "--keep-edges 4");
    assert(
      found.steps.some(({ removed }: { removed: string[] }) =>
        removed.some((name) => /^the edge from .+ to .+$/.test(name))
      ),
    );
    const { network } = await readTrainedModel(small);
    assertEquals([network.config.edges ?? null, network.config.widths], [
      found.masks,
      found.widths.after,
    ]);
    const model = ["--model", small], data = ["--data", `${folder}/t.csv`];
    for (
      const command of [
        ["evaluate", ...model, ...data, "--part", "test"],
        ["predict", ...model, ...data],
        ["explain", ...model, ...data, "--svg", `${folder}/e.svg`],
        ["inspect", ...model],
        ["prune", ...model, ...data, "--tolerance", "0"],
      ]
    ) {
      const done = await run(...command, "--quiet");
      assertEquals(done.code, 0, `${command[0]}: ${done.err}`);
      if (command[0] === "inspect" && network.config.edges) {
        assertStringIncludes(done.out, "edges of the spline layers");
      }
    }
    const bad = await run("prune", ...given, "--keep-edges", "9");
    assertEquals(bad.code, 2);
    assertStringIncludes(bad.err, "--keep-edges must be from 1, an edge to every output, to the 8");
  });
});

Deno.test("explain and prune refuse what is wrong, in one line, and write nothing", async () => {
  await withFolder(async (folder) => {
    const given = await trained(folder, noisyTable(), "--target", "y", "--schedule", "1");
    const [, model, , data] = given;
    await Deno.writeTextFile(`${folder}/less.csv`, "a,b,y\n1,2,3\n");
    await Deno.writeFile(`${folder}/alone`, encodeModel(createNetwork({ widths: [3, 2, 1] })));
    await Deno.writeTextFile(`${folder}/broken`, "not a network");
    await Deno.writeTextFile(`${folder}/formula`, '{ "formula": "a + b^2" }');
    const before = listing(folder);
    const out = ["--report", `${folder}/r.html`, "--csv", `${folder}/r.csv`];
    const smaller = ["--model-out", `${folder}/small`];
    const less = `${folder}/less.csv`;
    const cases: [string, string[]][] = [
      ['a column "noise"', ["explain", "--model", model, "--data", less, ...out]],
      ["--data must be a table", ["explain", "--model", model, ...out]],
      ["--output must be one of", ["explain", ...given, "--output", "z", ...out]],
      ["--row must be an integer from 1 to 200", ["explain", ...given, "--row", "201", ...out]],
      ["--row must be", ["explain", ...given, "--row", "0", ...out]],
      ["--points must be", ["explain", ...given, "--points", "1", ...out]],
      ['did you mean "--points"', ["explain", ...given, "--point", "3", ...out]],
      ["--model must be", ["explain", "--data", data, ...out]],
      ["model file", ["explain", "--model", `${folder}/broken`, "--data", data, ...out]],
      ["model file", ["explain", "--model", `${folder}/formula`, "--data", data, ...out]],
      ["a network alone", ["explain", "--model", `${folder}/alone`, "--data", data, ...out]],
      ["no such file", ["explain", "--model", model, "--data", `${folder}/none.csv`, ...out]],
      ["be a file of its own", ["explain", ...given, "--csv", data]],
      ['a column "noise"', ["prune", "--model", model, "--data", less, ...smaller]],
      ["--tolerance must be", ["prune", ...given, "--tolerance", "-1", ...smaller]],
      ["--keep-inputs must be at most the 3", [
        "prune",
        ...given,
        "--keep-inputs",
        "4",
        ...smaller,
      ]],
      ["--keep-nodes must be 1 integer", ["prune", ...given, "--keep-nodes", "1,1", ...smaller]],
      ["--data must be a table", ["prune", "--model", model, ...smaller]],
      ["a network alone", ["prune", "--model", `${folder}/alone`, "--data", data, ...smaller]],
      ["--frob is not a flag", ["prune", ...given, "--frob", ...smaller]],
      ["be a file of its own", ["prune", ...given, "--model-out", model]],
    ];
    for (const [why, args] of cases) {
      const { code, out: printed, err } = await run(...args, "--quiet");
      assertEquals([code, printed], [2, ""], `${args.join(" ")}: ${err}`);
      assertStringIncludes(err, why);
      assertEquals(err.trim().split("\n").length, 1, err);
    }
    assertEquals(listing(folder), before);
  });
});
