/**
 * A report as one self-contained HTML file.
 *
 * Text, tables and activations are plain HTML and SVG; the loss, the scatter charts (Chart.js)
 * and the maps are drawn by the page's own code. The page's Content-Security-Policy forbids
 * every request, so it works offline and cannot leak.
 *
 * @module
 */

import type { ReportData } from "./report_data.ts";
import { CHART_JS_LICENCE, CHART_JS_SOURCE, CHART_JS_VERSION } from "./_chart_js.ts";
import { embedJson, escapeHtml, round } from "./_html.ts";
import { createPageKit } from "./_page_kit.ts";
import { drawLoss } from "./_page_loss.ts";
import { drawMaps } from "./_page_map.ts";
import { drawScatter } from "./_page_scatter.ts";
import type { JsonNumbers, PageData } from "./_page_types.ts";
import { sections } from "./_sections.ts";
import { STYLE } from "./_style.ts";

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
  const shown = sections(data);
  const navigation = shown.map(({ id, title }) =>
    `<li><a href="#${id}">${escapeHtml(title)}</a></li>`
  );
  const body = shown.map(({ id, title, html }) =>
    `<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">` +
    `${escapeHtml(title)}</h2>${html}</section>`
  );
  const good = data.status === "completed" || data.status === "converged";
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src \
'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Freeknot ${escapeHtml(data.version)}">
<title>${escapeHtml(data.title)} · Freeknot report</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header class="page">
<h1>${escapeHtml(data.title)} <span class="status${good ? "" : " warn"}">\
${escapeHtml(data.status)}</span></h1>
<p class="subtitle">${escapeHtml(data.subtitle)}${
    data.reason ? `<br>${escapeHtml(sentence(data.reason))}` : ""
  }</p>
<nav aria-label="Sections"><ul>${navigation.join("")}</ul></nav>
</header>
<main>
${body.join("\n")}
</main>
<footer class="page"><div>Made by Freeknot ${escapeHtml(data.version)}. Charts by Chart.js \
${CHART_JS_VERSION}.<details><summary>Licence of Chart.js</summary>\
<pre>${escapeHtml(CHART_JS_LICENCE)}</pre></details></div></footer>
<script type="application/json" id="report-data">${embedJson(pageData(data))}</script>
<script>${CHART_JS_SOURCE}</script>
<script>${pageScript()}</script>
</body>
</html>
`;
}

/** A capital at the start, a full stop at the end. */
function sentence(text: string): string {
  return text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
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
  const { history, errorMap: map } = data;
  const digits = (values: readonly number[], n: number): JsonNumbers =>
    values.map((value) => round(value, n));
  const paper = (data.paper ?? []).filter(({ mse }) => mse > 0);
  const best = paper.reduce<typeof paper[0] | undefined>(
    (least, row) => least === undefined || row.mse < least.mse ? row : least,
    undefined,
  );
  const validated = history.some(({ validationLoss }) => validationLoss !== undefined);
  return {
    lossName: data.lossName,
    history: {
      work: history.map(({ work }) => work),
      evaluations: history.map(({ evaluations }) => evaluations),
      seconds: history.map(({ seconds }) => Number(seconds.toFixed(3))),
      epoch: history.map(({ epoch }) => epoch),
      intervals: history.map(({ intervals }) => intervals),
      loss: digits(history.map(({ loss }) => loss), 6),
      gradientNorm: digits(history.map(({ gradientNorm }) => gradientNorm), 4),
      validation: validated
        ? digits(history.map(({ validationLoss }) => validationLoss ?? NaN), 6)
        : null,
    },
    refinements: data.refinements,
    reference: best === undefined ? null : { label: "published best", value: best.mse },
    scatter: data.scatter.map(({ part, name, target, prediction }) => ({
      part,
      name,
      target: digits(target, 6),
      prediction: digits(prediction, 6),
      residual: digits(prediction.map((value, i) => value - target[i]), 4),
    })),
    map: map === undefined ? null : {
      x: map.x,
      y: map.y,
      columns: map.columns,
      rows: map.rows,
      names: map.names,
      prediction: digits(map.prediction, 4),
      target: map.target === undefined ? null : digits(map.target, 4),
      error: map.error === undefined ? null : digits(map.error, 3),
    },
  };
}
