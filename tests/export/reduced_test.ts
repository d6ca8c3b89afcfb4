import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { certify } from "../../lib/certify/mod.ts";
import { exportModel, formulaProgram, type NetworkProgram } from "../../lib/export/mod.ts";
import { createRandom } from "../../lib/model/mod.ts";
import { networkProgram } from "../../lib/export/mod.ts";
import {
  cMain,
  flat,
  hasTool,
  putFiles,
  rowsOf,
  runC,
  runTool,
} from "../support/export_runners.ts";
import { loadOnnx, runOnnx } from "../support/onnx.ts";
import { withFolder } from "../support/folder.ts";
import { evaluateOnnx, readOnnx } from "../support/onnx_evaluator.ts";
import {
  expectedOutputs,
  measuredNetwork,
  type ProgramCase,
  programCases,
} from "../support/programs.ts";
import { PYTHON } from "../support/python.ts";

/** Cases with ranges of all columns. */
function rangedCases(): ProgramCase[] {
  const without = ({ name }: ProgramCase) => name === "refusing" || name.startsWith("found");
  return programCases().filter((each) => !without(each)).map((each) => {
    const columns = each.program.columns.map((column) => ({
      ...column,
      range: column.range ?? [-1, 1] as const,
    }));
    return { ...each, program: { ...each.program, columns } };
  });
}

/** Rows in the ranges, many of them on their ends. */
function rowsIn({ columns }: NetworkProgram, count: number, seed: number): number[][] {
  const random = createRandom(seed, "reduced");
  return Array.from({ length: count }, () =>
    columns.map(({ range, offset = 0 }) => {
      const share = Math.min(1, Math.max(0, 1.2 * random.uniform() - 0.1));
      return offset + Math.fround(range![0] + share * (range![1] - range![0]));
    }));
}

/** The width of the outputs on rows, and the largest distance between two lists of them. */
function spanOf(outputs: readonly ArrayLike<number>[]): number {
  let span = 0;
  for (let q = 0; q < outputs[0].length; q++) {
    let low = Infinity, high = -Infinity;
    for (const row of outputs) [low, high] = [Math.min(low, row[q]), Math.max(high, row[q])];
    span = Math.max(span, high - low);
  }
  return span;
}

function farthest(found: readonly ArrayLike<number>[], expected: readonly ArrayLike<number>[]) {
  let worst = found.length === expected.length ? 0 : Infinity;
  expected.forEach((row, r) => {
    for (let q = 0; q < row.length; q++) {
      const distance = Math.abs(found[r][q] - row[q]);
      if (!(distance <= worst)) worst = distance;
    }
  });
  return worst;
}

const SHARES = [1e-2, 1e-4] as const;
const has = {
  c: hasTool("cc", ["--version"], "smaller C"),
  python: hasTool(PYTHON, ["-c", "import numpy"], "smaller Python with numpy"),
};

/** Runs an export on rows. */
type Runner = (
  folder: string,
  name: string,
  each: ProgramCase,
  files: ReturnType<typeof exportModel>,
  rows: readonly number[][],
) => Promise<ArrayLike<number>[]> | ArrayLike<number>[];

const widthOf = ({ program: { result } }: ProgramCase) =>
  result.kind === "classes" ? result.labels.length : result.names.length;

