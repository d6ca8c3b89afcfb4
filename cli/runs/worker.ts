/**
 * One run of several, in a worker of its own.
 *
 * This module is the worker's program: the pool starts it by its own address. In a bundle that is
 * the address of the whole program, whose entry asks {@linkcode inRunWorker} before it begins.
 *
 * @module
 */

import { type SupportNumbers, supportNumbers } from "../models/diagnostics.ts";
import type { GivenFlags } from "../flags/parse.ts";
import type { Progress } from "../terminal/progress.ts";
import type { RunResult } from "../commands/train/result.ts";
import { errorText } from "../terminal/errors.ts";
import { epochsOf } from "../flags/schedule.ts";
import { shortNumber } from "../terminal/text_table.ts";
import type { Network } from "../../lib/model/mod.ts";
import { type TrainData, trainData } from "../commands/train/data.ts";
import { searchData, searchRequest } from "../commands/train/search.ts";
import type { SearchRequest } from "../commands/train/search_result.ts";
import { trainRequest } from "../commands/train/request.ts";
import { trainRun } from "../commands/train/run.ts";
import { foldData, type FoldParts, tableOfText } from "./fold_plan.ts";

/** What to do: plain data that can be sent to a worker. */
export interface Job {
  /** The flags of this run. */
  readonly given: GivenFlags;
  /** The table's text, where there is one: it may have come through a pipe. */
  readonly text?: string;
  /** Of cross-validation: the rows to train on and to judge by. */
  readonly fold?: FoldParts;
}

/** What came out: plain data again. */
export interface JobOutcome extends Omit<RunResult, "request" | "data" | "files"> {
  /** How the training rows cover the bases. */
  readonly support: SupportNumbers;
}

/** What came out of a search; plain data, too. */
export interface SearchOutcome
  extends Pick<JobOutcome, "losses" | "scores" | "options" | "trained"> {
  readonly networks: readonly Network[];
  readonly status: string;
  readonly seconds: number;
}

/** How a job ended. */
export type JobEnd =
  | { readonly kind: "found"; readonly outcome: SearchOutcome }
  | { readonly kind: "done"; readonly outcome: JobOutcome }
  | { readonly kind: "failed"; readonly reason: string };

/** From the pool to a worker. */
export type ToWorker = { readonly kind: "job"; readonly job: Job } | { readonly kind: "stop" };

/** From a worker to the pool. */
export type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "note"; readonly text: string }
  | JobEnd;

/** The name by which a worker knows what it is. */
export const WORKER_NAME = "freeknot run";

/** Where this program can be loaded from again. */
export const WORKER_URL = import.meta.url;

/** Whether this is a worker of the pool. */
export function inRunWorker(): boolean {
  const scope = globalThis as { name?: string; WorkerGlobalScope?: unknown; document?: unknown };
  return scope.WorkerGlobalScope !== undefined && scope.name === WORKER_NAME;
}

/**
 * Does a job, here.
 *
 * @param job The job.
 * @param signal Asks training to stop.
 * @param note Takes notes and warnings.
 */
export async function performJob(
  { given, text, fold }: Job,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<JobEnd> {
  try {
    const search = fold && searchRequest(given), request = search ?? trainRequest(given);
    const data = fold === undefined || text === undefined
      ? await trainData(request, text)
      : await foldData(request, text, fold);
    if (search !== undefined) return await performSearchJob(search, data, signal, note, text);
    const progress = sparseProgress(epochsOf(request.schedule, () => true), note);
    const watch = { progress, signal, note, warn: note };
    const { request: _, data: __, ...outcome } = await trainRun(request, data, watch);
    const { inputs, rows } = data.parts.train;
    const support = supportNumbers(outcome.run.finished.network, inputs, rows);
    return { kind: "done", outcome: { ...outcome, support } };
  } catch (error) {
    return { kind: "failed", reason: errorText(error) };
  }
}

async function performSearchJob(
  request: SearchRequest,
  read: TrainData,
  signal: AbortSignal,
  warn: (text: string) => void,
  text: string | undefined,
): Promise<JobEnd> {
  const { data: { encoding }, found, losses, scores, options, seconds, ...settled } =
    await searchData(request, read, {
      ...{ signal, warn },
      table: () => tableOfText(request.source.file, text ?? ""),
    });
  const { networks, status } = found, trained = { loss: settled.request.loss, encoding };
  return {
    kind: "found",
    outcome: { networks, status, seconds, losses, scores, options, trained },
  };
}

/** Least milliseconds between two lines about one of several runs. */
const PAUSE_MS = 10_000;

/** A line now and then, about a run that takes its time. */
function sparseProgress(total: number, note: (text: string) => void): Progress {
  let last = performance.now();
  return {
    event(event) {
      if (event.type !== "epoch" || performance.now() - last < PAUSE_MS) return;
      last = performance.now();
      note(`epoch ${event.record.epoch} of ${total}, loss ${shortNumber(event.record.loss)}`);
    },
    line: note,
    stop: () => {},
  };
}

/** What a worker's scope has, as far as it is needed here. */
interface WorkerScope {
  onmessage: (event: { readonly data: ToWorker }) => void;
  postMessage(message: FromWorker): void;
}

function listen(): void {
  const scope = globalThis as unknown as WorkerScope;
  let stop = new AbortController();
  scope.onmessage = async ({ data }) => {
    if (data.kind === "stop") return stop.abort();
    stop = new AbortController();
    const note = (text: string) => scope.postMessage({ kind: "note", text });
    scope.postMessage(await performJob(data.job, stop.signal, note));
  };
  scope.postMessage({ kind: "ready" });
}

if (inRunWorker()) listen();
