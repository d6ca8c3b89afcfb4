import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { createNetwork, encodeModel } from "../../../lib/model/mod.ts";
import { numericColumn, parseTable, textColumn } from "../../../lib/data/mod.ts";
import { evaluateOnnx, readOnnx } from "../../support/onnx_evaluator.ts";
import { classTable, listing, run, smallTable, withFolder } from "../support.ts";

/** Trains on a small table. */
async function train(folder: string, table: string, ...flags: string[]): Promise<string> {
  const model = `${folder}/m`;
  await Deno.writeTextFile(`${folder}/t.csv`, table);
  const request = ["--data", `${folder}/t.csv`, "--schedule", "3", "--quiet", ...flags];
  const { code, err } = await run("train", ...request, "--model-out", model);
  assertEquals(code, 0, err);
  return model;
}

Deno.test("export writes what predict says, from the columns of the table", () =>
  withFolder(async (folder) => {
    const model = await train(folder, smallTable(), "--target", "y");
    const predicted = await run("predict", "--model", model, "--data", `${folder}/t.csv`);
    const table = parseTable(predicted.out, { name: "predicted" });
    const expected = numericColumn(table, "y_prediction");
    const a = numericColumn(table, "a"), b = numericColumn(table, "b");
    const rows = Array.from(a, (value, row) => [value, b[row]]);

    const script = `${folder}/model.mjs`;
    const made = await run("export", "--model", model, "--to", "js", "--out", script);
    assertEquals(made.code, 0, made.err);
    assertStringIncludes(made.out, "reads a, b\ngives y_prediction");
    const types = await Deno.readTextFile(`${folder}/model.d.mts`);
    assertStringIncludes(types, "predict(");
    const { predict } = await import(`file://${script}`);
    rows.forEach((row, r) => assertAlmostEquals(predict(row)[0], expected[r], 1e-13));

    const graph = `${folder}/model.onnx`;
    const flags = ["--to", "onnx", "--dtype", "float32", "--json", "--out", graph];
    const { out } = await run("export", "--model", model, ...flags);
    const bytes = await Deno.readFile(graph), { files, dtype } = JSON.parse(out);
    assertEquals([files, dtype], [[{ path: graph, bytes: bytes.length }], "float32"]);
    const { data } = evaluateOnnx(readOnnx(bytes), rows).get("outputs")!;
    rows.forEach((_, r) => assertAlmostEquals(data[r] as number, expected[r], 1e-5));

    const rough = `${folder}/rough.js`, wanted = ["--error", "0.05"];
    const smaller = await run("export", "--model", model, "--to", "js", ...wanted, "--out", rough);
    const [, proven] = /proven error inside the ranges of training: (\S+)/.exec(smaller.out)!;
    assertStringIncludes(smaller.out, "float32, ");
    const { predict: roughly } = await import(`file://${rough}`);
    assert(Number(proven) <= 0.05);
    rows.forEach((row, r) => assertAlmostEquals(roughly(row)[0], expected[r], Number(proven)));

    const tables = `${folder}/my-table.c`;
    const lut = ["--to", "lut", "--error", "0.01", "--out", tables];
    const written = await run("export", "--model", model, ...lut);
    assertStringIncludes(written.out, "proven error inside the ranges of training: ");
    assertStringIncludes(await Deno.readTextFile(tables), '#include "my-table.h"');
    assertStringIncludes(await Deno.readTextFile(`${folder}/my-table.h`), "void my_table_predict(");
  }));

