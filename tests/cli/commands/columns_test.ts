import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertStringIncludes,
} from "@std/assert";
import { pathToFileURL } from "node:url";
import { run, withFolder } from "../support.ts";

/** Houses: an identifier, a date, a price with commas, categories, missing cells. */
function houses(rows = 240): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const day = new Date(Date.UTC(2022, 0, 1 + (i * 37) % 700)).toISOString().slice(0, 10);
    const price = 1000 + (i * 7919) % 90_000, kind = ["flat", "house", "hut"][(i * 5) % 3];
    const age = i % 12 ? (i * 31) % 90 : "NA", garden = i % 4 < 2 ? "yes" : "no";
    const y = price / 1e4 + (kind === "house" ? 3 : 0) + (age === "NA" ? 4 : Number(age) / 30);
    const text = String(price).replace(/(\d)(?=(\d{3})+$)/g, "$1,");
    return `${i + 7},${day},"${text}",${kind},${age},${garden},x,${i % 40 ? y.toFixed(3) : ""}`;
  });
  return `id,day,price,kind,age,garden,zone,y\n${lines.join("\n")}\n`;
}

const FAST = ["--schedule", "4", "--starts", "1", "--intervals", "2"];

Deno.test("train reads a table as it comes; predict and evaluate read the next one likewise", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/h.csv`, model = `${folder}/m`, fresh = `${folder}/f.csv`;
    await Deno.writeTextFile(data, houses());
    const args = ["--data", data, "--target", "y", ...FAST, "--model-out", model];
    const trained = await run("train", ...args);
    assertEquals(trained.code, 0, trained.err);
    for (
      const line of [
        "  id      dropped   an identifier: ",
        "  day     date      year-month-day; day (days), day season sin, day season cos, weekday",
        "  price   number    with commas for thousands",
        "  kind    category  flat, house, hut",
        "  garden  boolean   yes is 1, no is 0",
        "  zone    dropped   always x",
        "note: 6 rows are left out: no target",
      ]
    ) {
      assertStringIncludes(trained.err, line);
    }
    const inspected = await run("inspect", "--model", model);
    assertStringIncludes(inspected.out, "  kind    category  flat, house, hut");
    assertStringIncludes(inspected.out, "--inputs day,price,kind,age,garden ");

    const json = JSON.parse((await run("train", ...args, "--json", "--quiet")).out);
    assertGreater(json.scores.test.r2, 0.9);
    assertEquals(json.columns[3], {
      ...{ name: "kind", kind: "category", levels: ["flat", "house", "hut"] },
      features: ["kind=flat", "kind=house", "kind=hut"],
    });
    const again = JSON.parse(
      (await run("evaluate", "--model", model, "--data", data, "--part", "test", "--json")).out,
    );
    assertEquals(again.scores, json.scores.test);

    const rows = [
      "garden,kind,price,day,age",
      'yes,flat,"12,000",2022-05-01,30',
      'no,tent,"12,000",2022-05-01,?',
      "maybe,,,,",
    ];
    await Deno.writeTextFile(fresh, `${rows.join("\n")}\n`);
    const said = await run("predict", "--model", model, "--data", fresh, "--json");
    assertEquals(said.code, 0, said.err);
    const { predictions, imputed } = JSON.parse(said.out);
    assert(predictions.flat().every(Number.isFinite));
    assertEquals(imputed.kind, { missing: 1, unseen: 1, examples: { unseen: "tent" } });
    assertEquals(imputed.age, { missing: 2, unseen: 0 });
    assertStringIncludes(said.err, 'note: cells are missing (2 in "age"; ');
    assertStringIncludes(said.err, "note: levels that the training rows do not have (");
    await Deno.writeTextFile(fresh, `${rows.join("\n")}\nyes,hut,1.2.3,2022-05-01,5\n`);
    const odd = await run("predict", "--model", model, "--data", fresh);
    assertEquals(odd.code, 0, odd.err);
    const note =
      'note: cells cannot be read (1 in "price", such as "1.2.3"): they count as missing';
    assertStringIncludes(odd.err, note);
    await Deno.writeTextFile(fresh, `${rows[0]},y\n${rows[1]},dear\n`);
    const wrong = await run("evaluate", "--model", model, "--data", fresh);
    assertEquals(wrong.code, 2);
    assertStringIncludes(wrong.err, 'line 2, column "y" must be a number, current value is "dear"');
  });
});

Deno.test("train --missing error refuses a missing cell, and so does predict then", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/h.csv`, model = `${folder}/m`, full = `${folder}/g.csv`;
    await Deno.writeTextFile(data, "a,b,y\n1,2,3\n4,,6\n7,8,9\n1,5,2\n");
    const flags = ["--target", "y", "--missing", "error", ...FAST, "--test-fraction", "0"];
    const refused = await run("train", "--data", data, ...flags);
    assertEquals(refused.code, 2);
    assertStringIncludes(
      refused.err,
      'line 3, column "b" must be a number, current value is a missing',
    );
    assertStringIncludes(refused.err, "; without --missing error missing cells are imputed");
    await Deno.writeTextFile(full, "a,b,y\n1,2,3\n4,7,6\n7,8,9\n1,5,2\n");
    const kept = await run("train", "--data", full, ...flags, "--model-out", model, "--json");
    assertEquals(kept.code, 0, kept.err);
    assertStringIncludes(JSON.parse(kept.out).command, "--missing error");
    assertEquals((await run("predict", "--model", model, "--data", data)).code, 2);
  });
});

