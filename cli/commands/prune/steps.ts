/**
 * The three steps of `prune`.
 *
 * @module
 */

import { EXIT } from "../../terminal/errors.ts";
import { type CommandSteps, jsonText } from "../command.ts";
import { type PruneRequest, readPruneRequest } from "./request.ts";
import { pruneJson, pruneText } from "./result.ts";
import { type PruneResult, runPrune } from "./run.ts";

/** Reads, prunes, prints. */
export const pruneSteps: CommandSteps<PruneRequest, PruneResult> = {
  request: readPruneRequest,
  run: runPrune,
  present(result, request, terminal) {
    terminal.out(request.json ? jsonText(pruneJson(result, request)) : pruneText(result, request));
    return EXIT.done;
  },
};
