/**
 * Does the runs of a sweep: on threads, on the ranks of a cluster, or one for a task of a batch
 * system.
 *
 * @module
 */

import type { Cluster } from "../../../lib/cluster/mod.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { runJobs } from "../../runs/pool.ts";
import { threadsOf } from "../../runs/cluster.ts";
import { type JobEnd, type JobOutcome, performJob } from "../../runs/worker.ts";
import { listenForInterrupt, neverInterrupted } from "../../terminal/interrupt.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { duration, shortNumber } from "../../terminal/text_table.ts";
import { flagsOf, type PlannedRun, runsOfRound, type SweepPlan } from "./plan.ts";
import type { SweepFolder, SweepRunResult } from "./results.ts";

/** A failed run is tried so often in all. */
const ATTEMPTS = 2;
/** Milliseconds between two looks for results of other processes. */
const LOOK_MS = 200;

/** Where runs are done. */
export interface SweepPlace {
  readonly plan: SweepPlan;
  readonly folder: SweepFolder;
  readonly threads: number | undefined;
  readonly terminal: Terminal;
  readonly tell: (text: string) => void;
}

/** The runs of a round, best of the round before first. */
export async function runsOf(
  { plan, folder }: Pick<SweepPlace, "plan" | "folder">,
  round: number,
): Promise<readonly PlannedRun[] | undefined> {
  if (round === 0) return plan.runs;
  const before = await runsOf({ plan, folder }, round - 1);
  const results = await Promise.all(
    (before ?? []).map(({ index }) => folder.read(round - 1, index)),
  );
  if (before === undefined || results.includes(undefined)) return undefined;
  const kept = ranked(results as SweepRunResult[]).filter(({ loss }) => loss !== null)
    .slice(0, runsOfRound(plan, round));
  return kept.map(({ index }) => plan.runs[index]);
}

/** Results by rising loss; of equal losses in the order of the plan, failed runs last. */
export function ranked(results: readonly SweepRunResult[]): SweepRunResult[] {
  return results.toSorted((a, b) =>
    (a.loss ?? Infinity) - (b.loss ?? Infinity) || a.index - b.index
  );
}

/**
 * Does all runs on the threads of this process.
 *
 * @returns Whether it was stopped.
 */
export async function runOnThreads(place: SweepPlace): Promise<boolean> {
  const { plan, folder, threads = navigator.hardwareConcurrency ?? 1, terminal } = place;
  const interrupt = listenForInterrupt(
    () =>
      terminal.err("stopping all runs; the same command goes on; Ctrl-C again leaves at once\n"),
    () => {},
  );
  const { signal } = interrupt;
  try {
    for (let round = 0; round < plan.rounds.length && !signal.aborted; round++) {
      const runs = await runsOf(place, round) ?? [], open: PlannedRun[] = [];
      for (const run of runs) if (!await folder.read(round, run.index)) open.push(run);
      let failed = open;
      for (let attempt = 1; attempt <= ATTEMPTS && failed.length > 0; attempt++) {
        failed = await runAll(place, { round, runs: failed, attempt, signal, threads });
        if (signal.aborted) break;
      }
    }
    return signal.aborted;
  } finally {
    interrupt.dispose();
  }
}

/** Runs some; returns those that failed and may be tried again. */
async function runAll(
  place: SweepPlace,
  { round, runs, attempt, signal, threads }: {
    readonly round: number;
    readonly runs: readonly PlannedRun[];
    readonly attempt: number;
    readonly signal: AbortSignal;
    readonly threads: number;
  },
): Promise<PlannedRun[]> {
  const parallel = Math.min(runs.length, threads), failed: PlannedRun[] = [];
  const each = Math.max(1, Math.floor(threads / parallel)), writing: Promise<void>[] = [];
  const jobs = runs.map((run) => ({ given: withThreads(flagsOf(place.plan, run, round), each) }));
  await runJobs(jobs, {
    ...{ parallel, signal },
    note: () => {},
    onEnd(job, end) {
      if (end.kind === "skipped" || signal.aborted) return;
      if (end.kind === "failed" && attempt < ATTEMPTS) {
        failed.push(runs[job]);
        place.tell(`${nameOf(runs[job], round)}: failed: ${end.reason}; it is tried again`);
      } else writing.push(keep(place, round, runs[job], end, attempt));
    },
  });
  await Promise.all(writing);
  return failed;
}

/** Does runs that no other process has, until all of every round are there. */
export async function runOnRanks(place: SweepPlace, cluster: Cluster): Promise<void> {
  const threads = place.threads ?? threadsOf(cluster);
  for (let round = 0; round < place.plan.rounds.length; round++) {
    const runs = await runsOf(place, round) ?? [];
    for (const run of runs) await runClaimed({ ...place, threads }, round, run);
    for (const { index } of runs) {
      while (!await place.folder.read(round, index)) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        // a process elsewhere may have been killed, and its runs be free again
        await runClaimed({ ...place, threads }, round, place.plan.runs[index]);
      }
    }
  }
}

/** Does one run, unless another process has it or it is done. */
export async function runClaimed(
  place: SweepPlace,
  round: number,
  run: PlannedRun,
): Promise<void> {
  const claim = await place.folder.claim(round, run.index);
  if (claim === undefined) return;
  const given = withThreads(flagsOf(place.plan, run, round), place.threads ?? 0);
  const { signal } = neverInterrupted();
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const end = await performJob({ given }, signal, () => {});
      if (end.kind === "failed" && attempt < ATTEMPTS) continue;
      return await keep(place, round, run, end, attempt);
    }
  } finally {
    await claim.release();
  }
}

function withThreads(given: GivenFlags, threads: number): GivenFlags {
  const engine = given.get("engine") ?? "cpu";
  return threads > 0 && engine === "cpu"
    ? new Map([...given, ["threads", String(threads)]])
    : given;
}

/** What a run is called. */
export function nameOf({ index, varied }: PlannedRun, round: number): string {
  const flags = Object.entries(varied).map(([name, value]) => `${name} ${value}`).join(", ");
  return `run ${index + 1}${round > 0 ? `, round ${round + 1}` : ""}${flags ? ` (${flags})` : ""}`;
}

async function keep(
  { folder, tell }: SweepPlace,
  round: number,
  run: PlannedRun,
  end: JobEnd,
  attempts: number,
): Promise<void> {
  const result = resultOf(round, run.index, end, attempts);
  await folder.write(result);
  const { status, reason, loss, seconds } = result;
  tell(
    `${nameOf(run, round)}: ` +
      (reason === undefined
        ? `${status}, loss ${shortNumber(loss ?? NaN)}, ${duration(seconds)}`
        : `failed ${attempts} times: ${reason}`),
  );
}

function resultOf(round: number, index: number, end: JobEnd, attempts: number): SweepRunResult {
  const where = { round, index, attempts };
  if (end.kind !== "done") {
    const reason = end.kind === "failed" ? end.reason : "it was a search";
    return {
      ...where,
      status: "failed",
      loss: null,
      losses: {},
      parameters: 0,
      seconds: 0,
      reason,
    };
  }
  const { run: { finished }, losses, command } = end.outcome, loss = lossOf(end.outcome);
  return {
    ...{ ...where, status: finished.status, losses: losses as Record<string, number>, command },
    loss: Number.isFinite(loss) ? loss : null,
    parameters: finished.network.parameters.length,
    seconds: finished.seconds,
  };
}

/** The loss of held-out rows where there are some, else of the training rows. */
function lossOf({ losses: { validation, train } }: JobOutcome): number {
  return validation ?? train ?? NaN;
}
