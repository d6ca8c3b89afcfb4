import { assert, assertEquals } from "@std/assert";
import { exportModel } from "../../lib/export/mod.ts";
import { casesFor, checkOutputsOf, ROWS } from "../support/export_cases.ts";
import { programRows } from "../support/programs.ts";

const { DatabaseSync } = await import("node:sqlite");

const quoted = (name: string) => `"${name.replace(/"/g, '""')}"`;

/** Functions of NULL are NULL. */
const orNull = (f: (x: number) => number) => (x: unknown) => x === null ? null : f(x as number);

Deno.test("exported SQL says what the model says in SQLite", () => {
  for (const each of casesFor("float64")) {
    const { files, outputs: names } = exportModel(each.program, { to: "sql", table: 'my "rows"' });
    const database = new DatabaseSync(":memory:");
    // a build of SQLite with SQLITE_ENABLE_MATH_FUNCTIONS has them
    for (const name of ["exp", "tanh"] as const) database.function(name, orNull(Math[name]));
    database.function("ln", orNull(Math.log));
    const columns = each.program.columns.map(({ name }) => quoted(name));
    const rows = programRows(each, ROWS, 8);
    database.exec(`CREATE TABLE "my ""rows""" (${columns.join(", ")})`);
    const slots = columns.map(() => "?").join(", ");
    const insert = database.prepare(`INSERT INTO "my ""rows""" VALUES (${slots})`);
    database.exec("BEGIN");
    for (const row of rows) insert.run(...row.map((x) => Number.isNaN(x) ? null : x));
    database.exec("COMMIT");
    const found = database.prepare(files[0].content as string).all();
    const outputs = found.map((row) =>
      names.map((name) => row[name] === null ? NaN : row[name] as number)
    );
    checkOutputsOf(each, "float64", outputs, rows);
    const { result } = each.program;
    if (result.kind === "classes") {
      const name = `${result.target}_prediction`;
      outputs.forEach((row, r) => {
        const label = Number.isNaN(row[0]) ? null : result.labels[row.indexOf(Math.max(...row))];
        assertEquals(found[r][name], label);
      });
    }
    database.close();
  }
});

Deno.test("exported SQL reads numbers that a CSV file brought in as text", () => {
  const [each] = casesFor("float64");
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE data (x1 TEXT, x2 TEXT); INSERT INTO data VALUES ('0.25', '-1')");
  const query = exportModel(each.program, { to: "sql" }).files[0].content as string;
  const [text] = database.prepare(query).all().map((row) => row.y1 as number);
  database.exec("DELETE FROM data; ALTER TABLE data RENAME TO old; CREATE TABLE data (x1, x2)");
  database.exec("INSERT INTO data VALUES (0.25, -1)");
  const [number] = database.prepare(query).all().map((row) => row.y1 as number);
  assert(Number.isFinite(number));
  assertEquals(text, number);
  database.close();
});
