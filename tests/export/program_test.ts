import { assertLess } from "@std/assert";
import { evaluateProgram } from "../../lib/export/mod.ts";
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