Deno.test({
  name: "train and predict read Parquet (FREEKNOT_PARQUET fetches the packages)",
  ignore: Deno.env.get("FREEKNOT_PARQUET") === undefined,
  async fn() {
    const writer = "npm:hyparquet-writer@0.17.0"; // not in the module graph
    const { parquetWriteBuffer } = await import(writer);
    const list = <T>(make: (i: number) => T) => Array.from({ length: 60 }, (_, i) => make(i));
    const columnData = [
      { name: "kind", type: "STRING", data: list((i) => "abc"[i % 3]) },
      { name: "x", type: "DOUBLE", data: list((i) => i % 9 ? i / 7 : null) },
      { name: "n", type: "INT64", data: list((i) => BigInt(i * i % 17)) },
      { name: "when", type: "TIMESTAMP", data: list((i) => new Date(Date.UTC(2023, 0, 1 + i))) },
      { name: "y", type: "DOUBLE", data: list((i) => i / 7 + i % 3) },
    ];
    await withFolder(async (folder) => {
      const data = `${folder}/t.parquet`, model = `${folder}/m`;
      await Deno.writeFile(data, new Uint8Array(parquetWriteBuffer({ columnData })));
      const args = ["--data", data, "--target", "y", ...FAST, "--model-out", model, "--json"];
      const trained = await run("train", ...args);
      assertEquals(trained.code, 0, trained.err);
      const kinds = JSON.parse(trained.out).columns.map(({ kind }: { kind: string }) => kind);
      assertEquals(kinds, ["category", "number", "number", "date"]);
      const said = await run("predict", "--model", model, "--data", data, "--quiet");
      assertEquals(said.out.split("\n")[0], "kind,x,n,when,y,y_prediction");
    });
  },
});

Deno.test("columns of categories in explain, prune, formula and export", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/h.csv`, model = `${folder}/m`, pruned = `${folder}/p`;
    const rows = Array.from({ length: 90 }, (_, i) => {
      const kind = "abc"[(i * 5) % 3], x = (i * 37 % 90) / 90;
      return `${kind},${i % 9 ? x : ""},${(kind === "b" ? 2 : 0) + (i % 9 ? x : 3)}`;
    });
    await Deno.writeTextFile(data, `kind,x,y\n${rows.join("\n")}\n`);
    const trained = await run(
      ...["train", "--data", data, "--target", "y", ...FAST, "--widths", "5,2,1", "--quiet"],
      ...["--model-out", model],
    );
    assertEquals(trained.code, 0, trained.err);
    const files = ["--model", model, "--data", data];
    const explained = JSON.parse((await run("explain", ...files, "--json")).out);
    assertEquals(explained.inputs, ["kind=a", "kind=b", "kind=c", "x", "x missing"]);
    const cut = await run(
      "prune",
      ...files,
      "--keep-inputs",
      "3",
      "--model-out",
      pruned,
      "--quiet",
    );
    assertEquals(cut.code, 0, cut.err);
    const said = await run("predict", "--model", pruned, "--data", data, "--quiet");
    assertEquals(said.out.split("\n")[0], "kind,x,y,y_prediction");
    const module = `${folder}/m.mjs`;
    assertEquals((await run("export", "--model", model, "--to", "js", "--out", module)).code, 0);
    const { features, predict } = await import(pathToFileURL(module).href);
    const right = JSON.parse((await run("predict", ...files, "--json", "--quiet")).out).predictions;
    rows.forEach((row, i) => {
      const [kind, x] = row.split(",");
      assertAlmostEquals(predict(features({ kind, x }))[0], right[i][0], 1e-12);
    });
    const query = `${folder}/m.sql`;
    assertEquals((await run("export", "--model", model, "--to", "sql", "--out", query)).code, 0);
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(":memory:");
    database.exec("CREATE TABLE data (kind, x)");
    const insert = database.prepare("INSERT INTO data VALUES (?, ?)");
    for (const row of rows) {
      const [kind, x] = row.split(",");
      insert.run(kind, x === "" ? null : x);
    }
    const answers = database.prepare(await Deno.readTextFile(query)).all();
    answers.forEach((row, i) => assertAlmostEquals(Number(row.y_prediction), right[i][0], 1e-12));
    assertEquals(answers.length, rows.length);
    database.close();
  });
});
