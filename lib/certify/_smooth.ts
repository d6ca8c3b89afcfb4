/**
 * Functions that are no polynomials, and what bounds them: silu, tanh, ReLU.
 *
 * @module
 */

import { ULP } from "./_rounding.ts";
import { exp, tanh } from "../numerics/inner.ts";

/** A function of one variable and its derivatives. */
export interface SmoothFunction {
  /** The derivative of order 0 to 4. */
  value(x: number, order: number): number;
  /** Where the derivative of an order, 0 to 3, has its extremes. */
  extremes(order: number): readonly number[];
}

/** `x / (1 + exp(-x))`. */
export const SILU: SmoothFunction = withExtremes((x, order) => {
  const s = 1 / (1 + exp(-x)), v = s * (1 - s), w = v * (1 - 2 * s);
  const derivatives = [s, v, w, v * (1 - 6 * v), w * (1 - 12 * v)];
  const tail = x * derivatives[order];
  return (s === 0 ? 0 : tail) + (order === 0 ? 0 : order * derivatives[order - 1]);
});

/** `1 / (1 + exp(-x))`. */
export const SIGMOID: SmoothFunction = withExtremes((x, order) => {
  const s = 1 / (1 + exp(-x)), v = s * (1 - s), w = v * (1 - 2 * s);
  return [s, v, w, v * (1 - 6 * v), w * (1 - 12 * v)][order];
});

/** The hyperbolic tangent. */
export const TANH: SmoothFunction = withExtremes((x, order) => {
  const t = tanh(x), t1 = 1 - t * t, t2 = -2 * t * t1;
  const t3 = -2 * t1 * t1 - 2 * t * t2;
  return [t, t1, t2, t3, -6 * t1 * t2 - 2 * t * t3][order];
});

/** Beyond this distance all derivatives are monotone. */
const REACH = 30;

function withExtremes(value: SmoothFunction["value"]): SmoothFunction {
  const found: number[][] = [];
  return { value, extremes: (order) => found[order] ??= zeros((x) => value(x, order + 1)) };
}

/** The zeros of a function in `[-REACH, REACH]`, by sign changes on a grid and bisection. */
function zeros(f: (x: number) => number): number[] {
  const steps = 6001, result: number[] = [];
  const at = (i: number) => -REACH + 2 * REACH * i / steps; // 0 is no grid point
  for (let i = 0; i < steps; i++) {
    let a = at(i), b = at(i + 1);
    const sign = Math.sign(f(a));
    if (sign === 0 || sign === Math.sign(f(b))) continue;
    for (let k = 0; k < 60; k++) {
      const middle = (a + b) / 2;
      if (Math.sign(f(middle)) === sign) a = middle;
      else b = middle;
    }
    result.push((a + b) / 2);
  }
  return result;
}

/** A bound: `function(x)` in `slope x + [low, high]`, and in `[least, most]`. */
export interface LineBound {
  slope: number;
  low: number;
  high: number;
  least: number;
  most: number;
}

/** A bound to be written to. */
export function emptyBound(): LineBound {
  return { slope: 0, low: 0, high: 0, least: 0, most: 0 };
}

/** Parts of a wide interval that are bounded one by one. */
const PARTS = 8;

/** Bounds a derivative of order 0 to 2 of a smooth function on `[l, h]`. */
export function boundSmooth(
  f: SmoothFunction,
  order: number,
  l: number,
  h: number,
  out: LineBound,
): void {
  const error = 64 * ULP * (1 + Math.abs(l) + Math.abs(h));
  rangeOf(f, order, l, h, out);
  out.least -= error;
  out.most += error;
  const width = h - l;
  const slope = width > 1e-9 * (1 + Math.abs(l)) && width < 1e9
    ? (f.value(h, order) - f.value(l, order)) / width
    : 0;
  const parts = width > 0.125 ? PARTS : 1;
  let low = Infinity, high = -Infinity;
  for (let k = 0; k < parts; k++) {
    const a = l + width * k / parts, b = k + 1 === parts ? h : l + width * (k + 1) / parts;
    const middle = (a + b) / 2, radius = (b - a) / 2 * (1 + 4 * ULP) + ULP * Math.abs(b);
    // the mean value, or two terms of Taylor's formula where a further derivative is known
    const next = emptyBound();
    rangeOf(f, order < 2 ? order + 2 : order + 1, a, b, next);
    const centre = f.value(middle, order) - slope * middle;
    if (order < 2) {
      const tilt = Math.abs(f.value(middle, order + 1) - slope) * radius;
      const bend = radius * radius / 2;
      low = Math.min(low, centre - tilt + Math.min(0, next.least) * bend);
      high = Math.max(high, centre + tilt + Math.max(0, next.most) * bend);
    } else {
      const tilt = Math.max(Math.abs(next.least - slope), Math.abs(next.most - slope)) * radius;
      low = Math.min(low, centre - tilt);
      high = Math.max(high, centre + tilt);
    }
  }
  const slack = error + 16 * ULP * Math.abs(slope) * (Math.abs(l) + Math.abs(h));
  out.slope = slope;
  out.low = low - slack;
  out.high = high + slack;
  if (!(out.high - out.low <= out.most - out.least + Math.abs(slope) * width)) flat(out);
}

/** The hull of a derivative on `[l, h]`: its values at the ends and at extremes between them. */
function rangeOf(f: SmoothFunction, order: number, l: number, h: number, out: LineBound): void {
  const a = f.value(l, order), b = f.value(h, order);
  out.least = Math.min(a, b);
  out.most = Math.max(a, b);
  for (const x of f.extremes(order)) {
    if (x <= l || x >= h) continue;
    const value = f.value(x, order);
    if (value < out.least) out.least = value;
    if (value > out.most) out.most = value;
  }
  if ((f === TANH || f === SIGMOID) && order === 1) out.least = Math.max(0, out.least);
}

/** Bounds `max(0, x)`, its slope, or its bend (a spike at 0, which has no upper bound). */
export function boundRelu(order: number, l: number, h: number, out: LineBound): void {
  const crosses = l <= 0 && h >= 0;
  out.slope = 0;
  if (order === 0) {
    out.least = Math.max(0, l);
    out.most = Math.max(0, h);
    if (!crosses || h === l) {
      out.slope = l > 0 ? 1 : 0;
      out.low = out.high = 0;
      return;
    }
    out.slope = h / (h - l);
    out.low = -ULP * h;
    out.high = -out.slope * l * (1 + 8 * ULP) + ULP * h;
    return;
  }
  out.least = order === 1 && l > 0 ? 1 : 0;
  out.most = order === 1 ? h >= 0 ? 1 : 0 : crosses ? Infinity : 0;
  flat(out);
}

/** Makes the line of a bound a constant. */
export function flat(out: LineBound): void {
  out.slope = 0;
  out.low = out.least;
  out.high = out.most;
}
