/**
 * A report as one self-contained HTML file.
 *
 * Text, tables and activations are plain HTML and SVG; the loss, the scatter charts (Chart.js)
 * and the maps are drawn by the page's own code. The page's Content-Security-Policy forbids
 * every request, so it works offline and cannot leak.
 *
 * @module
 */

import { checkRecord } from "../../numerics/inner.ts";
import { renderPage } from "../html/shell.ts";
import type { ReportData } from "./data.ts";
import { pageData } from "./pictures.ts";
import { sections } from "./sections.ts";

/**
 * Renders a report as one HTML file that needs nothing else: no network, no other file.
 *
 * @param data What to show; {@linkcode collectReport} makes it from a trained network.
 * @returns The text of the file, UTF-8: 170 kB of code, and with maps and scatter charts
 * about 550 kB in all.
 *
 * @example A report without pictures
 * ```ts
 * import { renderReport } from "@freeknot/freeknot";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const html = renderReport({
 *   title: "xor", subtitle: "a [2, 5, 5, 1] network", status: "completed",
 *   lossName: "mean squared error", configuration: [["degree", "3"]], layout: [], levels: [],
 *   losses: { train: 1e-6 }, scores: { train: { rmse: 1e-3 } }, history: [], refinements: [],
 *   activations: [], layerShapes: [], scatter: [], reproduce: "freeknot train", version: "0.1.0",
 * });
 * assertStringIncludes(html, "<title>xor");
 * ```
 */
export function renderReport(data: ReportData): string {
  checkRecord("render report", "data", data, "what collectReport() gives", ["title"]);
  return renderPage({
    ...data,
    good: ["completed", "converged", "stalled"].includes(data.status),
    sections: sections(data),
    data: pageData(data),
  });
}
