/**
 * What the report of a reproduced table shows; drawn by {@linkcode renderTableReport}.
 *
 * @module
 */

import type { RowSummary } from "../../reproduce/mod.ts";

/** One row of the page. */
export interface TableReportRow {
  /** The runs of the row over all seeds. */
  readonly summary: RowSummary;
  /** Words beside the row: `worse`, `1 of 5 diverged`. */
  readonly marks: readonly string[];
}

/** What {@linkcode renderTableReport} shows. */
export interface TableReport {
  /** `Table 1, nonsmooth`. */
  readonly title: string;
  /** Points and seeds. */
  readonly subtitle: string;
  /** `completed`, or a word on what is missing. */
  readonly status: string;
  /** Sentences that come first; empty for a complete table. */
  readonly warnings: readonly string[];
  /** How to read the table. */
  readonly notes: readonly string[];
  /** The rows. */
  readonly rows: readonly TableReportRow[];
  /** The command line that repeats the table. */
  readonly reproduce: string;
  /** Version of this library. */
  readonly version: string;
}