Deno.test("export and predict agree on columns of a robust scale, outliers included", () =>
  withFolder(async (folder) => {
    const place = (i: number) => i === 77 ? 1e6 : i / 200;
    const lines = Array.from({ length: 200 }, (_, i) => `${place(i)},${Math.sin(i / 30)}`);
    const flags = ["--target", "y", "--scale", "robust"];
    const model = await train(folder, `x,y\n${lines.join("\n")}\n`, ...flags);
    const { out } = await run("predict", "--model", model, "--data", `${folder}/t.csv`);
    const expected = numericColumn(parseTable(out, { name: "p" }), "y_prediction");
    const script = `${folder}/model.mjs`;
    await run("export", "--model", model, "--to", "js", "--out", script);
    const { predict } = await import(`file://${script}`);
    expected.forEach((y, i) => assertAlmostEquals(predict([place(i)])[0], y, 1e-12));
    const tables = ["--to", "lut", "--out", `${folder}/m.c`];
    const refused = await run("export", "--model", model, ...tables);
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.err, "current value is x on a curved scale");
  }));

Deno.test("export writes the ReLU network that convert made", () =>
  withFolder(async (folder) => {
    const model = await train(folder, smallTable(), "--target", "y", "--degree", "1");
    const relu = `${folder}/relu.json`;
    const made = await run("convert", "--model", model, "--to", "relu", "--model-out", relu);
    assertEquals(made.code, 0, made.err);
    const predicted = await run("predict", "--model", model, "--data", `${folder}/t.csv`);
    const table = parseTable(predicted.out, { name: "predicted" });
    const expected = numericColumn(table, "y_prediction");
    const a = numericColumn(table, "a"), b = numericColumn(table, "b");
    const rows = Array.from(a, (value, row) => [value, b[row]]);
    for (const [to, name] of [["c", "m.c"], ["python", "m.py"], ["sql", "m.sql"], ["lut", "l.c"]]) {
      const { code, err } = await run(
        ...["export", "--model", relu, "--to", to, "--out", `${folder}/${name}`],
      );
      assertEquals(code, 0, err);
    }
    const script = `${folder}/relu.js`, graph = `${folder}/relu.onnx`;
    assertEquals((await run("export", "--model", relu, "--to", "js", "--out", script)).code, 0);
    assertStringIncludes(await Deno.readTextFile(script), "_columns[q]]");
    const { predict } = await import(`file://${script}`);
    rows.forEach((row, r) => assertAlmostEquals(predict(row)[0], expected[r], 1e-12));
    assertEquals((await run("export", "--model", relu, "--to", "onnx", "--out", graph)).code, 0);
    const network = readOnnx(await Deno.readFile(graph));
    const operators = network.nodes.map(({ operator }) => operator);
    assert(operators.includes("Relu") && operators.includes("Gemm"));
    const { data } = evaluateOnnx(network, rows).get("outputs")!;
    rows.forEach((_, r) => assertAlmostEquals(data[r] as number, expected[r], 1e-12));
  }));

Deno.test("export of an ensemble of classes, and of formulas", () =>
  withFolder(async (folder) => {
    const flags = [
      "--target",
      "kind",
      "--loss",
      "cross-entropy",
      "--seeds",
      "1..2",
      "--keep",
      "mean",
    ];
    const model = await train(folder, classTable(), ...flags);
    const predicted = await run("predict", "--model", model, "--data", `${folder}/t.csv`);
    const table = parseTable(predicted.out, { name: "predicted" });
    const script = `${folder}/classes.js`;
    assertEquals((await run("export", "--model", model, "--to", "js", "--out", script)).code, 0);
    const { classify, predict, labels } = await import(`file://${script}`);
    assertEquals([...labels], ["high", "low", "middle"]);
    const a = numericColumn(table, "a"), b = numericColumn(table, "b");
    const low = numericColumn(table, "kind_probability_low");
    textColumn(table, "kind_prediction").forEach((label, r) => {
      assertEquals(classify([a[r], b[r]]), label);
      assertAlmostEquals(predict([a[r], b[r]])[1], low[r], 1e-13);
    });

    const formula = `${folder}/f.json`;
    const variable = (name: string) => ({ kind: "variable", name });
    const product = { kind: "product", factors: [variable("a"), variable("b")] };
    await Deno.writeTextFile(
      formula,
      JSON.stringify({
        format: "freeknot formula",
        formatVersion: 1,
        version: "0",
        columns: [{ column: "a [m]", variable: "a" }, { column: "b", variable: "b" }],
        targets: [{ name: "y", text: "a*b", formula: product }],
        command: "",
      }),
    );
    const python = ["--to", "python", "--out", `${folder}/f.py`];
    const made = await run("export", "--model", formula, ...python);
    assertStringIncludes(made.out, "reads a [m], b\ngives y_prediction");
  }));

