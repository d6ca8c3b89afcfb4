/**
 * A reproduced table as one self-contained HTML file: numbers beside the published ones, and the
 * convergence of every row on one chart (figure 3 of seeds/003).
 *
 * @module
 */

import type { RowRun, RowSummary } from "../../train/mod.ts";
import {
  escapeHtml,
  formatInteger,
  formatNumber,
  formatSeconds,
  round,
  table,
} from "../html/html.ts";
import { type CurvesPageData, drawCurves, type PageCurve } from "../page/curves.ts";
import { createPageKit } from "../page/kit.ts";
import { renderPage } from "../html/shell.ts";

/** One row of the page. */
export interface TableReportRow {
  /** All its seeds. */
  readonly summary: RowSummary;
  /** Words beside it: `worse`, `1 of 5 diverged`. */
  readonly marks: readonly string[];
}

/** What {@linkcode renderTableReport} shows. */
export interface TableReport {
  /** `Table 1, nonsmooth`. */
  readonly title: string;
  /** Points and seeds. */
  readonly subtitle: string;
  /** `completed`, or what it is instead. */
  readonly status: string;
  /** Sentences that come first; empty for a complete table. */
  readonly warnings: readonly string[];
  /** How to read the table. */
  readonly notes: readonly string[];
  /** The rows. */
  readonly rows: readonly TableReportRow[];
  /** The command line that repeats it. */
  readonly reproduce: string;
  /** Version of this library. */
  readonly version: string;
}

/**
 * Renders a reproduced table as one HTML file that needs nothing else.
 *
 * The curve of a row is that of its seed with the median error.
 *
 * @param report What to show.
 * @returns The text of the file, UTF-8, about 300 kB for a whole table.
 *
 * @example
 * ```ts
 * import { findProblem, renderTableReport, reproduce, summariseRow, tableRows } from "@freeknot/freeknot";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const problem = findProblem("xor");
 * const rows = tableRows(problem, { quick: true }).filter(({ id }) => id === "mlp-2-5-5-1");
 * const runs = await Array.fromAsync(reproduce(problem, { rows, seeds: [1232], points: 100 }));
 * const html = renderTableReport({
 *   title: "Table 2", subtitle: "one row, 100 points", status: "quick", warnings: [], notes: [],
 *   rows: [{ summary: summariseRow(runs), marks: [] }], reproduce: "freeknot reproduce table2",
 *   version: "0.1.0",
 * });
 * assertStringIncludes(html, "MLP [2, 5, 5, 1]");
 * ```
 */
export function renderTableReport(report: TableReport): string {
  const { title, subtitle, status, warnings, reproduce, version } = report;
  return renderPage({
    title,
    status,
    good: warnings.length === 0,
    subtitle,
    reason: warnings.join(" "),
    sections: [
      { id: "table", title: "Table", html: tableHtml(report) },
      { id: "convergence", title: "Convergence", html: curvesHtml(report) },
      { id: "again", title: "Run it again", html: `<pre>${escapeHtml(reproduce)}</pre>` },
    ],
    data: pageData(report),
    script: `"use strict";
(() => {
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const kit = (${createPageKit})(window);
  (${drawCurves})(kit, data);
  document.documentElement.dataset.drawn = "true";
})();`,
    version,
  });
}

function tableHtml({ rows, notes }: TableReport): string {
  const columns = [
    { heading: "row" },
    { heading: "ours (deviation)", numeric: true },
    { heading: "paper (deviation)", numeric: true },
    ...["", "median", "worst", "test/train", "parameters", "work", "evaluations", "time"] // "": marks
      .map((heading) => ({ heading, numeric: true })),
  ];
  const body = rows.map(({ summary, marks }) => {
    const { row: { label, paper }, mse } = summary;
    return [
      label,
      withDeviation(mse.mean, mse.deviation),
      paper === undefined ? "" : withDeviation(paper.mse, paper.deviation),
      marks.join(", "),
      formatNumber(mse.median),
      formatNumber(mse.worst),
      formatNumber(summary.heldOutRatio),
      formatInteger(summary.parameters),
      formatInteger(summary.workUnits),
      formatInteger(Math.round(summary.evaluations)),
      formatSeconds(summary.seconds),
    ];
  });
  return table("Means over the seeds.", columns, body) +
    notes.map((note) => `<p class="lead">${escapeHtml(note)}</p>`).join("");
}

function withDeviation(mean: number, deviation: number): string {
  return formatNumber(mean) + (Number.isNaN(deviation) ? "" : ` (${formatNumber(deviation)})`);
}

function curvesHtml({ rows }: TableReport): string {
  if (rows.length === 0) return `<p class="lead">No run was finished.</p>`;
  const choice = ["work", "evaluations", "seconds"].map((axis, i) =>
    `<label><input type="radio" name="curves-axis" value="${axis}"${i === 0 ? " checked" : ""}>` +
    `${axis}</label>`
  );
  return `<figure><fieldset class="axis-choice"><legend>Over</legend>${choice.join("")}` +
    `</fieldset><div class="chart tall"><canvas id="curves" role="img" aria-label="${
      escapeHtml(`Convergence of ${rows.length} rows`)
    }"></canvas></div><figcaption>Error on the training points after every epoch, of the seed ` +
    `with the median result; a work unit is one epoch on the coarsest grid. Colour: ReLU, ` +
    `spline, MLP, unit steps, ours; dotted: coarse, or a small MLP; dashed: fine, or a larger ` +
    `MLP; solid: multilevel, or the largest MLP; wide: free knots. A name in the ` +
    `legend hides and shows its curve. Where a multilevel curve stops falling and drops again, ` +
    `the grid was refined. Errors above 10 are cut off.</figcaption></figure>`;
}

/** Names of the colours of the style sheet. */
const COLORS = { relu: "n3", spline: "n0", mlp: "n2", ours: "n1" } as const;
const UNIT_STEPS = "n4";
const DASHES = { coarse: [2, 3], fine: [8, 4], multilevel: [] } as const;
/** An MLP's dashes by its parameters: below, the first that fits. */
const MLP_DASHES = [[100, DASHES.coarse], [300, DASHES.fine], [Infinity, []]] as const;

function pageData({ rows }: TableReport): CurvesPageData {
  const published = rows.map(({ summary }) => summary.row.paper).filter((row) => row !== undefined);
  const best = published.length === 0
    ? undefined
    : published.reduce((least, row) => row.mse < least.mse ? row : least);
  return {
    curves: rows.map(({ summary }) => curve(summary)),
    reference: best === undefined
      ? null
      : { label: `paper's best of these: ${best.label}`, value: best.mse },
  };
}

function curve({ row, runs }: RowSummary): PageCurve {
  const { history } = medianRun(runs);
  return {
    label: row.label,
    color: row.optimizer === "lbfgs-unit" ? UNIT_STEPS : COLORS[row.group],
    dash: row.group === "mlp"
      ? MLP_DASHES.find(([most]) => runs[0].parameters <= most)![1]
      : DASHES[row.paper?.fidelity ?? "multilevel"],
    width: row.network.knots === "free" ? 3 : 1.5,
    work: history.map(({ work }) => work),
    evaluations: history.map(({ evaluations }) => evaluations),
    seconds: history.map(({ seconds }) => Number(seconds.toFixed(3))),
    loss: history.map(({ loss }) => round(loss, 4)),
  };
}

/** The run with the middle loss, of an even number the lower of the middle two. */
function medianRun(runs: readonly RowRun[]): RowRun {
  return runs.toSorted((a, b) => a.loss - b.loss)[(runs.length - 1) >> 1];
}
