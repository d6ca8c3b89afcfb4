/**
 * What the page does rarely, and whose code is large: exports, reports, the search for formulas. Its script
 * is unpacked when one is asked for.
 *
 * @module
 */

import { parseTable } from "../../../lib/data/mod.ts";
import type { PdeSolution } from "../../../lib/physics/mod.ts";
import { exportModel, networkProgram } from "../../../lib/export/mod.ts";
import { withFeatureCode } from "../../commands/export/feature_code.ts";
import { smeared } from "../../commands/train/target_scale.ts";
import { findTargets } from "../../commands/formula/find.ts";
import { type FormulaRequest, modelParts } from "../../commands/formula/request.ts";
import { formulaText } from "../../commands/formula/result.ts";
import { jsonText } from "../../commands/command.ts";
import type { SolveLog } from "../../commands/solve/log.ts";
import { solveReport } from "../../commands/solve/report.ts";
import type { SolveSetup } from "../../commands/solve/result.ts";
import { runCommand } from "../../commands/train/options.ts";
import { runReport } from "../../commands/train/report.ts";
import { readTrainedModel } from "../../models/metadata.ts";
import { UsageError } from "../../terminal/errors.ts";
import type { GivenFile } from "../protocol.ts";
import { judgeRun, MODEL_FILE, modelOf, type RunMoment } from "../work/moment.ts";

/** What the file of a formula is called. */
const FORMULA_FILE = "formula.json";

/** Searches for formulas of the network as it stands: the file and the words of `freeknot formula`. */
export async function formulaFile(moment: RunMoment): Promise<GivenFile> {
  const { table, signal, note } = moment;
  const { network, metadata } = await readTrainedModel(MODEL_FILE, await modelOf(moment));
  const request: FormulaRequest = {
    ...{ modelFile: MODEL_FILE, network, metadata, fixes: [], pins: [] },
    ...{ output: { flag: "model-out", path: FORMULA_FILE }, json: false, quiet: true },
    ...(table ? { dataFile: table.name } : {}),
    ...modelParts(network, metadata, table && parseTable(table.text, { name: table.name })),
  };
  const result = await findTargets(request, {
    signal,
    onStage: (stage) => note(`Searching for a formula: trying ${stage}`),
  });
  note("The formula stands below, with those that are shorter and less exact.");
  const bytes = new TextEncoder().encode(jsonText(result.model));
  const text = formulaText(result, request).replace(/\nformula: .*\n$/, "\n");
  return { name: FORMULA_FILE, bytes, text: `${result.model.command}\n\n${text}` };
}

/** The model as code, or as ONNX, as `freeknot export` writes it. */
export function codeFile(
  to: "js" | "onnx" | "python" | "c",
  { ready, network }: RunMoment,
): GivenFile {
  const { encoding } = smeared(ready.data, [network]);
  const written = exportModel(networkProgram([network], encoding), { to });
  const features = encoding.kind === "table" ? encoding : undefined;
  const { extension, content } = withFeatureCode(written, to, features).files[0];
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { name: `model${extension}`, bytes };
}

/** The report of a run that has ended, as `freeknot train --report` writes it. */
export function trainedReport({ ready, finished, events }: RunMoment): GivenFile {
  if (!finished) {
    throw new UsageError("Cannot write the report: training must have ended; press Train first");
  }
  const { request, options, penalties } = ready;
  const { data, losses, scores } = judgeRun(ready, finished.network);
  const { encoding } = data, { loss } = request;
  return reportFile(runReport({
    ...{ request, data, losses, scores, options, penalties, files: {} },
    trained: { loss, encoding },
    run: { finished, events: [...events, finished] },
    command: runCommand(options),
  }));
}

/** The report of an equation that is solved, as `freeknot solve --report` writes it. */
export function solvedReport(
  setup: SolveSetup,
  solution: PdeSolution,
  log: SolveLog,
): GivenFile {
  return reportFile(solveReport(setup, solution, log));
}

function reportFile(html: string): GivenFile {
  return { name: "report.html", bytes: new TextEncoder().encode(html) };
}
