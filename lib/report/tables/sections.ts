/**
 * The sections of a table's page.
 *
 * @module
 */

import { chartFigure, progressChoice } from "../html/figures.ts";
import { escapeHtml, numberColumns, table } from "../html/html.ts";
import { formatInteger, formatNumber, formatSeconds } from "../html/numbers.ts";
import type { PageSection } from "../html/shell.ts";
import type { TableReport } from "./data.ts";

/** The sections, in order. */
export function tableSections(report: TableReport): PageSection[] {
  const command = `<pre>${escapeHtml(report.reproduce)}</pre>`;
  return [
    { id: "table", title: "Table", html: tableHtml(report) },
    { id: "convergence", title: "Convergence", html: curvesHtml(report) },
    { id: "again", title: "Run it again", html: command },
  ];
}

function tableHtml({ rows, notes }: TableReport): string {
  const columns = [
    { heading: "row" },
    ...numberColumns("ours (deviation)", "paper (deviation)", "", "median", "worst"), // "": marks
    ...numberColumns("test/train", "parameters", "work", "evaluations", "time"),
  ];
  const body = rows.map(({ summary, marks }) => {
    const { row: { label, explains, paper = explains }, mse } = summary;
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
  return chartFigure({
    id: "curves",
    label: `Convergence of ${rows.length} rows`,
    caption: "Error on the training points after every epoch, of the seed with the median " +
      "result; a work unit is one epoch on the coarsest grid. Colour: ReLU, spline, MLP, unit " +
      "steps, ours; dotted: coarse, or a small MLP; dashed: fine, or a larger MLP; solid: " +
      "multilevel, or the largest MLP; wide: free knots. A name in the legend hides and shows " +
      "its curve. Where a multilevel curve stops falling and drops again, the grid was refined. " +
      "Errors above 10 are cut off.",
    size: "tall",
    choices: progressChoice("curves-axis"),
  });
}
