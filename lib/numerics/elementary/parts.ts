/**
 * What the elementary functions are made of: powers of two, the bits of a number, sums in two parts.
 *
 * Nothing but `+ - * /`, `Math.sqrt`, `Math.fround`, `Math.abs` and `Math.floor` is used, whose results IEEE 754
 * fixes to the last bit. ECMAScript leaves `Math.exp` and its kin to each engine.
 *
 * @module
 */

/** `2^k` at `k + 1074`, for `k` from -1074 to 1023. */
export const POWERS: Float64Array = /* @__PURE__ */ powers();

/** The exponent of 1 in `POWERS`. */
export const AT_ONE = 1074;

/** One number, and the same bits as two integers of 32 bits, the lower one first. */
export const NUMBER: Float64Array = /* @__PURE__ */ new Float64Array(1);
export const BITS: Int32Array = /* @__PURE__ */ new Int32Array(NUMBER.buffer);

/** The second part of a result that has two, and for angles the number of quarter turns taken off, modulo 4. */
export const LOW: Float64Array = /* @__PURE__ */ new Float64Array(2);

/** ln 2 in two parts: 32 bits, whose products with exponents are exact, and the rest. */
export const LN2_HIGH = 0.6931471803691238;
export const LN2_LOW = 1.9082149292705877e-10;

function powers(): Float64Array {
  const all = new Float64Array(2098);
  all[0] = 5e-324;
  for (let i = 1; i < all.length; i++) all[i] = 2 * all[i - 1];
  return all;
}

/** `x 2^k`, rounded once if `x` lies between 1/4 and 4 and `|k| <= 2000`. */
export function timesPowerOfTwo(x: number, k: number): number {
  if (k > 1000) return x * POWERS[AT_ONE + 1000] * POWERS[AT_ONE + Math.min(1000, k - 1000)];
  if (k < -1000) return x * POWERS[AT_ONE - 60] * POWERS[Math.max(0, AT_ONE + k + 60)];
  return x * POWERS[AT_ONE + k];
}

/**
 * `2^k` for an integer `k` between -1074 and 1023; 0 below, infinite above.
 *
 * `2 ** k` is a call of `Math.pow`, which need not be exact.
 */
export function powerOfTwo(k: number): number {
  return k < -1074 ? 0 : k > 1023 ? Infinity : POWERS[AT_ONE + k];
}

/** The exponent of the leading bit of a positive number: `floor(log2(x))`, exactly. */
export function exponentOf(x: number): number {
  if (x < 2.2250738585072014e-308) return exponentOf(x * POWERS[AT_ONE + 54]) - 54;
  NUMBER[0] = x;
  return (BITS[1] >> 20) - 1023;
}

/**
 * `(high + low) / (divisor + rest)`, the second part in `LOW`.
 *
 * The quotient's first 24 bits (`Math.fround`) times the divisor's first 24 and last 29 are exact, so the
 * remainder is. All numbers must lie far from the ends of float32's range.
 */
export function twoPartQuotient(high: number, low: number, divisor: number, rest: number): number {
  const first = Math.fround(high / divisor), top = Math.fround(divisor);
  const remainder = ((high - first * top) - first * (divisor - top)) + (low - first * rest);
  const second = remainder / divisor, all = first + second;
  LOW[0] = second - (all - first);
  return all;
}

/** `(a + aLow) (b + bLow)`, the second part in `LOW`; numbers as for `twoPartQuotient`. */
export function twoPartProduct(a: number, aLow: number, b: number, bLow: number): number {
  const aTop = Math.fround(a), bTop = Math.fround(b), aRest = a - aTop, bRest = b - bTop;
  const all = a * b;
  const error = ((aTop * bTop - all) + aTop * bRest + aRest * bTop) + aRest * bRest;
  LOW[0] = error + (a * bLow + aLow * b);
  return all;
}

/** `sqrt(a + aLow)` of a positive number, the second part in `LOW`; numbers as for `twoPartQuotient`. */
export function twoPartRoot(a: number, aLow: number): number {
  const first = Math.sqrt(a), square = twoPartProduct(first, 0, first, 0);
  LOW[0] = ((a - square - LOW[0]) + aLow) / (2 * first);
  return first;
}
