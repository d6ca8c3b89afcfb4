/**
 * An experiment of the theory lab as one self-contained HTML file.
 *
 * @module
 */

import { checkRecord, defined } from "../../numerics/inner.ts";
import type { FindingChart, FindingTable } from "../../reproduce/mod.ts";
import { chartFigure } from "../html/figures.ts";
import { escapeHtml, table } from "../html/html.ts";
import { finiteRange, formatNumber, rounded } from "../html/numbers.ts";
import { type PageSection, renderPage } from "../html/shell.ts";
import type { PagePlot } from "../page/data.ts";
import type { ExperimentReport } from "./data.ts";
import { heatMap } from "./heat_map.ts";

/**
 * Renders an experiment as one HTML file that needs nothing else: its claims, charts, tables.
 *
 * @param report What to show.
 * @returns The text of the file, UTF-8, about 250 kB.
 *
 * @example
 * ```ts
 * import { renderExperiment } from "@freeknot/freeknot/report";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const html = renderExperiment({
 *   title: "Hats", subtitle: "a paper, Lemma 1", status: "all claims hold", good: true,
 *   claims: [{ statement: "Hats sum to 1", measured: "1", holds: true }],
 *   tables: [], charts: [], notes: [], reproduce: "freeknot reproduce hats", version: "0.1.0",
 * });
 * assertStringIncludes(html, "Hats sum to 1");
 * ```
 */
export function renderExperiment(report: ExperimentReport): string {
  checkRecord("render experiment", "report", report, "a record such as { title, claims }", [
    "title",
    "claims",
  ]);
  const plots = report.charts.map(plotOf);
  return renderPage({ ...report, sections: sectionsOf(report), data: { plots } });
}

function sectionsOf(report: ExperimentReport): PageSection[] {
  const { claims, tables, charts, maps = [], notes, reproduce } = report;
  const verdicts = claims.map(({ statement, measured, holds }) => [
    statement,
    measured,
    holds === undefined ? "not run" : holds ? "holds" : "does not hold",
  ]);
  const columns = ["claim", "measured", "verdict"].map((heading) => ({ heading }));
  return [
    {
      id: "claims",
      title: claims.length > 0 ? "Claims" : "Notes",
      html: (claims.length > 0 ? table("What was checked.", columns, verdicts) : "") +
        notes.map((note) => `<p class="lead">${withCode(note)}</p>`).join(""),
    },
    ...(charts.length === 0
      ? []
      : [{ id: "charts", title: "Charts", html: charts.map(chartHtml).join("") }]),
    ...(maps.length === 0 ? [] : [{ id: "maps", title: "Maps", html: maps.map(heatMap).join("") }]),
    { id: "tables", title: "Tables", html: tables.map(tableHtml).join("") },
    { id: "again", title: "Run it again", html: `<pre>${escapeHtml(reproduce)}</pre>` },
  ];
}

/** A sentence whose words between backticks are code. */
function withCode(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

function tableHtml({ title, columns, rows }: FindingTable): string {
  const numeric = columns.map((_, c) => c > 0 && rows.every((row) => typeof row[c] !== "string"));
  return table(
    `${title}.`,
    columns.map((heading, c) => ({ heading, numeric: numeric[c] })),
    rows.map((row) =>
      row.map((cell) => cell === null ? "" : typeof cell === "number" ? formatNumber(cell) : cell)
    ),
  );
}

function chartHtml({ title, text }: FindingChart, i: number): string {
  return `<h3>${escapeHtml(title)}</h3>` +
    chartFigure({ id: `chart-${i}`, label: text, caption: text, size: "tall" });
}

/** All positive values, with room at both ends. */
function wholeRange(values: readonly number[]): readonly [number, number] | undefined {
  const range = finiteRange(values.filter((value) => value > 0));
  if (range === undefined) return undefined;
  const room = Math.max(1.1, (range[1] / range[0]) ** 0.03);
  return [range[0] / room, range[1] * room];
}

/** Names of the colours of the style sheet, in turn. */
const COLORS = ["n0", "n1", "n2", "n3", "n4"];
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

function plotOf(chart: FindingChart, i: number): PagePlot {
  const { xTitle, yTitle, logarithmic, curves } = chart;
  const powers = (which: "x" | "y") => logarithmic === which || logarithmic === "both";
  return {
    id: `chart-${i}`,
    ...{ xTitle, yTitle, logarithmic: powers("y"), logarithmicX: powers("x") },
    ...(powers("y") ? defined({ y: wholeRange(curves.flatMap(({ y }) => y)) }) : {}),
    series: curves.map(({ label, x, y, kind = "line" }, c) => ({
      label,
      color: kind === "guide" ? "muted" : COLORS[c % COLORS.length],
      dash: kind === "guide" ? [2, 3] : DASHES[Math.floor(c / COLORS.length) % DASHES.length],
      width: 2,
      kind: kind === "points" ? "cloud" : kind === "line" && x.length <= 20 ? "marked" : kind,
      x: rounded(x, 6),
      y: rounded(y, 4),
    })),
  };
}
