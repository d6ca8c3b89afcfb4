import { assertEquals, assertLess } from "@std/assert";
import { evaluateProgram, exportModel, networkProgram } from "../../lib/export/mod.ts";
import { createRandom, withStatistics } from "../../lib/model/mod.ts";
import { randomNetwork } from "../support/networks.ts";
import { evaluateOnnx, readOnnx } from "../support/onnx_evaluator.ts";
import {
  expectedOutputs,
  largestDifference,
  programCases,
  programRows,
} from "../support/programs.ts";

for (const each of programCases()) {
  Deno.test(`a program says what its networks say: ${each.name}`, () => {
    const rows = programRows(each, 300, 7);
    const outputs = rows.map((row) => evaluateProgram(each.program, row));
    const difference = largestDifference(outputs, expectedOutputs(each, rows));
    assertLess(difference, 1e-14);
  });
}

Deno.test("in float32 a refusing network accepts the rows that it was measured on", () => {
  const random = createRandom(4, "rows");
  const rows = Array.from({ length: 400 }, () => [0, 0, 0].map(() => Math.fround(random.normal())));
  const options = { widths: [3, 6, 1], extrapolation: "error" } as const;
  const network = withStatistics(randomNetwork(options, 1), Float64Array.from(rows.flat()));
  const program = networkProgram(network);
  const { content } = exportModel(program, { to: "onnx", dtype: "float32" }).files[0];
  const model = readOnnx(content as Uint8Array);
  const outputs = evaluateOnnx(model, rows).get("outputs")!.data as number[];
  assertEquals(outputs.filter(Number.isNaN).length, 0);
  const far = evaluateOnnx(model, [[90, 90, 90]]).get("outputs")!.data as number[];
  assertEquals(far, [NaN]);
  assertEquals([...evaluateProgram(program, [90, 90, 90])], [NaN]);
});
