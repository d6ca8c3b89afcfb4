/**
 * The steps of `reproduce`, which alone needs the papers' tables.
 *
 * @module
 */

import { renderTableReport } from "../../../lib/report/mod.ts";
import { EXIT } from "../../terminal/errors.ts";
import { checkOutputs, writeFile } from "../../terminal/files.ts";
import { VERSION } from "../../terminal/version.ts";
import { outputFiles } from "../../flags/shared.ts";
import { type CommandSteps, jsonText } from "../command.ts";
import { readKeptRuns } from "./kept_runs.ts";
import { type ReproduceRequest, reproduceRequest } from "./request.ts";
import {
  reproduceJson,
  reproduceNotes,
  type ReproduceResult,
  reproduceText,
  rowMarks,
  tableTitle,
  warnings,
} from "./result.ts";
import { runTable } from "./run.ts";

/** The table to run, and the runs that are there. */
interface Request {
  readonly request: ReproduceRequest;
  readonly kept: Awaited<ReturnType<typeof readKeptRuns>>;
}

/** Runs the rows of a table. */
export const reproduceSteps: CommandSteps<Request, ReproduceResult> = {
  async request(given, [name]) {
    const request = reproduceRequest(given, name);
    await checkOutputs(outputFiles(given, ["report", "keep"]), []);
    return { request, kept: await readKeptRuns(request) };
  },
  run: ({ request, kept }, terminal) => runTable(request, kept, terminal),
  async present(result, { request: { json, report } }, terminal) {
    terminal.out(json ? jsonText(reproduceJson(result)) : reproduceText(result));
    if (report !== undefined) await writeFile(report, tableReport(result));
    return result.complete ? EXIT.done : EXIT.interrupted;
  },
};

function tableReport(result: ReproduceResult): string {
  const { request, summaries, complete } = result;
  return renderTableReport({
    title: `${request.table}, ${request.problem.name}`,
    subtitle: tableTitle(result).replace(/^.*?: /, "").replace(/^m/, "M"),
    status: !complete ? "stopped" : request.quick ? "quick try, not comparable" : "completed",
    warnings: warnings(result),
    notes: reproduceNotes(result),
    rows: summaries.map((summary) => ({ summary, marks: rowMarks(summary, request) })),
    reproduce: request.command,
    version: VERSION,
  });
}
