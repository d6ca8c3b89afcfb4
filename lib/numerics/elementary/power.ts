/**
 * Powers, cube roots and lengths.
 *
 * @module
 */

import { exp, farExponential } from "./exponential.ts";
import { logarithmParts } from "./logarithm.ts";
import {
  AT_ONE,
  exponentOf,
  LOW,
  powerOfTwo,
  POWERS,
  timesPowerOfTwo,
  twoPartProduct,
  twoPartRoot,
} from "./parts.ts";

/**
 * `x^y`, with ECMAScript's results for zeros, infinities and NaN. Error: below 0.75 units in the last place.
 *
 * `e^(y log x)`, with `log x` to 67 bits, of which the largest powers need 64; small integer powers as products.
 */
export function pow(x: number, y: number): number {
  if (y === 2) return x * x;
  if (y === 1) return x;
  if (y === 0) return 1;
  if (y === -1) return 1 / x;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  const size = Math.abs(x), odd = isOdd(y);
  if (size === 1 && Math.abs(y) === Infinity) return NaN;
  if (x < 0 && Math.floor(y) !== y) return x === -Infinity ? (y > 0 ? Infinity : 0) : NaN;
  const value = size === 0 || size === Infinity || Math.abs(y) === Infinity
    ? (size > 1) === (y > 0) ? Infinity : 0
    : finitePower(size, y);
  const negative = odd && (x < 0 || Object.is(x, -0));
  return negative ? -value : value;
}

function isOdd(y: number): boolean {
  return Math.abs(y) < 2 ** 53 && Math.abs(y) % 2 === 1;
}

/** `x^y` for positive finite `x` and finite `y`. */
function finitePower(x: number, y: number): number {
  if (x === 1) return 1;
  if (y > 2 && y <= MOST_PRODUCTS && x > 1 / 1024 && x < 1024 && Math.floor(y) === y) {
    return products(x, y);
  }
  if (y === 0.5) return Math.sqrt(x);
  const subnormal = x < 2.2250738585072014e-308;
  const high = subnormal
      ? logarithmParts(x * POWERS[AT_ONE + 54], 0, -54)
      : logarithmParts(x, 0, 0),
    low = LOW[0];
  const exponent = high * y;
  if (!(Math.abs(exponent) < 746)) return exponent > 0 ? Infinity : 0;
  if (Math.abs(exponent) < 1e-20) return 1;
  if (Math.abs(y) < 1e-15) return exp(exponent);
  const first = twoPartProduct(high, low, y, 0), rest = LOW[0];
  return farExponential(first, rest);
}

/** Integer powers up to this one are products, whose sizes float32 holds for `x` between 2^-10 and 2^10. */
const MOST_PRODUCTS = 8;

/** `x^n` as a product in two parts. */
function products(x: number, n: number): number {
  let high = x, low = 0;
  for (let i = 1; i < n; i++) {
    high = twoPartProduct(high, low, x, 0);
    low = LOW[0];
  }
  return high + low;
}

/** The cube root. Error: below 0.6 units in the last place. */
export function cbrt(x: number): number {
  if (!(x !== 0 && Math.abs(x) < Infinity)) return x;
  // x = 8^n m with m between 1/8 and 8
  const n = Math.floor(exponentOf(Math.abs(x)) / 3);
  const m = Math.abs(x) * powerOfTwo(-3 * n + (n < -340 ? -54 : 0)) *
    (n < -340 ? POWERS[AT_ONE + 54] : 1);
  const first = Math.fround(finitePower(m, 1 / 3));
  // Newton's step from 24 bits, with the remainder exact: first^2 has 48 bits, its product is split.
  const square = first * first, cube = twoPartProduct(square, 0, first, 0);
  const step = ((m - cube) - LOW[0]) / (3 * square);
  // Halley's correction: the step's square counts
  const value = timesPowerOfTwo(first + (step - step * step / first), n);
  return x < 0 ? -value : value;
}

/** `sqrt(x1^2 + x2^2 + ...)`. Error for two numbers: below 0.6 units in the last place. */
export function hypot(...all: number[]): number {
  if (all.length === 2) {
    const a = Math.abs(all[0]), b = Math.abs(all[1]), most = a > b ? a : b;
    if (most > 1e-15 && most < 1e15 && a + b < Infinity) {
      const first = twoPartProduct(a, 0, a, 0), rest = LOW[0];
      const second = twoPartProduct(b, 0, b, 0), sum = first + second, part = sum - first;
      const low = ((first - (sum - part)) + (second - part)) + (rest + LOW[0]);
      return twoPartRoot(sum, low) + LOW[0];
    }
  }
  return lengthOf(all);
}

function lengthOf(all: readonly number[]): number {
  let most = 0, unknown = false;
  for (const each of all) {
    const size = Math.abs(each);
    if (size === Infinity) return Infinity;
    if (Number.isNaN(size)) unknown = true;
    else if (size > most) most = size;
  }
  if (unknown) return NaN;
  if (most === 0) return 0;
  const k = exponentOf(most), half = k >> 1;
  let sum = 0, rest = 0;
  for (const each of all) {
    const x = each * powerOfTwo(-half) * powerOfTwo(half - k);
    if (Math.abs(x) < 1e-18) continue;
    const square = twoPartProduct(x, 0, x, 0), next = sum + square, part = next - sum;
    rest += ((sum - (next - part)) + (square - part)) + LOW[0];
    sum = next;
  }
  return timesPowerOfTwo(twoPartRoot(sum + rest, rest - (sum + rest - sum)) + LOW[0], k);
}
