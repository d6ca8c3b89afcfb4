/**
 * What a report shows of judging.
 *
 * @module
 */

import type { JudgingReport, ReportTable } from "../../lib/report/mod.ts";
import { costTable } from "../models/cost.ts";
import type { Judging } from "./judging_data.ts";
import {
  failureLines,
  foldCells,
  foldHeading,
  heldOutCost,
  nestedCells,
} from "./judging_result.ts";

/** Scores of the folds and the learning curve, as a page shows them. */
export function judgingReport(judging: Judging, lossName: string): JudgingReport {
  const { request, curve } = judging;
  const lead = request.folds === undefined
    ? "Networks trained on some of the rows, judged on the test rows."
    : [
      `${foldHeading(judging)}. The folds share rows: take the standard error for a rough one.`,
      ...failureLines(judging.folds).map((line) => `${line}.`),
    ].join(" ");
  return {
    lead,
    tables: request.folds === undefined ? [] : foldTables(judging),
    curve: curve.map(({ rows, means: { mean, standardError } }) => ({
      rows,
      train: mean.trainLoss as number,
      heldOut: mean.loss as number,
      error: standardError.loss as number | null,
    })),
    lossName,
  };
}

function foldTables(judging: Judging): ReportTable[] {
  const folds = foldCells(judging), nested = nestedCells(judging), cost = heldOutCost(judging);
  return [
    ...(folds === undefined ? [] : [{
      caption: "Scores on the rows held out, fold by fold; all rows: those of all folds together.",
      head: folds.head,
      rows: [...folds.rows, ...folds.summary],
    }]),
    ...(nested === undefined ? [] : [{
      caption: "By name, over the folds.",
      head: [nested.head[0], ...nested.head.slice(2)],
      rows: namedRows(nested.rows),
    }]),
    ...(cost === undefined ? [] : [costTable(cost)]),
  ];
}

/** The name and what a line holds, in one cell. */
function namedRows(rows: readonly (readonly string[])[]): string[][] {
  let last = "";
  return rows.map(([name, line, ...cells]) => {
    last = name || last;
    return [`${last}, ${line}`, ...cells];
  });
}