Deno.test("export refuses bad requests: exit code 2, one line, nothing written", () =>
  withFolder(async (folder) => {
    const model = await train(folder, smallTable(), "--target", "y");
    const plain = `${folder}/plain`;
    await Deno.writeFile(plain, encodeModel(createNetwork({ widths: [2, 3, 1] }, { seed: 1 })));
    const wide = { widths: [600, 3, 1] };
    await Deno.writeFile(`${folder}/wide`, encodeModel(createNetwork(wide, { seed: 1 })));
    const large = { widths: [2, 100, 100, 1] };
    await Deno.writeFile(`${folder}/large`, encodeModel(createNetwork(large, { seed: 1 })));
    const before = listing(folder);
    const cases: readonly (readonly [why: string, args: string])[] = [
      ["--model must be", "--to js --out $/x.js"],
      [
        "--to must be one of onnx, js, c, python, sql, lut, current value is none",
        "--model $/m --out $/x.js",
      ],
      ['current value is "java"', "--model $/m --to java --out $/x.js"],
      ['did you mean "python"', "--model $/m --to pythn --out $/x.js"],
      ["--out must be the name of a file", "--model $/m --to js"],
      ["--out must end with .js or .mjs for js", "--model $/m --to js --out $/x.ts"],
      ["--out must end with .c for lut", "--model $/m --to lut --out $/x"],
      ["--out must lie in a folder that exists", "--model $/m --to c --out $/none/x.c"],
      ["a file that is read", "--model $/m --to onnx --out $/m"],
      ["--box must come with --error", "--model $/m --to c --out $/x.c --box a=0:1"],
      ["--box must be COL=A:B", "--model $/m --to c --out $/x.c --error 1 --box a=2:1"],
      ["--box must name columns", "--model $/m --to c --out $/x.c --error 1 --box z=0:1"],
      ["for rounding in float64 alone", "--model $/m --to c --out $/x.c --error 1e-18"],
      [
        "for rounding in float32 alone",
        "--model $/m --to c --out $/x.c --error 1e-9 --dtype float32",
      ],
      ["columns must have known ranges", "--model $/plain --to c --out $/x.c --error 1"],
      ["--table must come with --to sql only", "--model $/m --to c --out $/x.c --table t"],
      ["--dtype must come with another target", "--model $/m --to lut --out $/x.c --dtype float32"],
      ["--dtype must be float64 for sql", "--model $/m --to sql --out $/x --dtype float32"],
      ["--error must be a number (above 0)", "--model $/m --to lut --out $/x.c --error 0"],
      ["--error must be at least", "--model $/m --to lut --out $/x.c --error 1e-15"],
      ["there is no such file", "--model $/none --to c --out $/x.c"],
      ["model must be of targets with known ranges", "--model $/plain --to lut --out $/x.c"],
      ["at most 500 nodes in a layer", "--model $/wide --to sql --out $/x.sql"],
      [
        "250000 numbers to be written as sql, current value is",
        "--model $/large --to sql --out $/x",
      ],
    ];
    for (const [why, args] of cases) {
      const { code, out, err } = await run("export", ...args.replaceAll("$", folder).split(" "));
      assertEquals([code, out], [2, ""], args);
      assertStringIncludes(err, why);
      assertEquals(err.trim().split("\n").length, 1, err);
    }
    assertEquals(listing(folder), before);
    assert(model);
  }));
