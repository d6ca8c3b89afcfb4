/**
 * A reproduced table as one self-contained HTML file: numbers beside the published ones, and the
 * convergence of every row on one chart, as in figure 3 of Actor et al. 2025.
 *
 * @module
 */

import { checkRecord } from "../../numerics/inner.ts";
import { renderPage } from "../html/shell.ts";
import type { TableReport } from "./data.ts";
import { tablePageData } from "./pictures.ts";
import { tableSections } from "./sections.ts";

/**
 * Renders a reproduced table as one HTML file that needs nothing else.
 *
 * The curve of a row comes from the seed with the median error.
 *
 * @param report What to show.
 * @returns The text of the file, UTF-8, about 250 kB for a whole table.
 *
 * @example
 * ```ts
 * import { findProblem } from "@freeknot/freeknot";
 * import { renderTableReport } from "@freeknot/freeknot/report";
 * import { reproduce, summariseRow, tableRows } from "@freeknot/freeknot/reproduce";
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
  checkRecord("render report", "report", report, "a record such as { title, rows }", ["title"]);
  return renderPage({
    ...report,
    good: report.warnings.length === 0,
    reason: report.warnings.join(" "),
    sections: tableSections(report),
    data: tablePageData(report),
  });
}
