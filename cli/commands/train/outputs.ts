/**
 * The files that a run of `train` writes.
 *
 * @module
 */

import { defined } from "../../../lib/numerics/inner.ts";
import { supportNumbers } from "../../models/diagnostics.ts";
import { type Output, writeFile } from "../../terminal/files.ts";
import { heldErrors, keptErrors } from "../../models/intervals.ts";
import { encodeModelFile } from "../../models/metadata.ts";
import { foldScoresOf } from "../../runs/judging_data.ts";
import type { RunResult } from "./result.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { TrainRequest } from "./request.ts";
import { VERSION } from "../../terminal/version.ts";

/** The files that a run reads. */
export function tableFiles(source: TrainRequest["source"]): string[] {
  return source.kind === "table" && source.file !== "-" ? [source.file] : [];
}

/** The files among some that a request asks for, and the flags that ask. */
export function requestOutputs(
  { modelOut, report, checkpoint }: TrainRequest,
  flags: readonly ("model-out" | "report" | "checkpoint")[],
): Output[] {
  const paths = { "model-out": modelOut, report, checkpoint: checkpoint?.file };
  return flags.flatMap((flag) => {
    const path = paths[flag];
    if (path === undefined) return [];
    return [{ flag: flag === "checkpoint" && checkpoint?.mustExist ? "resume" : flag, path }];
  });
}

/** Writes network and report, the network first; nothing if there is no network worth keeping. */
export async function writeOutputs(
  result: RunResult,
  terminal: Terminal,
): Promise<RunResult["files"]> {
  const { request, data, run, losses, scores, options, command, judging } = result;
  const { network, status } = run.finished;
  const { modelOut, report, loss } = request;
  if (!network.parameters.every(Number.isFinite) || !Number.isFinite(run.finished.loss)) {
    if (modelOut !== undefined || report !== undefined) {
      terminal.err("freeknot: nothing was written: the loss was never finite\n");
    }
    return {};
  }
  if (modelOut !== undefined) {
    const { train: rows } = data.parts;
    const bytes = encodeModelFile([network], {
      version: VERSION,
      encoding: data.encoding,
      loss,
      options,
      command,
      status,
      losses,
      scores,
      ...keptErrors(await heldErrors([network], data.encoding, data.parts.test)),
      ...defined({ foldScores: judging && foldScoresOf(judging) }),
      ...supportNumbers(network, rows.inputs, rows.rows),
    });
    await writeFile(modelOut, bytes);
  }
  if (report !== undefined) {
    const { runReport } = await import("./report.ts"); // the pages' code is large
    await writeFile(report, runReport(result));
  }
  return defined({ model: modelOut, report });
}
