/**
 * The files that a run of `train` writes.
 *
 * @module
 */

import { defined } from "../../../lib/numerics/inner.ts";
import { type Output, writeFile } from "../../terminal/files.ts";
import { modelBytes } from "./model_bytes.ts";
import type { RunResult } from "./result.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { TrainRequest } from "./request.ts";

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
  const { request: { modelOut, report }, run } = result, { network } = run.finished;
  if (!network.parameters.every(Number.isFinite) || !Number.isFinite(run.finished.loss)) {
    if (modelOut !== undefined || report !== undefined) {
      terminal.err("freeknot: nothing was written: the loss was never finite\n");
    }
    return {};
  }
  if (modelOut !== undefined) {
    await writeFile(modelOut, await modelBytes(result));
  }
  if (report !== undefined) {
    const { runReport } = await import("./report.ts"); // the pages' code is large
    await writeFile(report, runReport(result));
  }
  return defined({ model: modelOut, report });
}
