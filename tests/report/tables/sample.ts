/**
 * The report of a table of invented runs.
 *
 * @module
 */

import { findProblem } from "../../../lib/data/mod.ts";
import type { TableReport } from "../../../lib/report/mod.ts";
import type { EpochRecord } from "../../../lib/train/mod.ts";
import { type RowRun, summariseRow, tableRows } from "../../../lib/reproduce/mod.ts";

/** A table of all rows of a problem with made-up runs. */
export function sampleTable(changes: Partial<TableReport> = {}): TableReport {
  const rows = tableRows(findProblem("nonsmooth-left"), { lineSearch: "both" });
  const report = rows.map((row, k) => {
    const runs = [3, 1, 2].map((factor, seed): RowRun => {
      const history = Array.from({ length: 20 }, (_, e): EpochRecord => ({
        stage: 0,
        intervals: 5,
        epoch: e + 1,
        work: 6.4 * (e + 1),
        loss: factor * 10 ** (-1 - k * e / 100),
        objective: 0,
        gradientNorm: 1,
        evaluations: 25 * (e + 1),
        seconds: e / 10,
      }));
      const loss = history[19].loss;
      return {
        row,
        seed,
        loss,
        lastLoss: loss,
        testLoss: 1.1 * loss,
        parameters: 55,
        evaluations: 500,
        seconds: 2,
        status: "completed",
        reason: "done",
        history,
      };
    });
    return { summary: summariseRow(runs), marks: k === 0 ? ["worse"] : [] };
  });
  return {
    title: "Table <1>",
    subtitle: "20000 points",
    status: "completed",
    warnings: [],
    notes: ["How to read & judge it."],
    rows: report,
    reproduce: "freeknot reproduce table1 --seeds 0..2",
    version: "0.1.0",
    ...changes,
  };
}
