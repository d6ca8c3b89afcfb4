/**
 * One run of the page: trains when asked to, keeps where every level ended, gives files.
 *
 * The run is the one of `freeknot train` with the same flags: the same request, data and loop.
 *
 * @module
 */

import { type Network, withStatistics } from "../../../lib/model/mod.ts";
import { prolong } from "../../../lib/multilevel/mod.ts";
import {
  type Checkpoint,
  encodeCheckpoint,
  type EpochRecord,
  type FinishedEvent,
  train,
  type TrainEvent,
} from "../../../lib/train/mod.ts";
import { runArguments, runCommand } from "../../commands/train/options.ts";
import { type ReadyRun, trainingOf } from "../../commands/train/ready.ts";
import { checkpointMetadata } from "../../runs/checkpoint.ts";
import { UsageError } from "../../terminal/errors.ts";
import type { DoneLevel, FileKind, GivenFile, LossPoint, OpenRun } from "../protocol.ts";
import { runFile } from "./files.ts";
import { judgeRun } from "./moment.ts";
import { breath, type PageRun, PICTURE_TIME, type RunListener } from "./page_run.ts";
import { layOutPictures, type RunPictures } from "./pictures.ts";
import type { PreparedRun } from "./prepare.ts";
import { endLevelNow, type LevelEnd } from "./levels.ts";

/** A run that is open. */
export class LiveRun implements PageRun {
  /** The run as it is, after changes of its schedule. */
  #ready: ReadyRun;
  readonly #pictures: RunPictures;
  /** Where every stage ended, or stands. */
  #ends: LevelEnd[] = [];
  #running: AsyncGenerator<TrainEvent, void, void> | undefined;
  #latest: Checkpoint | undefined;
  #finished: FinishedEvent | undefined;
  #network: Network;
  #point: LossPoint | undefined;
  #until: "epoch" | "level" | undefined;
  #playing = false;
  #driving: Promise<void> | undefined;
  #drawn = 0;
  /** Whether the network is finer than the latest checkpoint's. */
  #refined = false;
  #search = new AbortController();
  readonly #abort = new AbortController();
  /** Milliseconds between two epochs, at least. */
  pace = 0;

  constructor(readonly prepared: PreparedRun, readonly tell: RunListener) {
    this.#ready = prepared.ready;
    this.#pictures = layOutPictures(prepared.ready, prepared.truth);
    this.#network = this.#first();
  }

