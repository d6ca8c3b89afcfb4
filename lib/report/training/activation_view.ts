/**
 * Small multiples of the learned activations, as inline SVG with labels in HTML.
 *
 * @module
 */

import type { ActivationCurve, ReportData } from "./data.ts";
import { escapeHtml } from "../html/html.ts";
import {
  finiteRange,
  formatInteger,
  formatNumber,
  formatRange,
  hundredths,
} from "../html/numbers.ts";

const WIDTH = 200, HEIGHT = 104;
/** With more knots, dots merge on the curve: the ticks below show them. */
const MOST_DOTS = 21;
const PLOT_TOP = 5, PLOT_BOTTOM = 90; // ticks below

/** Difference of the largest and the smallest value of a curve. */
function curveRange(curve: ActivationCurve): number {
  const [low, high] = finiteRange(curve.y) ?? [0, 0];
  return high - low;
}

/** One figure per layer; `""` without activations. */
export function activationFigures(
  data: Pick<ReportData, "activations" | "layerShapes" | "layerEdges">,
): string {
  return data.layerShapes.map(([nIn, nOut], layer) => {
    const curves = data.activations.filter((curve) => curve.layer === layer);
    if (curves.length === 0) return "";
    const total = data.layerEdges?.[layer] ?? nIn * nOut;
    const largest = Math.max(...curves.map(curveRange));
    const leftOut = total - curves.length;
    const note = leftOut > 0
      ? ` Shown: the ${curves.length} with the largest range; ${formatInteger(leftOut)} more are ` +
        `left out.`
      : "";
    const names = `${nIn} ${nIn === 1 ? "input" : "inputs"}, ${nOut} ` +
      (nOut === 1 ? "output" : "outputs");
    return `<figure><h3>Spline layer ${layer + 1}: ${names}, ` +
      `${formatInteger(total)} ${total === 1 ? "activation" : "activations"}</h3>` +
      `<div class="cards">${curves.map((curve) => card(curve, largest)).join("")}</div>` +
      (note === "" ? "" : `<figcaption>${note.trim()}</figcaption>`) + `</figure>`;
  }).join("");
}

function card(curve: ActivationCurve, largest: number): string {
  const title = `${curve.rawInputName} → ${curve.outputName}`;
  const range = curveRange(curve);
  const share = largest > 0 ? Math.min(100, 100 * range / largest) : 0;
  const { svg, low, high } = picture(curve, title);
  const [rawLow, rawHigh] = formatRange(curve.rawRange);
  return `<div class="card"><header><h4 title="${escapeHtml(title)}">${escapeHtml(title)}</h4>` +
    `<span class="range">${formatRange([low, high]).join(" … ")}</span></header>` +
    `<div class="meter"><i style="width:${share.toFixed(1)}%"></i></div>` +
    `<div class="plot">${svg}</div>` +
    `<div class="axis"><span>${rawLow}</span>` +
    `<span class="name">${escapeHtml(curve.rawInputName)}</span>` +
    `<span>${rawHigh}</span></div></div>`;
}

function picture(
  curve: ActivationCurve,
  title: string,
): { svg: string; low: number; high: number } {
  const [a, b] = curve.domain;
  let [low, high] = finiteRange(curve.y) ?? [0, 0];
  const shown = { low, high };
  if (high - low < 1e-12 * Math.max(1, Math.abs(low), Math.abs(high))) {
    low -= 1; // a constant runs through the middle
    high += 1;
  }
  const column = (x: number) => hundredths(WIDTH * (x - a) / (b - a));
  const row = (y: number) =>
    hundredths(PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * (y - low) / (high - low));

  let path = "", pen = "M";
  curve.x.forEach((x, i) => {
    if (!Number.isFinite(curve.y[i])) {
      pen = "M";
      return;
    }
    path += `${pen}${column(x)} ${row(curve.y[i])}`;
    pen = "L";
  });
  const ticks = curve.knots.map((t) => `M${column(t)} ${HEIGHT - 9}v8`).join("");
  const dots = curve.knots.length > MOST_DOTS ? "" : curve.knots.map((t) => {
    const y = valueAt(curve, t);
    return Number.isFinite(y) ? `M${column(t)} ${row(y)}h0` : "";
  }).join("");
  const clip = (x: number) => Math.min(Math.max(x, a), b);
  const left = Number(column(clip(curve.dataRange[0])));
  const right = Number(column(clip(curve.dataRange[1])));
  const zero = low < 0 && high > 0 ? `<path class="zero" d="M0 ${row(0)}h${WIDTH}"/>` : "";
  const label = `Activation ${title}: from ${formatNumber(shown.low)} to ` +
    `${formatNumber(shown.high)}, ${curve.knots.length - 1} intervals.`;
  const svg = `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" ` +
    `aria-label="${escapeHtml(label)}">` +
    `<rect class="range" x="${left}" y="0" width="${hundredths(Math.max(0, right - left))}" ` +
    `height="${PLOT_BOTTOM + 3}"/>${zero}<path class="tick" d="${ticks}"/>` +
    `<path class="curve" d="${path}"/>` +
    (dots === "" ? "" : `<path class="dots" d="${dots}"/>`) + `</svg>`;
  return { svg, ...shown };
}

/** The curve at `t`, linear between its samples. */
function valueAt(curve: ActivationCurve, t: number): number {
  const { x, y } = curve;
  if (x.length === 0) return NaN;
  let i = x.findIndex((value) => value >= t);
  if (i < 0) i = x.length - 1;
  if (i === 0 || x[i] === t) return y[i];
  const share = (t - x[i - 1]) / (x[i] - x[i - 1]);
  return y[i - 1] + share * (y[i] - y[i - 1]);
}
