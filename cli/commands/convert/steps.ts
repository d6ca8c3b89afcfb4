/**
 * The three steps of `convert`.
 *
 * @module
 */

import { EXIT } from "../../terminal/errors.ts";
import { type CommandSteps, jsonText } from "../command.ts";
import { type ConvertRequest, readConvertRequest } from "./request.ts";
import { convertJson, convertText } from "./result.ts";
import { type ConvertResult, runConvert } from "./run.ts";

/** Reads, rewrites, prints. */
export const convertSteps: CommandSteps<ConvertRequest, ConvertResult> = {
  request: readConvertRequest,
  run: runConvert,
  present(result, request, terminal) {
    terminal.out(
      request.json ? jsonText(convertJson(result, request)) : convertText(result, request),
    );
    return EXIT.done;
  },
};
