/**
 * The report of a solved differential equation as one self-contained HTML file.
 *
 * @module
 */

import { checkRecord } from "../../numerics/inner.ts";
import { renderPage } from "../html/shell.ts";
import type { SolutionReportData } from "./data.ts";
import { solutionPageData } from "./pictures.ts";
import { solutionSections } from "./sections.ts";

/**
 * Renders the report of a solution as one HTML file that needs nothing else: no network, no other
 * file.
 *
 * @param data What to show; {@linkcode collectSolutionReport} makes it.
 * @returns The text of the file, UTF-8: 0.3 to 1.1 MB for the problems of the gallery (`freeknot
 * solve --problem NAME --report FILE.html`).
 *
 * @example See {@linkcode collectSolutionReport}
 * ```ts
 * import { renderSolutionReport } from "@freeknot/freeknot/report";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const html = renderSolutionReport({
 *   title: "decay", subtitle: "a [1, 2, 1] network", status: "completed", problem: [], facts: [],
 *   lossNote: "", loss: 1e-6, errors: [["relative L2 error", 1e-4]], terms: [], coefficients: [], history: [],
 *   refinements: [], levels: [], slices: [], maps: [], measurements: [], mapKnots: [[], []],
 *   knotPaths: [], activations: [], layerShapes: [], configuration: [], layout: [],
 *   reproduce: "freeknot solve", version: "0.1.0",
 * });
 * assertStringIncludes(html, "<title>decay");
 * ```
 */
export function renderSolutionReport(data: SolutionReportData): string {
  checkRecord("render report", "data", data, "what collectSolutionReport() gives", ["title"]);
  return renderPage({
    ...data,
    good: ["completed", "converged", "stalled", "budget"].includes(data.status),
    sections: solutionSections(data),
    data: solutionPageData(data),
  });
}
