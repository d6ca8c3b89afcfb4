/**
 * Axes of a figure's panels: where values stand, ticks and names.
 *
 * @module
 */

import { hundredths } from "../html/numbers.ts";
import { decade, placedTicks } from "../page/ticks.ts";
import type { Ink } from "./ink.ts";
import { fitted, textElement, textWidth, tickText } from "./text.ts";

/** A box within a figure. */
export interface FigureBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** One axis: its values and where they stand. */
export interface FigureAxis {
  readonly range: readonly [number, number];
  readonly logarithmic: boolean;
  /** Where it begins and ends in the figure. */
  readonly ends: readonly [number, number];
  /** Position of a value in the figure; not finite for what has none. */
  readonly place: (value: number) => number;
}

/** An axis from one position of the figure to another. */
export function axis(
  range: readonly [number, number],
  logarithmic: boolean,
  from: number,
  to: number,
): FigureAxis {
  const along = logarithmic ? Math.log10 : (value: number) => value;
  const [a, b] = range.map(along);
  return {
    ...{ range, logarithmic, ends: [from, to] },
    place: (value) => from + (to - from) * (along(value) - a) / (b - a),
  };
}

/** Names and ticks of a frame. */
export interface FrameOptions {
  readonly x: FigureAxis;
  readonly y: FigureAxis;
  readonly xTitle: string;
  readonly yTitle: string;
  /** Names in place of numbers along the axis below. */
  readonly levels?: readonly string[] | undefined;
  /** Whether lines lead from the ticks through the box. */
  readonly grid: boolean;
}

/** A tick of an axis: its words, and where it stands. */
export interface AxisTick {
  readonly text: string;
  readonly at: number;
}

/** Lengths of an axis per tick, across and upwards. */
const ACROSS = 62, UPWARDS = 45;

/** As many ticks as an axis has room for. */
export function axisTicks({ range, logarithmic, ends: [from, to] }: FigureAxis): AxisTick[] {
  const upwards = to < from, length = Math.abs(to - from);
  const count = Math.max(2, Math.floor(length / (upwards ? UPWARDS : ACROSS)));
  const placed = placedTicks(range, count, logarithmic);
  // powers beside numbers such as 0.02 would not be read at a glance
  const powers = logarithmic && placed.every(({ tick }) => decade(tick) !== undefined);
  return placed.map(({ tick, share }) => ({
    text: tickText(tick, powers),
    at: from + share * (to - from),
  }));
}

/** How wide the numbers at the left of an axis are. */
export function ticksWidth(ticks: readonly AxisTick[]): number {
  return Math.max(0, ...ticks.map(({ text }) => textWidth(text, 11)));
}

/** A frame with ticks and names at its left and below it. */
export function frame(
  box: FigureBox,
  { x, y, xTitle, yTitle, levels, grid }: FrameOptions,
  ink: Ink,
): { readonly behind: string; readonly front: string } {
  const bottom = box.y + box.height, up = axisTicks(y);
  const room = box.width / Math.max(1, levels?.length ?? 1);
  const across = levels?.map((level, i) => ({ text: fitted(level, room, 11), at: x.place(i) })) ??
    axisTicks(x);
  const lines = [
    ...(levels === undefined ? across : []).map(({ at }) =>
      `M${hundredths(at)} ${hundredths(box.y)}V${hundredths(bottom)}`
    ),
    ...up.map(({ at }) =>
      `M${hundredths(box.x)} ${hundredths(at)}H${hundredths(box.x + box.width)}`
    ),
  ];
  const marks = [
    ...across.map(({ at }) => `M${hundredths(at)} ${hundredths(bottom)}v4`),
    ...up.map(({ at }) => `M${hundredths(box.x)} ${hundredths(at)}h-4`),
  ];
  const small = { size: 11, color: ink.axis };
  return {
    behind: grid ? `<path d="${lines.join("")}" stroke="${ink.grid}" fill="none"/>` : "",
    front:
      `<rect x="${hundredths(box.x)}" y="${hundredths(box.y)}" width="${
        hundredths(box.width)
      }" height="${hundredths(box.height)}" fill="none" stroke="${ink.axis}"/><path d="${
        marks.join("")
      }" stroke="${ink.axis}" fill="none"/>` +
      across.map(({ text, at }) =>
        textElement(text, { ...small, x: at, y: bottom + 17, anchor: "middle" })
      ).join("") +
      up.map(({ text, at }) =>
        textElement(text, { ...small, x: box.x - 7, y: at + 4, anchor: "end" })
      ).join("") +
      textElement(fitted(xTitle, box.width), {
        ...{ x: box.x + box.width / 2, y: bottom + 36, anchor: "middle", color: ink.ink },
      }) +
      textElement(fitted(yTitle, box.height), {
        ...{
          x: box.x - Math.min(ticksWidth(up) + 16, 56),
          y: box.y + box.height / 2,
          anchor: "middle",
          turn: -90,
          color: ink.ink,
        },
      }),
  };
}