const RUNNERS: Readonly<Record<"js" | "c" | "python" | "onnx", Runner>> = {
  async js(folder, name, _, { files }, rows) {
    putFiles(folder, name, files);
    const { predict } = await import(`file://${folder}/${name}.js`);
    return rows.map((row) => [...predict(row)]);
  },
  async c(folder, name, each, { files, reduced }, rows) {
    putFiles(folder, name, files);
    const real = reduced!.dtype === "float32" ? "float" : "double";
    const main = cMain(name, real, each.program.result.kind === "classes");
    return rowsOf(await runC(folder, name, main, rows), widthOf(each));
  },
  async python(folder, name, each, { files }, rows) {
    putFiles(folder, name, files);
    const script = `import sys\nsys.path.insert(0, ${JSON.stringify(folder)})\n` +
      `import ${name} as model\n` +
      `rows = model.np.frombuffer(sys.stdin.buffer.read()).reshape(-1, len(model.COLUMNS))\n` +
      "sys.stdout.buffer.write(model.predict(rows).astype(model.np.float64).tobytes())\n";
    return rowsOf(await runTool(PYTHON, ["-B", "-c", script], flat(rows)), widthOf(each));
  },
  onnx(_, __, each, { files: [{ content }] }, rows) {
    const model = readOnnx(content as Uint8Array), part = rows.slice(0, 300);
    const { data } = evaluateOnnx(model, part).get(model.outputs[0])!, width = widthOf(each);
    return part.map((_, r) => (data as number[]).slice(r * width, (r + 1) * width));
  },
};

for (const to of ["js", "c", "python", "onnx"] as const) {
  Deno.test({
    name: `an export of an error is wrong by no more than is proven: ${to}`,
    ignore: (to === "c" || to === "python") && !has[to],
    fn: () =>
      withFolder(async (folder) => {
        for (const [i, each] of rangedCases().entries()) {
          const rows = rowsIn(each.program, 2_000, i), expected = expectedOutputs(each, rows);
          const span = spanOf(expected);
          for (const [k, share] of SHARES.entries()) {
            if (to !== "js" && (i + k) % 3 > 0) continue; // programs are the same for all
            const name = `m${i}_${k}`, error = share * span;
            const model = exportModel(each.program, { to, name, error });
            assertLessOrEqual(model.error!, error, each.name);
            assertLessOrEqual(model.reduced!.numbers, model.reduced!.numbersBefore);
            const found = await RUNNERS[to](folder, name, each, model, rows);
            const worst = farthest(found, expected.slice(0, found.length));
            if (Deno.env.get("FREEKNOT_SHOW")) {
              console.log(
                `${to} ${each.name}: ${worst} of ${model.error}, ${model.reduced!.dtype}`,
              );
            }
            assertLessOrEqual(worst, model.error!, `${each.name}, ${share}`);
          }
        }
      }),
  });
}

Deno.test("an export of an error is wrong by no more than is proven: sql", async () => {
  const { DatabaseSync } = await import("node:sqlite");
  const [each] = rangedCases(), rows = rowsIn(each.program, 2_000, 3);
  const expected = expectedOutputs(each, rows), error = 1e-2 * spanOf(expected);
  const { files, error: proven, reduced, outputs } = exportModel(each.program, {
    to: "sql",
    error,
  });
  assertEquals(reduced!.dtype, "float64");
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE data (x1, x2)");
  const insert = database.prepare("INSERT INTO data VALUES (?, ?)");
  for (const row of rows) insert.run(...row);
  const found = database.prepare(files[0].content as string).all()
    .map((row) => outputs.map((name) => row[name] as number));
  assertLessOrEqual(farthest(found, expected), proven!);
  database.close();
});

Deno.test("a proven error holds at a million points, and where the certifier looked", () =>
  withFolder(async (folder) => {
    const box = [[-1, 1], [-1, 1]] as const;
    const network = measuredNetwork({ widths: [2, 5, 1], intervals: 12 }, 4);
    const whole = networkProgram(network), range = [-1, 1] as const;
    const program = { ...whole, columns: whole.columns.map((each) => ({ ...each, range })) };
    const { outputs: [{ value }] } = certify(network, { box });
    const reached = value.at;
    putFiles(folder, "whole", exportModel(program, { to: "js" }).files);
    const { predict: exact } = await import(`file://${folder}/whole.js`);
    for (const [k, share] of [1e-2, 1e-3, 1e-5].entries()) {
      const error = share * (value.upper - value.lower);
      const model = exportModel(program, { to: "js", error });
      putFiles(folder, `m${k}`, model.files);
      const { predict } = await import(`file://${folder}/m${k}.js`);
      const random = createRandom(k, "million"), row = new Float64Array(2);
      const out = new Float64Array(1), other = new Float64Array(1);
      let worst = 0;
      for (let r = 0; r < 1_000_000 + reached.length; r++) {
        if (r < reached.length) row.set(reached[r]);
        else for (let p = 0; p < 2; p++) row[p] = 2 * random.uniform() - 1;
        worst = Math.max(worst, Math.abs(predict(row, out)[0] - exact(row, other)[0]));
      }
      assertLessOrEqual(worst, model.error!);
      assert(worst > model.error! / 100, `${worst} of ${model.error}`);
    }
  }));

