/**
 * The three steps of `explain`.
 *
 * @module
 */

import { boundsText } from "../../models/found.ts";
import { imputedNotes } from "../../models/gap_tally.ts";
import { outsideNote } from "../../models/range_tally.ts";
import { EXIT } from "../../terminal/errors.ts";
import { type CommandSteps, jsonText } from "../command.ts";
import { type ExplainRequest, readExplainRequest } from "./request.ts";
import { explainJson, explainText } from "./result.ts";
import { type ExplainResult, runExplain } from "./run.ts";

/** Reads, explains, prints. */
export const explainSteps: CommandSteps<ExplainRequest, ExplainResult> = {
  request: readExplainRequest,
  run: runExplain,
  present(result, request, terminal) {
    const note = outsideNote(result.outside, result.explanation.rows);
    for (const each of [note ?? [], imputedNotes(result.imputed)].flat()) {
      if (!request.quiet) terminal.err(`${each}\n`);
    }
    const { encoding } = request.model.metadata;
    const within = boundsText(encoding);
    if (!request.quiet && within !== undefined) {
      terminal.err(
        `explained without the bounds that predictions of this model are held within: ${within}\n`,
      );
    }
    terminal.out(
      request.json ? jsonText(explainJson(result, request)) : explainText(result, request),
    );
    return EXIT.done;
  },
};
