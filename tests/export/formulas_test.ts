import { assertLess, assertThrows } from "@std/assert";
import { evaluateProgram, exportModel, formulaProgram } from "../../lib/export/mod.ts";
import { type Formula, readFormula } from "../../lib/interpret/mod.ts";
import { createRandom } from "../../lib/model/mod.ts";
import {
  cMain,
  flat,
  hasTool,
  putFiles,
  rowsOf,
  runC,
  runTool,
} from "../support/export_runners.ts";
import { withFolder } from "../support/folder.ts";
import { PYTHON } from "../support/python.ts";
import { loadOnnx, runOnnx } from "../support/onnx.ts";
import { largestDifference } from "../support/programs.ts";

const x = { kind: "variable", name: "x" }, y = { kind: "variable", name: "y" };
const number = (value: number) => ({ kind: "number", value });
const call = (name: string, argument: object) => ({ kind: "call", name, argument });
const power = (base: object, exponent: number) => ({
  kind: "power",
  base,
  exponent: number(exponent),
});
const sum = (...terms: object[]) => ({ kind: "sum", terms });
const product = (...factors: object[]) => ({ kind: "product", factors });

/** What all targets have. */
const PLAIN: readonly object[] = [
  sum(product(number(-2.5), call("sin", product(number(3), x))), power(y, 2), number(-1e-7)),
  product(call("exp", product(number(-0.3), x)), power(sum(y, number(3)), -1)),
  call("log", sum(power(x, 2), number(1))),
  sum(call("sqrt", call("abs", y)), call("cos", x), power(sum(x, number(3)), 1.5)),
  sum(
    call("tanh", x),
    call("gaussian", y),
    call("sigmoid", x),
    call("x^2", y),
    call("inverse", sum(x, number(5))),
  ),
  sum(call("sign", x), call("x^(3/2)", sum(y, number(3)))),
  number(4),
];

/** What not all have. */
const MORE: readonly object[] = [
  sum(call("tan", product(number(0.5), x)), call("sinh", x), call("cosh", y)),
  sum(
    call("arctan", x),
    call("arcsin", product(number(0.4), x)),
    call("arccos", product(number(0.4), y)),
  ),
  sum(call("arctanh", product(number(0.4), x)), call("arcsinh", y)),
];

function programOf(formulas: readonly object[]) {
  const inputs = [
    { column: "x [m]", variable: "x" },
    { column: "unused", variable: "u" },
    { column: 'y "2"', variable: "y" },
  ];
  return formulaProgram(
    inputs,
    formulas.map((formula, i) => ({ name: `f${i}`, formula: readFormula(formula) as Formula })),
  );
}

const random = createRandom(5, "formulas");
const rows = Array.from({ length: 4_000 }, () => [0, 0].map(() => 4 * random.uniform() - 2));
const expectedOf = (formulas: readonly object[]) => {
  const program = programOf(formulas);
  return rows.map((row) => evaluateProgram(program, row));
};

Deno.test("formulas as JavaScript", () =>
  withFolder(async (folder) => {
    const formulas = [...PLAIN, ...MORE, call("erf", x), call("besselj0", y)];
    putFiles(folder, "f", exportModel(programOf(formulas), { to: "js" }).files);
    const { predict } = await import(`file://${folder}/f.js`);
    const outputs = rows.map((row) => [...predict(row)]);
    assertLess(largestDifference(outputs, expectedOf(formulas)), 1e-14);
  }));

Deno.test({
  name: "formulas as C",
  ignore: !hasTool("cc", ["--version"], "formulas as C"),
  fn: () =>
    withFolder(async (folder) => {
      const formulas = [...PLAIN, ...MORE, call("erf", x)];
      putFiles(folder, "f", exportModel(programOf(formulas), { to: "c", name: "f" }).files);
      const out = await runC(folder, "f", cMain("f", "double", false), rows);
      const found = rowsOf(out, formulas.length);
      assertLess(largestDifference(found, expectedOf(formulas)), 1e-14);
    }),
});

