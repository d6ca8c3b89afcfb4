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
    if (request.json) terminal.out(formulaJson(result, request));
    else if (request.style !== undefined) terminal.out(formulaAlone(result, request));
    else terminal.out(formulaText(result, request));
    return result.stopped ? EXIT.interrupted : EXIT.done;
  },
};
