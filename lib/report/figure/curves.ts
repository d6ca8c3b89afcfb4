/**
 * Panels of curves and clouds.
 *
 * @module
 */

import { finiteRange, hundredths } from "../html/numbers.ts";
import { logarithmicRange } from "../page/ticks.ts";
import { axis, type FigureAxis, type FigureBox, frame } from "./axes.ts";
import type { CurvePanel, FigureSeries } from "./data.ts";
import { type Ink, seriesColor } from "./ink.ts";
import { fitted, textElement, textWidth } from "./text.ts";

/** Values below this share of the largest are off a logarithmic axis. */
const LEAST_SHARE = 1e-16;

/** The ranges of a panel's axes. */
export function curveRanges({ logarithmic = false, series, levels, ...panel }: CurvePanel) {
  const values = [
    ...series.flatMap(({ y, low = [] }) => [...y, ...low]),
    ...(panel.marks ?? []).map(({ at }) => at),
  ];
  const x = panel.xRange ??
    (levels === undefined
      ? widened(finiteRange(series.flatMap((each) => each.x)) ?? [0, 1], 0)
      : [-0.5, levels.length - 0.5] as const);
  const y = panel.yRange ??
    (logarithmic
      ? logarithmicRange(values, LEAST_SHARE) ?? [0.1, 1]
      : widened(finiteRange(values) ?? [0, 1], 0.05));
  return { x, y };
}

/** Draws a panel into a box, its heading above it. */
export function curvesSvg(panel: CurvePanel, box: FigureBox, clip: string, ink: Ink): string {
  const { logarithmic = false, series, levels, marks = [], rug = [] } = panel;
  const ranges = curveRanges(panel), xRange = ranges.x;
  const x = axis(xRange, false, box.x, box.x + box.width);
  const y = axis(ranges.y, logarithmic, box.y + box.height, box.y);
  const { behind, front } = frame(box, { ...panel, x, y, levels, grid: true }, ink);
  const lines = series.map((each) => seriesSvg(each, x, y, box, ink)).join("");
  const across = marks.map(({ at, label }) => {
    const height = hundredths(y.place(at));
    return `<path d="M${hundredths(box.x)} ${height}h${
      hundredths(box.width)
    }" stroke="${ink.axis}" stroke-dasharray="5 4" fill="none"/>` +
      textElement(label, {
        ...{ x: box.x + box.width - 5, y: Number(height) - 5, anchor: "end", size: 11 },
        color: ink.axis,
      });
  });
  const ticks = rug.filter((at) => at >= xRange[0] && at <= xRange[1]).map((at) =>
    `M${hundredths(x.place(at))} ${hundredths(box.y + box.height)}v-7`
  );
  return `<clipPath id="${clip}"><rect x="${hundredths(box.x)}" y="${hundredths(box.y)}" width="${
    hundredths(box.width)
  }" height="${hundredths(box.height)}"/></clipPath>${behind}` +
    `<g clip-path="url(#${clip})">${lines}${across.join("")}${stepLines(panel, x, box, ink)}${
      ticks.length === 0
        ? ""
        : `<path d="${ticks.join("")}" stroke="${ink.rug}" stroke-width="1.25" fill="none"/>`
    }</g>${front}`;
}

/** Dashed lines upwards; words that would run into the next line are shortened or left out. */
function stepLines({ steps = [] }: CurvePanel, x: FigureAxis, box: FigureBox, ink: Ink): string {
  return steps.map(({ at, label, short = "" }, k) => {
    const left = x.place(at), next = steps[k + 1];
    const room = (next === undefined ? box.x + box.width : x.place(next.at)) - left - 8;
    const text = [label, short].find((each) => textWidth(each, 10) <= room) ?? "";
    return `<path d="M${hundredths(left)} ${hundredths(box.y)}v${
      hundredths(box.height)
    }" stroke="${ink.muted}" stroke-dasharray="4 3" fill="none"/>` +
      textElement(text, { x: left + 4, y: box.y + 12, size: 10, color: ink.axis });
  }).join("");
}

