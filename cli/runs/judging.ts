/**
 * `train --folds` and `--learning-curve`: networks judged on rows that they have not seen.
 *
 * @module
 */

import { defined } from "../../lib/numerics/inner.ts";
import { UsageError } from "../terminal/errors.ts";
import { readText } from "../terminal/files.ts";
import type { GivenFlags } from "../flags/parse.ts";
import type { JudgingRequest } from "../flags/judging.ts";
import { textFlag } from "../flags/values.ts";
import { listenForInterrupt } from "../terminal/interrupt.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { duration, shortNumber } from "../terminal/text_table.ts";
import { labelCosts } from "../models/cost.ts";
import { type JudgedRows, judgeRows, pooledRows, scoresOf } from "../models/judged_rows.ts";
import { trainData } from "../commands/train/data.ts";
import { searchRequest } from "../commands/train/search.ts";
import { networkOptions } from "../commands/train/network.ts";
import { withEncoding } from "../commands/train/target_scale.ts";
import type { TrainRequest } from "../commands/train/request.ts";
import { foldData, type FoldParts, growingParts, planFolds, tableOfText } from "./fold_plan.ts";
import type { CurvePoint, FoldResult, Judging } from "./judging_data.ts";
import { meanScores } from "./mean_scores.ts";
import { type LaneEnd, runJobs } from "./pool.ts";
import { lanes } from "./sweep.ts";
import type { Job, SearchOutcome } from "./worker.ts";

/** One network to train: a fold, or less of it for the learning curve. */
interface Task {
  readonly name: string;
  readonly share: number;
  readonly parts: FoldParts;
}

/**
 * Trains what is needed to judge.
 *
 * @throws {UsageError} If the request does not fit the table; then nothing was trained.
 */
export async function judge(
  given: GivenFlags,
  request: TrainRequest,
  terminal: Terminal,
): Promise<Judging> {
  const { source, judging } = request;
  if (source.kind === "gallery" || judging === undefined) throw new TypeError("nothing to judge");
  const tell = (line: string): void => {
    if (!request.quiet) terminal.err(`${line}\n`);
  };
  const text = await readText(source.file), tasks = await planTasks(request, text, judging);
  const parallel = lanes(given, tasks.length), begun = performance.now();
  const what = searchRequest(given) === undefined ? "networks" : "searches";
  tell(
    `${tasks.length} ${what} to judge by, ${parallel.runs} at a time, ${parallel.threads} ` +
      `thread${parallel.threads === 1 ? "" : "s"} each`,
  );
  const interrupt = listenForInterrupt(
    () => terminal.err("stopping all runs; Ctrl-C again leaves at once\n"),
    () => {},
  );
  try {
    const flags = flagsOfTask(given, parallel.threads);
    const jobs = tasks.map(({ parts }): Job => ({ given: flags, text, fold: parts }));
    let ended = 0;
    const ends = await runJobs(jobs, {
      parallel: parallel.runs,
      signal: interrupt.signal,
      note: (job, line) => tell(`${tasks[job].name}: ${line}`),
      onEnd: (job, end) =>
        tell(`${tasks[job].name}: ${endText(end)} (${++ended} of ${jobs.length})`),
    });
    const folds = tasks.map(({ parts }, i) => foldResult(parts, ends[i]));
    const pooled = judging.folds === undefined ? undefined : await poolFolds(
      request,
      text,
      tasks.flatMap(({ share, parts }, i) => share < 1 ? [] : [{ parts, end: ends[i] }]),
    );
    const whole = folds.filter((_, i) => tasks[i].share === 1);
    const means = meanScores(whole.flatMap(({ judged }) => judged ?? []));
    return {
      ...{ request: judging, folds: whole },
      ...(means && { means }),
      ...(pooled && { pooled }),
      curve: judging.learningCurve ? curvePoints(tasks, folds) : [],
      seconds: (performance.now() - begun) / 1000,
      stopped: interrupt.signal.aborted,
      ...defined({ options: ends.map(outcomeOf).find((outcome) => outcome)?.options }),
      text,
    };
  } finally {
    interrupt.dispose();
  }
}

