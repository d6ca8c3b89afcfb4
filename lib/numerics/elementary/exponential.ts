/**
 * The exponential function and those made of it: expm1, sinh, cosh, tanh.
 *
 * `x = k ln 2 + r` with `|r| <= 0.35`, `ln 2` in two parts (Cody and Waite 1980), so `e^x = 2^k e^r`; `e^r` by
 * Taylor's polynomial of degree 13, whose remainder is below 5e-18. The sum `1 + r` is kept with its rounding
 * error (Dekker 1971), so all but the last rounding together cost about a tenth of a unit in the last place.
 *
 * @module
 */

import {
  AT_ONE,
  LN2_HIGH,
  LN2_LOW,
  LOW,
  POWERS,
  timesPowerOfTwo,
  twoPartQuotient,
} from "./parts.ts";

const INVERSE_LN2 = 1.4426950408889634;

/** `e^r - 1 - r`. */
function beyondLinear(r: number): number {
  const s = r * r, s2 = s * s;
  const first = (1 / 2 + r * (1 / 6)) + s * (1 / 24 + r * (1 / 120));
  const second = (1 / 720 + r * (1 / 5040)) + s * (1 / 40320 + r * (1 / 362880));
  const third = (1 / 3628800 + r * (1 / 39916800)) + s * (1 / 479001600 + r * (1 / 6227020800));
  return s * (first + s2 * (second + s2 * third));
}

/**
 * `e^x`. Error: below 0.65 units in the last place, below 0.8 where the result is subnormal.
 *
 * The kernels' exponential (`lib/engine/cpu/wasm/assembly/exponential.ts`) takes the same steps and gives the same
 * bits.
 */
export function exp(x: number): number {
  if (!(x > -708 && x < 709)) return farExponential(x);
  const k = Math.floor(x * INVERSE_LN2 + 0.5);
  const high = x - k * LN2_HIGH, low = k * LN2_LOW;
  const sum = 1 + high, rest = high - (sum - 1);
  return (sum + (rest + (beyondLinear(high - low) - low))) * POWERS[AT_ONE + k];
}

/** `e^(x + more)`, where `more` is below a unit in the last place of `x`, or 0 where `x` is infinite. */
export function farExponential(x: number, more = 0): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.8) return Infinity;
  if (x < -745.2) return 0;
  const k = Math.floor(x * INVERSE_LN2 + 0.5);
  const high = x - k * LN2_HIGH, low = k * LN2_LOW - more;
  const sum = 1 + high, rest = high - (sum - 1);
  return timesPowerOfTwo(sum + (rest + (beyondLinear(high - low) - low)), k);
}

/** `e^x - 1`. Error: below 1 unit in the last place. */
export function expm1(x: number): number {
  if (Math.abs(x) < 0.34) return x === 0 ? x : x + beyondLinear(x);
  if (!(x > -40 && x < 709)) return x <= -40 ? -1 : farExponential(x);
  const k = Math.floor(x * INVERSE_LN2 + 0.5);
  const p = reduced(x, k), low = LOW[0];
  // 2^k (1 + p) - 1 = 2^k ((1 - 2^-k) + p)
  const a = 1 - POWERS[AT_ONE - k], sum = a + p, part = sum - a;
  const rest = (a - (sum - part)) + (p - part);
  return (sum + (rest + low)) * POWERS[AT_ONE + k];
}

/** `e^(x - k ln 2) - 1`, its second part in `LOW`. */
function reduced(x: number, k: number): number {
  const high = x - k * LN2_HIGH, low = k * LN2_LOW, more = beyondLinear(high - low) - low;
  const p = high + more, part = p - high;
  LOW[0] = (high - (p - part)) + (more - part);
  return p;
}

/** The hyperbolic tangent, `(e^2x - 1) / (e^2x + 1)`. Error: below 1 unit in the last place. */
export function tanh(x: number): number {
  const size = Math.abs(x);
  if (size < 0.17) {
    // expm1(2x) / (expm1(2x) + 2) with expm1(2x) = 2x + more
    const more = beyondLinear(2 * x), p = 2 * x + more;
    return size < 1e-8 ? x : ratio(p, more - (p - 2 * x), 2);
  }
  if (!(size < 20)) return Number.isNaN(x) ? x : x > 0 ? 1 : -1;
  const k = Math.floor(2 * size * INVERSE_LN2 + 0.5);
  const p = reduced(2 * size, k), low = LOW[0], inverse = POWERS[AT_ONE - k];
  // Both times 2^-k: (1 - 2^-k + p) / (1 + 2^-k + p)
  const a = 1 - inverse, sum = a + p, part = sum - a;
  const value = ratio(sum, ((a - (sum - part)) + (p - part)) + low, 2 * inverse);
  return x > 0 ? value : -value;
}

/** `n / (n + more)` for `n = high + low`, rounded once. */
function ratio(high: number, low: number, more: number): number {
  const divisor = high + more, part = divisor - more;
  const rest = ((more - (divisor - part)) + (high - part)) + low;
  const first = Math.fround(high / divisor), top = Math.fround(divisor);
  const remainder = ((high - first * top) - first * (divisor - top)) + (low - first * rest);
  return first + remainder / divisor;
}

/** The hyperbolic sine, `(e^x - e^-x) / 2`. Error: below 0.8 units in the last place. */
export function sinh(x: number): number {
  const size = Math.abs(x);
  if (size < 0.34) {
    const s = x * x;
    let sum = 1 / 6227020800;
    sum = 1 / 39916800 + s * sum;
    sum = 1 / 362880 + s * sum;
    sum = 1 / 5040 + s * sum;
    sum = 1 / 120 + s * sum;
    sum = 1 / 6 + s * sum;
    return x + x * s * sum;
  }
  const value = halfSum(size, -1);
  return x < 0 ? -value : value;
}

/** The hyperbolic cosine, `(e^x + e^-x) / 2`. Error: below 0.8 units in the last place. */
export function cosh(x: number): number {
  return halfSum(Math.abs(x), 1);
}

/** `(e^x + sign e^-x) / 2` for `x >= 0`. */
function halfSum(x: number, sign: number): number {
  if (!(x < 711)) return Number.isNaN(x) ? x : Infinity;
  const k = Math.floor(x * INVERSE_LN2 + 0.5), p = reduced(x, k), pLow = LOW[0];
  const e = 1 + p, eLow = (p - (e - 1)) + pLow;
  if (x > 40) return timesPowerOfTwo(e + eLow, k - 1);
  // Both times 2^-k.
  const factor = sign * POWERS[AT_ONE - 2 * k];
  const inverse = twoPartQuotient(1, 0, e, eLow) * factor, low = LOW[0] * factor;
  const sum = e + inverse, part = sum - e;
  const rest = (e - (sum - part)) + (inverse - part);
  return (sum + (rest + (eLow + low))) * POWERS[AT_ONE + k - 1];
}
