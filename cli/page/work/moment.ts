/**
 * A run of the page as it stands, and how it is judged: as `freeknot train` does.
 *
 * @module
 */

import type { Network } from "../../../lib/model/mod.ts";
import { modelBytes } from "../../commands/train/model_bytes.ts";
import { runCommand } from "../../commands/train/options.ts";
import type { ReadyRun } from "../../commands/train/ready.ts";
import { smeared } from "../../commands/train/target_scale.ts";
import { lossesAndScores, partResults } from "../../models/scores.ts";
import { plainScores, type ScoresByPart } from "../../models/metadata.ts";
import { shortNumber } from "../../terminal/text_table.ts";
import type { FinishedEvent, TrainEvent } from "../../../lib/train/mod.ts";

/** A run as it stands. */
export interface RunMoment {
  readonly ready: ReadyRun;
  readonly network: Network;
  readonly status: string;
  readonly table: { readonly name: string; readonly text: string } | undefined;
  /** What has happened. */
  readonly events: readonly TrainEvent[];
  /** How it ended, if it has. */
  readonly finished?: FinishedEvent;
  /** Ends a search for formulas. */
  readonly signal: AbortSignal;
  /** Hears how it goes on. */
  note(text: string): void;
}

/** Losses and scores of a network, and the score that people ask for first. */
export function judgeRun(ready: ReadyRun, network: Network) {
  const data = smeared(ready.data, [network]);
  const { losses, scores } = lossesAndScores(
    partResults([network], ready.request.loss, data, () => {}),
  );
  return { data, losses, scores, score: scoreOf(scores) };
}

/** Scores that people ask for, the first that there is. */
const ASKED: readonly (readonly [string, string])[] = [
  ["accuracy", "accuracy"],
  ["rmse", "RMSE"],
  ["pinball", "pinball loss"],
  ["concordance", "concordance"],
];

function scoreOf({ test, train }: ScoresByPart): string {
  const found = test ?? train;
  if (!found) return "";
  const plain = plainScores(found);
  const [key, name] = ASKED.find(([key]) => typeof plain[key] === "number") ?? [];
  if (key === undefined) return "";
  return `${name} ${shortNumber(plain[key]!)} of the ${test ? "test" : "training"} rows`;
}

/** What the model's file is called. */
export const MODEL_FILE = "model.safetensors";

/** The model's file. */
export async function modelOf(
  { ready, network, status }: Pick<RunMoment, "ready" | "network" | "status">,
): Promise<Uint8Array> {
  const { data, losses, scores } = judgeRun(ready, network), { request, options } = ready;
  const run = { finished: { network, status: status as "stopped" } };
  const command = runCommand(options);
  return await modelBytes({ request, data, run, losses, scores, options, command });
}
