/**
 * The result of several runs: as one JSON object, and as a table.
 *
 * @module
 */

import { defined } from "../../lib/numerics/inner.ts";
import { summarise, type Summary } from "../../lib/train/mod.ts";
import type { ScoresByPart } from "../models/metadata.ts";
import { runCommand } from "../commands/train/options.ts";
import { kindOf, resultJson, type RunResult, scoresText } from "../commands/train/result.ts";
import type { JobOutcome } from "./worker.ts";
import { pictureLines } from "../pictures/write.ts";
import { duration, lossNumbers, textTable } from "../terminal/text_table.ts";
import { type PartName, PARTS, type TrainData } from "../commands/train/data.ts";
import type { TrainRequest } from "../commands/train/request.ts";
import { readyRequest } from "../commands/train/network.ts";
import { VERSION } from "../terminal/version.ts";

/** What is kept of several runs: the best network, or all, whose mean answers. */
export type Keep = "best" | "mean";

/** The run of one seed. */
export interface SeedResult {
  readonly seed: number;
  readonly request: TrainRequest;
  /** Absent if it failed. */
  readonly outcome?: JobOutcome;
  /** Why there is no outcome. */
  readonly failure?: string;
}

/** All that is known after all runs. */
export interface SweepResult {
  /** The data of the first run; the other runs have as many rows. */
  readonly data: TrainData;
  /** In the order of the seeds. */
  readonly runs: readonly SeedResult[];
  readonly keep: Keep;
  /** Seconds in all, by the clock. */
  readonly seconds: number;
  /** Whether it was stopped by Ctrl-C. */
  readonly stopped: boolean;
  /** The command line that repeats it. */
  readonly command: string;
  /** Files that were written. */
  readonly files: RunResult["files"];
  /** The seed of the network that is kept; absent if there is none, or all are. */
  readonly best?: number;
  /** All networks together. */
  readonly ensemble?: {
    readonly seeds: readonly number[];
    readonly losses: { readonly [part in PartName]?: number };
    readonly scores: ScoresByPart;
  };
}

/** The command line that repeats several runs. */
export function seedsCommand(runs: readonly SeedResult[], seeds: string, keep: Keep): string {
  const options = runs.find(({ outcome }) => outcome !== undefined)?.outcome?.options;
  if (options === undefined) return "";
  const { seed, splitSeed, ...others } = options;
  const split = keep === "mean" ? splitSeed ?? seed : splitSeed;
  return runCommand({ ...others, seeds, keep, ...defined({ splitSeed: split }) });
}

/** The numbers of the runs that are summarised, a name for each. */
function measures(runs: readonly SeedResult[]): Record<string, number[]> {
  const outcomes = runs.flatMap(({ outcome }) => outcome === undefined ? [] : [outcome]);
  const columns: Record<string, number[]> = {};
  for (const part of PARTS) {
    columns[part] = outcomes.flatMap(({ losses }) => losses[part] ?? []);
  }
  for (const { name, of } of scoreMeasures(runs)) {
    columns[name] = outcomes.flatMap(({ scores }) => of(scores) ?? []);
  }
  columns.seconds = outcomes.map(({ run }) => run.finished.seconds);
  return Object.fromEntries(Object.entries(columns).filter(([, values]) => values.length > 0));
}

/** A score of the test rows that is summarised. */
interface ScoreMeasure {
  /** Name in `--json`. */
  readonly name: string;
  /** Title in the table. */
  readonly title: string;
  /** Whether more is better. */
  readonly share: boolean;
  of(scores: ScoresByPart): number | undefined;
}

/** Classes have accuracies, several targets an error each: their loss says nothing in units. */
function scoreMeasures(runs: readonly SeedResult[]): ScoreMeasure[] {
  const test = runs.find(({ outcome }) => outcome !== undefined)?.outcome?.scores.test;
  if (test === undefined) return [];
  if ("confusion" in test) {
    return (["accuracy", "balancedAccuracy"] as const).map((name) => ({
      name,
      title: name === "accuracy" ? "test accuracy" : "balanced",
      share: true,
      of: ({ test }) => test !== undefined && "confusion" in test ? test[name] : undefined,
    }));
  }
  if ("concordance" in test) {
    return [{
      name: "concordance",
      title: "test concordance",
      share: true,
      of: ({ test }) =>
        test !== undefined && "concordance" in test ? test.concordance ?? undefined : undefined,
    }];
  }
  return Object.entries(test.targets ?? {}).map(([target, numbers]) => {
    const name = "pinball" in numbers ? "pinball" : "rmse";
    return {
      name: `${name} ${target}`,
      title: `test ${name} ${target}`,
      share: false,
      of: ({ test }) => {
        const scores = test !== undefined && "targets" in test ? test.targets?.[target] : undefined;
        return scores && ("pinball" in scores ? scores.pinball : scores.rmse);
      },
    };
  });
}

