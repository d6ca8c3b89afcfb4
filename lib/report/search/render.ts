/**
 * A search for a model as one self-contained HTML file.
 *
 * @module
 */

import { checkRecord } from "../../numerics/inner.ts";
import { chartFigure } from "../html/figures.ts";
import { escapeHtml, numberColumns, table } from "../html/html.ts";
import { formatInteger, formatNumber, formatScore, formatSeconds } from "../html/numbers.ts";
import { whisker } from "../html/shares.ts";
import { type PageSection, renderPage } from "../html/shell.ts";
import {
  judgingSection,
  probabilitySection,
  reportTable,
  residualSection,
} from "../judging/sections.ts";
import { ownScoreTable, scoreCell, scoreName } from "../training/score_words.ts";
import { prediction, tileList } from "../training/sections.ts";
import type { SearchReport } from "./data.ts";
import { effectSections } from "./effect_sections.ts";
import { searchPageData } from "./pictures.ts";

/**
 * Renders a search as one HTML file that needs nothing else: what matters, effects of columns with
 * their bands, pairs, scores, residuals, probabilities, every candidate with its held-out loss and its
 * share in the model, the columns of the table, options.
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
    data: searchPageData(report),
  });
}

function sectionsOf(report: SearchReport): PageSection[] {
  const { judging, tables = [], classCurves, scatter = [], confusion = [] } = report;
  const all: (PageSection | undefined)[] = [
    ...effectSections(report),
    {
      id: "result",
      title: "How good it is",
      html: scoresHtml(report) + ownScoreTable(report) + tables.map(reportTable).join(""),
    },
    judging && judgingSection({ judging }),
    prediction({ scatter, confusion }),
    residualsOf(report),
    probabilitySection(classCurves),
    { id: "candidates", title: "What was tried", html: candidatesHtml(report) },
    columnsSection(report),
    { id: "again", title: "Run it again", html: againHtml(report) },
  ];
  return all.filter((section) => section !== undefined);
}

function candidatesHtml({ candidates, notes, together }: SearchReport): string {
  const all = [
    ...candidates.map((each) => [each.loss, each.standardError]),
    ...(together === undefined ? [] : [[together.loss, together.standardError]]),
  ].filter(([loss]) => loss < 1e100);
  const best = Math.min(...all.map(([loss]) => loss));
  // One candidate far off must not crowd all others.
  const range = [
    Math.min(...all.map(([loss, error]) => loss - error)),
    Math.max(
      ...all.filter(([loss]) => loss <= 2.5 * best || best <= 0).map(([loss, error]) =>
        loss + error
      ),
    ),
  ] as const;
  const line = (name: string, loss: number, error: number, weight: string, time: string) => [
    name,
    whisker({ low: loss - error, value: loss, high: loss + error, range, mark: best }),
    formatNumber(loss),
    formatNumber(error),
    weight,
    time,
  ];
  const rows = candidates.map(({ name, loss, standardError, weight, seconds }) =>
    line(
      name,
      loss,
      standardError,
      weight > 0 ? `${Math.round(100 * weight)} %` : "",
      formatSeconds(seconds),
    )
  );
  if (together !== undefined && candidates.length > 1) {
    rows.push(line("together", together.loss, together.standardError, "", ""));
  }
  const columns = [
    { heading: "candidate" },
    { heading: "", html: true },
    ...numberColumns("held-out loss", "standard error", "share", "time"),
  ];
  const caption = "Cross-validated loss of rows that were held out, with one standard error on " +
    "both sides, and the share in the model. The thin line stands at the lowest loss.";
  return table(caption, columns, rows) +
    notes.map((note) => `<p class="lead">${escapeHtml(note)}</p>`).join("");
}

function scoresHtml({ scores }: SearchReport): string {
  const parts = Object.keys(scores);
  const shown = scores.test ?? scores["held-out"] ?? scores[parts[0]] ?? {};
  const names = [...new Set(parts.flatMap((part) => Object.keys(scores[part])))];
  const tiles = ["r2", "rmse", "mae", "accuracy", "balancedAccuracy", "auc", "logLoss"]
    .filter((name) => name in shown).slice(0, 4)
    .map((name): [string, string] => [
      `${scores.test === undefined ? "" : "test "}${scoreName(name)}`,
      formatScore(shown[name]),
    ]);
  const columns = [{ heading: "score" }, ...numberColumns(...parts.map(partName))];
  const rows = names.map((
    name,
  ) => [scoreName(name), ...parts.map((part) => scoreCell(scores[part][name]))]);
  return tileList(tiles) + table(
    "In the target's own units." +
      (parts.includes("held out")
        ? " Held out: in the search's cross-validation, of the weighed sum."
        : ""),
    columns,
    rows,
  );
}

function partName(part: string): string {
  return part === "train" ? "training" : part;
}

function residualsOf({ scatter = [], residuals = [] }: SearchReport): PageSection | undefined {
  const section = residualSection(scatter);
  if (section === undefined || residuals.length === 0) return section;
  const figures = residuals.map(({ column, at }, i) =>
    chartFigure({
      ...{ id: `left-${i}`, size: "small" },
      label: `Residuals beside ${column}, ${at.length} rows`,
      caption: `${column}: a cloud around the dashed line has nothing left to learn from it.`,
    })
  );
  const heading = "<h3>Residuals beside the columns that matter most</h3>";
  return {
    ...section,
    html: `${section.html}${heading}<div class="pair">${figures.join("")}</div>`,
  };
}

function columnsSection({ columns = [] }: SearchReport): PageSection | undefined {
  if (columns.length === 0) return undefined;
  return {
    id: "columns",
    title: "The table",
    html: table(
      "Columns, what they hold, and what became of them.",
      [
        { heading: "column" },
        { heading: "type" },
        ...numberColumns("missing"),
        { heading: "" },
      ],
      columns.map(({ name, kind, missing, text }) => [
        name,
        kind,
        missing === 0 ? "" : formatInteger(missing),
        text,
      ]),
    ),
  };
}

function againHtml({ configuration, reproduce }: SearchReport): string {
  return table("Options.", [{ heading: "option" }, { heading: "value" }], configuration) +
    `<pre>${escapeHtml(reproduce)}</pre>`;
}
