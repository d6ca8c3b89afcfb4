/**
 * `train --seeds`: the same training from several seeds, and the best network or all of them kept.
 *
 * @module
 */

import { defined } from "../../lib/numerics/inner.ts";
import { EXIT, UsageError } from "../terminal/errors.ts";
import { checkOutputs, writeFile } from "../terminal/files.ts";
import type { GivenFlags } from "../flags/parse.ts";
import { listenForInterrupt } from "../terminal/interrupt.ts";
import { heldErrors, keptErrors } from "../models/intervals.ts";
import { encodeModelFile, type MemberMetadata } from "../models/metadata.ts";
import { dataNotes } from "../commands/train/notes.ts";
import { runJobs } from "./pool.ts";
import type { RunResult } from "../commands/train/result.ts";
import {
  requestOutputs,
  RESULT_FILES,
  tableFiles,
  writeOutputs,
} from "../commands/train/outputs.ts";
import { lossesAndScores, partResults } from "../models/scores.ts";
import { type Keep, type SeedResult, seedsCommand, type SweepResult } from "./sweep_result.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { duration, shortNumber } from "../terminal/text_table.ts";
import { readTableText, trainData } from "../commands/train/data.ts";
import { type TrainRequest, trainRequest } from "../commands/train/request.ts";
import { networkOptions, readyRequest } from "../commands/train/network.ts";
import { readThreads } from "../flags/shared.ts";
import { choiceFlag, seedsFlag, switchFlag, textFlag } from "../flags/values.ts";
import { smeared, withEncoding } from "../commands/train/target_scale.ts";
import type { JobOutcome } from "./worker.ts";
import { VERSION } from "../terminal/version.ts";

/**
 * Trains from every seed of `--seeds` and keeps what `--keep` says.
 *
 * @throws {UsageError} If the request is wrong for all seeds; then nothing was written.
 */
export async function performSweep(given: GivenFlags, terminal: Terminal): Promise<SweepResult> {
  const seeds = seedsFlag(given, "seeds")!;
  const keep = choiceFlag(given, "keep", ["best", "mean"]) ?? "best";
  checkFlags(given, keep);
  const parallel = lanes(given, seeds.length);
  const flags = seeds.map((seed) => flagsOfRun(given, seed, seeds[0], keep, parallel));
  const requests = flags.map((each) => trainRequest(each));
  const [first] = requests;
  const checkpoints = requests.flatMap((request) => requestOutputs(request, ["checkpoint"]));
  const kept = requestOutputs(first, RESULT_FILES);
  const { source } = first;
  await checkOutputs([...kept, ...checkpoints], tableFiles(source));
  const text = source.kind === "table" ? await readTableText(source.file) : undefined;
  const data = await trainData(first, text);
  networkOptions(first, data);
  const tell = (line: string): void => {
    if (!first.quiet) terminal.err(`${line}\n`);
  };
  dataNotes(data).forEach(tell);
  tell(
    `${seeds.length} runs, ${parallel.runs} at a time, ${parallel.threads} ` +
      `thread${parallel.threads === 1 ? "" : "s"} each`,
  );

  const begun = performance.now();
  const interrupt = listenForInterrupt(
    () => terminal.err("stopping all runs; Ctrl-C again leaves at once\n"),
    () => {},
  );
  let ended = 0;
  try {
    const jobs = flags.map((own) => ({ given: own, ...defined({ text }) }));
    const ends = await runJobs(jobs, {
      parallel: parallel.runs,
      signal: interrupt.signal,
      note: (job, line) => tell(`seed ${seeds[job]}: ${line}`),
      onEnd(job, end) {
        const how = end.kind === "done"
          ? `${end.outcome.run.finished.status}, loss ` +
            `${shortNumber(end.outcome.run.finished.loss)}, ` +
            duration(end.outcome.run.finished.seconds)
          : end.kind === "failed"
          ? `failed: ${end.reason}`
          : end.kind;
        tell(`seed ${seeds[job]}: ${how} (${++ended} of ${seeds.length})`);
      },
    });
    const runs = ends.map((end, i): SeedResult => ({
      seed: seeds[i],
      request: requests[i],
      ...(end.kind === "done"
        ? { outcome: end.outcome }
        : { failure: end.kind === "failed" ? end.reason : "stopped before it began" }),
    }));
    const result = {
      data,
      runs,
      keep,
      seconds: (performance.now() - begun) / 1000,
      stopped: interrupt.signal.aborted,
      command: seedsCommand(runs, textFlag(given, "seeds")!, keep),
      files: {},
    };
    return keep === "best" ? await keepBest(result, text, terminal) : await keepMean(result, first);
  } finally {
    interrupt.dispose();
  }
}

/** The exit code of a sweep: that of its worst run. */
export function sweepExitCode({ stopped, runs }: SweepResult): number {
  if (stopped) return EXIT.interrupted;
  const fine = runs.every(({ outcome }) =>
    outcome !== undefined && outcome.run.finished.status !== "diverged" &&
    outcome.checkpointFault === undefined
  );
  return fine ? EXIT.done : EXIT.failed;
}

