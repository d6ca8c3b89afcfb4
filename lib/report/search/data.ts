/**
 * What the report of a search for a model shows; drawn by {@linkcode renderSearch}.
 *
 * @module
 */

import type { JudgingReport, PartCurves, ReportTable } from "../judging/data.ts";
import type { ConfusionTable, OwnScores, ScatterSeries } from "../training/data.ts";

/** A candidate on the page. */
export interface SearchReportRow {
  /** What was tried. */
  readonly name: string;
  /** Mean loss of rows that were held out. */
  readonly loss: number;
  /** Standard error of that mean. */
  readonly standardError: number;
  /** Share in the model, 0 to 1. */
  readonly weight: number;
  /** Seconds of its folds. */
  readonly seconds: number;
}

/** What became of one column of the table. */
export interface ReportColumn {
  /** Name of the column. */
  readonly name: string;
  /** What it holds: `number`, `category`, ..., `dropped`. */
  readonly kind: string;
  /** What is in it, or why it was dropped. */
  readonly text: string;
  /** Training rows where the cell is missing. */
  readonly missing: number;
}

/** How the mean prediction moves with one column, and how sure that is. */
export interface ColumnEffect {
  /** Name of the column. */
  readonly column: string;
  /** Values of the column, ascending, or its levels. */
  readonly at: readonly number[] | readonly string[];
  /** How many training rows, or what share of them, lie at each. */
  readonly rows: readonly number[];
  /** Mean prediction there less the mean prediction. */
  readonly effect: readonly number[];
  /** Standard errors. */
  readonly error: readonly number[];
}

/** How much a column matters. */
export interface ColumnWeight {
  /** Name of the column. */
  readonly column: string;
  /** Mean size of its effect over the rows. */
  readonly size: number;
  /** Ends of the interval of 90 % of that size. */
  readonly range: readonly [number, number];
  /** Share of the variance of predictions that the column has a part in. */
  readonly share: number;
  /** Standard error of that share, from the rows. */
  readonly shareError: number;
  /** By how much the error grows where the column is dealt anew to the rows, and its standard error. */
  readonly worse?: readonly [number, number];
}

/** Two columns that act together. */
export interface ColumnPair {
  /** Names of the columns. */
  readonly columns: readonly [string, string];
  /** Share of the variance of predictions in interactions that hold both. */
  readonly share: number;
  /** Standard error of that share, from the rows. */
  readonly error: number;
}

/** What the model does with the columns, for one output. */
export interface OutputEffects {
  /** What is predicted: `salary`, `probability of ill`. */
  readonly name: string;
  /** Whether it is a probability, shown in per cent. */
  readonly probability: boolean;
  /** Mean prediction. */
  readonly mean: number;
  /** Columns, the one that matters most first. */
  readonly weights: readonly ColumnWeight[];
  /** Their effects, in the same order; of those that matter least none. */
  readonly effects: readonly ColumnEffect[];
  /** Pairs of the columns that matter most. */
  readonly pairs: readonly ColumnPair[];
  /** What `worse` is measured in and on which rows: `RMSE on the 79 test rows, now 18,986`. */
  readonly worseOf?: string;
}

/** What was left over, beside one column. */
export interface ColumnResiduals {
  /** Name of the column. */
  readonly column: string;
  /** Its values. */
  readonly at: readonly number[];
  /** Prediction less target of the same rows. */
  readonly residual: readonly number[];
}

/** Everything that the page shows. */
export interface SearchReport {
  /** Heading. */
  readonly title: string;
  /** One line below the heading: what the model is made of. */
  readonly subtitle: string;
  /** How the search ended. */
  readonly status: string;
  /** What was tried, from the simplest on. */
  readonly candidates: readonly SearchReportRow[];
  /** Held-out loss of the model, its parts weighed, and its standard error. */
  readonly together?: { readonly loss: number; readonly standardError: number };
  /** Sentences below the candidates. */
  readonly notes: readonly string[];
  /** Scores by the names of the parts of the table, then by their own names. */
  readonly scores: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  /** Scores of each target where there are several, of each class. */
  readonly ownScores?: readonly OwnScores[];
  /** What the columns do, output by output; absent: not shown. */
  readonly effects?: readonly OutputEffects[];
  /** Where the standard errors of effects come from, in a sentence. */
  readonly bands?: string;
  /** The columns of the table; absent: not shown. */
  readonly columns?: readonly ReportColumn[];
  /** Predictions beside targets. */
  readonly scatter?: readonly ScatterSeries[];
  /** Residuals beside columns, of the first target. */
  readonly residuals?: readonly ColumnResiduals[];
  /** Of classes: which were taken for which. */
  readonly confusion?: readonly ConfusionTable[];
  /** Of classes: how well they are told apart at every threshold. */
  readonly classCurves?: readonly PartCurves[];
  /** More tables of scores, such as that of the cheapest threshold. */
  readonly tables?: readonly ReportTable[];
  /** Scores of folds, and the learning curve; absent: none were asked for. */
  readonly judging?: JudgingReport;
  /** Names and values of the run's options. */
  readonly configuration: readonly (readonly [string, string])[];
  /** The command line that repeats the search. */
  readonly reproduce: string;
  /** Version of this library. */
  readonly version: string;
}