async function planTasks(
  request: TrainRequest,
  text: string,
  judging: JudgingRequest,
): Promise<Task[]> {
  const { source } = request;
  if (source.kind === "gallery") return [];
  const data = await trainData(request, text), table = await tableOfText(source.file, text);
  networkOptions(request, data);
  if (judging.costs !== undefined) {
    const { encoding } = data;
    const classes = encoding.kind === "table" && encoding.task === "classification";
    labelCosts("train", classes ? encoding.labels : undefined, judging.costs);
  }
  const { train, validation, test } = data.split!;
  const seen = Uint32Array.from([...train, ...validation]).sort();
  if (judging.folds === undefined && test.length === 0) {
    throw new UsageError(
      "Cannot train: --learning-curve must have rows to judge by: --folds, or --test-fraction " +
        "above 0",
    );
  }
  const folds = judging.folds === undefined
    ? [{ train: seen, test }]
    : planFolds(request, table, seen, judging);
  return folds.flatMap((parts, i): Task[] => {
    const name = judging.folds === undefined ? "test rows" : `fold ${i + 1}`;
    const whole = judging.folds === undefined ? [] : [{ name, share: 1, parts }];
    if (!judging.learningCurve) return whole;
    const growing = growingParts(request, table, parts, judging).map((
      { share, ...rows },
    ): Task => ({
      ...{ name: `${name}, ${Math.round(100 * share)} % of the rows`, share, parts: rows },
    }));
    return [...growing, ...whole];
  });
}

/** The flags of one network, as if it were alone. */
function flagsOfTask(given: GivenFlags, threads: number): GivenFlags {
  const flags = new Map(given);
  if (!["reference", "webgpu"].includes(textFlag(given, "engine") ?? "cpu")) {
    flags.set("threads", String(threads));
  }
  for (const name of ["json", "report", "svg", "png", "pictures", "model-out"]) flags.delete(name);
  return flags;
}

/** What is known of a fold's model, be it one network or what a search has found. */
function outcomeOf(end: LaneEnd): SearchOutcome | undefined {
  if (end.kind === "found") return end.outcome;
  if (end.kind !== "done") return undefined;
  const { run: { finished }, losses, scores, options, trained } = end.outcome;
  const { network, status, seconds } = finished;
  return { networks: [network], status, seconds, losses, scores, options, trained };
}

function endText(end: LaneEnd): string {
  if (end.kind === "failed") return `failed: ${end.reason}`;
  if (end.kind === "skipped") return end.kind;
  const { losses, status, seconds } = outcomeOf(end)!;
  const loss = end.kind === "done" ? end.outcome.run.finished.loss : losses.train ?? NaN;
  const held = losses.test === undefined ? "" : `, held-out loss ${shortNumber(losses.test)}`;
  return `${status}, loss ${shortNumber(loss)}${held}, ${duration(seconds)}`;
}

function foldResult({ train, validation, test }: FoldParts, end: LaneEnd): FoldResult {
  const rows = {
    train: train.length,
    ...(validation && { validation: validation.length }),
    test: test.length,
  };
  const outcome = outcomeOf(end);
  if (outcome === undefined) {
    const reason = end.kind === "failed" ? end.reason : "stopped before it began";
    return { rows, status: end.kind === "failed" ? "failed" : "stopped", reason, seconds: 0 };
  }
  const { losses, scores, status, seconds } = outcome;
  const { test: loss, train: trainLoss = NaN } = losses;
  if (loss === undefined || scores.test === undefined) {
    const reason = "the held-out rows have no scores";
    return { rows, status: "failed", reason, seconds };
  }
  return { rows, judged: { loss, trainLoss, scores: scores.test }, status, seconds };
}

/** What the networks of the folds said of the rows that each did not see, in one. */
async function poolFolds(
  request: TrainRequest,
  text: string,
  folds: readonly { readonly parts: FoldParts; readonly end: LaneEnd }[],
): Promise<Judging["pooled"]> {
  const parts: JudgedRows[] = [];
  for (const fold of folds) {
    const outcome = outcomeOf(fold.end);
    if (outcome?.losses.test === undefined) continue;
    const { trained, networks } = outcome, data = await foldData(request, text, fold.parts);
    const { parts: { test }, encoding } = withEncoding(data, trained.encoding);
    const rows = judgeRows(networks, encoding, test!);
    if (rows !== undefined) parts.push(rows);
  }
  const rows = pooledRows(parts);
  return rows && { rows, scores: scoresOf(rows) };
}

function curvePoints(tasks: readonly Task[], results: readonly FoldResult[]): CurvePoint[] {
  const shares = [...new Set(tasks.map(({ share }) => share))].sort((a, b) => a - b);
  return shares.flatMap((share) => {
    const chosen = results.filter((result, i) => tasks[i].share === share && result.judged);
    const means = meanScores(chosen.flatMap(({ judged }) => judged ?? []));
    if (means === undefined) return [];
    const total = chosen.reduce((sum, { rows }) => sum + rows.train + (rows.validation ?? 0), 0);
    return [{ share, rows: total / chosen.length, means }];
  });
}
