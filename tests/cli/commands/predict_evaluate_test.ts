import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreaterOrEqual,
  assertStringIncludes,
} from "@std/assert";
import { numericColumn, parseTable, textColumn } from "../../../lib/data/mod.ts";
import { classTable, run, smallTable, spawn, WISCONSIN, withFolder } from "../support.ts";

Deno.test("predict copies the table and appends what the network says", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m`, out = `${folder}/p.csv`;
    await Deno.writeTextFile(data, smallTable());
    const args = ["--data", data, "--target", "y", "--schedule", "4", "--model-out", model];
    const { code, out: json } = await run("train", ...args, "--json", "--quiet");
    assertEquals(code, 0);
    assertEquals((await run("predict", "--model", model, "--data", data, "--out", out)).code, 0);
    const text = await Deno.readTextFile(out);
    assertEquals(text.split("\n")[0], "a,b,y,y_prediction");
    const table = parseTable(text, { name: out });
    const y = numericColumn(table, "y"), prediction = numericColumn(table, "y_prediction");
    const worst = Math.max(...y.map((value, i) => Math.abs(value - prediction[i])));
    const { scores } = JSON.parse(json);
    assertAlmostEquals(worst, Math.max(scores.train.maxError, scores.test.maxError), 1e-12);

    // To stdout, from a table with the inputs alone, in another order, and one more column.
    await Deno.writeTextFile(`${folder}/new.csv`, 'b;name;a\r\n0.25;"x; y";0.5\r\n');
    const printed = await run("predict", "--model", model, "--data", `${folder}/new.csv`);
    const [header, row] = printed.out.split("\r\n");
    assertEquals([printed.code, header], [0, "b;name;a;y_prediction"]);
    assert(row.startsWith('0.25;"x; y";0.5;'));
    assertAlmostEquals(Number(row.split(";").pop()), 3 + 1 - 0.25 + 0.125, 0.1);
  });
});

Deno.test("predict gives labels and probabilities that sum to 1", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/c.csv`, model = `${folder}/m`;
    await Deno.writeTextFile(data, classTable());
    const flags = ["--target", "kind", "--loss", "cross-entropy", "--schedule", "3", "--quiet"];
    const trained = await run("train", "--data", data, ...flags, "--model-out", model, "--json");
    const { out } = await run("predict", "--model", model, "--data", data);
    const table = parseTable(out, { name: "out" });
    const names = ["high", "low", "middle"].map((label) => `kind_probability_${label}`);
    assertEquals(table.columns.slice(3), ["kind_prediction", ...names]);
    const columns = names.map((name) => numericColumn(table, name));
    const labels = textColumn(table, "kind_prediction"), kinds = textColumn(table, "kind");
    let right = 0;
    for (let row = 0; row < table.rows; row++) {
      const shares = columns.map((column) => column[row]);
      assertAlmostEquals(shares.reduce((sum, share) => sum + share), 1, 1e-12);
      assertEquals(labels[row], ["high", "low", "middle"][shares.indexOf(Math.max(...shares))]);
      if (labels[row] === kinds[row]) right++;
    }
    const { scores, rows } = JSON.parse(trained.out);
    const expected = scores.train.accuracy * rows.train + scores.test.accuracy * rows.test;
    assertAlmostEquals(right, expected, 1e-9);
  });
});

