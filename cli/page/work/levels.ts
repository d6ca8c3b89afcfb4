/**
 * Levels that a person ends: the schedule becomes the one that would have ended there, so that the
 * command line repeats the run.
 *
 * @module
 */

import type { Checkpoint } from "../../../lib/train/mod.ts";
import { TRAIN_FLAGS } from "../../commands/train/flags.ts";
import { runArguments } from "../../commands/train/options.ts";
import { type ReadyRun, readyRun } from "../../commands/train/ready.ts";
import { trainRequest } from "../../commands/train/request.ts";
import { parseFlags } from "../../flags/parse.ts";
import { UsageError } from "../../terminal/errors.ts";

/** Where a level ended, or stands, and the run as it was then. */
export interface LevelEnd {
  readonly checkpoint: Checkpoint;
  readonly ready: ReadyRun;
}

/**
 * Ends a level where it stands; the next one of the schedule follows, or one more.
 *
 * @throws {UsageError} If the schedule or the optimizer cannot be changed while training goes on.
 */
export async function endLevelNow(
  { checkpoint, ready }: LevelEnd,
  { request: { schedule, epochs } }: ReadyRun,
): Promise<LevelEnd> {
  const { request, options, data } = ready;
  if (request.network.activation === "relu") {
    throw new UsageError("Cannot refine: an MLP has no grid to refine");
  }
  const list = typeof epochs !== "string"
    ? epochs
    : epochs === "auto"
    ? schedule.stages.map((stage) => stage.epochs)
    : undefined;
  if (list === undefined) {
    throw new UsageError(
      `Cannot refine now: the schedule must be epochs per level such as 32,16,8,4, current value is ` +
        JSON.stringify(epochs),
    );
  }
  const words = runArguments({ ...options, schedule: endedSchedule(list, checkpoint) });
  const { given } = parseFlags(words, TRAIN_FLAGS), asked = trainRequest(given);
  const signal = new AbortController().signal;
  const changed = await readyRun(asked, data, { signal, note() {} });
  const { schedule: planned } = changed.request, { origin, ending: _, ...state } = checkpoint;
  if (!sameOptimizer(ready, changed)) {
    throw new UsageError(
      `Cannot refine now: with ${ready.request.optimizer.name} the learning rate follows the whole ` +
        "schedule; change the schedule and train anew",
    );
  }
  return {
    ready: changed,
    checkpoint: { ...state, origin: { ...origin, schedule: JSON.parse(JSON.stringify(planned)) } },
  };
}

/** Epochs per level where the level of a checkpoint ends where it stands, and another one follows. */
function endedSchedule(list: readonly number[], checkpoint: Checkpoint): number[] {
  const { stage, stageEpochs, levels } = checkpoint, changed: number[] = [];
  let index = 0;
  for (const epochs of list) {
    const done = epochs === 0 || index > stage ? epochs : levels[index]?.epochs ?? stageEpochs;
    changed.push(done);
    if (epochs > 0) index++;
  }
  const [last] = list.slice(-1);
  return index > stage + 1 ? changed : [...changed, Math.max(1, last)];
}

function sameOptimizer(a: ReadyRun, b: ReadyRun): boolean {
  const [first, second] = [a, b].map(({ request: { optimizer: { options } } }) =>
    JSON.stringify(options)
  );
  return first === second;
}
