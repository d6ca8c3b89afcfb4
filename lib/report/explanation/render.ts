/**
 * An explanation as one self-contained HTML file.
 *
 * @module
 */

import { checkRecord } from "../../numerics/inner.ts";
import { renderPage } from "../html/shell.ts";
import type { ExplanationReport } from "./data.ts";
import { explanationPageData } from "./pictures.ts";
import { explanationSections } from "./sections.ts";

/**
 * Renders an explanation as one HTML file that needs nothing else: the drawing of the network,
 * importance of inputs, their effects, their interactions, one row's prediction.
 *
 * @param report What to show.
 * @returns The text of the file, UTF-8, about 250 kB.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { explain } from "@freeknot/freeknot/interpret";
 * import { networkDrawing, renderExplanation } from "@freeknot/freeknot/report";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
 * const inputs = Float64Array.from({ length: 200 }, (_, i) => Math.sin(i));
 * const html = renderExplanation({
 *   title: "a network", subtitle: "not trained", explanation: explain(network, inputs, { row: 0 }),
 *   drawing: networkDrawing(network, inputs), reproduce: "freeknot explain", version: "0.1.0",
 * });
 * assertStringIncludes(html, "x1");
 * ```
 */
export function renderExplanation(report: ExplanationReport): string {
  checkRecord("render explanation", "report", report, "a record such as { title, explanation }", [
    "title",
    "explanation",
  ]);
  return renderPage({
    title: report.title,
    status: "explained",
    good: true,
    subtitle: report.subtitle,
    sections: explanationSections(report),
    data: explanationPageData(report),
    version: report.version,
  });
}