Deno.test({
  name: "formulas as Python",
  ignore: !hasTool(PYTHON, ["-c", "import numpy"], "formulas as Python"),
  fn: () =>
    withFolder(async (folder) => {
      const formulas = [...PLAIN, ...MORE];
      putFiles(folder, "f", exportModel(programOf(formulas), { to: "python" }).files);
      const script = `import sys\nsys.path.insert(0, ${JSON.stringify(folder)})\nimport f\n` +
        "rows = f.np.frombuffer(sys.stdin.buffer.read()).reshape(-1, 2)\n" +
        "sys.stdout.buffer.write(f.predict(rows).tobytes())\n";
      const found = await runTool(PYTHON, ["-B", "-c", script], flat(rows));
      assertLess(
        largestDifference(rowsOf(found, formulas.length), expectedOf(formulas)),
        1e-14,
      );
    }),
});

Deno.test("formulas as SQL", async () => {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(":memory:");
  const functions = {
    ...{ exp: Math.exp, ln: Math.log, sin: Math.sin, cos: Math.cos, sqrt: Math.sqrt },
    ...{ tanh: Math.tanh, sign: Math.sign, tan: Math.tan, sinh: Math.sinh, cosh: Math.cosh },
    ...{ atan: Math.atan, asin: Math.asin, acos: Math.acos, atanh: Math.atanh },
    asinh: Math.asinh,
  };
  for (const [name, f] of Object.entries(functions)) {
    database.function(name, (x: unknown) => f(x as number));
  }
  database.function("pow", (a: unknown, b: unknown) => Math.pow(a as number, b as number));
  database.exec('CREATE TABLE data ("x [m]", "y ""2""")');
  const insert = database.prepare("INSERT INTO data VALUES (?, ?)");
  for (const row of rows) insert.run(...row);
  const formulas = [...PLAIN, ...MORE];
  const { files, outputs: names } = exportModel(programOf(formulas), { to: "sql" });
  const found = database.prepare(files[0].content as string).all()
    .map((row) => names.map((name) => row[name] as number));
  assertLess(largestDifference(found, expectedOf(formulas)), 1e-14);
  database.close();
});

const runtime = await loadOnnx();

for (const dtype of ["float64", "float32"] as const) {
  Deno.test({
    name: `formulas as ONNX in onnxruntime-node, ${dtype}`,
    ignore: runtime === undefined,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const formulas = dtype === "float32" ? [...PLAIN, ...MORE] : [...PLAIN, MORE[0], MORE[2]];
      const { content } = exportModel(programOf(formulas), { to: "onnx", dtype }).files[0];
      const session = await runtime!.InferenceSession.create(content as Uint8Array);
      const { outputs } = await runOnnx(runtime!, session, rows, dtype);
      const values = Array.from(outputs.data as ArrayLike<number>), width = formulas.length;
      const found = rows.map((_, r) => values.slice(r * width, (r + 1) * width));
      const far = dtype === "float32" ? 2e-6 : 1e-14;
      assertLess(largestDifference(found, expectedOf(formulas)), far);
      await session.release();
    },
  });
}

Deno.test("formulas that a target cannot write are refused", () => {
  const bessel = programOf([call("besselj0", x)]);
  for (const to of ["c", "python", "sql", "onnx"] as const) {
    assertThrows(() => exportModel(bessel, { to }), RangeError, "current value is besselj0");
  }
  const arctan = programOf([call("arctan", x)]);
  assertThrows(() => exportModel(arctan, { to: "onnx" }), RangeError, "ONNX in float64");
  assertThrows(() => exportModel(arctan, { to: "lut" }), RangeError, "a network");
  assertThrows(
    () => formulaProgram([{ column: "a", variable: "a" }], [{ name: "f", formula: x as Formula }]),
    RangeError,
    "current value is x",
  );
  const spline = {
    kind: "spline",
    argument: x,
    knots: [0, 0, 1, 1],
    degree: 1,
    coefficients: [1, 2],
  };
  assertThrows(
    () => exportModel(programOf([spline]), { to: "js" }),
    RangeError,
    "current value is a spline",
  );
});
