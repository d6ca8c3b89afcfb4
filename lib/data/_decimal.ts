/**
 * Exact decimal arithmetic: numbers as they are written, not the nearest float64.
 *
 * @module
 */

/** `mantissa * 10^exponent`, the mantissa without factors of ten (0 is `0 * 10^0`). */
export interface Decimal {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** Numbers that differ within their first 15 significant digits are different in float64. */
export const SAFE_DIGITS = 15;

/** Most digits and largest power of ten that are read: both bound the cost of exact arithmetic. */
const MOST_EXPONENT = 400;

/**
 * Reads a decimal number exactly; undefined for other texts and numbers far outside the range of
 * float64.
 */
export function parseDecimal(text: string): Decimal | undefined {
  const [whole, sign, integer, fraction = "", power = "0"] =
    text.match(/^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i) ?? [];
  if (whole === undefined || integer + fraction === "") return undefined;
  const digits = (integer + fraction).replace(/^0+/, "");
  const short = digits.replace(/0+$/, "");
  if (short === "") return { mantissa: 0n, exponent: 0 };
  const exponent = Number(power) - fraction.length + digits.length - short.length;
  if (Math.abs(exponent) > MOST_EXPONENT || short.length > MOST_EXPONENT) return undefined;
  return { mantissa: BigInt(sign === "-" ? `-${short}` : short), exponent };
}

/** Number of significant digits, from the text alone: an upper bound that costs little. */
export function writtenDigits(text: string): number {
  const mantissa = text.replace(/e.*$/i, "").replace(/[^0-9]/g, "");
  return mantissa.replace(/^0+/, "").length;
}

/** `a - b`, exactly. */
export function subtractDecimals(a: Decimal, b: Decimal): Decimal {
  const exponent = Math.min(a.exponent, b.exponent);
  return { mantissa: shifted(a, exponent) - shifted(b, exponent), exponent };
}

/** Below, at, or above zero as `a` is less than, equal to, or greater than `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const { mantissa } = subtractDecimals(a, b);
  return mantissa < 0n ? -1 : mantissa > 0n ? 1 : 0;
}

/** The nearest float64. */
export function decimalNumber({ mantissa, exponent }: Decimal): number {
  return Number(`${mantissa}e${exponent}`);
}

/** Prints a number, without an exponent unless that takes more than 30 digits or zeros. */
export function decimalText({ mantissa, exponent }: Decimal): string {
  const text = String(mantissa);
  if (exponent === 0) return text;
  if (exponent > 0 && exponent <= 30) return text + "0".repeat(exponent);
  const sign = mantissa < 0n ? "-" : "";
  const digits = sign === "" ? text : text.slice(1);
  if (exponent < 0 && -exponent <= 30) {
    const padded = digits.padStart(1 - exponent, "0");
    return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
  }
  return `${text}e${exponent}`;
}

/** The mantissa of the same number written with a smaller exponent. */
function shifted({ mantissa, exponent }: Decimal, to: number): bigint {
  return mantissa * 10n ** BigInt(exponent - to);
}
