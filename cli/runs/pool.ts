/**
 * Several runs at a time, each in a worker; where there can be no workers, one after another.
 *
 * @module
 */

import {
  type FromWorker,
  type Job,
  type JobEnd,
  performJob,
  type ToWorker,
  WORKER_NAME,
  WORKER_URL,
} from "./worker.ts";

/** How a job ended, if it was begun before the stop. */
export type LaneEnd = JobEnd | { readonly kind: "skipped" };

/** How to run jobs. */
export interface PoolOptions {
  /** Jobs at a time, at least 1. */
  readonly parallel: number;
  /** Asks all to stop. */
  readonly signal: AbortSignal;
  /** Takes notes of a job. */
  readonly note: (job: number, text: string) => void;
  /** Told when a job has ended, in the order of time. */
  readonly onEnd: (job: number, end: LaneEnd) => void;
}

/** Somebody who does jobs, one at a time. */
interface Lane {
  run(job: Job, signal: AbortSignal, note: (text: string) => void): Promise<JobEnd>;
  /** Whether it can do another one. */
  readonly alive: boolean;
  dispose(): void;
}

/**
 * Runs jobs on a few workers.
 *
 * @returns One entry per job, in the order of the jobs. A job that fails does not end the others.
 */
export async function runJobs(jobs: readonly Job[], options: PoolOptions): Promise<LaneEnd[]> {
  const { signal, note, onEnd } = options;
  const lanes = Math.min(options.parallel, jobs.length);
  const ends: LaneEnd[] = jobs.map(() => ({ kind: "skipped" }));
  let next = 0;

  async function work(first: boolean): Promise<void> {
    let lane = lanes > 1 ? await startWorker() : undefined;
    if (lane === undefined && !first) return; // the first lane does the jobs here
    try {
      while (next < jobs.length && !signal.aborted) {
        const index = next++;
        lane ??= HERE;
        ends[index] = await lane.run(jobs[index], signal, (text) => note(index, text));
        onEnd(index, ends[index]);
        if (!lane.alive) lane = await startWorker();
      }
    } finally {
      lane?.dispose();
    }
  }

  await Promise.all(Array.from({ length: lanes }, (_, i) => work(i === 0)));
  return ends;
}

/** Does jobs in this thread. */
const HERE: Lane = { alive: true, run: performJob, dispose: () => {} };

/** Starts a worker; undefined where that is not possible (no permission to read the program). */
function startWorker(): Promise<Lane | undefined> {
  if (!mayLoad(WORKER_URL)) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const worker = new Worker(WORKER_URL, { type: "module", name: WORKER_NAME });
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      resolve(undefined);
    };
    worker.onmessage = () => resolve(laneOf(worker)); // it is ready
  });
}

/** Whether a program may be read; asked before, as the runtime prints the refusal. */
function mayLoad(address: string): boolean {
  const url = new URL(address);
  if (url.protocol !== "file:" || Deno.build.standalone) return true;
  return Deno.permissions.querySync({ name: "read", path: url }).state === "granted";
}

function laneOf(worker: Worker): Lane {
  let alive = true;

  function run(job: Job, signal: AbortSignal, note: (text: string) => void): Promise<JobEnd> {
    const post = (message: ToWorker): void => worker.postMessage(message);
    const stop = (): void => post({ kind: "stop" });
    return new Promise<JobEnd>((resolve) => {
      worker.onerror = (event) => {
        event.preventDefault();
        alive = false;
        worker.terminate();
        resolve({ kind: "failed", reason: `the worker ended: ${event.message}` });
      };
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.kind === "note") note(data.text);
        else if (data.kind !== "ready") resolve(data);
      };
      post({ kind: "job", job });
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop);
    }).finally(() => signal.removeEventListener("abort", stop));
  }

  return {
    run,
    get alive() {
      return alive;
    },
    dispose: () => worker.terminate(),
  };
}
