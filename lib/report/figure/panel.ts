/**
 * One panel as a picture of its own, without a heading: as pages show it.
 *
 * @module
 */

import { escapeHtml } from "../html/html.ts";
import { axis, axisTicks, type FigureAxis, type FigureBox, ticksWidth } from "./axes.ts";
import { curveRanges, curvesSvg, legend } from "./curves.ts";
import type { CurvePanel, MapPanel } from "./data.ts";
import type { Ink } from "./ink.ts";
import { barRoom, mapSvg } from "./map.ts";

/** How large a picture is, and what it says to those who do not see it. */
export interface PanelPicture {
  readonly width: number;
  /** Of curves; a map is as high as its range asks for. */
  readonly height: number;
  readonly label: string;
  /** Tells pictures of one page apart. */
  readonly id: string;
  readonly ink: Ink;
}

/** Room above, below and at the right of the axes, and at the left besides the numbers. */
const ABOVE = 8, BELOW = 44, RIGHT = 12, BESIDE = 30;

/** Draws a panel. */
export function panelSvg(panel: CurvePanel | MapPanel, picture: PanelPicture): string {
  const { width, label, ink, id } = picture;
  const { box, above, height } = panel.kind === "map"
    ? mapBox(panel, picture)
    : curveBox(panel, picture);
  const body = panel.kind === "map"
    ? mapSvg(panel, { ...box, width: box.width + barRoom(panel, box.height) }, ink)
    : curvesSvg(panel, box, `clip-${id}`, ink);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 ${width} ${height}" ` +
    `width="${width}" height="${height}" role="img" aria-label="${escapeHtml(label)}">${above}` +
    `${body}</svg>`;
}

function curveBox(panel: CurvePanel, { width, height, ink }: PanelPicture) {
  const { lines, svg } = legend(panel, width - BESIDE, ink), top = ABOVE + 17 * lines;
  const upwards = axis(curveRanges(panel).y, panel.logarithmic ?? false, height - top - BELOW, 0);
  const box = boxBeside(upwards, { width, top, right: RIGHT });
  return { box, above: svg(box.x, ABOVE + 6), height };
}

function mapBox(panel: MapPanel, { width }: PanelPicture) {
  const { x: [a, b], y, equal } = panel, upwards = axis(y, false, 0.7 * width, 0);
  const room = barRoom(panel, 0.7 * width);
  const first = boxBeside(upwards, { width, top: ABOVE, right: room });
  const ratio = equal ? (y[1] - y[0]) / (b - a) : 1, size = Math.round(first.width * ratio);
  // numbers along a longer or shorter side may be others
  const right = barRoom(panel, size), beside = axis(y, false, size, 0);
  const box = { ...boxBeside(beside, { width, top: ABOVE, right }), height: size };
  return { box, above: "", height: size + ABOVE + BELOW };
}

/** The box that the numbers of the axis at its left leave. */
function boxBeside(
  upwards: FigureAxis,
  { width, top, right }: { readonly width: number; readonly top: number; readonly right: number },
): FigureBox {
  const x = BESIDE + Math.ceil(ticksWidth(axisTicks(upwards)));
  return { x, y: top, width: width - x - right, height: upwards.ends[0] };
}
