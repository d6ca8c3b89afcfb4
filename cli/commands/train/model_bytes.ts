/**
 * The model file of a run.
 *
 * @module
 */

import { defined } from "../../../lib/numerics/inner.ts";
import { supportNumbers } from "../../models/diagnostics.ts";
import { heldErrors, keptErrors } from "../../models/intervals.ts";
import { encodeModelFile } from "../../models/metadata.ts";
import { foldScoresOf } from "../../runs/judging_data.ts";
import { VERSION } from "../../terminal/version.ts";
import type { RunResult } from "./result.ts";

/** What a model file holds of a run. */
type ModelParts =
  & Pick<RunResult, "data" | "losses" | "scores" | "options" | "command" | "judging">
  & {
    readonly request: Pick<RunResult["request"], "loss">;
    readonly run: { readonly finished: Pick<RunResult["run"]["finished"], "network" | "status"> };
  };

/** The bytes of a run's model file. */
export async function modelBytes(result: ModelParts): Promise<Uint8Array> {
  const { request: { loss }, data, run, losses, scores, options, command, judging } = result;
  const { network, status } = run.finished, { train: rows } = data.parts;
  return encodeModelFile([network], {
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
}
