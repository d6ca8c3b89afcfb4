/**
 * Decimal numbers from bytes, correctly rounded: the same float64 as `Number(text)`.
 *
 * @module
 */

/** `10^k`, exact in float64 up to `k = 22`. */
const POWERS = Float64Array.from({ length: 23 }, (_, k) => Number(`1e${k}`));

/** Digits of the first part of a number: below `2^53` together. */
const FIRST_DIGITS = 15;

/** Most digits of the second part: the parts have an exact sum of two float64. */
const MORE_DIGITS = 7;

/** Splits a float64 into two halves of 26 bits (Veltkamp). */
const SPLITTER = 134217729;

/** What the last call of {@linkcode decimalAt} found beside the number. */
export const lastDecimal = { digits: 0 };

/**
 * Reads the decimal number that bytes from `from` to before `to` spell; NaN where they spell none, or
 * one that is not finite.
 *
 * Up to 15 digits and a power of ten up to 22 are one exact division or product (W. D. Clinger, How
 * to read floating point numbers accurately, 1990). Up to 22 digits are divided in double-double
 * arithmetic; where that leaves open which of two neighbours is nearer, and for all others,
 * `Number()` decides.
 */
export function decimalAt(bytes: Uint8Array, from: number, to: number): number {
  let i = from, negative = false;
  const sign = bytes[i];
  if (sign === 45 || sign === 43) {
    negative = sign === 45;
    i++;
  }
  let first = 0, second = 0, digits = 0, more = 0, scale = 0, point = -1, seen = 0;
  for (; i < to; i++) {
    const digit = bytes[i] - 48;
    if (digit >= 0 && digit < 10) {
      seen++;
      if (digits < FIRST_DIGITS) {
        first = first * 10 + digit;
        if (first > 0) digits++;
      } else {
        if (more < MORE_DIGITS) second = second * 10 + digit;
        more++;
      }
      if (point >= 0) scale++;
    } else if (bytes[i] === 46 && point < 0) point = i;
    else break;
  }
  if (seen === 0) return NaN;
  let power = -scale;
  if (i < to) {
    if ((bytes[i] | 32) !== 101) return NaN;
    let exponent = 0, down = false;
    i++;
    if (bytes[i] === 45 || bytes[i] === 43) {
      down = bytes[i] === 45;
      i++;
    }
    if (i >= to) return NaN;
    for (; i < to; i++) {
      const digit = bytes[i] - 48;
      if (!(digit >= 0 && digit < 10)) return NaN;
      if (exponent < 100_000) exponent = exponent * 10 + digit;
    }
    power += down ? -exponent : exponent;
  }
  lastDecimal.digits = digits + more;
  let value = NaN;
  if (more === 0) {
    if (first === 0) value = 0;
    else if (power <= 0 && power >= -22) value = first / POWERS[-power];
    else if (power > 0 && power <= 22) value = first * POWERS[power];
  } else if (more <= MORE_DIGITS && power <= 0 && power >= -22) {
    value = longQuotient(first, POWERS[more], second, POWERS[-power]);
  }
  if (Number.isNaN(value)) return spelt(bytes, from, to);
  return negative ? -value : value;
}

/** `(first * factor + second) / divisor`, correctly rounded; NaN where that is not certain. */
function longQuotient(first: number, factor: number, second: number, divisor: number): number {
  const a = SPLITTER * first, head = a - (a - first), tail = first - head;
  const product = first * factor;
  const rest = (head * factor - product) + tail * factor + second;
  const high = product + rest, low = rest - (high - product);
  if (divisor === 1) return high;
  const quotient = high / divisor;
  const b = SPLITTER * quotient, qHead = b - (b - quotient), qTail = quotient - qHead;
  const c = SPLITTER * divisor, dHead = c - (c - divisor), dTail = divisor - dHead;
  const back = quotient * divisor;
  const error = ((qHead * dHead - back) + qHead * dTail + qTail * dHead) + qTail * dTail;
  const correction = ((high - back) - error + low) / divisor;
  const result = quotient + correction, left = correction - (result - quotient);
  return result + left * 1.0000001 === result ? result : NaN;
}

function spelt(bytes: Uint8Array, from: number, to: number): number {
  const value = Number(String.fromCharCode(...bytes.subarray(from, to)));
  return Number.isFinite(value) ? value : NaN;
}
