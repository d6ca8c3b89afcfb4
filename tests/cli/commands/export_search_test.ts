import { assertAlmostEquals, assertEquals, assertLess } from "@std/assert";
import { numericColumn, parseTable } from "../../../lib/data/mod.ts";
import { run, withFolder } from "../support.ts";

const { DatabaseSync } = await import("node:sqlite");

/** Numbers with steps, a category, an order of texts, cells that are missing or no numbers. */
function oddTable(rows = 150): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const a = i % 17 === 3 ? "" : (i * 37) % 100, b = (i * 53) % 41, kind = ["u", "v", "w"][i % 3];
    const y = (Number(a) > 40 ? 3 : 0) * (b > 20 ? 1 : -1) + (kind === "v" ? 2 : 0) + b / 9;
    return `${i === 5 ? "rotary" : a},${b},"1,${String(100 + i)}",${kind},${y.toFixed(4)}`;
  });
  return `a,b,price,kind,y\n${lines.join("\n")}\n`;
}

const FRESH = [
  ...["a,b,price,kind", '12,3,"1,150",u', '55,30,"1,234.5",w', ',7,"12",v', 'oops,7,"1,2,3",x'],
  ...['Inf,12 kg,,""', '1e999,1-2,"2,000",v', '41.5,+20.5,"1,100",nan'],
];

Deno.test("exports of what a search finds read raw columns and say what predict says", () =>
  withFolder(async (folder) => {
    const data = `${folder}/t.csv`, model = `${folder}/m`, fresh = `${folder}/f.csv`;
    await Deno.writeTextFile(data, oddTable());
    await Deno.writeTextFile(fresh, `${FRESH.join("\n")}\n`);
    const flags = ["--data", data, "--target", "y", "--time-limit", "3", "--quiet"];
    const trained = await run("train", ...flags, "--model-out", model);
    assertEquals(trained.code, 0, trained.err);
    const predicted = await run("predict", "--model", model, "--data", fresh);
    assertEquals(predicted.code, 0, predicted.err);
    const said = numericColumn(parseTable(predicted.out, { name: "p.csv" }), "y_prediction");
    const raw = parseTable(FRESH.join("\n"), { name: "f.csv" });
    const rows = Array.from({ length: raw.rows }, (_, row) => {
      return raw.columns.map((name, c) => [name, raw.cells[c][row]] as const);
    });

    const script = `${folder}/m.mjs`;
    const js = await run("export", "--model", model, "--to", "js", "--out", script);
    assertEquals(js.code, 0, js.err);
    const { predict, features } = await import(`file://${script}`);
    rows.forEach((row, r) => {
      assertAlmostEquals(predict(features(Object.fromEntries(row)))[0], said[r], 1e-12);
    });

    const file = `${folder}/m.sql`;
    const sql = await run("export", "--model", model, "--to", "sql", "--out", file);
    assertEquals(sql.code, 0, sql.err);
    const database = new DatabaseSync(":memory:");
    database.function("ln", (x) => x === null ? null : Math.log(x as number));
    database.exec("CREATE TABLE data (a TEXT, b TEXT, price TEXT, kind TEXT)");
    const insert = database.prepare("INSERT INTO data VALUES (?, ?, ?, ?)");
    for (const row of rows) insert.run(...row.map(([, cell]) => cell));
    const found = database.prepare(await Deno.readTextFile(file)).all();
    found.forEach((row, r) => assertAlmostEquals(row.y_prediction as number, said[r], 1e-12));
    database.close();

    const python = `${folder}/m_py.py`;
    const py = await run("export", "--model", model, "--to", "python", "--out", python);
    assertEquals(py.code, 0, py.err);
    const code = "import m_py, sys, json; rows = json.load(sys.stdin); print(json.dumps(" +
      "m_py.predict(m_py.features(rows))[:, 0].tolist()))";
    const columns = Object.fromEntries(raw.columns.map((name, c) => [name, raw.cells[c]]));
    const process = new Deno.Command("/usr/bin/python3", {
      ...{ args: ["-c", code], cwd: folder, stdin: "piped", stdout: "piped", stderr: "null" },
    }).spawn();
    const writer = process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(JSON.stringify(columns)));
    await writer.close();
    const { success, stdout } = await process.output();
    if (!success) return; // no Python with numpy here
    const values: number[] = JSON.parse(new TextDecoder().decode(stdout));
    values.forEach((value, r) => assertLess(Math.abs(value - said[r]), 1e-12));
  }));
