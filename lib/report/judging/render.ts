/**
 * The scores of a model on a table as one self-contained HTML file.
 *
 * @module
 */

import { classCurves } from "../../data/inner.ts";
import { checkRecord } from "../../numerics/inner.ts";
import { escapeHtml } from "../html/html.ts";
import { type PageSection, renderPage } from "../html/shell.ts";
import { pageScatter } from "../training/pictures.ts";
import { prediction } from "../training/sections.ts";
import { countConfusion } from "../training/confusion.ts";
import type { ReportData } from "../training/data.ts";
import { heldOutScatter } from "./collect.ts";
import type { HeldOutRows, ReportTable } from "./data.ts";
import { judgingPlots } from "./pictures.ts";
import { probabilitySection, reportTable, residualSection } from "./sections.ts";

/** What {@linkcode renderEvaluation} shows. */
export interface EvaluationReport {
  /** Heading. */
  readonly title: string;
  /** One line below the heading. */
  readonly subtitle: string;
  /** Scores. */
  readonly tables: readonly ReportTable[];
  /** What the model said of the rows, and what is right; absent: no pictures. */
  readonly judged?: HeldOutRows;
  /** Labels of the classes. */
  readonly labels?: readonly string[];
  /** The command line that makes the page again. */
  readonly reproduce: string;
  /** Version of this library. */
  readonly version: string;
}

/**
 * Renders the scores of a model on a table as one HTML file that needs nothing else.
 *
 * @param report What to show.
 * @returns The text of the file, UTF-8.
 *
 * @example
 * ```ts
 * import { renderEvaluation } from "@freeknot/freeknot/report";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const html = renderEvaluation({
 *   title: "houses.csv: price", subtitle: "4 rows",
 *   tables: [{ caption: "Scores.", head: ["", "rmse"], rows: [["all", "0.12"]] }],
 *   judged: {
 *     kind: "numbers", names: ["price"],
 *     said: new Float64Array([1, 2.1, 3, 3.8]), right: new Float64Array([1, 2, 3, 4]),
 *   },
 *   reproduce: "freeknot evaluate", version: "0.1.0",
 * });
 * assertStringIncludes(html, "Residuals");
 * ```
 */
export function renderEvaluation(report: EvaluationReport): string {
  checkRecord("render evaluation", "report", report, "a record such as { title, tables }", [
    "title",
    "tables",
  ]);
  const { judged, labels = [] } = report, pictures = picturesOf(judged, labels);
  const all: (PageSection | undefined)[] = [
    { id: "result", title: "Scores", html: report.tables.map(reportTable).join("") },
    prediction(pictures),
    residualSection(pictures.scatter),
    probabilitySection(pictures.classCurves),
    { id: "again", title: "Run it again", html: `<pre>${escapeHtml(report.reproduce)}</pre>` },
  ];
  const { title, subtitle, version } = report;
  return renderPage({
    ...{ title, subtitle, version, status: "evaluated", good: true },
    sections: all.filter((section) => section !== undefined),
    data: { scatter: pictures.scatter.map(pageScatter), plots: judgingPlots(pictures) },
  });
}

function picturesOf(
  judged: HeldOutRows | undefined,
  labels: readonly string[],
): Pick<ReportData, "scatter" | "confusion" | "classCurves"> {
  const scatter = heldOutScatter(judged, 1500, "rows");
  if (judged?.kind !== "classes") return { scatter };
  const { logits, targets, nOut } = judged, part = "rows";
  return {
    scatter,
    confusion: [{ part, labels, counts: countConfusion(logits, targets, nOut, labels.length) }],
    classCurves: [{ part, curves: classCurves(labels, logits, targets, nOut) }],
  };
}
