/**
 * The search for formulas, watched and interruptible.
 *
 * @module
 */

import { writeFile } from "../../terminal/files.ts";
import { listenForInterrupt } from "../../terminal/interrupt.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { jsonText } from "../command.ts";
import { findTargets, type FormulaResult } from "./find.ts";
import type { FormulaRequest } from "./request.ts";

/** Searches, and writes the model. */
export async function performFormula(
  request: FormulaRequest,
  terminal: Terminal,
): Promise<FormulaResult> {
  const interrupt = listenForInterrupt(
    () => terminal.err("stopping with the front found so far; Ctrl-C again leaves at once\n"),
    () => {},
  );
  let result: FormulaResult;
  try {
    result = await findTargets(request, {
      signal: interrupt.signal,
      onStage: (stage) => request.quiet || terminal.err(`trying ${stage}\n`),
    });
  } finally {
    interrupt.dispose();
  }
  const { output } = request, isWhole = result.targets.length === request.targets.length;
  if (output !== undefined && isWhole) await writeFile(output.path, jsonText(result.model));
  return result;
}
