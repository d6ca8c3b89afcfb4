/**
 * The logarithm and those made of it: log1p, log2, log10, powers, asinh, acosh, atanh.
 *
 * `x = 2^k (1 + f)` with `1 + f` between `sqrt(1/2)` and `sqrt(2)`, and with `s = f / (2 + f)`
 * `log(1 + f) = 2 artanh(s) = 2 s + 2 s^3 / 3 + 2 s^5 / 5 + ...` (Gregory 1668), where `s^2 < 0.0295`: eleven terms leave less
 * than 1e-18.
 *
 * @module
 */

import {
  AT_ONE,
  BITS,
  LN2_HIGH,
  LN2_LOW,
  LOW,
  NUMBER,
  POWERS,
  twoPartProduct,
  twoPartQuotient,
  twoPartRoot,
} from "./parts.ts";

const SMALLEST_NORMAL = 2.2250738585072014e-308;
/** The upper half of the bits of `sqrt(1/2)`: exponents change there instead of at 1. */
const SQRT_HALF_BITS = 0x3fe6a09e;

/** `2 (s^2 / 3 + s^4 / 5 + ...)` of `z = s^2`. */
function beyondFirst(z: number): number {
  const z2 = z * z, z4 = z2 * z2;
  const first = (2 / 3 + z * (2 / 5)) + z2 * (2 / 7 + z * (2 / 9));
  const second = (2 / 11 + z * (2 / 13)) + z2 * (2 / 15 + z * (2 / 17));
  return z * (first + z4 * (second + z4 * (2 / 19 + z * (2 / 21))));
}

/**
 * The natural logarithm. Error: below 0.9 units in the last place.
 *
 * `2 s = f - s f` and `s f = f^2 / 2 - s f^2 / 2`, so `log(1 + f) = f - (f^2 / 2 - s (f^2 / 2 + R))`, `R` as in
 * `beyondFirst`: `f` is exact, and what is added to it is small.
 */
export function log(x: number): number {
  if (!(x >= SMALLEST_NORMAL && x < Infinity)) return farLogarithm(x);
  NUMBER[0] = x;
  const k = (BITS[1] - SQRT_HALF_BITS) >> 20;
  const f = x * POWERS[AT_ONE - k] - 1, s = f / (2 + f), half = f * f * 0.5;
  return k * LN2_HIGH - ((half - (s * (half + beyondFirst(s * s)) + k * LN2_LOW)) - f);
}

/** The logarithm of a subnormal number, or of one that has none. */
function farLogarithm(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  return logarithmParts(x * POWERS[AT_ONE + 54], 0, -54) + LOW[0];
}

/** `log(1 + x)`. Error: below 0.9 units in the last place. */
export function log1p(x: number): number {
  if (x > -0.29 && x < 0.41) {
    const s = x / (2 + x), half = x * x * 0.5;
    return x === 0 ? x : x - (half - s * (half + beyondFirst(s * s)));
  }
  if (!(x > -1 && x < Infinity)) return x === -1 ? -Infinity : x === Infinity ? x : NaN;
  const sum = 1 + x, part = sum - 1;
  return logarithmParts(sum, (1 - (sum - part)) + (x - part), 0) + LOW[0];
}

/** The logarithm to base 2, exact for powers of two. Error: below 0.6 units in the last place. */
export function log2(x: number): number {
  if (!(x > 0 && x < Infinity)) return farLogarithm(x);
  return rebased(x, 1.4426950408889634, 2.0355273740931033e-17);
}

/** The logarithm to base 10, exact for powers of ten. Error: below 0.6 units in the last place. */
export function log10(x: number): number {
  if (!(x > 0 && x < Infinity)) return farLogarithm(x);
  return rebased(x, 0.4342944819032518, 1.098319650216765e-17);
}

function rebased(x: number, factor: number, more: number): number {
  const large = x < SMALLEST_NORMAL;
  const high = large ? logarithmParts(x * POWERS[AT_ONE + 54], 0, -54) : logarithmParts(x, 0, 0);
  return twoPartProduct(high, LOW[0], factor, more) + LOW[0];
}

/** `log((x + low) 2^shift)` to about 67 bits, the second part in `LOW`; `x` positive and normal. */
export function logarithmParts(x: number, low: number, shift: number): number {
  NUMBER[0] = x;
  const k = (BITS[1] - SQRT_HALF_BITS) >> 20, down = POWERS[AT_ONE - k];
  return nearOne(x * down - 1, low * down, k + shift);
}

