/**
 * The report of a search.
 *
 * @module
 */

import { basename } from "node:path";
import { describeRecipe } from "../../../lib/data/inner.ts";
import type { Dataset, TableEncoding } from "../../../lib/data/mod.ts";
import type {
  ColumnResiduals,
  ConfusionTable,
  Figure,
  HeldOutNumbers,
  PartCurves,
  ReportColumn,
  ScatterSeries,
  SearchReport,
  ShownPart,
} from "../../../lib/report/mod.ts";
import { effectsFigure, renderSearch, scatterFigure } from "../../../lib/report/mod.ts";
import { judgingReport } from "../../runs/judging_report.ts";
import { judgingCommand } from "../../runs/judging_result.ts";
import { type ModelEffects, modelEffects } from "../../models/effects/model_effects.ts";
import { columnValues, rowsAmong } from "../../models/effects/settings.ts";
import {
  curvesOf,
  type JudgedRows,
  judgeOutputs,
  judgeRows,
  scoresOf,
} from "../../models/judged_rows.ts";
import { plainScores } from "../../models/metadata.ts";
import { tableName } from "../../terminal/files.ts";
import { VERSION } from "../../terminal/version.ts";
import { LOSS_NAMES, ownScores } from "./report.ts";
import { foundNotes, modelText, sampleNotes, type SearchResult } from "./search_result.ts";

/** Most points of a picture; most columns whose residuals are drawn. */
const MOST_POINTS = 1500, MOST_COLUMNS = 6;

/** The HTML text of a search's report. */
export async function searchReport(result: SearchResult): Promise<string> {
  const { request, data, found, scores, options, command, judging } = result;
  const { source, loss } = request, { encoding, parts } = data;
  if (encoding.kind !== "table") throw new TypeError("a search has a table");
  const effects = await modelEffects(found, encoding, parts, request.seed);
  const judged = judgedParts(result, encoding);
  return renderSearch({
    title: `${basename(tableName(source.file))}: ${source.target}`,
    subtitle: modelText(found.tried),
    status: found.status,
    effects: effects.outputs,
    bands: effects.bands,
    columns: reportColumns(encoding),
    candidates: found.tried,
    together: { loss: found.loss, standardError: found.standardError },
    notes: [...foundNotes(found, request), ...sampleNotes(result)],
    scores: {
      ...Object.fromEntries(
        Object.entries(scores).map(([part, each]) => [part, plainScores(each)]),
      ),
      ...heldOutScores(judged),
    },
    ownScores: ownScores(scores),
    ...pictures(judged),
    residuals: residualsBeside(result, encoding, effects),
    configuration: [
      ...Object.entries(data.parts).map(([part, { rows }]): [string, string] => [
        `rows, ${part}`,
        String(rows),
      ]),
      ...["loss", "form", "timeLimit", "seed"].map((name): [string, string] => [
        name,
        String(options[name]),
      ]),
    ],
    ...(judging === undefined ? {} : { judging: judgingReport(judging, LOSS_NAMES[loss.kind]) }),
    reproduce: (judging && judgingCommand(judging)) ?? command,
    version: VERSION,
  });
}

/** The figure of a search: some pictures, without names effects, predictions and their errors. */
export async function searchFigure(
  result: SearchResult,
  names: readonly string[] = ["effects", "prediction", "error"],
): Promise<Figure> {
  const { found, data: { encoding, parts }, request } = result;
  if (encoding.kind !== "table") throw new TypeError("a search has a table");
  const panels: Figure["panels"][number][] = [];
  for (const name of names) {
    if (name === "effects") {
      const { outputs } = await modelEffects(found, encoding, parts, request.seed);
      panels.push(...effectsFigure(outputs).panels);
    }
    if (name !== "prediction" && name !== "error") continue;
    const { scatter = [], classCurves = [] } = pictures(judgedParts(result, encoding));
    panels.push(...scatterFigure(scatter, classCurves, name).panels);
  }
  return { panels };
}

interface JudgedPart {
  readonly part: ShownPart;
  readonly judged: JudgedRows;
}

/** What the model says of the test rows, and its parts of rows held out in cross-validation. */
function judgedParts({ data, found }: SearchResult, encoding: TableEncoding): JudgedPart[] {
  const { test } = data.parts, { outputs, targets } = found.heldOut;
  const crossed = judgeOutputs(encoding, outputs, targets);
  const tested = test && judgeRows(found.networks, encoding, test);
  return [
    ...(crossed === undefined ? [] : [{ part: "held-out" as const, judged: crossed }]),
    ...(tested === undefined ? [] : [{ part: "test" as const, judged: tested }]),
  ];
}

function heldOutScores(parts: readonly JudgedPart[]): SearchReport["scores"] {
  const held = parts.find(({ part }) => part === "held-out");
  return held === undefined ? {} : { "held out": plainScores(scoresOf(held.judged)) };
}

function pictures(
  parts: readonly JudgedPart[],
): Pick<SearchReport, "scatter" | "confusion" | "classCurves"> {
  return {
    scatter: parts.flatMap(({ part, judged }): ScatterSeries[] =>
      judged.kind === "numbers" ? scatterOf(part, judged) : []
    ),
    confusion: parts.flatMap(({ part, judged }): ConfusionTable[] => {
      const scores = judged.kind === "classes" ? scoresOf(judged) : undefined;
      if (scores === undefined || !("confusion" in scores)) return [];
      return [{ part, labels: scores.labels, counts: scores.confusion }];
    }),
    classCurves: parts.flatMap(({ part, judged }): PartCurves[] => {
      const curves = curvesOf(judged);
      return curves === undefined ? [] : [{ part, curves }];
    }),
  };
}

function scatterOf(
  part: ShownPart,
  { names, said, right }: Omit<HeldOutNumbers, "kind">,
): ScatterSeries[] {
  const nOut = names.length, rows = rowsAmong(said.length / nOut, MOST_POINTS);
  return names.map((name, q) => ({
    ...{ part, name },
    target: rows.map((row) => right[row * nOut + q]),
    prediction: rows.map((row) => said[row * nOut + q]),
  }));
}

/** Residuals of the test rows, without any of the training rows, beside the columns of numbers. */
function residualsBeside(
  { data, found }: SearchResult,
  encoding: TableEncoding,
  { columns }: ModelEffects,
): ColumnResiduals[] {
  const dataset: Dataset = data.parts.test ?? data.parts.train;
  const judged = judgeRows(found.networks, encoding, dataset);
  if (judged?.kind !== "numbers") return [];
  const { said, right, names } = judged, rows = rowsAmong(dataset.rows, MOST_POINTS);
  return columns.flatMap((column) => {
    const at = columnValues(column, encoding, dataset, rows);
    if (at === undefined) return [];
    const residual = rows.map((row) => said[row * names.length] - right[row * names.length]);
    return [{ column: column.column, at, residual }];
  }).slice(0, MOST_COLUMNS);
}

function reportColumns({ columns = [] }: TableEncoding): ReportColumn[] {
  return columns.map((recipe) => ({
    name: recipe.name,
    kind: recipe.kind,
    text: describeRecipe(recipe),
    missing: recipe.missing ?? 0,
  }));
}