Deno.test("evaluate finds the part of the training again: same loss, same scores", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m`;
    await Deno.writeTextFile(data, smallTable());
    const flags = ["--target", "y", "--schedule", "2", "--validation-fraction", "0.2", "--quiet"];
    const trained = await run("train", "--data", data, ...flags, "--model-out", model, "--json");
    const { loss, scores, rows } = JSON.parse(trained.out);
    for (const part of ["train", "validation", "test"]) {
      const { out, code } = await run(
        ...["evaluate", "--model", model, "--data", data, "--part", part, "--json"],
      );
      const result = JSON.parse(out);
      assertEquals(
        [code, result.part, result.rows, result.loss, result.scores],
        [0, part, rows[part], loss[part], scores[part]],
      );
    }
    const all = await run("evaluate", "--model", model, "--data", data);
    assertStringIncludes(all.out, "all     60");
  });
});

Deno.test("evaluate and predict know the gallery", async () => {
  await withFolder(async (folder) => {
    const model = `${folder}/m`;
    const flags = ["--rows", "80", "--schedule", "1", "--validation-fraction", "0.25", "--quiet"];
    const trained = await run(
      ...["train", "--problem", "xor", ...flags, "--model-out", model, "--json"],
    );
    const { loss, scores } = JSON.parse(trained.out);
    for (const part of ["train", "validation", "test"]) {
      const { out } = await run("evaluate", "--model", model, "--part", part, "--json");
      assertEquals([JSON.parse(out).loss, JSON.parse(out).scores], [loss[part], scores[part]]);
    }
    await Deno.writeTextFile(`${folder}/x.csv`, "x,y,xor\n0.1,0.2,0.99\n0.9,0.4,0.5\n");
    await Deno.writeTextFile(`${folder}/x1.csv`, "x2,x1\n0.2,0.1\n0.4,0.9\n");
    const [named, numbered] = await Promise.all(
      ["x", "x1"].map((name) =>
        run("predict", "--model", model, "--data", `${folder}/${name}.csv`)
      ),
    );
    const last = (text: string): (string | undefined)[] =>
      text.trimEnd().split("\n").map((line) => line.split(",").pop());
    assertEquals(last(named.out), last(numbered.out));
    assertEquals(last(named.out)[0], "xor_prediction");
    const table = await run("evaluate", "--model", model, "--data", `${folder}/x.csv`, "--json");
    assertEquals(JSON.parse(table.out).rows, 2);
  });
});

Deno.test("the breast cancer table: a held-out quarter, found again by evaluate", async () => {
  await withFolder(async (folder) => {
    const model = `${folder}/cancer`, report = `${folder}/cancer.html`;
    const { code, out, err } = await spawn([
      ...["train", "--data", WISCONSIN, "--target", "benign", "--loss", "cross-entropy"],
      ...["--test-fraction", "0.25", "--intervals", "2", "--schedule", "1", "--weight-decay"],
      ...["0.001", "--model-out", model, "--report", report, "--json"],
    ], folder);
    assertEquals(code, 0, err);
    const { scores, rows } = JSON.parse(out);
    assertEquals(rows, { train: 427, test: 142 });
    assertGreaterOrEqual(scores.test.accuracy, 0.96);
    assertStringIncludes(await Deno.readTextFile(report), "wisconsin");
    const args = ["evaluate", "--model", model, "--data", WISCONSIN, "--part", "test", "--json"];
    const again = await spawn(args, folder);
    assertEquals(JSON.parse(again.out).scores, scores.test);
  });
});

Deno.test("predict and evaluate count the rows outside the training range, by column", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m`, fresh = `${folder}/f.csv`;
    const lines = Array.from({ length: 40 }, (_, i) => `${10 * i},${i % 7},3,${i % 5}`);
    await Deno.writeTextFile(data, `a,b,c,y\n${lines.join("\n")}\n`);
    const flags = ["--target", "y", "--test-fraction", "0", "--schedule", "1", "--quiet"];
    const named = ["--inputs", "a,b,c", "--model-out", model]; // a column that is named stays
    assertEquals((await run("train", "--data", data, ...flags, ...named)).code, 0);
    await Deno.writeTextFile(
      fresh,
      "a,b,c,y\n-39,1,3,0\n780,7,3,0\n5,5,3,0\n390,6,3.5,0\n0,0,3,0\n",
    );
    const args = ["--model", model, "--data", fresh];
    const expected = {
      rows: 3,
      columns: {
        a: { rows: 2, worst: 780, end: 390, share: 1 },
        b: { rows: 1, worst: 7, end: 6, share: 1 / 6 },
        c: { rows: 1, worst: 3.5, end: 3, share: null },
      },
    };
    const note = "note: 3 of 5 rows lie outside the range of the training rows (" +
      '"c" goes to 3.50, always 3 there; "a" goes to 780, 100 % of the range beyond 390; ' +
      '"b" goes to 7, 16.7 % of the range beyond 6): what the network says there is extrapolated\n';
    for (const command of ["predict", "evaluate"]) {
      const { code, out, err } = await run(command, ...args, "--json");
      assertEquals([code, err], [0, note], command);
      const { outside, rows } = JSON.parse(out);
      assertEquals([rows, outside.rows], [5, 3]);
      for (const [name, column] of Object.entries(expected.columns)) {
        const { share, ...others } = outside.columns[name];
        const { share: right, ...rest } = column;
        assertEquals(others, rest, name);
        if (right === null) assertEquals(share, null);
        else assertAlmostEquals(share, right, 1e-12);
      }
      assertEquals((await run(command, ...args, "--quiet")).err, "");
      const inside = await run(command, "--model", model, "--data", data, "--json");
      assertEquals([inside.err, JSON.parse(inside.out).outside], ["", { rows: 0, columns: {} }]);
    }
  });
});

Deno.test("predict --json holds what the copy holds, with --out it says where", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/c.csv`, model = `${folder}/m`, out = `${folder}/p.csv`;
    await Deno.writeTextFile(data, classTable());
    const flags = ["--target", "kind", "--loss", "cross-entropy", "--schedule", "1", "--quiet"];
    await run("train", "--data", data, ...flags, "--model-out", model);
    const args = ["predict", "--model", model, "--data", data];
    const json = JSON.parse((await run(...args, "--json")).out);
    const table = parseTable((await run(...args)).out, { name: "out" });
    assertEquals(json.columns, table.columns.slice(3));
    assertEquals([json.rows, json.predictions.length, json.out], [90, 90, null]);
    json.predictions.forEach((row: unknown[], r: number) => {
      assertEquals(row.map(String), table.cells.slice(3).map((column) => column[r]));
    });
    const kept = JSON.parse((await run(...args, "--json", "--out", out)).out);
    assertEquals([kept.out, kept.rows, kept.predictions], [out, 90, undefined]);
    assertEquals(parseTable(await Deno.readTextFile(out), { name: out }).rows, 90);
  });
});
