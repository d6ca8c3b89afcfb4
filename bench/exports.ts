/**
 * Exports: nanoseconds per row and bytes of every target, beside the predictor of this library.
 *
 * JavaScript, C and tables of integers take one row after the other; the others many in one call
 * (10,000; of the large network ONNX Runtime 1000), ONNX Runtime also one. CPU time of one thread, the
 * best of some rounds. ONNX Runtime runs with FREEKNOT_ONNX=1.
 *
 * `deno run --no-lock --allow-all bench/exports.ts [--seconds 0.3] [--network small|large]`
 *
 * @module
 */

import { compilePredictor, createNetwork, type Network } from "@freeknot/freeknot";
import { exportModel, type ExportTarget, networkProgram } from "@freeknot/freeknot/export";
import type { RegressionEncoding } from "@freeknot/freeknot/data";
import { createRandom, withStatistics } from "@freeknot/freeknot/model";
import { parseArgs } from "@std/cli/parse-args";
import { loadOnnx, runOnnx } from "../tests/support/onnx.ts";
import { edgesOf } from "./_case.ts";
import { commandOutput, cpuMicroseconds, timedC, timedCalls } from "./_exported.ts";
import { describeMachine } from "./_machine.ts";
import { markdown } from "./_table.ts";

const given = parseArgs(Deno.args, { string: ["seconds", "network"] });
const seconds = Number(given.seconds ?? 0.3);
const ROWS = 10_000,
  ROUNDS = 5,
  PATIENCE = { seconds, rounds: ROUNDS },
  PYTHON = "/usr/bin/python3";

/** A network on a table: columns `x0`, `x1`, ... from -1 to 1. */
interface Case {
  readonly network: Network;
  readonly encoding: RegressionEncoding;
  readonly rows: Float64Array[];
}

function createCase(widths: number[], firstLayer: "linear" | "spline"): Case {
  const random = createRandom(1, "exports");
  const start = createNetwork({ widths, firstLayer }, { seed: 1 });
  const parameters = start.parameters.slice();
  for (const { name, offset, size } of start.layout) {
    if (!name.endsWith("knotLogits")) continue;
    for (let i = 0; i < size; i++) parameters[offset + i] = 0.3 * random.normal();
  }
  const inputs = Float64Array.from({ length: 1000 * widths[0] }, () => random.uniform());
  const network = withStatistics({ ...start, parameters }, inputs);
  const scales = (name: string, count: number, low: number) =>
    Array.from({ length: count }, (_, i) => ({ name: `${name}${i}`, minimum: low, maximum: 1 }));
  const encoding: RegressionEncoding = {
    kind: "table",
    task: "regression",
    inputs: scales("x", widths[0], -1),
    targets: scales("y", widths[widths.length - 1], 0),
    split: { seed: 1, testFraction: 0, validationFraction: 0, rows: 1000, checksum: "0" },
  };
  const rows = Array.from(
    { length: ROWS },
    () => Float64Array.from({ length: widths[0] }, () => 2 * random.uniform() - 1),
  );
  return { network, encoding, rows };
}

const folder = Deno.makeTempDirSync();

/** Writes a model; its files' bytes. */
function write(each: Case, to: ExportTarget, dtype: "float32" | "float64", stem: string): number {
  const program = networkProgram(each.network, each.encoding);
  const { files } = exportModel(program, { to, name: "model", header: stem, dtype });
  let bytes = 0;
  for (const { extension, content } of files) {
    const data = typeof content === "string" ? new TextEncoder().encode(content) : content;
    Deno.writeFileSync(`${folder}/${stem}${extension}`, data);
    bytes += data.length;
  }
  return bytes;
}

function timedPython(stem: string): number {
  Deno.writeTextFileSync(
    `${folder}/main.py`,
    `import sys, time
import numpy as np
sys.path.insert(0, ${JSON.stringify(folder)})
import ${stem} as model
rows = np.random.default_rng(1).uniform(-1, 1, (${ROWS}, len(model.COLUMNS)))
best = 1e30
for _ in range(${ROUNDS}):
    begin = time.process_time()
    model.predict(rows)
    best = min(best, time.process_time() - begin)
print(best / ${ROWS} * 1e9)
`,
  );
  return Number(
    commandOutput("env", [
      "OMP_NUM_THREADS=1",
      "OPENBLAS_NUM_THREADS=1",
      PYTHON,
      "-B",
      `${folder}/main.py`,
    ]),
  );
}

