/**
 * What a run of the page gives as files.
 *
 * @module
 */

import { UsageError } from "../../terminal/errors.ts";
import type { FileKind, GivenFile } from "../protocol.ts";
import { MODEL_FILE, modelOf, type RunMoment } from "./moment.ts";

/** One file of a run; the checkpoint is the session's. */
export async function runFile(
  kind: Exclude<FileKind, "checkpoint">,
  moment: RunMoment,
): Promise<GivenFile> {
  const { table } = moment, encoder = new TextEncoder();
  if (kind === "data") {
    if (!table) {
      throw new UsageError("Cannot write the table: a problem of the gallery has none");
    }
    return { name: table.name, bytes: encoder.encode(table.text) };
  }
  if (kind === "model") {
    return { name: MODEL_FILE, bytes: new Uint8Array(await modelOf(moment)) };
  }
  const { formulaFile, codeFile, trainedReport } = await import("../late/main.ts");
  if (kind === "formula") return await formulaFile(moment);
  return kind === "report" ? trainedReport(moment) : codeFile(kind, moment);
}
