/**
 * The steps of the command `sweep`.
 *
 * @module
 */

import type { Cluster } from "../../../lib/cluster/mod.ts";
import { defined } from "../../../lib/numerics/inner.ts";
import { type ClusterRequest, readCluster } from "../../flags/cluster.ts";
import type { GivenFlags } from "../../flags/parse.ts";
import { readOutputs, readThreads } from "../../flags/shared.ts";
import { integerFlag, requiredFlag, switchFlag } from "../../flags/values.ts";
import { checkSame, inCluster } from "../../runs/cluster.ts";
import { EXIT, UsageError } from "../../terminal/errors.ts";
import { checkOutputs, readText } from "../../terminal/files.ts";
import { programName } from "../../terminal/program_name.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { shortNumber, textTable } from "../../terminal/text_table.ts";
import { type CommandSteps, jsonText } from "../command.ts";
import { performTraining } from "../train/run.ts";
import { trainRequest } from "../train/request.ts";
import { flagsOf, readPlan, runsOfRound, type SweepPlan } from "./plan.ts";
import { openFolder, type SweepRunResult } from "./results.ts";
import { nameOf, ranked, runClaimed, runOnRanks, runOnThreads, runsOf } from "./run.ts";
import { slurmScript } from "./slurm.ts";

/** What `sweep` was asked for. */
export interface SweepRequest extends ReturnType<typeof readOutputs> {
  readonly file: string;
  readonly text: string;
  readonly plan: SweepPlan;
  readonly out: string;
  readonly threads?: number;
  readonly cluster?: ClusterRequest;
  /** One run of a round, both from 0. */
  readonly task?: { readonly round: number; readonly place: number };
  readonly slurm: boolean;
}

/** What was done. */
export interface SweepDone {
  /** The results that are there, by round and rising loss. */
  readonly results: readonly SweepRunResult[];
  /** Runs that are still to be done. */
  readonly open: number;
  readonly stopped: boolean;
  /** Whether another rank prints it. */
  readonly silent: boolean;
  readonly model?: string;
}

async function readRequest(given: GivenFlags, rest: readonly string[]): Promise<SweepRequest> {
  const [file] = rest;
  if (file === undefined) {
    throw new UsageError("Cannot sweep: FILE.json must name a plan, current value is none");
  }
  const text = await readText(file), plan = readPlan(text, file);
  const round = integerFlag(given, "round", { least: 1, most: plan.rounds.length }) ?? 1;
  const task = integerFlag(given, "task", { least: 0, most: runsOfRound(plan, round - 1) - 1 });
  const cluster = readCluster(given);
  if (task === undefined && given.has("round")) {
    throw new UsageError("Cannot sweep: --round must come with --task only");
  }
  if (task !== undefined && cluster !== undefined) {
    throw new UsageError("Cannot sweep: --task must come without --cluster");
  }
  return {
    ...{ file, text, plan, out: requiredFlag(given, "out", "a folder for the results") },
    ...defined({ threads: readThreads(given), cluster }),
    ...(task === undefined ? {} : { task: { round: round - 1, place: task } }),
    slurm: switchFlag(given, "print-slurm") ?? false,
    ...readOutputs(given),
  };
}

async function perform(request: SweepRequest, terminal: Terminal): Promise<SweepDone | undefined> {
  const { cluster, quiet, modelOut } = request;
  if (request.slurm) return undefined;
  if (modelOut !== undefined) await checkOutputs([{ flag: "model-out", path: modelOut }], []);
  const tell = (line: string) => void (quiet || terminal.err(`${line}\n`));
  if (!cluster) return await sweep(request, terminal, tell);
  return await inCluster(cluster, terminal, quiet, async (ranks, quietened) => {
    checkSame(ranks, "must see the same plan", { "plan text": request.text });
    return await sweep(request, quietened, tell, ranks);
  });
}

