/**
 * What judging has found: as JSON, and as text.
 *
 * @module
 */

import { defined } from "../../lib/numerics/inner.ts";
import type { ScoreTree } from "../models/metadata.ts";
import { costsText } from "../flags/judging.ts";
import { type CostResult, costResult, costText } from "../models/cost.ts";
import { curvesOf } from "../models/judged_rows.ts";
import { confusionText, scoreCells } from "../models/score_table.ts";
import { runCommand, type RunOptions } from "../commands/train/options.ts";
import { duration, lossNumbers, textTable } from "../terminal/text_table.ts";
import { VERSION } from "../terminal/version.ts";
import type { CurvePoint, Judging } from "./judging_data.ts";
import { scoreTree } from "./mean_scores.ts";

/** The fields that judging adds to the object of `--json`. */
export function judgingFields(judging: Judging): Record<string, unknown> {
  const { request, folds, means, pooled, curve } = judging;
  return {
    ...(request.folds === undefined ? {} : {
      folds: {
        ...{ count: request.folds, group: request.group, order: request.order },
        runs: folds.map(({ rows, judged, status, reason, seconds }, i) => ({
          ...{ fold: i + 1, rows, loss: judged?.loss, trainLoss: judged?.trainLoss },
          ...{ scores: judged?.scores, status, reason, seconds },
        })),
        ...defined({ mean: means?.mean, standardError: means?.standardError }),
        ...defined({ cost: heldOutCost(judging) }),
        ...defined({ pooled: pooled?.scores, curves: curvesOf(pooled?.rows) }),
      },
    }),
    ...(request.learningCurve
      ? {
        learningCurve: curve.map(({ share, rows, means }) => ({
          ...{ share, rows, count: means.count },
          ...{ mean: means.mean, standardError: means.standardError },
        })),
      }
      : {}),
  };
}

/** The object of `--json` where no network is kept. */
export function judgingJson(judging: Judging): Record<string, unknown> {
  const { options, seconds, stopped } = judging;
  return {
    ...{ problem: null, data: options?.data, seed: options?.seed },
    ...judgingFields(judging),
    ...{ seconds, status: stopped ? "stopped" : "completed", version: VERSION },
    ...{ options, command: judgingCommand(judging) },
  };
}

/** The command line that judges again. */
export function judgingCommand({ options, request }: Judging): string | undefined {
  const { folds, group, order, costs, learningCurve } = request;
  const cost = costs && costsText(costs);
  if (options === undefined) return undefined;
  const flags = {
    ...defined({ folds, group, order, cost }),
    ...(learningCurve && { learningCurve }),
  };
  return runCommand({ ...options, ...flags });
}

/** What `train --folds` prints where no network is kept. */
export function judgingOnlyText(judging: Judging): string {
  return [
    ...judgingText(judging),
    "",
    `${duration(judging.seconds)} in all`,
    judging.stopped
      ? "stopped: networks that did not come to their end are judged as they were, and none was kept"
      : `no ${
        modelWord(judging.options)
      } was kept: --model-out FILE.safetensors keeps one that is trained on all rows`,
  ].join("\n") + "\n";
}

/** What judging has found, in lines. */
export function judgingText(judging: Judging): string[] {
  const { request } = judging;
  const folds = request.folds === undefined ? [] : [
    foldHeading(judging),
    "",
    foldTable(judging),
    ...nestedTables(judging),
    ...costLines(judging),
  ];
  const curve = request.learningCurve ? curveText(judging) : [];
  return [...folds, ...(folds.length > 0 && curve.length > 0 ? [""] : []), ...curve];
}

/** What decisions cost on all held-out rows; undefined where that was not asked for. */
export function heldOutCost({ request: { costs }, pooled }: Judging): CostResult | undefined {
  return costs === undefined || pooled === undefined ? undefined : costResult(pooled.rows, costs);
}

function costLines(judging: Judging): string[] {
  const cost = heldOutCost(judging);
  return cost === undefined ? [] : ["", costText("held-out", cost)];
}