/**
 * `log(1 + f + low) + k ln 2` to about 67 bits, the second part in `LOW`; `-0.3 < f < 0.42`.
 *
 * `q` has the first 24 bits of `s`, `small` the rest; products of parts that have 24 bits each are exact.
 */
function nearOne(f: number, low: number, k: number): number {
  const d = 2 + f, dLow = (f - (d - 2)) + low;
  const q = Math.fround(f / d), top = Math.fround(d);
  const small = (((f - q * top) - q * (d - top)) + (low - q * dLow)) / d;
  // z = s^2, and t = 1/3 + z (1/5 + ...) in two parts each
  const zTop = q * q, zRest = small * (q + q + small), z = zTop + zRest;
  const more = z * fromFifth(z);
  const t = 0.3333333333333333 + more;
  const tLow = (more - (t - 0.3333333333333333)) + 1.850371707708594e-17;
  // w = z t = wTop + wRest
  const z24 = Math.fround(z), t24 = Math.fround(t);
  const wTop = z24 * t24, wMore = z24 * ((t - t24) + tLow) + ((zTop - z24) + zRest) * t;
  const w24 = Math.fround(wTop), wRest = (wTop - w24) + wMore;
  // s (1 + w), then twice that, and k ln 2
  const b = q * w24, sum = q + b;
  const rest = (b - (sum - q)) + (small + (q * wRest + small * (w24 + wRest)));
  const a = k * LN2_HIGH, two = 2 * sum, all = a + two, part = all - a;
  const error = (a - (all - part)) + (two - part);
  const second = error + (2 * rest + k * LN2_LOW), high = all + second;
  LOW[0] = second - (high - all);
  return high;
}

/** `1/5 + z / 7 + z^2 / 9 + ...`. */
function fromFifth(z: number): number {
  const z2 = z * z;
  const first = (1 / 5 + z * (1 / 7)) + z2 * (1 / 9 + z * (1 / 11));
  const second = (1 / 13 + z * (1 / 15)) + z2 * (1 / 17 + z * (1 / 19));
  return first + z2 * z2 * (second + z2 * z2 * (1 / 21 + z * (1 / 23)));
}

/** The inverse hyperbolic sine, `log(x + sqrt(x^2 + 1))`. Error: below 0.6 units in the last place. */
export function asinh(x: number): number {
  const size = Math.abs(x);
  if (size < 1e-5) return x === 0 ? x : x - x * (x * x * (1 / 6));
  if (!(size < Infinity)) return x;
  let value: number;
  if (size > 1e9) {
    value = logarithmParts(size, 0, 1) + LOW[0];
  } else {
    const square = twoPartProduct(size, 0, size, 0), error = LOW[0], w = 1 + square, part = w - 1;
    const length = twoPartRoot(w, (1 - (w - part)) + (square - part) + error);
    value = logarithmOfSum(length - 1, LOW[0], size) + LOW[0];
  }
  return x < 0 ? -value : value;
}

/** The inverse hyperbolic cosine, `log(x + sqrt(x^2 - 1))`. Error: below 0.6 units in the last place. */
export function acosh(x: number): number {
  if (!(x >= 1)) return NaN;
  if (x === 1) return 0;
  if (x > 1e9) return x === Infinity ? x : logarithmParts(x, 0, 1) + LOW[0];
  const above = x + 1, square = twoPartProduct(x - 1, 0, above, x - (above - 1));
  const length = twoPartRoot(square, LOW[0]);
  return logarithmOfSum(x - 1, LOW[0], length) + LOW[0];
}

/** `log(1 + a + aLow + b)` for `a, b >= 0`. */
function logarithmOfSum(a: number, aLow: number, b: number): number {
  const f = a + b, part = f - a, low = (a - (f - part)) + (b - part) + aLow;
  if (f < 0.4) return nearOne(f, low, 0);
  const sum = 1 + f, other = sum - 1;
  return logarithmParts(sum, (1 - (sum - other)) + (f - other) + low, 0);
}

/** The inverse hyperbolic tangent, `log((1 + x) / (1 - x)) / 2`. Error: below 0.7 units in the last place. */
export function atanh(x: number): number {
  const size = Math.abs(x);
  if (size < 0.17) return x + x * (beyondFirst(x * x) * 0.5);
  if (!(size < 1)) return size === 1 ? x * Infinity : NaN;
  const above = 1 + size, below = 1 - size;
  const ratio = twoPartQuotient(above, size - (above - 1), below, (1 - below) - size);
  const value = logarithmParts(ratio, LOW[0], 0) + LOW[0];
  return x < 0 ? -value / 2 : value / 2;
}
