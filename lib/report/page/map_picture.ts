/**
 * The picture of one map: colours, marks, axes and colour bar on a canvas.
 *
 * @module
 */

/// <reference lib="dom" />

import { compactNumber, powerOfTen } from "../html/numbers.ts";
import type { PageMap, PageMapPanel } from "./data.ts";
import { shade } from "./color_map.ts";
import { stopsOf } from "./palette.ts";
import { color } from "./screen.ts";
import { placedTicks } from "./ticks.ts";

/** Where the map lies on its canvas, in CSS pixels. */
export interface MapFrame {
  readonly left: number;
  readonly top: number;
  /** Width of the map. */
  readonly side: number;
  /** Height of the map. */
  readonly tall: number;
}

const MARGIN = { left: 52, right: 60, top: 6, bottom: 36 };
const BAR = { gap: 12, width: 10 };

/** Places a map on a canvas of a width; `undefined` where the canvas is too narrow. */
export function mapFrame({ ratio }: PageMap, width: number): MapFrame | undefined {
  const side = width - MARGIN.left - MARGIN.right;
  if (side < 20) return undefined;
  return { left: MARGIN.left, top: MARGIN.top, side, tall: Math.round(side * ratio) };
}

/** Draws a map. */
export function drawMap(
  canvas: HTMLCanvasElement,
  map: PageMap,
  panel: PageMapPanel,
  frame: MapFrame,
): void {
  const width = frame.left + frame.side + MARGIN.right;
  const height = frame.top + frame.tall + MARGIN.bottom;
  canvas.width = Math.round(width * devicePixelRatio);
  canvas.height = Math.round(height * devicePixelRatio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const ctx = canvas.getContext("2d")!, stops = stopsOf(panel.palette);
  ctx.scale(devicePixelRatio, devicePixelRatio);
  ctx.save();
  ctx.beginPath();
  ctx.rect(frame.left, frame.top, frame.side, frame.tall);
  ctx.clip();
  // Grid points lie on the box's edge: stretch so that cell centres do.
  const dx = frame.side / (map.columns - 1), dy = frame.tall / (map.rows - 1);
  ctx.drawImage(
    colouredGrid(map, panel, stops),
    frame.left - dx / 2,
    frame.top - dy / 2,
    frame.side + dx,
    frame.tall + dy,
  );
  ctx.restore();
  if (panel.marked) drawMarks(ctx, map, frame);
  ctx.font = "11px system-ui, sans-serif";
  ctx.lineWidth = 1;
  drawAxes(ctx, map, frame);
  drawColourBar(ctx, panel, stops, frame);
}

/** One pixel per grid point. */
function colouredGrid(
  { columns, rows, isBlank = false }: PageMap,
  { values, logarithmic, range: [low, high] }: PageMapPanel,
  stops: readonly string[],
): HTMLCanvasElement {
  const image = document.createElement("canvas");
  image.width = columns;
  image.height = rows;
  const ctx = image.getContext("2d")!, pixels = ctx.createImageData(columns, rows);
  const gap = color("gap");
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const value = values[r * columns + c];
      const shown = value !== null && logarithmic
        ? Math.log10(Math.max(Math.abs(value), 1e-300))
        : value;
      const rgb = shown === null
        ? shade([gap, gap], 0)
        : shade(stops, (shown - low) / (high - low || 1));
      const opacity = shown === null && isBlank ? 0 : 255;
      pixels.data.set([...rgb, opacity], 4 * ((rows - 1 - r) * columns + c)); // the lowest y below
    }
  }
  ctx.putImageData(pixels, 0, 0);
  return image;
}

/** Points of measurement as dots, knots as ticks inside the frame. */
function drawMarks(ctx: CanvasRenderingContext2D, map: PageMap, frame: MapFrame): void {
  const { left, top, side, tall } = frame;
  const column = (x: number) => left + side * (x - map.x[0]) / (map.x[1] - map.x[0]);
  const row = (y: number) => top + tall - tall * (y - map.y[0]) / (map.y[1] - map.y[0]);
  const inside = (values: readonly number[], [low, high]: readonly [number, number]) =>
    values.filter((value) => value > low && value < high);
  for (const [x, y] of map.points) drawDot(ctx, column(x), row(y), 2.5);
  for (const [name, size] of [["paper", 3], ["ink", 1]] as const) {
    ctx.strokeStyle = color(name);
    ctx.lineWidth = size;
    ctx.beginPath();
    for (const x of inside(map.knots[0], map.x)) {
      ctx.moveTo(column(x), top);
      ctx.lineTo(column(x), top + 7);
    }
    for (const y of inside(map.knots[1], map.y)) {
      ctx.moveTo(left + side, row(y));
      ctx.lineTo(left + side - 7, row(y));
    }
    ctx.stroke();
  }
}

function drawDot(ctx: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  ctx.fillStyle = color("paper");
  ctx.strokeStyle = color("ink");
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 7);
  ctx.fill();
  ctx.stroke();
}

/** Marks the grid point that arrow keys have reached, at shares of both axes. */
export function markCell(canvas: HTMLCanvasElement, frame: MapFrame, u: number, v: number): void {
  const x = frame.left + u * frame.side, y = frame.top + (1 - v) * frame.tall;
  drawDot(canvas.getContext("2d")!, x, y, 4);
}

/** The frame, ticks and names of both axes. */
function drawAxes(ctx: CanvasRenderingContext2D, map: PageMap, frame: MapFrame): void {
  const { left, top, side, tall } = frame, bottom = top + tall;
  ctx.fillStyle = ctx.strokeStyle = color("muted");
  ctx.strokeRect(left + 0.5, top + 0.5, side - 1, tall - 1);
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  for (const { tick, share } of placedTicks(map.x, side < 220 ? 3 : 5)) {
    ctx.fillText(compactNumber(tick), left + side * share, bottom + 4);
  }
  ctx.fillText(map.names[0], left + side / 2, bottom + 19);
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const { tick, share } of placedTicks(map.y, tall < 220 ? 3 : 5)) {
    ctx.fillText(compactNumber(tick), left - 5, Math.max(bottom - tall * share, top + 5));
  }
  ctx.save();
  ctx.translate(8, top + tall / 2);
  ctx.rotate(-Math.PI / 2);
  ctx.textAlign = "center";
  ctx.fillText(map.names[1], 0, 0);
  ctx.restore();
}

/** The colours from the lowest value to the highest, with ticks. */
function drawColourBar(
  ctx: CanvasRenderingContext2D,
  { range, logarithmic }: PageMapPanel,
  stops: readonly string[],
  { left, top, side, tall }: MapFrame,
): void {
  const x = left + side + BAR.gap, bottom = top + tall;
  for (let y = 0; y < tall; y++) {
    ctx.fillStyle = `rgb(${shade(stops, 1 - y / (tall - 1)).map(Math.round)})`;
    ctx.fillRect(x, top + y, BAR.width, 1.5);
  }
  ctx.fillStyle = ctx.strokeStyle = color("muted");
  ctx.strokeRect(x - 0.5, top + 0.5, BAR.width + 1, tall - 1);
  ctx.textAlign = "left";
  const count = logarithmic ? 2 * (range[1] - range[0]) : tall < 220 ? 4 : 5;
  for (const { tick, share } of placedTicks(range, count)) {
    if (logarithmic && !Number.isInteger(tick)) continue;
    const y = Math.min(Math.max(bottom - tall * share, 11), bottom - 5);
    ctx.fillText(logarithmic ? powerOfTen(tick) : compactNumber(tick), x + BAR.width + 5, y);
  }
}
