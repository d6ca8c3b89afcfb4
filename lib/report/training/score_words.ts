/**
 * Scores in words and tables.
 *
 * @module
 */

import { numberColumns, table } from "../html/html.ts";
import { formatScore } from "../html/numbers.ts";
import type { ReportData } from "./data.ts";

const SCORE_NAMES: Readonly<Record<string, string>> = {
  r2: "R²",
  d2: "D², share explained",
  pinball: "pinball loss",
  coverage: "share of targets below",
  accuracy: "accuracy",
  recall: "recall",
  precision: "precision",
  rmse: "RMSE",
  mae: "mean absolute error",
  maxError: "largest error",
  medianError: "median absolute error",
  mape: "mean relative error",
  logLoss: "log loss",
  balancedAccuracy: "balanced accuracy",
  f1: "F1",
  auc: "AUC",
  averagePrecision: "average precision",
  brier: "Brier score",
  calibrationError: "calibration error",
};

/** What a score is called in a sentence. */
export function scoreName(name: string): string {
  return SCORE_NAMES[name] ?? name;
}

/** A score in a cell; empty where there is none. */
export function scoreCell(value: number | null | undefined): string {
  return value === undefined ? "" : formatScore(value);
}

/** A row for every target or class and part of the data. */
export function ownScoreTable(
  { ownScores = [] }: Pick<ReportData, "ownScores">,
): string {
  if (ownScores.length === 0) return "";
  const rows = ownScores.flatMap(({ name, scores }) =>
    (["train", "validation", "test"] as const).flatMap((part) => {
      const values = scores[part];
      if (values === undefined) return [];
      return [{ name, part: part === "train" ? "training" : part, values }];
    })
  );
  const names = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))];
  return table(
    "By name: of targets each in its own units, of classes.",
    [{ heading: "" }, { heading: "rows" }, ...numberColumns(...names.map(scoreName))],
    rows.map(({ name, part, values }) => [
      name,
      part,
      ...names.map((each) => scoreCell(values[each])),
    ]),
  );
}
