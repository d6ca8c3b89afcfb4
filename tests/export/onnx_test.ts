import { assert, assertEquals } from "@std/assert";
import { exportModel } from "../../lib/export/mod.ts";
import { loadOnnx, runOnnx } from "../support/onnx.ts";
import { casesFor, checkOutputsOf, ROWS } from "../support/export_cases.ts";
import { evaluateOnnx, readOnnx } from "../support/onnx_evaluator.ts";
import { programRows } from "../support/programs.ts";

const runtime = await loadOnnx();

for (const dtype of ["float64", "float32"] as const) {
  Deno.test({
    name: `exported ONNX says what the model says in onnxruntime-node, ${dtype}`,
    ignore: runtime === undefined,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      for (const each of casesFor(dtype)) {
        const { content } = exportModel(each.program, { to: "onnx", dtype }).files[0];
        const options = { logSeverityLevel: 3, intraOpNumThreads: 1 };
        const session = await runtime!.InferenceSession.create(content as Uint8Array, options);
        const rows = programRows(each, ROWS, 6, dtype === "float32");
        const { result } = each.program, classes = result.kind === "classes";
        const found = await runOnnx(runtime!, session, rows, dtype);
        const { data, dims } = found[classes ? "probabilities" : "outputs"];
        const width = classes ? result.labels.length : result.names.length;
        assertEquals([...dims], [rows.length, width]);
        const values = Array.from(data as ArrayLike<number>);
        const outputs = rows.map((_, r) => values.slice(r * width, (r + 1) * width));
        checkOutputsOf(each, dtype, outputs, rows);
        if (classes) {
          const labels = outputs.map((row) =>
            result.labels[Math.max(0, row.indexOf(Math.max(...row)))]
          );
          assertEquals([...found.label.data as readonly string[]], labels);
        }
        const [one] = Object.values(await runOnnx(runtime!, session, rows.slice(0, 1), dtype));
        assertEquals(one.dims[0], 1);
        await session.release();
      }
    },
  });
}

/** The operators of all files, in the order of the alphabet. */
const OPERATORS = "Abs Add And ArgMax Cast Concat Div Exp Expand Floor Gather Gemm Greater " +
  "GreaterOrEqual Identity Less LessOrEqual Log MatMul Mul Neg Or ReduceMax ReduceSum Relu " +
  "Reshape ScatterElements Shape Sign Sub Tanh Unsqueeze Where";

for (const dtype of ["float64", "float32"] as const) {
  Deno.test(`exported ONNX has standard operators and says what the model says, ${dtype}`, () => {
    for (const each of casesFor(dtype)) {
      const { content } = exportModel(each.program, { to: "onnx", dtype }).files[0];
      const model = readOnnx(content as Uint8Array), rows = programRows(each, 100, 9, true);
      assertEquals([model.opset, model.domains, model.inputs], [17, [""], ["columns"]]);
      for (const { operator } of model.nodes) assert(OPERATORS.split(" ").includes(operator));
      const { result, columns } = each.program, classes = result.kind === "classes";
      assertEquals(model.notes.get("columns"), JSON.stringify(columns.map(({ name }) => name)));
      assertEquals(model.outputs, classes ? ["probabilities", "label"] : ["outputs"]);
      const values = evaluateOnnx(model, rows);
      const { data, dims } = values.get(model.outputs[0])!, width = dims[1];
      const outputs = rows.map((_, r) => (data as number[]).slice(r * width, (r + 1) * width));
      checkOutputsOf(each, dtype, outputs, rows);
    }
  });
}
