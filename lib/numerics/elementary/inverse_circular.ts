/**
 * The inverses of sine, cosine and tangent.
 *
 * All are the angle of a point: `atan(n/d) = atan(j/8) + atan(u)` with `u = (n - d j/8) / (d + n j/8)`, `j` the
 * nearest integer to `8 n / d` and so `|u| <= 1/16`, where Gregory's series needs eight terms. `u` is computed in
 * two parts.
 *
 * @module
 */

import {
  exponentOf,
  LOW,
  powerOfTwo,
  twoPartProduct,
  twoPartQuotient,
  twoPartRoot,
} from "./parts.ts";

/** `atan(j / 8)` in two parts. */
const ANGLES = [
  0,
  0,
  0.12435499454676144,
  -3.1253241424539383e-18,
  0.24497866312686414,
  1.0698755618734451e-17,
  0.35877067027057225,
  -2.4623815582638635e-17,
  0.4636476090008061,
  2.2698777452961687e-17,
  0.5585993153435624,
  -5.4556305485916264e-18,
  0.6435011087932844,
  1.5834785051444286e-17,
  0.7188299996216245,
  -2.1478388444456983e-17,
  0.7853981633974483,
  3.061616997868383e-17,
];
const HALF_PI = 1.5707963267948966, HALF_PI_LOW = 6.123233995736766e-17;

/** The angle of `(d + dLow, n + nLow)`, `0 <= n <= d`, its second part in `LOW`. */
function angle(n: number, nLow: number, d: number, dLow: number): number {
  const share = n / d;
  LOW[0] = 0;
  if (share < 1e-30) return share;
  const j = Math.floor(8 * share + 0.5), c = j / 8;
  const nTop = Math.fround(n), dTop = Math.fround(d);
  // The numerator n - c d and the divisor d + c n; products with c, which has four bits, are exact
  const a = c * dTop, b = c * (d - dTop), first = n - a, part = first - n;
  const top = first - b, other = top - first;
  const topLow = ((n - (first - part)) - (a + part)) + ((first - (top - other)) - (b + other)) +
    (nLow - c * dLow);
  const e = c * nTop, g = c * (n - nTop), sum = d + e, piece = sum - d;
  const below = sum + g,
    belowLow = ((d - (sum - piece)) + (e - piece)) + (g - (below - sum)) +
      (dLow + c * nLow);
  const u = twoPartQuotient(top, topLow, below, belowLow), uLow = LOW[0], z = u * u, z2 = z * z;
  const series = (-1 / 3 + z * (1 / 5)) + z2 * (-1 / 7 + z * (1 / 9)) +
    z2 * z2 * ((-1 / 11 + z * (1 / 13)) - z2 * (1 / 15));
  return sumOf(ANGLES[2 * j], ANGLES[2 * j + 1], u, uLow + u * z * series);
}

/** `a + aLow + b + bLow`, the second part in `LOW`. */
function sumOf(a: number, aLow: number, b: number, bLow: number): number {
  const sum = a + b, part = sum - a;
  const low = ((a - (sum - part)) + (b - part)) + (aLow + bLow), high = sum + low;
  LOW[0] = low - (high - sum);
  return high;
}

/** `turns pi/2 + sign (high + LOW)`, rounded once. */
function turned(turns: number, sign: number, high: number): number {
  return sumOf(turns * HALF_PI, turns * HALF_PI_LOW, sign * high, sign * LOW[0]) + LOW[0];
}

/** The inverse tangent. Error: below 0.6 units in the last place. */
export function atan(x: number): number {
  const size = Math.abs(x);
  if (!(size >= 1e-8)) return x;
  const value = size <= 1
    ? turned(0, 1, angle(size, 0, 1, 0))
    : size > 1e30
    ? HALF_PI
    : turned(1, -1, angle(1, 0, size, 0));
  return x < 0 ? -value : value;
}

/** The angle of the point `(x, y)`, from -pi to pi. Error: below 0.6 units in the last place. */
export function atan2(y: number, x: number): number {
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  const negative = y < 0 || Object.is(y, -0), behind = x < 0 || Object.is(x, -0);
  const value = pointAngle(Math.abs(x), Math.abs(y), behind);
  return negative ? -value : value;
}

function pointAngle(x: number, y: number, behind: boolean): number {
  if (x === Infinity && y === Infinity) return pointAngle(1, 1, behind);
  if (y === 0 || x === Infinity) return behind ? Math.PI : 0;
  if (x === 0 || y === Infinity) return HALF_PI;
  LOW[0] = 0;
  const flat = y <= x, n = Math.min(x, y), d = Math.max(x, y), share = n / d;
  const k = exponentOf(d), half = k >> 1;
  const down = powerOfTwo(-half), more = powerOfTwo(half - k);
  const high = share < 1e-30 ? share : angle(n * down * more, 0, d * down * more, 0);
  if (flat) return behind ? turned(2, -1, high) : share < 1e-30 ? share : high + LOW[0];
  return turned(1, behind ? 1 : -1, high);
}

/** The inverse sine. Error: below 0.6 units in the last place. */
export function asin(x: number): number {
  const size = Math.abs(x);
  if (!(size >= 1e-8)) return x;
  if (!(size < 1)) return size === 1 ? x * HALF_PI : NaN;
  const other = leg(size), low = LOW[0];
  const value = size <= other
    ? turned(0, 1, angle(size, 0, other, low))
    : turned(1, -1, angle(other, low, size, 0));
  return x < 0 ? -value : value;
}

/** The inverse cosine. Error: below 0.6 units in the last place. */
export function acos(x: number): number {
  const size = Math.abs(x);
  if (!(size < 1)) return x === 1 ? 0 : x === -1 ? Math.PI : NaN;
  const other = leg(size), low = LOW[0];
  if (size <= other) return turned(1, x < 0 ? 1 : -1, angle(size, 0, other, low));
  const small = angle(other, low, size, 0);
  return x < 0 ? turned(2, -1, small) : small + LOW[0];
}

/** `sqrt(1 - x^2)` for `0 <= x < 1`, its second part in `LOW`. */
function leg(x: number): number {
  const above = 1 + x, below = 1 - x;
  const square = twoPartProduct(below, (1 - below) - x, above, x - (above - 1));
  return twoPartRoot(square, LOW[0]);
}