  /** What the page shows of the run as such. */
  describe(): OpenRun {
    const { request, data: { parts }, options } = this.#ready, { table, notes } = this.prepared;
    return {
      kind: "train",
      files: ["model", "checkpoint", "js", "onnx", "python", "c", "formula", "report"].concat(
        table ? ["data"] : [],
      ) as FileKind[],
      rows: parts.train.rows,
      testRows: parts.test?.rows ?? 0,
      nIn: parts.train.nIn,
      widths: this.#network.config.widths,
      optimizer: request.optimizer.name,
      epochs: epochsOf(this.#ready),
      command: runCommand(options),
      ...(table ? { table: table.name } : {}),
      ...(this.prepared.resume ? { flags: runArguments(options) } : {}),
      notes,
    };
  }

  /** Shows the first network, or goes to where a checkpoint stands. */
  async begin(): Promise<void> {
    const { resume } = this.prepared;
    if (resume) await this.#replay(resume);
    else this.#draw();
  }

  /** Trains on. */
  play(until?: "epoch" | "level"): void {
    if (this.#finished) return this.tell.state(false);
    this.#until = until;
    this.#playing = true;
    this.tell.state(true);
    this.#driving ??= this.#drive()
      .catch((error) => {
        this.#playing = false;
        this.tell.state(false);
        this.tell.fault(error);
      })
      .finally(() => this.#driving = undefined);
  }

  /** Stops after the epoch that runs. */
  async pause(): Promise<void> {
    this.#playing = false;
    await this.#driving;
    this.tell.state(false);
  }

  /** Ends the level, and refines; where the schedule is over, one more level begins. */
  async refine(): Promise<void> {
    await this.pause();
    if (!this.#latest) {
      this.play("epoch");
      await this.#driving;
    }
    const end = this.#ends.at(-1);
    if (!end) return;
    const { ready, checkpoint } = await endLevelNow(end, this.#ready);
    this.#ready = ready;
    this.tell.changed(runCommand(ready.options), epochsOf(ready));
    await this.#replay(checkpoint);
    this.play("level");
  }

  /** Goes back to the end of a stage; below 0 to the start. */
  async undo(stage: number): Promise<void> {
    await this.pause();
    const end = this.#ends[stage];
    this.#ready = end?.ready ?? this.prepared.ready;
    this.tell.changed(runCommand(this.#ready.options), epochsOf(this.#ready));
    this.#ends = this.#ends.slice(0, Math.max(stage + 1, 0));
    if (end) return await this.#replay(end.checkpoint);
    await this.#letGo();
    this.#network = this.#first();
    this.#point = undefined;
    this.tell.history([]);
    this.#draw();
  }

  /** A file of the run as it stands. */
  async file(kind: FileKind): Promise<GivenFile> {
    await this.pause();
    const { table } = this.prepared, status = this.#finished?.status ?? "stopped";
    if (kind === "checkpoint") {
      if (!this.#latest) throw new UsageError("Cannot write a checkpoint: train an epoch first");
      const { options, data: { encoding } } = this.#ready;
      const bytes = encodeCheckpoint(this.#latest, checkpointMetadata(options, encoding));
      return { name: "freeknot.checkpoint", bytes };
    }
    const events = this.#latest?.events ?? [], finished = this.#finished;
    this.#search = new AbortController();
    return await runFile(kind, {
      ...{ ready: this.#ready, network: this.#network, status, table, events },
      ...(finished ? { finished } : {}),
      signal: this.#search.signal,
      note: (text) => this.tell.note(text, true),
    });
  }

  /** Ends a search for formulas. */
  interrupt(): void {
    this.#search.abort();
  }

  /** Ends the session. */
  async close(): Promise<void> {
    this.#playing = false;
    this.#abort.abort();
    await this.#driving;
    await this.#letGo();
    await this.#ready.close();
  }

  #first(): Network {
    const { network } = trainingOf(this.#ready, this.#ready.data.parts),
      { train } = this.#ready.data.parts;
    return withStatistics(network, train.inputs, train.rows);
  }

  async #letGo(): Promise<void> {
    await this.#running?.return();
    this.#running = this.#latest = this.#finished = undefined;
    this.#refined = false;
  }

  /** A generator of the run from a checkpoint, past the events that it tells again. */
  async #replay(checkpoint: Checkpoint): Promise<void> {
    await this.#letGo();
    const { parts } = this.#ready.data, { network, options } = trainingOf(this.#ready, parts);
    this.#running = train(network, parts.train, {
      ...options,
      signal: this.#abort.signal,
      resume: checkpoint,
    });
    this.#latest = checkpoint;
    const points: LossPoint[] = [];
    for (let k = 0; k < checkpoint.events.length; k++) {
      const { value } = await this.#running.next();
      if (value?.type === "epoch") points.push(pointOf(value.record));
    }
    this.#ends = this.#ends.slice(0, checkpoint.stage);
    this.#ends[checkpoint.stage] = { checkpoint, ready: this.#ready };
    this.#point = points.at(-1);
    this.tell.history(points);
    this.#take(checkpoint);
    this.#draw();
  }

  async #drive(): Promise<void> {
    const { parts } = this.#ready.data;
    if (!this.#running) {
      const { network, options } = trainingOf(this.#ready, parts);
      this.#running = train(network, parts.train, { ...options, signal: this.#abort.signal });
    }
    while (this.#playing) {
      const { value, done } = await this.#running.next();
      if (done || !value || this.#abort.signal.aborted) break;
      await this.#hear(value);
    }
    this.#playing = false;
    if (this.#abort.signal.aborted) return;
    if (!this.#refined) this.#draw();
    this.tell.state(false);
  }

  async #hear(event: TrainEvent): Promise<void> {
    if (event.type === "epoch" && event.checkpoint) {
      const checkpoint = event.checkpoint();
      this.#latest = checkpoint;
      this.#refined = false;
      this.#ends[event.record.stage] = { checkpoint, ready: this.#ready };
      this.#point = pointOf(event.record);
      this.tell.history([this.#point]);
      if (this.#until === "epoch") this.#playing = false;
      const now = performance.now();
      if (now - this.#drawn >= PICTURE_TIME) {
        this.#take(checkpoint);
        this.#draw();
      }
      await breath(this.pace);
    } else if (event.type === "refined") {
      this.#show(event.toIntervals / event.fromIntervals);
      await breath(this.pace);
    } else if (event.type === "stage") {
      if (this.#until === "level" && event.stage > 0) this.#playing = false;
    } else if (event.type === "finished") {
      this.#finished = event;
      this.#playing = false;
      this.#network = event.network;
      const { losses, score } = judgeRun(this.#ready, event.network);
      const { status, reason } = event;
      this.tell.end({ status, reason, loss: losses, score });
    }
  }

  /** Shows the finer network before its first epoch: the same function, twice the knots. */
  #show(factor: number): void {
    if (!this.#latest || this.#ready.request.refinement !== "even") return;
    this.#take(this.#latest);
    this.#network = prolong(this.#network, factor);
    this.#refined = true;
    this.#tellPictures();
  }

  /** The best network of a moment. */
  #take({ start, best }: Checkpoint): void {
    const { train } = this.#ready.data.parts;
    this.#network = withStatistics(
      { ...start, parameters: best.parameters },
      train.inputs,
      train.rows,
    );
  }

  #draw(): void {
    if (this.#latest && !this.#finished) this.#take(this.#latest);
    this.#tellPictures();
  }

  #tellPictures(): void {
    this.#drawn = performance.now();
    const shown = this.#pictures.of(this.#network);
    this.tell.snapshot(
      { ...(this.#point ? { point: this.#point } : {}), ...shown },
      this.#levels(),
    );
  }

  /** The ends that are known: of a run that came as a checkpoint not those before it. */
  #levels(): DoneLevel[] {
    return this.#ends.filter((end) => end !== undefined).map(({ checkpoint }) => {
      const { stage, epochs, events, start: { config: { intervals } } } = checkpoint;
      const last = events.findLast((event) => event.type === "epoch");
      return { stage, intervals, epochs, loss: last?.record.loss ?? NaN };
    });
  }
}

/** Epochs of the whole schedule. */
function epochsOf({ request }: ReadyRun): number {
  return request.schedule.stages.reduce((sum, { epochs }) => sum + epochs, 0);
}

function pointOf({ epoch, work, loss, intervals }: EpochRecord): LossPoint {
  return { epoch, work, loss, intervals };
}