/** How the rows were held out. */
export function foldHeading(
  { request: { folds, group, order }, pooled, options }: Judging,
): string {
  const how = [
    ...(order === undefined && pooled?.rows.kind === "classes" ? ["classes by equal shares"] : []),
    ...(group === undefined ? [] : [`groups of ${JSON.stringify(group)} whole`]),
    ...(order === undefined ? [] : [`in the order of ${JSON.stringify(order)}`]),
  ];
  return `${folds} folds${how.map((each) => `, ${each}`).join("")}: each ${
    modelWord(options)
  } is judged on rows that it has not seen`;
}

/** What is judged: one network, or the model that a search has found. */
function modelWord(options: RunOptions | undefined): string {
  return options !== undefined && "form" in options ? "model" : "network";
}

type PlainLine = Record<string, number | null>;

/** The scores that are one number; nested ones and those that repeat the loss left out. */
function plainLine(tree: ScoreTree, losses: boolean): PlainLine {
  const { loss, trainLoss: _, logLoss, ...others } = tree;
  const repeated = typeof loss === "number" && typeof logLoss === "number" &&
    Math.abs(loss - logLoss) <= 1e-9 * Math.abs(loss);
  const kept = { ...(repeated || !losses || logLoss === undefined ? {} : { logLoss }), ...others };
  return Object.fromEntries(
    Object.entries(kept).filter((entry): entry is [string, number | null] =>
      typeof entry[1] !== "object" || entry[1] === null
    ),
  );
}

/** Cells of a table. */
export interface JudgingCells {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Means and errors, below. */
  readonly summary: readonly (readonly string[])[];
}

/** Scores of the folds, their mean and its standard error; undefined where all failed. */
export function foldCells({ folds, means, pooled }: Judging): JudgingCells | undefined {
  if (means === undefined) return undefined;
  // Losses of classes with weights are not their log loss, which then has a column.
  const weighted = "logLoss" in plainLine(means.mean, true);
  const several = "targets" in means.mean;
  const lineOf = (tree: ScoreTree): PlainLine => several ? {} : plainLine(tree, weighted);
  const done = folds.flatMap(({ judged }) => judged === undefined ? [] : [judged]);
  const trees = done.map(({ scores }) => scoreTree(scores));
  const all = pooled === undefined ? [] : [scoreTree(pooled.scores)];
  const { titles, cells } = scoreCells([...trees, means.mean, ...all].map(lineOf));
  const [errors] = scoreCells([lineOf(means.standardError)]).cells;
  const numbers = [...done.map(({ loss }) => loss), means.mean.loss as number];
  const losses = lossNumbers(numbers);
  const error = means.standardError.loss as number | null;
  let at = 0;
  const rows = folds.map(({ rows, judged }, i) => {
    const start = [`${i + 1}`, `${rows.train + (rows.validation ?? 0)}`, `${rows.test}`];
    if (judged === undefined) return [...start, "-", ...titles.map(() => "-")];
    return [...start, losses[at], ...cells[at++]];
  });
  const heldOut = folds.reduce((sum, { rows, judged }) => sum + (judged ? rows.test : 0), 0);
  const summary = [
    ["mean", "", "", losses[done.length], ...cells[done.length]],
    ["st. error", "", "", error === null ? "-" : lossNumbers([error])[0], ...errors],
    ...all.map(() => ["all rows", "", `${heldOut}`, "", ...cells[done.length + 1]]),
  ];
  return { head: ["fold", "rows", "held out", "loss", ...titles], rows, summary };
}

/** Why folds have no scores. */
export function failureLines(folds: Judging["folds"]): string[] {
  return folds.flatMap(({ judged, status, reason }, i) =>
    judged !== undefined ? [] : [`fold ${i + 1}: ${status === "failed" ? "failed, " : ""}${reason}`]
  );
}

function foldTable(judging: Judging): string {
  const cells = foldCells(judging), { folds } = judging;
  if (cells === undefined) return failureLines(folds).join("\n");
  const { head, rows, summary } = cells;
  const table = textTable([head, ...rows, ...summary], `l${"r".repeat(head.length - 1)}`)
    .split("\n");
  const rule = "-".repeat(Math.max(...table.map((line) => line.length)));
  const lines = [...table.slice(0, rows.length + 1), rule, ...table.slice(rows.length + 1)];
  return [...lines, ...failureLines(folds)].join("\n");
}

