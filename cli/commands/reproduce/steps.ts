/**
 * The steps of `reproduce`, which alone needs the papers' tables and experiments.
 *
 * @module
 */

import { findExperiment } from "../../../lib/reproduce/mod.ts";
import { renderTableReport } from "../../../lib/report/mod.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { outputFiles } from "../../flags/shared.ts";
import { switchFlag } from "../../flags/values.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import { checkOutputs, writeFile } from "../../terminal/files.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { VERSION } from "../../terminal/version.ts";
import { type CommandSteps, jsonText } from "../command.ts";
import { readKeptParts } from "./experiment/kept_parts.ts";
import { experimentRequest } from "./experiment/request.ts";
import { type ExperimentResult, runParts } from "./experiment/run.ts";
import { presentExperiment } from "./experiment/steps.ts";
import { readKeptRuns } from "./kept_runs.ts";
import { listing, presentList } from "./list.ts";
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

/** What to run, with the parts of it that are there already. */
type Request = (terminal: Terminal) => Promise<Result>;

/** What was run, and how it is presented. */
interface Result {
  present(terminal: Terminal): number | Promise<number>;
}

/** Runs the rows of a table, or the parts of an experiment. */
export const reproduceSteps: CommandSteps<Request, Result> = {
  async request(given, [name]) {
    if (name === undefined || switchFlag(given, "list")) {
      const listed = listing(given, name);
      return () => Promise.resolve({ present: (terminal) => presentList(listed, terminal) });
    }
    const outputs = outputFiles(given, ["report", "keep"]);
    const experiment = findExperiment(name);
    if (experiment !== undefined) {
      const request = await experimentRequest(given, experiment);
      await checkOutputs(outputs, outputFiles(given, ["model", "data"]).map(({ path }) => path));
      const kept = await readKeptParts(request);
      return async (terminal) => {
        const result: ExperimentResult = await runParts(request, kept, terminal);
        return { present: (terminal) => presentExperiment(result, terminal) };
      };
    }
    refuseInputs(given);
    const request = reproduceRequest(given, name);
    await checkOutputs(outputs, []);
    const kept = await readKeptRuns(request);
    return async (terminal) => {
      const result = await runTable(request, kept, terminal);
      return { present: (terminal) => presentTable(result, request, terminal) };
    };
  },
  run: (request, terminal) => request(terminal),
  present: (result, _, terminal) => result.present(terminal),
};

/** The papers' tables take no files. */
function refuseInputs(given: GivenFlags): void {
  const flag = ["model", "data"].find((name) => given.has(name));
  if (flag === undefined) return;
  throw new UsageError(
    `Cannot reproduce: --${flag} must be left out with tables, current value is ${given.get(flag)}`,
  );
}

async function presentTable(
  result: ReproduceResult,
  { json, report }: ReproduceRequest,
  terminal: Terminal,
): Promise<number> {
  terminal.out(json ? jsonText(reproduceJson(result)) : reproduceText(result));
  if (report !== undefined) await writeFile(report, tableReport(result));
  return result.complete ? EXIT.done : EXIT.interrupted;
}
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
