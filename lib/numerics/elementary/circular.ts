/**
 * Sine, cosine and tangent.
 *
 * `x = n pi/2 + y` with `|y| <= pi/4`, and Taylor's polynomials of `y`. Up to 1.6e6 the multiple of pi/2 is taken off
 * in three parts of pi/2, whose products with `n` are exact but for the last (Cody and Waite 1980); what remains of
 * larger numbers, and of those next to a multiple, is found in integers, with as many digits of pi as it takes
 * (Payne and Hanek 1983).
 *
 * @module
 */

import { withoutQuarterTurns } from "./large_angles.ts";
import { LOW, twoPartQuotient } from "./parts.ts";

const TWO_OVER_PI = 0.6366197723675814;
const PART_1 = 1.5707963267341256; // 33 bits
const PART_2 = 6.077100506303966e-11; // the next 33 bits
const PART_3 = 2.0222662487959506e-21;
const QUARTER = 0.7853981633974483;
const LARGEST = 1.6e6;

/** `n mod 4` of the last reduction. */
let turn = 0;

/** `y`, its second part in `LOW`, `n` in `turn`. */
function reduce(x: number): number {
  if (!(Math.abs(x) < LARGEST)) return far(x);
  const n = Math.floor(x * TWO_OVER_PI + 0.5);
  const a = x - n * PART_1, b = n * PART_2, c = a - b, part = a - c;
  // c + error = a - b exactly
  const error = (a - (c + part)) + (part - b);
  const rest = error - n * PART_3, y = c + rest;
  if (!(Math.abs(y) > 1e-9)) return far(x);
  LOW[0] = rest - (y - c);
  turn = n & 3;
  return y;
}

function far(x: number): number {
  const y = withoutQuarterTurns(x);
  turn = LOW[1];
  return y;
}

/** `sin(y + low) - y`. */
function beyondAngle(y: number, low: number): number {
  const z = y * y, z2 = z * z, z4 = z2 * z2;
  const first = (-1 / 6 + z * (1 / 120)) + z2 * (-1 / 5040 + z * (1 / 362880));
  const second = (-1 / 39916800 + z * (1 / 6227020800)) +
    z2 * (-1 / 1307674368000 + z * (1 / 355687428096000));
  return z * y * (first + z4 * second) + low * (1 - 0.5 * z);
}

/** `cos(y + low) - (1 - y^2 / 2)`, where `sum` is the rounded difference in brackets: its rounding error and the rest. */
function beyondParabola(y: number, low: number, sum: number): number {
  const z = y * y, z2 = z * z, z4 = z2 * z2;
  const first = (1 / 24 - z * (1 / 720)) + z2 * (1 / 40320 - z * (1 / 3628800));
  const second = (1 / 479001600 - z * (1 / 87178291200)) +
    z2 * (1 / 20922789888000 - z * (1 / 6402373705728000));
  return ((1 - sum) - 0.5 * z) + (z2 * (first + z4 * second) - y * low);
}

function sine(y: number, low: number): number {
  return y + beyondAngle(y, low);
}

function cosine(y: number, low: number): number {
  const sum = 1 - 0.5 * (y * y);
  return sum + beyondParabola(y, low, sum);
}

/** The sine of an angle in radians. Error: below 0.8 units in the last place. */
export function sin(x: number): number {
  if (Math.abs(x) <= QUARTER) return Math.abs(x) < 1e-8 ? x : sine(x, 0);
  const y = reduce(x), low = LOW[0];
  const value = (turn & 1) === 0 ? sine(y, low) : cosine(y, low);
  return turn > 1 ? -value : value;
}

/** The cosine of an angle in radians. Error: below 0.8 units in the last place. */
export function cos(x: number): number {
  if (Math.abs(x) <= QUARTER) return cosine(x, 0);
  const y = reduce(x), low = LOW[0];
  const value = (turn & 1) === 0 ? cosine(y, low) : sine(y, low);
  return turn === 1 || turn === 2 ? -value : value;
}

/** The tangent of an angle in radians. Error: below 0.9 units in the last place. */
export function tan(x: number): number {
  if (Math.abs(x) < 1e-8) return x;
  LOW[0] = turn = 0;
  const y = Math.abs(x) <= QUARTER ? x : reduce(x), low = LOW[0];
  const a = beyondAngle(y, low), s = y + a, sLow = a - (s - y);
  const parabola = 1 - 0.5 * (y * y), b = beyondParabola(y, low, parabola);
  const c = parabola + b, cLow = b - (c - parabola);
  const value = (turn & 1) === 0
    ? twoPartQuotient(s, sLow, c, cLow)
    : twoPartQuotient(-c, -cLow, s, sLow);
  return value + LOW[0];
}