function seriesSvg(
  series: FigureSeries,
  x: FigureAxis,
  y: FigureAxis,
  box: FigureBox,
  ink: Ink,
): string {
  const { kind, width = 1.75, dash } = series, color = seriesColor(series.color, ink);
  // beyond the box by less than a picture can hold: viewers dislike huge numbers
  const height = (value: number) =>
    Math.min(Math.max(y.place(value), box.y - box.height), box.y + 2 * box.height);
  const at = (i: number, value: number): readonly [number, number] => [
    x.place(series.x[i]),
    height(value),
  ];
  if (kind === "points") {
    const dots = series.x.flatMap((_, i) => {
      const [u, v] = at(i, series.y[i]);
      return Number.isFinite(u) && Number.isFinite(v)
        ? [`M${hundredths(u)} ${hundredths(v)}h0`]
        : [];
    });
    return `<path d="${dots.join("")}" stroke="${color}" stroke-width="${
      2 * width
    }" stroke-linecap="round" stroke-opacity="0.6" fill="none"/>`;
  }
  if (kind === "band") {
    const above = series.x.map((_, i) => at(i, series.y[i]));
    const below = series.x.map((_, i) => at(i, series.low![i])).reverse();
    const points = [...above, ...below].filter((point) => point.every(Number.isFinite));
    return `<polygon points="${
      points.map((point) => point.map(hundredths).join(",")).join(" ")
    }" fill="${color}" fill-opacity="0.18"/>`;
  }
  const { path, dots } = linePaths(series.x.map((_, i) => at(i, series.y[i])));
  return `<path d="${path}" stroke="${color}" ` +
    `stroke-width="${width}" stroke-linejoin="round" fill="none"${
      dash === undefined ? "" : ` stroke-dasharray="${dash}"`
    }/>` +
    (dots === ""
      ? ""
      : `<path d="${dots}" stroke="${color}" stroke-width="${
        3 * width
      }" stroke-linecap="round" fill="none"/>`);
}

/** A path through points, broken where one is not finite, and dots for those without a neighbour. */
function linePaths(points: readonly (readonly [number, number])[]) {
  const isThere = (i: number) => points[i]?.every(Number.isFinite) ?? false;
  let path = "", dots = "";
  points.forEach((point, i) => {
    if (!isThere(i)) return;
    const place = point.map(hundredths).join(" "), joined = isThere(i - 1);
    if (!joined && !isThere(i + 1)) dots += `M${place}h0`;
    else path += `${joined ? "L" : "M"}${place}`;
  });
  return { path, dots };
}

/** The legend in lines of a width, from the left end of a box; its height is 16 a line. */
export function legend({ series }: CurvePanel, width: number, ink: Ink) {
  const shown = series.filter(({ label }) => label !== "");
  if (shown.length < 2) return { lines: 0, svg: (_x: number, _y: number) => "" };
  let line = 0, across = 0;
  const places = shown.map((each) => {
    const label = fitted(each.label, width - 26, 11), room = 30 + textWidth(label, 11);
    if (across > 0 && across + room > width) {
      line++;
      across = 0;
    }
    across += room;
    return { each, label, line, x: across - room };
  });
  return {
    lines: line + 1,
    svg: (x: number, y: number) =>
      places.map(({ each, label, line, x: at }) =>
        sample(each, x + at, y + 16 * line, ink) +
        textElement(label, { x: x + at + 22, y: y + 16 * line + 4, size: 11, color: ink.ink })
      ).join(""),
  };
}

function sample(
  { kind, color, width = 1.75, dash }: FigureSeries,
  x: number,
  y: number,
  ink: Ink,
): string {
  const stroke = seriesColor(color, ink), at = `M${hundredths(x)} ${hundredths(y)}`;
  if (kind === "points") {
    return `<path d="M${hundredths(x + 9)} ${hundredths(y)}h0" stroke="${stroke}" stroke-width="${
      Math.max(5, 2 * width)
    }" stroke-linecap="round" fill="none"/>`;
  }
  if (kind === "band") {
    return `<rect x="${hundredths(x)}" y="${
      hundredths(y - 5)
    }" width="18" height="10" fill="${stroke}" fill-opacity="0.18"/>`;
  }
  return `<path d="${at}h18" stroke="${stroke}" stroke-width="${width}" fill="none"${
    dash === undefined ? "" : ` stroke-dasharray="${dash}"`
  }/>`;
}

/** A range with room at both ends; of one value with room around it. */
function widened([low, high]: readonly [number, number], share: number): readonly [number, number] {
  if (low === high) {
    const room = Math.abs(low) * 0.1 || 1;
    return [low - room, high + room];
  }
  return [low - share * (high - low), high + share * (high - low)];
}
