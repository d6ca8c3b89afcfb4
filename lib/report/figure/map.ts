/**
 * Panels of values on a grid, with a colour bar.
 *
 * @module
 */

import { hundredths } from "../html/numbers.ts";
import { COLOR_MAPS, shade } from "../page/color_map.ts";
import {
  axis,
  type AxisTick,
  axisTicks,
  type FigureAxis,
  type FigureBox,
  frame,
  ticksWidth,
} from "./axes.ts";
import type { MapPanel } from "./data.ts";
import { indexedPng } from "./indexed_png.ts";
import { type Ink, seriesColor } from "./ink.ts";
import { textElement } from "./text.ts";

/** Between a map and its colour bar; the bar; between the bar and its numbers; beside these. */
const BAR_GAP = 10, BAR = 12, NUMBERS = 7, BESIDE_NUMBERS = 4;
/** Steps of the colour bar, between which viewers blend. */
const STEPS = 64;

/** Draws a map into a box, which holds its colour bar too; values outside are as the paper. */
export function mapSvg(panel: MapPanel, whole: FigureBox, ink: Ink): string {
  const { columns, rows, values, palette, range, logarithmic, points = [] } = panel;
  const room = barRoom(panel, whole.height);
  const box = panel.equal ? equalBox(panel, whole, room) : { ...whole, width: whole.width - room };
  const [low, high] = range, span = high - low || 1;
  const cells = new Uint8Array(columns * rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = values[(rows - 1 - row) * columns + column];
      const size = logarithmic ? Math.log10(Math.abs(value)) : value;
      const share = Number.isNaN(size) ? NaN : Math.min(Math.max((size - low) / span, 0), 1);
      cells[row * columns + column] = Number.isNaN(share) ? 255 : Math.round(254 * share);
    }
  }
  const stops = COLOR_MAPS[palette][ink.scheme];
  const colors = Array.from({ length: 255 }, (_, i) => shade(stops, i / 254).map(Math.round));
  const png = indexedPng(columns, rows, cells, [...colors, [255, 255, 255]], 255);
  // grid points are the centres of pixels: those at the ends reach half a step beyond the frame
  const step = [box.width / (columns - 1), box.height / (rows - 1)];
  const x = axis(panel.x, false, box.x, box.x + box.width);
  const y = axis(panel.y, false, box.y + box.height, box.y);
  const { front } = frame(box, {
    ...{ x, y, xTitle: panel.names[0], yTitle: panel.names[1], grid: false },
  }, ink);
  const outside = values.some((value) => !Number.isFinite(value));
  return `<svg x="${hundredths(box.x)}" y="${hundredths(box.y)}" width="${
    hundredths(box.width)
  }" height="${hundredths(box.height)}" overflow="hidden"><image preserveAspectRatio="none" x="${
    hundredths(-step[0] / 2)
  }" y="${hundredths(-step[1] / 2)}" width="${hundredths(box.width + step[0])}" height="${
    hundredths(box.height + step[1])
  }"${outside ? ' image-rendering="optimizeSpeed"' : ""} href="data:image/png;base64,${png}"/>${
    lineSvg(panel, x, y, box, ink)
  }</svg>` +
    (points.length === 0
      ? ""
      : `<path d="${
        points.map(([u, v]) => `M${hundredths(x.place(u))} ${hundredths(y.place(v))}h0`).join("")
      }" stroke="${ink.ink}" stroke-width="3.5" stroke-linecap="round" fill="none"/>`) +
    front + colorBar(panel, box, ink);
}

/** Lines on a map, the fainter the more there are; in the coordinates of its own element. */
function lineSvg(
  { lines = [] }: MapPanel,
  x: FigureAxis,
  y: FigureAxis,
  box: FigureBox,
  ink: Ink,
): string {
  const count = lines.reduce((sum, { segments }) => sum + segments.length, 0);
  const opacity = Math.min(0.85, Math.max(0.3, 18 / count)).toFixed(2);
  const at = (u: number, v: number) =>
    `${hundredths(x.place(u) - box.x)} ${hundredths(y.place(v) - box.y)}`;
  return lines.map(({ segments, color }) =>
    `<path d="${
      segments.map(([x0, y0, x1, y1]) => `M${at(x0, y0)}L${at(x1, y1)}`).join("")
    }" stroke="${seriesColor(color, ink)}" stroke-opacity="${opacity}" fill="none"/>`
  ).join("");
}

/** The largest box of the grid's proportions. */
function equalBox({ x: [a, b], y: [c, d] }: MapPanel, whole: FigureBox, room: number): FigureBox {
  const ratio = (d - c) / (b - a), width = whole.width - room;
  const fits = width * ratio <= whole.height;
  const size = fits ? [width, width * ratio] : [whole.height / ratio, whole.height];
  return { x: whole.x, y: whole.y, width: size[0], height: size[1] };
}

/** Room of the colour bar and its numbers, at the right of a map of some height. */
export function barRoom(panel: MapPanel, height: number): number {
  return BAR_GAP + BAR + NUMBERS + Math.ceil(ticksWidth(barTicks(panel, height, 0))) +
    BESIDE_NUMBERS;
}

function barTicks({ range, logarithmic }: MapPanel, from: number, to: number): AxisTick[] {
  const [low, high] = logarithmic ? [10 ** range[0], 10 ** range[1]] : range;
  const bar = axis([low, high > low ? high : low + 1], logarithmic, from, to);
  return axisTicks(high > low ? bar : { ...bar, range: [low, low] });
}

function colorBar(panel: MapPanel, box: FigureBox, ink: Ink): string {
  const stops = COLOR_MAPS[panel.palette][ink.scheme], left = box.x + box.width + BAR_GAP;
  const colors = Array.from(
    { length: STEPS },
    (_, i) => shade(stops, 1 - i / (STEPS - 1)).map(Math.round),
  );
  const png = indexedPng(1, STEPS, Uint8Array.from(colors.keys()), colors, -1);
  const place = `x="${hundredths(left)}" y="${hundredths(box.y)}" width="${BAR}" height="${
    hundredths(box.height)
  }"`;
  const ticks = barTicks(panel, box.y + box.height, box.y);
  return `<image ${place} preserveAspectRatio="none" href="data:image/png;base64,${png}"/>` +
    `<rect ${place} fill="none" stroke="${ink.axis}"/>` +
    `<path d="${
      ticks.map(({ at }) => `M${hundredths(left + BAR)} ${hundredths(at)}h4`).join("")
    }" stroke="${ink.axis}" fill="none"/>` +
    ticks.map(({ text, at }) =>
      textElement(text, { x: left + BAR + NUMBERS, y: at + 4, size: 11, color: ink.axis })
    ).join("");
}