async function timedSql(each: Case, stem: string): Promise<number> {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(":memory:"), columns = each.encoding.inputs;
  database.exec(`CREATE TABLE data (${columns.map(({ name }) => `"${name}"`).join(", ")})`);
  const insert = database.prepare(`INSERT INTO data VALUES (${columns.map(() => "?").join(", ")})`);
  for (const row of each.rows) insert.run(...row);
  const query = database.prepare(Deno.readTextFileSync(`${folder}/${stem}.sql`));
  const time = timedCalls(() => query.all().length, ROWS, PATIENCE);
  database.close();
  return time;
}

/** The rows of the table of one network. */
async function measure(each: Case, name: string): Promise<string[][]> {
  const { network, rows, encoding } = each,
    { widths } = network.config,
    edges = edgesOf({ widths });
  const lines: string[][] = [];
  const add = (target: string, nanoseconds: number | undefined, bytes: number | undefined) => {
    lines.push([
      name,
      target,
      nanoseconds === undefined ? "-" : nanoseconds.toFixed(0),
      nanoseconds === undefined ? "-" : (nanoseconds / edges).toFixed(2),
      bytes === undefined ? "-" : String(bytes),
    ]);
  };
  const out = new Float64Array(encoding.targets.length), columns = widths[0];
  const inC = (stem: string, real: "double" | "float" | "int32_t", flags: string) =>
    timedC({ folder, stem, columns, outputs: out.length, real, flags, rows: ROWS }, PATIENCE);
  const predictor = compilePredictor(network);
  add(
    "this library (WebAssembly)",
    timedCalls(() => rows.forEach((row) => predictor.predict(row, out)), ROWS, PATIENCE),
    undefined,
  );
  const js = write(each, "js", "float64", "model_js");
  const { predict } = await import(`file://${folder}/model_js.js?${name}`);
  add("js", timedCalls(() => rows.forEach((row) => predict(row, out)), ROWS, PATIENCE), js);
  for (const dtype of ["float64", "float32"] as const) {
    const bytes = write(each, "c", dtype, "model_c"),
      real = dtype === "float32" ? "float" : "double";
    for (const flags of ["-O3", "-O3 -march=native"]) {
      add(`c ${dtype}, ${flags}`, inC("model_c", real, flags), bytes);
    }
  }
  if (widths.length === 3) { // bounds carried through more wide layers prove little
    const bytes = write(each, "lut", "float64", "model_lut");
    add("lut, -O3", inC("model_lut", "int32_t", "-O3"), bytes);
  }
  const python = write(each, "python", "float64", "model_python");
  add("python, many rows", timedPython("model_python"), python);
  if (widths.length === 3) {
    const sql = write(each, "sql", "float64", "model_sql");
    add("sql, many rows", await timedSql(each, "model_sql"), sql);
  }
  const runtime = await loadOnnx();
  for (const dtype of ["float64", "float32"] as const) {
    const bytes = write(each, "onnx", dtype, "model_onnx");
    if (!runtime) {
      add(`onnx ${dtype}`, undefined, bytes);
      continue;
    }
    const session = await runtime.InferenceSession.create(
      Deno.readFileSync(`${folder}/model_onnx.onnx`),
      { intraOpNumThreads: 1 },
    );
    for (const count of [1, widths.length === 3 ? ROWS : 1000]) {
      const part = rows.slice(0, count).map((row) => [...row]);
      let best = Infinity;
      for (let round = 0, calls = count === 1 ? 300 : 1; round < ROUNDS; round++) {
        const begin = cpuMicroseconds();
        for (let i = 0; i < calls; i++) await runOnnx(runtime, session, part, dtype);
        best = Math.min(best, 1000 * (cpuMicroseconds() - begin) / calls / count);
      }
      add(`onnx ${dtype}, ${count === 1 ? "1 row" : "many rows"}`, best, bytes);
    }
    await session.release();
  }
  return lines;
}

const body: string[][] = [];
if (given.network !== "large") {
  body.push(...await measure(createCase([2, 5, 1], "linear"), "[2, 5, 1]"));
}
if (given.network !== "small") {
  body.push(...await measure(createCase([21, 64, 64, 24], "spline"), "[21, 64, 64, 24]"));
}
Deno.removeSync(folder, { recursive: true });
console.log(Object.values(describeMachine()).join("; "));
console.log(markdown(["network", "target", "ns/row", "ns/edge", "bytes"], body));