/** Does what is asked for, and looks at what is there then. */
async function sweep(
  { text, plan, out, threads, task, modelOut }: SweepRequest,
  terminal: Terminal,
  tell: (line: string) => void,
  ranks?: Cluster,
): Promise<SweepDone> {
  const folder = await openFolder(out, text), place = { plan, folder, threads, terminal, tell };
  let stopped = false;
  if (task !== undefined) {
    const runs = await runsOf(place, task.round);
    if (runs === undefined) {
      throw new UsageError(
        `Cannot sweep: the runs of round ${task.round} must be done before round ` +
          `${task.round + 1}, current value is that some are not`,
      );
    }
    const run = runs[task.place]; // absent where runs of the round before have failed
    if (run) await runClaimed(place, task.round, run);
  } else if (ranks && ranks.size > 1) await runOnRanks(place, ranks);
  else stopped = await runOnThreads(place);
  const { results, open } = await collect(plan, folder), silent = (ranks?.rank ?? 0) > 0;
  const best = results.find(({ loss }) => loss !== null), done = { results, open, stopped, silent };
  if (modelOut === undefined || best === undefined || open > 0 || silent) return done;
  const flags = flagsOf(plan, plan.runs[best.index], best.round);
  const again = trainRequest(new Map([...flags, ["model-out", modelOut]]));
  await performTraining({ ...again, quiet: true }, terminal);
  return { ...done, model: modelOut };
}

/** All results, the last round first. */
async function collect(plan: SweepPlan, folder: Awaited<ReturnType<typeof openFolder>>) {
  const results: SweepRunResult[] = [];
  let open = 0;
  for (let round = plan.rounds.length - 1; round >= 0; round--) {
    const runs = await runsOf({ plan, folder }, round);
    const found = await Promise.all((runs ?? []).map(({ index }) => folder.read(round, index)));
    const there = found.flatMap((each) => each ?? []);
    open += (runs?.length ?? runsOfRound(plan, round)) - there.length;
    results.push(...ranked(there));
  }
  return { results, open };
}

function tableOf({ results }: SweepDone, plan: SweepPlan): string {
  const names = [...new Set(plan.runs.flatMap(({ varied }) => Object.keys(varied)))];
  const halving = plan.rounds.length > 1;
  const rows = results.map(({ round, index, status, loss, parameters }) => [
    ...(halving ? [String(round + 1)] : []),
    String(index + 1),
    ...names.map((name) => String(plan.runs[index].varied[name] ?? "")),
    loss === null ? "none" : shortNumber(loss),
    parameters === 0 ? "" : String(parameters),
    status,
  ]);
  const head = [...(halving ? ["round"] : []), "run", ...names, "loss", "parameters", "status"];
  const align = `${halving ? "r" : ""}r${"l".repeat(names.length)}rrl`;
  return textTable([head, ...rows], align);
}

/** The text of a sweep's end. */
function summary(done: SweepDone, { plan, out }: SweepRequest): string {
  const failed = done.results.filter(({ status }) => status === "failed");
  const best = done.results.find(({ loss }) => loss !== null);
  const lines = [tableOf(done, plan), ""];
  for (const { index, round, attempts, reason } of failed) {
    lines.push(`${nameOf(plan.runs[index], round)} failed ${attempts} times: ${reason}`);
  }
  if (done.open > 0) {
    lines.push(`${done.open} runs are still to be done: the same command goes on (${out})`);
  } else if (best) lines.push(`best: run ${best.index + 1}: ${best.command}`);
  if (done.model !== undefined) lines.push(`network: ${done.model}`);
  return `${lines.join("\n")}\n`;
}

/** The steps of `sweep`. */
export const sweepSteps: CommandSteps<SweepRequest, SweepDone | undefined> = {
  request: readRequest,
  run: perform,
  present(done, request, terminal) {
    if (done === undefined) {
      const words = [...programName().split(" "), "sweep", request.file, "--out", request.out];
      terminal.out(slurmScript(request.plan, words));
      return EXIT.done;
    }
    const { results, open, stopped, silent } = done;
    const failed = results.some(({ status }) => status === "failed");
    if (!silent && request.task === undefined) {
      const named = results.map((each) => ({
        ...each,
        varied: request.plan.runs[each.index].varied,
      }));
      terminal.out(request.json ? jsonText({ runs: named, open }) : summary(done, request));
    }
    return stopped ? EXIT.interrupted : failed ? EXIT.failed : EXIT.done;
  },
};
