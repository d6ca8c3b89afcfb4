/**
 * Maps of columns onto [0, 1] that are not straight, and their inverses.
 *
 * @module
 */

import { exp, expm1, log, log1p } from "../numerics/inner.ts";

/**
 * How far beyond [0, 1] a scaled value follows the tangent of the map before it grows only like a
 * logarithm. The columns of these maps hold values of very different sizes; a value that lies a
 * million ranges away must not reach a network as a million.
 */
export const SCALE_REACH = 1 / 16;

/** `sign(t) SCALE_REACH log(1 + |t| / SCALE_REACH)`: the identity near 0, slow far away. */
function slowed(t: number): number {
  return Math.sign(t) * SCALE_REACH * log1p(Math.abs(t) / SCALE_REACH);
}

/** The inverse of {@linkcode slowed}. */
function hastened(t: number): number {
  return Math.sign(t) * SCALE_REACH * expm1(Math.abs(t) / SCALE_REACH);
}

/** The slope of {@linkcode slowed}. */
function slowedSlope(t: number): number {
  return 1 / (1 + Math.abs(t) / SCALE_REACH);
}

/** `log(x / low) / log(high / low)`; below `low` the tangent there, {@linkcode slowed}. */
export function logScale(low: number, high: number, value: number): number {
  const length = log(high / low);
  if (value <= low) return slowed((value - low) / (low * length));
  return log(value / low) / length;
}

/** The inverse of {@linkcode logScale}. */
export function logUnscale(low: number, high: number, scaled: number): number {
  const length = log(high / low);
  if (scaled === 1) return high;
  return scaled <= 0 ? low + hastened(scaled) * low * length : low * exp(scaled * length);
}

/** The slope of {@linkcode logScale}. */
export function logSlope(low: number, high: number, value: number): number {
  const length = log(high / low);
  if (value <= low) return slowedSlope((value - low) / (low * length)) / (low * length);
  return 1 / (length * value);
}

/** Piecewise linear through `(values[i], positions[i])`, from 0 to 1; beyond {@linkcode slowed}. */
export function piecewiseScale(
  values: readonly number[],
  positions: readonly number[],
  value: number,
): number {
  const place = through(values, positions, value);
  return place < 0 ? slowed(place) : place > 1 ? 1 + slowed(place - 1) : place;
}

/** The inverse of {@linkcode piecewiseScale}. */
export function piecewiseUnscale(
  values: readonly number[],
  positions: readonly number[],
  scaled: number,
): number {
  const place = scaled < 0 ? hastened(scaled) : scaled > 1 ? 1 + hastened(scaled - 1) : scaled;
  return through(positions, values, place);
}

/** The slope of {@linkcode piecewiseScale}; at a point between pieces that of the upper one. */
export function piecewiseSlope(
  values: readonly number[],
  positions: readonly number[],
  value: number,
): number {
  let low = values.length - 2;
  while (low > 0 && value < values[low]) low--;
  const slope = (positions[low + 1] - positions[low]) / (values[low + 1] - values[low]);
  const place = through(values, positions, value);
  return slope * slowedSlope(place < 0 ? place : place > 1 ? place - 1 : 0);
}

/** Linear interpolation of `(from[i], to[i])`; the first and last piece go on beyond the ends. */
function through(from: readonly number[], to: readonly number[], x: number): number {
  let low = 0, high = from.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x >= from[middle]) low = middle;
    else high = middle;
  }
  if (x === from[high]) return to[high];
  return to[low] + (x - from[low]) * ((to[high] - to[low]) / (from[high] - from[low]));
}
