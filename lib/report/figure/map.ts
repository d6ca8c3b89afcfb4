/**
 * Panels of values on a grid, with a colour bar.
 *
 * @module
 */

import { hundredths } from "../html/numbers.ts";
import { COLOR_MAPS, shade } from "../page/color_map.ts";
import { axis, axisTicks, type FigureBox, frame } from "./axes.ts";
import { mapColor } from "./curves.ts";
import type { MapPanel } from "./data.ts";
import { indexedPng } from "./indexed_png.ts";
import { textElement, tickText } from "./text.ts";

/** Room of the colour bar and its numbers, at the right. */
export const BAR_ROOM = 74;
/** Steps of the colour bar. */
const STEPS = 48;

/** Draws a map into a box, which holds its colour bar too; values outside stay white. */
export function mapSvg(panel: MapPanel, whole: FigureBox): string {
  const { columns, rows, values, palette, range, logarithmic, points = [] } = panel;
  const box = panel.equal ? equalBox(panel, whole) : { ...whole, width: whole.width - BAR_ROOM };
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
  const stops = COLOR_MAPS[palette].light;
  const colors = Array.from({ length: 255 }, (_, i) => shade(stops, i / 254).map(Math.round));
  const png = indexedPng(columns, rows, cells, [...colors, [255, 255, 255]], 255);
  // grid points are the centres of pixels: those at the ends reach half a step beyond the frame
  const step = [box.width / (columns - 1), box.height / (rows - 1)];
  const x = axis(panel.x, false, box.x, box.x + box.width);
  const y = axis(panel.y, false, box.y + box.height, box.y);
  const { front } = frame(box, {
    ...{ x, y, xTitle: panel.names[0], yTitle: panel.names[1], grid: false },
  });
  const outside = values.some((value) => !Number.isFinite(value));
  return `<svg x="${hundredths(box.x)}" y="${hundredths(box.y)}" width="${
    hundredths(box.width)
  }" height="${hundredths(box.height)}" overflow="hidden"><image preserveAspectRatio="none" x="${
    hundredths(-step[0] / 2)
  }" y="${hundredths(-step[1] / 2)}" width="${hundredths(box.width + step[0])}" height="${
    hundredths(box.height + step[1])
  }"${
    outside ? ' image-rendering="optimizeSpeed"' : ""
  } href="data:image/png;base64,${png}"/></svg>` +
    (points.length === 0
      ? ""
      : `<path d="${
        points.map(([u, v]) => `M${hundredths(x.place(u))} ${hundredths(y.place(v))}h0`).join("")
      }" stroke="#1b1f24" stroke-width="3.5" stroke-linecap="round" fill="none"/>`) +
    front + colorBar(panel, box);
}

/** The largest box of the grid's proportions. */
function equalBox({ x: [a, b], y: [c, d] }: MapPanel, whole: FigureBox): FigureBox {
  const ratio = (d - c) / (b - a), width = whole.width - BAR_ROOM;
  const fits = width * ratio <= whole.height;
  const size = fits ? [width, width * ratio] : [whole.height / ratio, whole.height];
  return { x: whole.x, y: whole.y, width: size[0], height: size[1] };
}

function colorBar({ palette, range, logarithmic }: MapPanel, box: FigureBox): string {
  const left = box.x + box.width + 12, width = 13, step = box.height / STEPS;
  const steps = Array.from(
    { length: STEPS },
    (_, i) =>
      `<rect x="${hundredths(left)}" y="${
        hundredths(box.y + box.height - (i + 1) * step)
      }" width="${width}" height="${hundredths(step + 0.3)}" fill="${
        mapColor(palette, (i + 0.5) / STEPS)
      }"/>`,
  );
  const ends = logarithmic ? [10 ** range[0], 10 ** range[1]] as const : range;
  const [low, high] = ends;
  const bar = axis(high > low ? ends : [low, low + 1], logarithmic, box.y + box.height, box.y);
  const ticks = high > low ? axisTicks(bar, 5) : [low];
  return `<g shape-rendering="crispEdges">${steps.join("")}</g><rect x="${hundredths(left)}" y="${
    hundredths(box.y)
  }" width="${width}" height="${hundredths(box.height)}" fill="none" stroke="#57606a"/>` +
    `<path d="${
      ticks.map((value) => `M${hundredths(left + width)} ${hundredths(bar.place(value))}h4`).join(
        "",
      )
    }" stroke="#57606a" fill="none"/>` +
    ticks.map((value) =>
      textElement(tickText(value, logarithmic), {
        ...{ x: left + width + 7, y: bar.place(value) + 4, size: 11 },
      })
    ).join("");
}
