/**
 * Axes of a figure's panels: where values stand, ticks and names.
 *
 * @module
 */

import { hundredths } from "../html/numbers.ts";
import { isLogarithmicTick, roundTicks } from "../page/ticks.ts";
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
    range,
    logarithmic,
    place: (value) => from + (to - from) * (along(value) - a) / (b - a),
  };
}

/** The ticks of an axis. */
export function axisTicks(
  { range: [low, high], logarithmic }: FigureAxis,
  count: number,
): number[] {
  if (!logarithmic) { // ticks just beyond an end stand there
    const near = 0.004 * (high - low);
    return roundTicks(low - near, high + near, 1.05 * count)
      .filter((tick) => tick >= low - near && tick <= high + near);
  }
  const ticks: number[] = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) {
    for (const digit of [1, 2, 5]) {
      const value = Number(`${digit}e${e}`);
      const inside = value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9);
      if (inside && isLogarithmicTick(value, low, high)) ticks.push(value);
    }
  }
  return ticks;
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

/** A frame with ticks and names at its left and below it. */
export function frame(
  box: FigureBox,
  { x, y, xTitle, yTitle, levels, grid }: FrameOptions,
): { readonly behind: string; readonly front: string } {
  const bottom = box.y + box.height;
  const across = levels === undefined ? axisTicks(x, 5) : levels.map((_, i) => i);
  const up = axisTicks(y, 5);
  const room = box.width / Math.max(1, across.length);
  const words = across.map((value, i) =>
    levels === undefined ? tickText(value, x.logarithmic) : fitted(levels[i], room, 11)
  );
  const lines = [
    ...(levels === undefined ? across : []).map((value) =>
      `M${hundredths(x.place(value))} ${hundredths(box.y)}V${hundredths(bottom)}`
    ),
    ...up.map((value) =>
      `M${hundredths(box.x)} ${hundredths(y.place(value))}H${hundredths(box.x + box.width)}`
    ),
  ];
  const marks = [
    ...across.map((value) => `M${hundredths(x.place(value))} ${hundredths(bottom)}v4`),
    ...up.map((value) => `M${hundredths(box.x)} ${hundredths(y.place(value))}h-4`),
  ];
  const left = Math.max(0, ...up.map((value) => textWidth(tickText(value, y.logarithmic), 11)));
  return {
    behind: grid ? `<path d="${lines.join("")}" stroke="#e4e7ea" fill="none"/>` : "",
    front:
      `<rect x="${hundredths(box.x)}" y="${hundredths(box.y)}" width="${
        hundredths(box.width)
      }" height="${hundredths(box.height)}" fill="none" stroke="#57606a"/><path d="${
        marks.join("")
      }" stroke="#57606a" fill="none"/>` +
      across.map((value, i) =>
        textElement(words[i], { x: x.place(value), y: bottom + 17, anchor: "middle", size: 11 })
      ).join("") +
      up.map((value) =>
        textElement(tickText(value, y.logarithmic), {
          ...{ x: box.x - 7, y: y.place(value) + 4, anchor: "end", size: 11 },
        })
      ).join("") +
      textElement(fitted(xTitle, box.width), {
        ...{ x: box.x + box.width / 2, y: bottom + 36, anchor: "middle" },
      }) +
      textElement(fitted(yTitle, box.height), {
        ...{
          x: box.x - Math.min(left + 16, 56),
          y: box.y + box.height / 2,
          anchor: "middle",
          turn: -90,
        },
      }),
  };
}
