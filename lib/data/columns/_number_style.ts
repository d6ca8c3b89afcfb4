/**
 * Numbers with a decimal comma or with marks between groups of three digits.
 *
 * @module
 */

import type { NumberStyle } from "./recipe.ts";

/** Styles that are tried, in this order. */
const STYLES: readonly NumberStyle[] = [
  { decimal: ".", thousands: "," },
  { decimal: ",", thousands: "." },
  { decimal: ",", thousands: " " },
  { decimal: ".", thousands: " " },
  { decimal: ".", thousands: "'" },
];

/** Spaces that programs put between groups of digits: a plain one, unbreakable and thin ones. */
const SPACES = /[ \u00a0\u2009\u202f]/g;

/**
 * Finds how the numbers of a column are written; undefined where some are no numbers in any style.
 *
 * `1,234` alone may be either; it is a thousand, unless cells stand apart by semicolons, as they do
 * where a comma is for decimals.
 *
 * @param texts Different cells that are not missing.
 * @param delimiter What stands between the cells of the table.
 */
export function findNumberStyle(
  texts: readonly string[],
  delimiter: string,
): NumberStyle | undefined {
  const order = delimiter === ";" ? [...STYLES.slice(1), STYLES[0]] : STYLES;
  const fitting = order.find((style) => texts.every((text) => plainDigits(text, style) !== null));
  if (fitting === undefined) return undefined;
  const { decimal, thousands } = fitting;
  const grouped = texts.some((text) => marks(text, thousands!));
  return grouped ? fitting : { decimal };
}

function marks(text: string, mark: string): boolean {
  return mark === " " ? text.search(SPACES) >= 0 : text.includes(mark);
}

/** The number with a decimal point and nothing between its digits; null where it is none. */
export function plainDigits(text: string, { decimal, thousands }: NumberStyle): string | null {
  const found = /^([+-]?)([\d.,' \u00a0\u2009\u202f]*)(e[+-]?\d+)?$/i.exec(text);
  if (found === null) return null;
  const [, sign, body, power = ""] = found, at = body.lastIndexOf(decimal);
  const whole = at < 0 ? body : body.slice(0, at), fraction = at < 0 ? "" : body.slice(at + 1);
  if (!/^\d*$/.test(fraction)) return null;
  let digits = whole;
  if (!/^\d*$/.test(whole)) {
    if (thousands === undefined) return null;
    const spaced = whole.replace(SPACES, " ");
    if (!(thousands === " " || !/ /.test(spaced))) return null;
    const groups = spaced.split(thousands);
    const right = groups.length > 1 && /^[1-9]\d{0,2}$/.test(groups[0]) &&
      groups.slice(1).every((group) => /^\d{3}$/.test(group));
    if (!right) return null;
    digits = groups.join("");
  }
  if (digits === "" && fraction === "") return null;
  return `${sign}${digits}${at < 0 ? "" : `.${fraction}`}${power}`;
}

/** Whether a style is that of programs: a decimal point, nothing between digits. */
export function isPlainStyle({ decimal, thousands }: NumberStyle): boolean {
  return decimal === "." && thousands === undefined;
}
