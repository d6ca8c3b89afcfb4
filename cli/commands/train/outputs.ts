/**
 * The files that a run of `train` writes.
 *
 * @module
 */

import { defined } from "../../../lib/numerics/inner.ts";
import { writeFigure } from "../../pictures/write.ts";
import { type Output, writeFile } from "../../terminal/files.ts";
import { modelBytes } from "./model_bytes.ts";
import type { RunResult } from "./result.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { TrainRequest } from "./request.ts";

/** The files that a run reads. */
export function tableFiles(source: TrainRequest["source"]): string[] {
  return source.kind === "table" && source.file !== "-" ? [source.file] : [];
}

/** The flags of the files that are written at the end. */
export const RESULT_FILES = ["model-out", "report", "svg", "png"] as const;

/** The files among some that a request asks for, and the flags that ask. */
export function requestOutputs(
  { modelOut, report, checkpoint, pictures: { svg, png } = {} }: TrainRequest,
  flags: readonly (typeof RESULT_FILES[number] | "checkpoint")[],
): Output[] {
  const paths = { "model-out": modelOut, report, svg, png, checkpoint: checkpoint?.file };
  return flags.flatMap((flag) => {
    const path = paths[flag];
    if (path === undefined) return [];
    return [{ flag: flag === "checkpoint" && checkpoint?.mustExist ? "resume" : flag, path }];
  });
}

/** Writes network, report and pictures; nothing if there is no network worth keeping. */
export async function writeOutputs(
  result: RunResult,
  terminal: Terminal,
): Promise<RunResult["files"]> {
  const { request: { modelOut, report, pictures }, run } = result, { network } = run.finished;
  if (!network.parameters.every(Number.isFinite) || !Number.isFinite(run.finished.loss)) {
    if (requestOutputs(result.request, RESULT_FILES).length > 0) {
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
  const drawn = pictures && await writeFigure(pictures, async (names) => {
    const { runFigure } = await import("./report.ts");
    return await runFigure(result, names);
  }, (text) => terminal.err(`${text}\n`));
  return { ...defined({ model: modelOut, report }), ...drawn };
}
