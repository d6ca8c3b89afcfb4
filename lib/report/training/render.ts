/**
 * A report as one self-contained HTML file.
 *
 * Text, tables and activations are plain HTML and SVG; the loss, the scatter charts (Chart.js)
 * and the maps are drawn by the page's own code. The page's Content-Security-Policy forbids
 * every request, so it works offline and cannot leak.
 *
 * @module
 */

import type { ErrorMap, ReportData } from "./data.ts";
import { COLOR_MAPS } from "../html/color_map.ts";
import { round } from "../html/html.ts";
import { magnitudePanel, valuePanels } from "./map_panels.ts";
import { pageHistory } from "./page_history.ts";
import { createPageKit } from "../page/kit.ts";
import { drawLoss } from "../page/loss.ts";
import { drawMaps } from "../page/maps.ts";
import { drawScatter } from "../page/scatter.ts";
import { renderPage } from "../html/shell.ts";
import type { PageData, PageMap } from "../page/types.ts";
import { sections } from "./sections.ts";

/**
 * Renders a report as one HTML file that needs nothing else: no network, no other file.
 *
 * @param data What to show; {@linkcode collectReport} makes it from a trained network.
 * @returns The text of the file, UTF-8: 210 kB of Chart.js, and with maps and scatter charts
 * about 600 kB in all.
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
  return renderPage({
    title: data.title,
    status: data.status,
    good: ["completed", "converged", "stalled"].includes(data.status),
    subtitle: data.subtitle,
    reason: data.reason,
    sections: sections(data),
    data: pageData(data),
    script: pageScript(),
    version: data.version,
  });
}

/** The page's own code: the source text of self-contained functions, and their calls. */
function pageScript(): string {
  return `"use strict";
(() => {
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const kit = (${createPageKit})(window);
  (${drawLoss})(kit, data);
  (${drawScatter})(kit, data);
  (${drawMaps})(kit, data);
  document.documentElement.dataset.drawn = "true";
})();`;
}

/** The part of the data that the page draws, with the digits that a picture can show. */
function pageData(data: ReportData): PageData {
  const { history } = data;
  const paper = (data.paper ?? []).filter(({ mse }) => mse > 0);
  const best = paper.reduce<typeof paper[0] | undefined>(
    (least, row) => least === undefined || row.mse < least.mse ? row : least,
    undefined,
  );
  const validated = history.some(({ validationLoss }) => validationLoss !== undefined);
  const loss = history.map(({ loss }) => round(loss, 6));
  return {
    lossName: data.lossName,
    history: pageHistory(history, [
      { label: "training", color: "train", dash: [], width: 2, values: loss },
      ...(validated
        ? [{
          label: "validation",
          color: "test",
          dash: [6, 3],
          width: 2,
          values: history.map(({ validationLoss }) => round(validationLoss ?? NaN, 6)),
        }]
        : []),
    ]),
    refinements: data.refinements,
    reference: best === undefined ? null : { label: "published best", value: best.mse },
    scatter: data.scatter.map(({ part, name, target, prediction }) => ({
      part,
      name,
      target: target.map((value) => round(value, 6)),
      prediction: prediction.map((value) => round(value, 6)),
      residual: prediction.map((value, i) => round(value - target[i], 4)),
    })),
    palettes: COLOR_MAPS,
    maps: data.errorMap === undefined ? [] : [pageMap(data.errorMap)],
  };
}

function pageMap({ x, y, columns, rows, names, prediction, target, error }: ErrorMap): PageMap {
  const values = [
    { id: "prediction", name: "prediction", values: prediction },
    ...(target === undefined ? [] : [{ id: "target", name: "target", values: target }]),
  ];
  return {
    readout: "map-readout",
    x,
    y,
    columns,
    rows,
    names,
    ratio: 1,
    panels: [
      ...valuePanels(values, false),
      ...(error === undefined ? [] : [magnitudePanel("error", "error", error)]),
    ],
    knots: [[], []],
    points: [],
  };
}
