/**
 * The three steps of `regions`.
 *
 * @module
 */

import { EXIT } from "../../terminal/errors.ts";
import { type CommandSteps, jsonText } from "../command.ts";
import { readRegionsRequest, type RegionsRequest } from "./request.ts";
import { regionsJson, regionsText } from "./result.ts";
import { type RegionsResult, runRegions } from "./run.ts";

/** Reads, counts, prints. */
export const regionsSteps: CommandSteps<RegionsRequest, RegionsResult> = {
  request: readRegionsRequest,
  run: runRegions,
  present(result, request, terminal) {
    terminal.out(
      request.json ? jsonText(regionsJson(result, request)) : regionsText(result, request),
    );
    return EXIT.done;
  },
};
