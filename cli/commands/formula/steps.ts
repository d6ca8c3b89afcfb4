/**
 * The steps of `formula`.
 *
 * @module
 */

import { EXIT } from "../../terminal/errors.ts";
import type { CommandSteps } from "../command.ts";
import { type FormulaRequest, formulaRequest } from "./request.ts";
import { formulaAlone, formulaJson, formulaText } from "./result.ts";
import type { FormulaResult } from "./find.ts";
import { performFormula } from "./run.ts";

/** Reads the flags, searches, prints the front. */
export const formulaSteps: CommandSteps<FormulaRequest, FormulaResult> = {
  request: formulaRequest,
  run: performFormula,
  present(result, request, terminal) {
    const { bounds, quiet } = request;
    if (bounds !== undefined && !quiet) {
      terminal.err(`the model's numbers stay within ${bounds}; formulas are of the sum before\n`);
    }
    if (request.json) terminal.out(formulaJson(result, request));
    else if (request.style !== undefined) terminal.out(formulaAlone(result, request));
    else terminal.out(formulaText(result, request));
    return result.stopped ? EXIT.interrupted : EXIT.done;
  },
};
