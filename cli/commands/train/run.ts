/**
 * One run from its data to its scores; nothing but the checkpoint is written.
 *
 * @module
 */

import type { Checkpoint } from "../../../lib/train/mod.ts";
import { openCheckpoint, resumeFault } from "../../runs/checkpoint.ts";
import { openEngine } from "./engines.ts";
import type { Progress } from "../../terminal/progress.ts";
import { runCommand, runOptions } from "./options.ts";
import type { RunResult } from "./result.ts";
import { lossesAndScores, partResults } from "../../models/scores.ts";
import type { TrainData } from "./data.ts";
import type { TrainRequest } from "./request.ts";
import { networkOptions, runTraining, withOptimizer } from "./training.ts";

/** Who watches a run. */
export interface Watch {
  readonly progress: Progress;
  /** Asks training to stop. */
  readonly signal: AbortSignal;
  /** Takes notes that --quiet silences. */
  note(text: string): void;
  /** Takes warnings. */
  warn(text: string): void;
}

/**
 * Trains on prepared data and judges the result.
 *
 * @throws {UsageError} If the request does not fit the data, or the checkpoint not the request.
 */
export async function trainRun(
  asked: TrainRequest,
  data: TrainData,
  { progress, signal, note, warn }: Watch,
): Promise<Omit<RunResult, "files">> {
  const { checkpoint } = asked;
  const network = networkOptions(asked, data);
  const { engine, note: engineNote, close } = await openEngine(asked);
  const request = withOptimizer({ ...asked, engine }, network);
  if (engineNote !== undefined) note(engineNote);
  const options = runOptions(request, network, data);
  const kept = checkpoint &&
    await openCheckpoint(
      checkpoint,
      options,
      data.encoding,
      request.quiet ? warn : (text) => progress.line(text),
    );
  if (kept?.resume !== undefined) note(resumeNote(request, kept.resume));
  const run = await runTraining(request, network, data.parts, progress, signal, kept)
    .catch((error) => {
      throw resumeFault(error, checkpoint?.file ?? "");
    })
    .finally(async () => {
      await close();
      await kept?.close();
    });
  const checkpointFault = kept?.fault();
  const results = partResults([run.finished.network], request.loss, data, warn);
  const { losses, scores } = lossesAndScores(results);
  const command = runCommand(options);
  return {
    ...{ request, data, run, losses, scores, options, command },
    ...(checkpointFault === undefined ? {} : { checkpointFault }),
  };
}

function resumeNote({ schedule, checkpoint }: TrainRequest, from: Checkpoint): string {
  const total = schedule.stages.reduce((sum, { epochs }) => sum + epochs, 0);
  return `going on from ${checkpoint?.file}, after ${from.epochs} of ${total} epochs`;
}
