/**
 * One run from its request to its files, watched and interruptible.
 *
 * @module
 */

import type { Dataset } from "../../../lib/data/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import {
  type Checkpoint,
  type FinishedEvent,
  train,
  type TrainEvent,
} from "../../../lib/train/mod.ts";
import type { Cluster } from "../../../lib/cluster/mod.ts";
import { onAllRanks } from "../../runs/cluster.ts";
import { type Judging, withLastPoint } from "../../runs/judging_data.ts";
import { openCheckpoint, resumeFault, type RunCheckpoint } from "../../runs/checkpoint.ts";
import { checkPictures } from "../../pictures/write.ts";
import { checkOutputs } from "../../terminal/files.ts";
import { listenForInterrupt, neverInterrupted } from "../../terminal/interrupt.ts";
import { type Progress, showProgress } from "../../terminal/progress.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { checkSameData, checkSameFile, sharedCheckpoint, sharedReading } from "./cluster_data.ts";
import { heldTraining } from "./held_data.ts";
import { runCommand } from "./options.ts";
import { dataNotes } from "./notes.ts";
import { requestOutputs, RESULT_FILES, tableFiles, writeOutputs } from "./outputs.ts";
import type { FinishedRun, RunResult } from "./result.ts";
import { lossesAndScores, partResults } from "../../models/scores.ts";
import { type TrainData, trainData } from "./data.ts";
import { type ReadyRun, readyRun, trainingOf } from "./ready.ts";
import type { TrainRequest } from "./request.ts";
import { smeared } from "./target_scale.ts";

/** Who watches a run. */
export interface Watch {
  readonly progress: Progress;
  /** Asks training to stop. */
  readonly signal: AbortSignal;
  /** Takes notes that --quiet silences. */
  note(text: string): void;
  /** Takes warnings. */
  warn(text: string): void;
  /** The processes that share the rows; absent: this one is alone. */
  readonly cluster?: Cluster | undefined;
}

/**
 * Trains on prepared data and judges the result.
 *
 * @throws {UsageError} If the request does not fit the data, or the checkpoint not the request.
 */
export async function trainRun(
  asked: TrainRequest,
  read: TrainData,
  { progress, signal, note, warn, cluster }: Watch,
): Promise<Omit<RunResult, "files">> {
  const { checkpoint } = asked;
  const ready = await readyRun(asked, read, { signal, note });
  const { request, data, penalties, options, close } = ready;
  const tell = request.quiet ? warn : (text: string) => progress.line(text);
  const held = await heldTraining(ready, cluster, note).catch(async (error) => {
    await close();
    throw error;
  });
  const kept = checkpoint && await sharedCheckpoint(
    cluster,
    () => openCheckpoint(checkpoint, options, data.encoding, tell),
  );
  if (kept?.resume !== undefined) note(resumeNote(request, kept.resume));
  const watched = { progress, signal, ...defined({ checkpoint: kept, held: held?.dataset }) };
  const run = await runTraining(ready, watched)
    .catch((error) => {
      throw resumeFault(error, checkpoint?.file ?? "");
    })
    .finally(async () => {
      await close();
      held?.close();
      await kept?.close();
    });
  const checkpointFault = kept?.fault();
  const judged = smeared(data, [run.finished.network]), { encoding } = judged;
  const results = partResults([run.finished.network], request.loss, judged, warn);
  const { losses, scores } = lossesAndScores(results);
  const command = runCommand(options);
  return {
    ...{ request, data: judged, run, losses, scores, options, command, penalties },
    trained: { loss: request.loss, encoding },
    ...defined({ checkpointFault }),
  };
}

function resumeNote({ schedule, checkpoint }: TrainRequest, from: Checkpoint): string {
  const total = schedule.stages.reduce((sum, { epochs }) => sum + epochs, 0);
  return `going on from ${checkpoint?.file}, after ${from.epochs} of ${total} epochs`;
}

/** Who watches a run, and what else it is told. */
interface Watched extends Pick<Watch, "progress" | "signal"> {
  /** Where to go on, and who keeps the state. */
  readonly checkpoint?: RunCheckpoint;
  /** The share of the training rows that this process holds; absent: all are in the run's data. */
  readonly held?: Dataset;
}

/** Trains, shows progress, and stops with the best network so far when asked to. */
async function runTraining(
  ready: ReadyRun,
  { progress, signal, checkpoint, held }: Watched,
): Promise<FinishedRun> {
  const { parts } = ready.data, { network, options } = trainingOf(ready, parts);
  const running = train(network, held ?? parts.train, {
    ...options,
    signal,
    ...defined({ resume: checkpoint?.resume }),
  });
  const events: TrainEvent[] = [];
  try {
    for await (const event of running) {
      events.push(event.type === "epoch" ? { type: "epoch", record: event.record } : event);
      progress.event(event);
      await checkpoint?.take(event);
    }
  } finally {
    progress.stop();
  }
  return { events, finished: events[events.length - 1] as FinishedEvent };
}

/**
 * Does what a request asks for, up to writing the files.
 *
 * @param judging What was found about networks like this one, for the files and the result.
 * @param cluster The processes that share the rows; the first one writes.
 * @throws {UsageError} If the request does not fit the data or the files cannot be written; then
 * nothing was written.
 */
export async function performTraining(
  request: TrainRequest,
  terminal: Terminal,
  judging?: Judging,
  cluster?: Cluster,
): Promise<RunResult> {
  const { source } = request, isFirst = (cluster?.rank ?? 0) === 0;
  await onAllRanks(cluster, async () => {
    const outputs = requestOutputs(request, [...RESULT_FILES, "checkpoint"]);
    if (isFirst) await checkOutputs(outputs, tableFiles(source));
    await checkPictures(request.pictures);
  });
  const shared = sharedReading(cluster);
  if (source.kind === "table") await checkSameFile(cluster, source.file);
  const data = await trainData(request, judging?.text, shared && "shares", shared);
  await checkSameData(cluster, data);
  for (const note of dataNotes(data)) tellNote(note, request, terminal);
  const progress = await showProgress(terminal, request.schedule.stages.length, request.quiet);
  // ranks that stop at different times would wait for each other: mpirun ends them instead
  const listen = (cluster?.size ?? 1) > 1 ? neverInterrupted : listenForInterrupt;
  const interrupt = listen(
    () => progress.line("stopping with the best network so far; Ctrl-C again leaves at once"),
    () => progress.stop(),
  );
  try {
    const result = await trainRun(request, data, {
      progress,
      signal: interrupt.signal,
      note: (text) => tellNote(text, request, terminal),
      warn: (text) => terminal.err(`${text}\n`),
      cluster,
    });
    const judged = judging === undefined ? {} : { judging: withLastPoint(judging, result) };
    const files = await writeOutputs({ ...result, ...judged, files: {} }, terminal);
    return { ...result, ...judged, files };
  } finally {
    interrupt.dispose();
  }
}

/** Tells a note, unless the request is quiet. */
export function tellNote(
  note: string | undefined,
  { quiet }: TrainRequest,
  terminal: Terminal,
): void {
  if (note !== undefined && !quiet) terminal.err(`${note}\n`);
}