/** The object that `--json` prints; `runs` holds the object of each run. */
export function sweepJson(result: SweepResult): Record<string, unknown> {
  const { runs, keep, seconds, stopped, best, ensemble, files, command, data } = result;
  const [{ request }] = runs;
  const { source } = request;
  const shares = shareNames(runs);
  const summary = Object.fromEntries(
    Object.entries(measures(runs)).map(([name, values]) => {
      const { count, median, mean, standardDeviation, least, largest } = summarise(values);
      const worst = shares.includes(name) ? least : largest;
      return [name, { count, median, mean, standardDeviation, worst }];
    }),
  );
  return {
    problem: source.kind === "gallery" ? source.problem.name : null,
    data: source.kind === "table" ? source.file : undefined,
    seeds: runs.map(({ seed }) => seed),
    runs: runs.map(({ seed, request, outcome, failure }) =>
      outcome === undefined
        ? { seed, status: stopped ? "stopped" : "failed", reason: failure }
        : resultJson({ ...outcome, request: readyRequest(request, data), data, files: {} })
    ),
    summary,
    keep,
    best,
    ensemble: ensemble &&
      { seeds: ensemble.seeds, loss: ensemble.losses, scores: ensemble.scores },
    seconds,
    status: stopped ? "stopped" : "completed",
    ...files,
    version: VERSION,
    command,
  };
}

/** Names of the measures of which more is better. */
function shareNames(runs: readonly SeedResult[]): string[] {
  return scoreMeasures(runs).flatMap(({ name, share }) => share ? [name] : []);
}

const LINES: readonly (readonly [
  title: string,
  of: (summary: Summary, share: boolean) => number,
])[] = [
  ["median", ({ median }) => median],
  ["mean", ({ mean }) => mean],
  ["st. dev.", ({ standardDeviation }) => standardDeviation],
  ["worst", ({ least, largest }, share) => share ? least : largest],
];

/** What `train --seeds` prints without `--json`. */
export function sweepText(result: SweepResult): string {
  const { runs, keep, seconds, best, ensemble, files, data } = result;
  const first = runs.find(({ outcome }) => outcome !== undefined)?.outcome?.run.finished.network;
  const heading = first === undefined ? "no run came to an end" : (
    `${kindOf(first.config)}: ${first.parameters.length} parameters`
  );
  const kept = ensemble !== undefined
    ? [
      `the mean of ${ensemble.seeds.length} networks:`,
      "",
      scoresText({ ...ensemble, data }),
    ]
    : best !== undefined
    ? [
      `best: seed ${best}, by its ` +
      `${data.parts.validation === undefined ? "training" : "validation"} loss`,
    ]
    : ["no network is worth keeping"];
  return [
    `${heading}, ${runs.length} seed${runs.length === 1 ? "" : "s"}`,
    "",
    runsText(runs),
    "",
    ...kept,
    "",
    `${duration(seconds)} in all`,
    ...(files.model === undefined
      ? [
        "no network was kept: --model-out FILE.safetensors keeps " +
        (keep === "best" ? "the best" : "all in one file"),
      ]
      : [`${keep === "best" ? "network" : "networks"}: ${files.model}`]),
    ...(files.report === undefined ? [] : [`report: ${files.report}`]),
    ...pictureLines(files),
  ].join("\n") + "\n";
}

/** One line per run, and the summary below. */
function runsText(runs: readonly SeedResult[]): string {
  const columns = measures(runs);
  const names = Object.keys(columns);
  const summaries = names.map((name) => summarise(columns[name]));
  const scored = scoreMeasures(runs), shares = shareNames(runs);
  const scoreOf = (name: string) => scored.find((each) => each.name === name);
  const titles = names.map((name) =>
    name === "seconds" ? "time" : scoreOf(name)?.title ?? `${name} loss`
  );
  const value = ({ outcome }: SeedResult, name: string): number => {
    if (outcome === undefined) return NaN;
    if (name === "seconds") return outcome.run.finished.seconds;
    const score = scoreOf(name);
    if (score !== undefined) return score.of(outcome.scores) ?? NaN;
    return outcome.losses[name as PartName] ?? NaN;
  };
  const cells = names.map((name, c) => {
    const values = [
      ...runs.map((run) => value(run, name)),
      ...LINES.map(([, of]) => of(summaries[c], shares.includes(name))),
    ];
    const texts = name === "seconds"
      ? values.map(duration)
      : shares.includes(name)
      ? values.map((share) => share.toFixed(5))
      : lossNumbers(values);
    return texts.map((text, i) => Number.isNaN(values[i]) ? "-" : text);
  });
  const rows = runs.map(({ seed, outcome, failure }, i) => [
    `${seed}`,
    ...cells.map((column) => column[i]),
    outcome === undefined ? `failed: ${failure}` : outcome.run.finished.status,
  ]);
  const lines = LINES.map(([title], i) => [
    title,
    ...cells.map((column) => column[runs.length + i]),
    "",
  ]);
  const align = `r${"r".repeat(names.length)}l`;
  const table = textTable([["seed", ...titles, "status"], ...rows, ...lines], align).split("\n");
  const rule = "-".repeat(Math.max(...table.map((line) => line.length)));
  return [...table.slice(0, runs.length + 1), rule, ...table.slice(runs.length + 1)].join("\n");
}
