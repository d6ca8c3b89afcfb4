/**
 * Numbers from text and to text, without loss.
 *
 * @module
 */

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const NOT_FINITE = /^[+-]?(?:nan|inf|infinity)$/i;

/**
 * Reads a decimal number as the nearest float64; not finite for `nan`, `inf` and what overflows,
 * undefined for anything that is not a number.
 */
export function parseNumber(text: string): number | undefined {
  if (DECIMAL.test(text)) return Number(text);
  if (NOT_FINITE.test(text)) return /nan/i.test(text) ? NaN : Infinity;
  return undefined;
}

/** Prints the shortest decimal that reads back as the same bits (`-0` included). */
export function plainNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}
