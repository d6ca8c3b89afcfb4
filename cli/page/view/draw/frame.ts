/**
 * The frame of a picture: axes, ticks, clip, and the words for those who do not see it.
 *
 * Pictures are texts of SVG, so that the same text is shown, saved and tested.
 *
 * @module
 */

import {
  compactNumber,
  escapeHtml,
  hundredths,
  isLogarithmicTick,
  placedTicks,
  powerOfTen,
} from "../../../../lib/report/inner.ts";

/** A linear or logarithmic axis. */
export interface Axis {
  readonly range: readonly [number, number];
  readonly name: string;
  readonly logarithmic?: boolean;
  /** No ticks at all. */
  readonly bare?: boolean;
}

/** Where a picture is drawn, in units of its viewBox. */
export interface Plot {
  /** Coordinates as text. */
  x(value: number): string;
  y(value: number): string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What a picture is made of. */
export interface PictureOptions {
  readonly width: number;
  readonly height: number;
  readonly x: Axis;
  readonly y: Axis;
  /** What it shows, in words. */
  readonly label: string;
  /** Room at the left for the ticks. */
  readonly margin?: number;
}

let pictures = 0;

/** Draws axes and what `inside` gives within them. */
export function framed(options: PictureOptions, inside: (plot: Plot) => string): string {
  const { width, height, x, y, label, margin = 46 } = options;
  const left = y.bare ? 8 : margin, top = 10, right = 12, bottom = x.bare ? 10 : 38;
  const inner = { left, top, width: width - left - right, height: height - top - bottom };
  const share = ({ range: [low, high], logarithmic }: Axis, value: number) =>
    logarithmic
      ? Math.log(value / low) / Math.log(high / low)
      : high > low
      ? (value - low) / (high - low)
      : 0.5;
  const at = {
    x: (value: number) => hundredths(inner.left + inner.width * share(x, value)),
    y: (value: number) => hundredths(inner.top + inner.height * (1 - share(y, value))),
  };
  const id = `clip-${++pictures}`, base = inner.top + inner.height;
  const xTicks = x.bare
    ? ""
    : ticksOf(x, Math.max(2, Math.floor(inner.width / 70))).map((tick) =>
      `<path class="grid" d="M${at.x(tick)} ${inner.top}V${base}"/><text x="${at.x(tick)}" y="${
        base + 15
      }" text-anchor="middle">${tickText(x, tick)}</text>`
    ).join("");
  const yTicks = y.bare
    ? ""
    : ticksOf(y, Math.max(2, Math.floor(inner.height / 45))).map((tick) =>
      `<path class="grid" d="M${inner.left} ${at.y(tick)}h${hundredths(inner.width)}"/><text x="${
        inner.left - 6
      }" y="${at.y(tick)}" text-anchor="end" dominant-baseline="central">${
        tickText(y, tick)
      }</text>`
    ).join("");
  const names =
    (x.bare || x.name === ""
      ? ""
      : `<text class="name" x="${hundredths(inner.left + inner.width / 2)}" y="${
        height - 4
      }" text-anchor="middle">${escapeHtml(clippedName(x.name, inner.width))}</text>`) +
    (y.bare || y.name === ""
      ? ""
      : `<text class="name" text-anchor="middle" transform="translate(11 ${
        hundredths(inner.top + inner.height / 2)
      }) rotate(-90)">${escapeHtml(clippedName(y.name, inner.height))}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 ${width} ${height}" ` +
    `width="${width}" height="${height}" role="img" aria-label="${escapeHtml(label)}">` +
    `<clipPath id="${id}"><rect x="${inner.left}" y="${inner.top}" width="${
      hundredths(inner.width)
    }" height="${hundredths(inner.height)}"/></clipPath>${xTicks}${yTicks}` +
    `<g clip-path="url(#${id})">${inside({ ...at, ...inner })}</g>` +
    `<path class="axis" d="M${inner.left} ${inner.top}V${base}h${
      hundredths(inner.width)
    }"/>${names}</svg>`;
}

function clippedName(name: string, room: number): string {
  const most = Math.max(6, Math.floor(room / 6.2));
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}

function ticksOf({ range: [low, high], logarithmic }: Axis, count: number): number[] {
  if (!(high > low)) return [low];
  if (!logarithmic) return placedTicks([low, high], count).map(({ tick }) => tick);
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const digit of [1, 2, 5]) {
      const tick = digit * 10 ** power;
      if (tick >= low && tick <= high && isLogarithmicTick(tick, low, high)) ticks.push(tick);
    }
  }
  return ticks;
}

function tickText({ logarithmic }: Axis, tick: number): string {
  const power = Math.log10(tick);
  if (logarithmic && (tick < 1e-2 || tick >= 1e4)) {
    const exponent = Math.floor(power + 1e-9), digit = Math.round(tick / 10 ** exponent);
    return digit === 1 ? powerOfTen(exponent) : `${digit}·${powerOfTen(exponent)}`;
  }
  return compactNumber(tick);
}

/** A line through points; breaks where a value is not finite. */
export function linePath(points: Iterable<readonly [string, string]>): string {
  let path = "", pen = false;
  for (const [x, y] of points) {
    const fine = x !== "NaN" && y !== "NaN" && !x.includes("Inf") && !y.includes("Inf");
    if (fine) path += `${pen ? "L" : "M"}${x} ${y}`;
    pen = fine;
  }
  return path;
}
