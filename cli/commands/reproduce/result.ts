/**
 * What `reproduce` prints: the table as text, or one JSON object.
 *
 * @module
 */

import type { RowSummary, SeedStatistics } from "../../../lib/reproduce/mod.ts";
import { wrap } from "../../terminal/help.ts";
import type { ReproduceRequest } from "./request.ts";
import { duration, shortNumber, textTable } from "../../terminal/text_table.ts";
import { VERSION } from "../../terminal/version.ts";

/** What was run, and whether that is all that was asked for. */
export interface ReproduceResult {
  readonly request: ReproduceRequest;
  readonly summaries: readonly RowSummary[];
  readonly complete: boolean;
}

/** One line that says what the numbers are. */
export function tableTitle({ request }: Pick<ReproduceResult, "request">): string {
  const { table, problem, measure, seeds } = request;
  const shown = seeds.length > 6 ? `${seeds.length} seeds` : `seeds ${seeds.join(", ")}`;
  return `${table}, ${problem.name}: ${measure}, ${shown}`;
}

/** What a quick or interrupted table must say first; empty where there is nothing. */
export function warnings({ request, complete }: ReproduceResult): string[] {
  return [
    ...(request.quick ? ["QUICK TRY, NOT COMPARABLE with the paper: few points, few epochs."] : []),
    ...(complete ? [] : ["STOPPED: only what was done by then; rows may lack seeds."]),
  ];
}

/** How to read the table. */
export function reproduceNotes({ request, summaries }: ReproduceResult): string[] {
  const best = request.published.reduce((least, row) => row.mse < least.mse ? row : least);
  const compared = summaries.filter(({ row }) => row.paper !== undefined);
  const worse = compared.filter((summary) => summary.worse);
  return [
    `The paper's best mean is ${shortNumber(best.mse)} (${best.label}).`,
    ...(compared.length === 0 || request.quick ? [] : [
      worse.length === 0
        ? `Ours is at most the paper's mean in all ${compared.length} published rows run.`
        : `"worse": our mean lies above the paper's, ${worse.length} of ${compared.length} rows.`,
    ]),
    ...variantNotes(summaries),
    ...request.notes,
  ];
}

/** What variants of published rows show. */
function variantNotes(summaries: readonly RowSummary[]): string[] {
  return summaries.flatMap(({ row: { label, explains }, mse: { median } }) => {
    if (explains === undefined) return [];
    const reached = median <= explains.mse;
    return [
      `"${label}" is no row of the paper: all but its last words is as in "${explains.label}". Its ` +
      `median, ${loss(median)}, is ${reached ? "at most" : "above"} the paper's mean, ` +
      `${loss(explains.mse)}${
        reached ? ": this choice decides the row" : ": this choice alone does not decide the row"
      }.`,
    ];
  });
}

/** The table. */
export function reproduceText(result: ReproduceResult): string {
  const { summaries } = result;
  const head = [
    "row",
    "parameters",
    "work",
    "evaluations",
    "seconds",
    "ours (deviation)",
    "median",
    "worst",
    "test/train",
    "paper (deviation)",
    "",
  ];
  const body = summaries.map((summary) => {
    const { row: { label, explains, paper = explains }, mse } = summary;
    return [
      label,
      `${summary.parameters}`,
      `${summary.workUnits}`,
      summary.evaluations.toFixed(0),
      summary.seconds.toFixed(1),
      withDeviation(mse.mean, mse.deviation),
      loss(mse.median),
      loss(mse.worst),
      summary.heldOutRatio.toFixed(2),
      paper === undefined ? "-" : withDeviation(paper.mse, paper.deviation),
      rowMarks(summary, result.request).join(", "),
    ];
  });
  const seconds = summaries.flatMap(({ runs }) => runs).reduce((sum, run) => sum + run.seconds, 0);
  return [
    tableTitle(result),
    ...warnings(result),
    "",
    textTable([head, ...body], "lrrrrrrrrrl"),
    "",
    ...reproduceNotes(result).flatMap((note) => wrap(note, 98)),
    "",
    `${duration(seconds)} of training; again: ${result.request.command}`,
  ].join("\n") + "\n";
}

/** `worse` (of a whole run: a quick one is not comparable), diverged runs, missing seeds. */
export function rowMarks(
  { worse, runs }: RowSummary,
  { seeds: { length: seeds }, quick }: Pick<ReproduceRequest, "seeds" | "quick">,
): string[] {
  const diverged = runs.filter(({ status }) => status === "diverged").length;
  return [
    ...(worse && !quick ? ["worse"] : []),
    ...(diverged > 0 ? [`${diverged} of ${runs.length} diverged`] : []),
    ...(runs.length < seeds ? [`${runs.length} of ${seeds} seeds`] : []),
  ];
}

function withDeviation(mean: number, deviation: number): string {
  return `${loss(mean)} (${Number.isNaN(deviation) ? "-" : loss(deviation)})`;
}

function loss(value: number): string {
  return Number.isFinite(value) ? value.toExponential(2) : String(value);
}

/** The object of `--json`. */
export function reproduceJson(result: ReproduceResult): Record<string, unknown> {
  const { request, summaries, complete } = result;
  const { problem, table, seeds, points, quick, engine, command } = request;
  return {
    table,
    problem: problem.name,
    version: VERSION,
    command,
    comparable: !quick,
    complete,
    points,
    seeds,
    engine: engine.name,
    dtype: engine.dtype,
    rows: summaries.map(({ row, ...summary }) => ({
      id: row.id,
      label: row.label,
      network: row.network,
      schedule: row.schedule.name,
      optimizer: row.optimizer,
      parameters: summary.parameters,
      workUnits: summary.workUnits,
      mse: statisticsJson(summary.mse),
      testMse: statisticsJson(summary.testMse),
      heldOutRatio: summary.heldOutRatio,
      evaluations: summary.evaluations,
      seconds: summary.seconds,
      paper: row.paper ? { mse: row.paper.mse, deviation: row.paper.deviation } : null,
      ...(row.explains ? { explains: row.explains.label } : {}),
      worse: summary.worse,
      runs: summary.runs.map(({ row: _, history: __, parameters: ___, ...run }) => run),
    })),
  };
}

/** A deviation of one seed is not a number: null. */
function statisticsJson(statistics: SeedStatistics): Record<string, number | null> {
  const entries = Object.entries(statistics);
  return Object.fromEntries(entries.map(([name, x]) => [name, Number.isFinite(x) ? x : null]));
}