/** Scores of every target, or of every class; undefined where there is one target. */
export function nestedCells({ means, pooled }: Judging): Omit<JudgingCells, "summary"> | undefined {
  if (means === undefined) return undefined;
  const [name, title] = "targets" in means.mean ? ["targets", "target"] : ["classes", "class"];
  const mean = means.mean[name] as ScoreTree | undefined;
  if (mean === undefined) return undefined;
  const error = means.standardError[name] as ScoreTree;
  const all = pooled && (scoreTree(pooled.scores)[name] as ScoreTree);
  const rows = Object.keys(mean).flatMap((each) => {
    const { rows: _, ...line } = mean[each] as PlainLine;
    const { rows: __, ...errors } = error[each] as PlainLine;
    const { rows: ___, ...pool } = (all?.[each] ?? {}) as PlainLine;
    const { cells } = scoreCells(all === undefined ? [line] : [line, pool]);
    return [
      [each, "mean", ...cells[0]],
      ["", "st. error", ...scoreCells([errors]).cells[0]],
      ...(all === undefined ? [] : [["", "all rows", ...cells[1]]]),
    ];
  });
  const { rows: _, ...first } = Object.values(mean)[0] as PlainLine;
  const { titles } = scoreCells([first]);
  return { head: [title, "", ...titles], rows };
}

function nestedTables(judging: Judging): string[] {
  const cells = nestedCells(judging), { pooled } = judging;
  if (cells === undefined) return [];
  const { head, rows } = cells;
  const table = textTable([head, ...rows], `ll${"r".repeat(head.length - 2)}`);
  const confusion = pooled !== undefined && "confusion" in pooled.scores &&
      pooled.scores.labels.length <= MOST_CLASSES
    ? ["", confusionText("held-out", pooled.scores)]
    : [];
  return ["", table, ...confusion];
}

/** Most classes whose confusion is printed. */
const MOST_CLASSES = 12;

/** Held-out scores by the number of rows. */
function curveText({ curve, options }: Judging): string[] {
  if (curve.length === 0) return ["learning curve: there are too few rows for one"];
  const several = "targets" in curve[0].means.mean;
  const { titles, cells } = scoreCells(
    curve.map(({ means }) => several ? {} : plainLine(means.mean, false)),
  );
  const trained = lossNumbers(curve.map(({ means }) => means.mean.trainLoss as number));
  const held = lossNumbers(curve.map(({ means }) => means.mean.loss as number));
  const errors = curve.map(({ means }) => means.standardError.loss as number | null);
  const known = errors.some((error) => error !== null);
  const spread = lossNumbers(errors.map((error) => error ?? NaN));
  const rows = curve.map(({ rows }, i) => [
    ...[`${Math.round(rows)}`, trained[i], held[i]],
    ...(known ? [errors[i] === null ? "-" : spread[i]] : []),
    ...cells[i],
  ]);
  const head = ["rows", "train loss", "held-out loss", ...(known ? ["st. error"] : []), ...titles];
  return [
    `learning curve: ${
      modelWord(options)
    }s trained on fewer rows, judged on the same held-out ones`,
    "",
    textTable([head, ...rows], "r".repeat(head.length)),
    ...curveNote(curve),
  ];
}

/** What the last rows have brought. */
function curveNote(curve: readonly CurvePoint[]): string[] {
  if (curve.length < 2) return [];
  const [before, last] = curve.slice(-2);
  const [from, to] = [before, last].map(({ means }) => means.mean.loss as number);
  const change = 100 * (1 - to / from);
  if (!Number.isFinite(change)) return [];
  const rows = [before, last].map((point) => Math.round(point.rows));
  const error = last.means.standardError.loss as number | null;
  const within = error !== null && Math.abs(to - from) < error
    ? ", less than its standard error"
    : "";
  const how = change >= 0 ? "fell" : "rose";
  const size = `${Number(Math.abs(change).toPrecision(2))} %`;
  return [`from ${rows[0]} to ${rows[1]} rows the held-out loss ${how} by ${size}${within}`];
}
