/**
 * What the report of a search for a model shows; drawn by {@linkcode renderSearch}.
 *
 * @module
 */

import type { JudgingReport } from "../judging/data.ts";

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
  /** Sentences below the candidates. */
  readonly notes: readonly string[];
  /** Scores by the names of the parts of the table, then by their own names. */
  readonly scores: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  /** Scores of folds; absent: none were asked for. */
  readonly judging?: Pick<JudgingReport, "lead" | "tables">;
  /** Names and values of the run's options. */
  readonly configuration: readonly (readonly [string, string])[];
  /** The command line that repeats the search. */
  readonly reproduce: string;
  /** Version of this library. */
  readonly version: string;
}