function checkFlags(given: GivenFlags, keep: Keep): void {
  const fault = (text: string): UsageError => new UsageError(`Cannot train: ${text}`);
  if (given.has("seed")) throw fault("--seed must come without --seeds");
  for (const flag of ["folds", "learning-curve"]) {
    if (given.has(flag)) throw fault(`--${flag} must come without --seeds`);
  }
  if (given.has("resume")) {
    throw fault("--resume must come without --seeds; --checkpoint FILE goes on from FILE.SEED");
  }
  if (keep === "mean" && textFlag(given, "target-scale") === "auto") {
    throw fault("--target-scale must be range, robust or log with --keep mean: runs could differ");
  }
  for (const flag of ["report", "svg", "png"]) {
    if (keep !== "mean" || !given.has(flag)) continue;
    throw fault(`--${flag} must come with --keep best: it shows one network`);
  }
}

/** Runs at a time, and threads of each. */
export function lanes(given: GivenFlags, seeds: number): { runs: number; threads: number } {
  const own = readThreads(given);
  const threads = own ?? navigator.hardwareConcurrency ?? 1;
  const runs = Math.min(seeds, threads);
  return { runs, threads: Math.max(1, Math.floor(threads / runs)) };
}

/** The flags of one run, as if it were alone. */
function flagsOfRun(
  given: GivenFlags,
  seed: number,
  first: number,
  keep: Keep,
  { threads }: { readonly threads: number },
): GivenFlags {
  const own = new Map(given);
  own.set("seed", String(seed));
  if (!["reference", "webgpu"].includes(textFlag(given, "engine") ?? "cpu")) {
    own.set("threads", String(threads));
  }
  // Networks that answer together must not have seen each other's test rows.
  if (keep === "mean" && !given.has("split-seed")) own.set("split-seed", String(first));
  const checkpoint = textFlag(given, "checkpoint");
  if (checkpoint !== undefined) own.set("checkpoint", `${checkpoint}.${seed}`);
  if (switchFlag(given, "json") !== undefined) own.delete("json");
  return own;
}

/** Keeps the network with the lowest validation loss, or without such rows training loss. */
async function keepBest(
  result: SweepResult,
  text: string | undefined,
  terminal: Terminal,
): Promise<SweepResult> {
  const judged = result.runs.flatMap(({ outcome, seed, request }) => {
    if (outcome === undefined) return [];
    const loss = judgedLoss(outcome);
    return Number.isFinite(loss) ? [{ seed, request, outcome, loss }] : [];
  });
  if (judged.length === 0) return result;
  const best = judged.reduce((a, b) => b.loss < a.loss ? b : a);
  const { request, outcome, seed } = best;
  if (requestOutputs(request, RESULT_FILES).length === 0) return { ...result, best: seed };
  const { loss, encoding } = outcome.trained;
  const data = withEncoding(await trainData(request, text), encoding);
  const ready = { ...readyRequest(request, data), loss };
  const run: RunResult = { ...outcome, request: ready, data, files: {} };
  return { ...result, best: seed, files: await writeOutputs(run, terminal) };
}

/** A number that is comparable between runs: Huber's losses turn linear at thresholds of their own. */
function judgedLoss({ losses, scores, trained }: JobOutcome): number {
  const part = losses.validation === undefined ? "train" : "validation", own = scores[part];
  if (trained.loss.kind === "huber" && own && "mae" in own) return own.mae;
  return losses[part] ?? NaN;
}

/** Keeps all networks that did not diverge; their mean answers. */
async function keepMean(result: SweepResult, request: TrainRequest): Promise<SweepResult> {
  const members = result.runs.flatMap(({ seed, outcome }) => {
    if (outcome === undefined || outcome.run.finished.status === "diverged") return [];
    return [{ seed, outcome }];
  });
  if (members.length === 0) return result;
  const networks = members.map(({ outcome }) => outcome.run.finished.network);
  const { loss, encoding } = members[0].outcome.trained;
  const data = smeared(withEncoding(result.data, encoding), networks);
  const ensemble = {
    seeds: members.map(({ seed }) => seed),
    ...lossesAndScores(partResults(networks, loss, data, () => {})),
  };
  const { modelOut } = request;
  if (modelOut === undefined) return { ...result, ensemble };
  const metadata: MemberMetadata[] = members.map(({ seed, outcome }) => ({
    seed,
    status: outcome.run.finished.status,
    losses: outcome.losses,
    scores: outcome.scores,
    ...outcome.support,
  }));
  const options = { ...members[0].outcome.options, splitSeed: request.splitSeed };
  const bytes = encodeModelFile(networks, {
    version: VERSION,
    encoding: data.encoding,
    loss,
    options,
    command: result.command,
    status: result.stopped ? "stopped" : "completed",
    losses: ensemble.losses,
    scores: ensemble.scores,
    ...keptErrors(await heldErrors(networks, data.encoding, data.parts.test)),
    deadFunctions: [],
    members: metadata,
  });
  await writeFile(modelOut, bytes);
  return { ...result, ensemble, files: { model: modelOut } };
}
