/**
 * The end of `reproduce` with an experiment: what is printed and written.
 *
 * @module
 */

import { renderExperiment } from "../../../../lib/report/mod.ts";
import { EXIT } from "../../../terminal/errors.ts";
import { writeFile } from "../../../terminal/files.ts";
import type { Terminal } from "../../../terminal/terminal.ts";
import { VERSION } from "../../../terminal/version.ts";
import { jsonText } from "../../command.ts";
import { experimentJson, experimentStatus, experimentText } from "./result.ts";
import type { ExperimentResult } from "./run.ts";

/** Prints the findings and writes the page; a claim that does not hold is a failure. */
export async function presentExperiment(
  result: ExperimentResult,
  terminal: Terminal,
): Promise<number> {
  const { request: { json, report, experiment, command }, findings, complete } = result;
  terminal.out(json ? jsonText(experimentJson(result)) : experimentText(result));
  const failed = findings.claims.some(({ holds }) => holds === false);
  if (report !== undefined) {
    await writeFile(
      report,
      renderExperiment({
        title: experiment.title,
        subtitle: experiment.source,
        status: experimentStatus(result),
        good: complete && !failed,
        ...findings,
        reproduce: command,
        version: VERSION,
      }),
    );
  }
  return !complete ? EXIT.interrupted : failed ? EXIT.failed : EXIT.done;
}