Deno.test("knots that change nothing go, and degrees that nothing asks for", () => {
  const network = measuredNetwork({ widths: [1, 1, 1], degree: 3, intervals: 40 }, 1);
  for (const { name, offset, size } of network.layout) {
    if (name !== "spline0.coefficients") continue;
    for (let i = 0; i < size; i++) network.parameters[offset + i] = 3 * i; // not far from a line
  }
  const whole = networkProgram(network);
  const program = { ...whole, columns: [{ ...whole.columns[0], range: [-1, 1] as const }] };
  const { reduced, error } = exportModel(program, { to: "onnx", error: 10, dtype: "float64" });
  assert(reduced!.numbers < reduced!.numbersBefore / 5, `${reduced!.numbers}`);
  assertLessOrEqual(error!, 10);
});

Deno.test("what has no proven error is refused in one sentence", () => {
  const [{ program }] = rangedCases();
  const refused = (options: object, text: string, other = program) =>
    assertThrows(() => exportModel(other, { to: "js", ...options }), RangeError, text);
  refused({ error: 0 }, "error must be a number above 0");
  refused({ error: 1e-20 }, "for rounding in float64 alone");
  refused({ error: 1e-12, dtype: "float32" }, "for rounding in float32 alone");
  const bare = { ...program, columns: program.columns.map(({ name }) => ({ name })) };
  refused({ error: 1 }, "columns must have known ranges", bare);
  const formulas = formulaProgram(
    [{ column: "a", variable: "a" }],
    [{ name: "f", formula: { kind: "variable", name: "a" } }],
  );
  refused({ error: 1 }, "a network to be written with an error", formulas as never);
  for (const each of programCases().filter(({ name }) => name.startsWith("found"))) {
    refused({ error: 1 }, "train with --form network", each.program);
    refused({ to: "lut" }, "one network without bounds to be written as tables", each.program);
  }
});

const runtime = await loadOnnx();

for (const dtype of ["float64", "float32"] as const) {
  Deno.test({
    name: `an export of an error in onnxruntime-node is wrong by no more than is proven, ${dtype}`,
    ignore: runtime === undefined,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      for (const [i, each] of rangedCases().entries()) {
        const { program } = each, offset = program.columns.some((column) => column.offset);
        if (dtype === "float32" && offset) continue;
        const rows = rowsIn(program, 10_000, i), expected = expectedOutputs(each, rows);
        let model: ReturnType<typeof exportModel>;
        try {
          model = exportModel(program, { to: "onnx", dtype, error: 1e-2 * spanOf(expected) });
        } catch (error) { // rounding in float32 alone may be proven for more
          assertStringIncludes(`${error}`, "for rounding in float32 alone");
          continue;
        }
        const options = { logSeverityLevel: 3, intraOpNumThreads: 1 };
        const { content } = model.files[0];
        const session = await runtime!.InferenceSession.create(content as Uint8Array, options);
        const [{ data }] = Object.values(await runOnnx(runtime!, session, rows, dtype));
        const values = Array.from(data as ArrayLike<number>), width = widthOf(each);
        const found = rows.map((_, r) => values.slice(r * width, (r + 1) * width));
        assertLessOrEqual(farthest(found, expected), model.error!, each.name);
        await session.release();
      }
    },
  });
}
