/**
 * A search for a model as one self-contained HTML file.
 *
 * @module
 */

import { checkRecord } from "../../numerics/inner.ts";
import { escapeHtml, numberColumns, table } from "../html/html.ts";
import { formatNumber, formatScore, formatSeconds } from "../html/numbers.ts";
import { type PageSection, renderPage } from "../html/shell.ts";
import { judgingSection } from "../judging/sections.ts";
import type { SearchReport } from "./data.ts";

/**
 * Renders a search as one HTML file that needs nothing else: every candidate with its held-out loss
 * and its share in the model, scores, options.
 *
 * @param report What to show.
 * @returns The text of the file, UTF-8, about 250 kB.
 *
 * @example
 * ```ts
 * import { renderSearch } from "@freeknot/freeknot/report";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const html = renderSearch({
 *   title: "houses.csv: price", subtitle: "100 % linear", status: "completed", notes: [],
 *   candidates: [{ name: "linear", loss: 0.1, standardError: 0.01, weight: 1, seconds: 0.2 }],
 *   scores: { train: { r2: 0.8 } }, configuration: [], reproduce: "freeknot train", version: "0.1.0",
 * });
 * assertStringIncludes(html, "linear");
 * ```
 */
export function renderSearch(report: SearchReport): string {
  checkRecord("render search", "report", report, "a record such as { title, candidates }", [
    "title",
    "candidates",
  ]);
  return renderPage({
    ...report,
    good: report.status === "completed",
    sections: sectionsOf(report),
    data: {},
  });
}

function sectionsOf(report: SearchReport): PageSection[] {
  const { candidates, notes, configuration, reproduce, judging } = report;
  const folds = judging && judgingSection({ judging: { ...judging, curve: [], lossName: "" } });
  const rows = candidates.map(({ name, loss, standardError, weight, seconds }) => [
    name,
    formatNumber(loss),
    formatNumber(standardError),
    weight > 0 ? `${Math.round(100 * weight)} %` : "",
    formatSeconds(seconds),
  ]);
  const columns = [
    { heading: "candidate" },
    ...numberColumns("held-out loss", "standard error", "share", "time"),
  ];
  const caption = "Cross-validated loss of rows that were held out, and the share in the model.";
  return [
    {
      id: "candidates",
      title: "What was tried",
      html: table(caption, columns, rows) +
        notes.map((note) => `<p class="lead">${escapeHtml(note)}</p>`).join(""),
    },
    { id: "scores", title: "Scores", html: scoresHtml(report) },
    ...(folds === undefined ? [] : [folds]),
    {
      id: "again",
      title: "Run it again",
      html: table("Options.", [{ heading: "option" }, { heading: "value" }], configuration) +
        `<pre>${escapeHtml(reproduce)}</pre>`,
    },
  ];
}

function scoresHtml({ scores }: SearchReport): string {
  const parts = Object.keys(scores);
  const names = [...new Set(parts.flatMap((part) => Object.keys(scores[part])))];
  const columns = [{ heading: "part" }, ...numberColumns(...names)];
  const cell = (value: number | null | undefined) => value === undefined ? "" : formatScore(value);
  const rows = parts.map((part) => [part, ...names.map((name) => cell(scores[part][name]))]);
  return table("In the target's own units.", columns, rows);
}
