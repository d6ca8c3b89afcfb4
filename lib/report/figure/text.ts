/**
 * Text of a figure: elements, raised powers, widths.
 *
 * @module
 */

import { escapeHtml } from "../html/html.ts";
import { compactNumber, hundredths, powerOfTen } from "../html/numbers.ts";
import { decade } from "../page/ticks.ts";

/** Fonts that every system has one of. */
export const FONT = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

/** Size of the text in units of the figure. */
export const TEXT_SIZE = 12;

/** Where and how a text stands. */
export interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly size?: number;
  readonly bold?: boolean;
  readonly color: string;
  /** Degrees, clockwise. */
  readonly turn?: number;
}

/** A text element; powers of ten are raised. */
export function textElement(text: string, place: TextPlace): string {
  if (text === "") return "";
  const { x, y, anchor = "start", size = TEXT_SIZE, bold, color, turn } = place;
  const at = turn === undefined
    ? `x="${hundredths(x)}" y="${hundredths(y)}"`
    : `transform="translate(${hundredths(x)} ${hundredths(y)}) rotate(${turn})"`;
  return `<text ${at} text-anchor="${anchor}" font-size="${size}" fill="${color}"${
    bold ? ' font-weight="bold"' : ""
  }>${raised(text, size)}</text>`;
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Small digits become digits that are raised: few fonts have all of them. */
function raised(text: string, size: number): string {
  return text.split(/([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)/).map((part, i) => {
    if (i % 2 === 0) return escapeHtml(part);
    const plain = [...part].map((letter) => letter === "⁻" ? "−" : RAISED.indexOf(letter)).join("");
    const step = hundredths(0.4 * size);
    return `<tspan dy="-${step}" font-size="${hundredths(0.72 * size)}">${plain}</tspan>` +
      `<tspan dy="${step}">&#8203;</tspan>`;
  }).join("");
}

/** About how wide a text is. */
export function textWidth(text: string, size = TEXT_SIZE): number {
  return 0.56 * size * [...text].length;
}

/** Whole numbers below this are written out. */
const MOST_WHOLE = 1e7;

/** A number at a tick, as a power of ten where all of the axis are. */
export function tickText(value: number, power: boolean): string {
  const exponent = power ? decade(value) : undefined;
  if (exponent !== undefined) return powerOfTen(exponent);
  if (Number.isInteger(value) && Math.abs(value) < MOST_WHOLE) {
    return String(value).replace("-", "−");
  }
  return compactNumber(value).replace(/\.?0+×/, "×");
}

/** As much of a text as has room. */
export function fitted(text: string, width: number, size = TEXT_SIZE): string {
  const letters = [...text], most = Math.max(1, Math.floor(width / (0.56 * size)));
  return letters.length <= most ? text : `${letters.slice(0, Math.max(1, most - 1)).join("")}…`;
}
