/**
 * Functions on a window of time: products of splines along one coordinate, on breakpoints of any
 * spacing, and polynomials along time.
 *
 * Both have degree 9. Along time a window has one piece, in Bernstein's form, so that the first and
 * last coefficients are the values at its ends. Along the other coordinate splines end at the domain's
 * ends, or go around a circle.
 *
 * @module
 */

import { bsplineBasis, bsplineDerivatives } from "../../basis/mod.ts";
import { knotsFromBreakpoints, type KnotVector } from "../../knots/mod.ts";
import { prolongationMatrix } from "../../multilevel/mod.ts";
import { multiply, pow } from "../../numerics/inner.ts";
import { TENSOR_DEGREE } from "./tensor_space.ts";

/** Functions along one coordinate, and coefficients along time, of a piece. */
export const ORDER = TENSOR_DEGREE + 1;

/** Splines along a coordinate. */
export interface Line {
  readonly breakpoints: Float64Array;
  readonly isPeriodic: boolean;
  readonly knots: KnotVector;
  /** Number of functions; around a circle one per piece. */
  readonly count: number;
}

/** Makes the splines on breakpoints, the domain's ends included. */
export function lineOn(breakpoints: Float64Array, isPeriodic: boolean): Line {
  const pieces = breakpoints.length - 1;
  if (!isPeriodic) {
    const knots = knotsFromBreakpoints(breakpoints, {
      degree: TENSOR_DEGREE,
      outerKnots: "clamped",
    });
    return { breakpoints, isPeriodic, knots, count: pieces + TENSOR_DEGREE };
  }
  const length = breakpoints[pieces] - breakpoints[0];
  const values = Float64Array.from({ length: pieces + 1 + 2 * TENSOR_DEGREE }, (_, i) => {
    const k = i - TENSOR_DEGREE, turns = Math.floor(k / pieces);
    return k === pieces ? breakpoints[pieces] : breakpoints[k - turns * pieces] + turns * length;
  });
  return { breakpoints, isPeriodic, knots: { values, degree: TENSOR_DEGREE }, count: pieces };
}

/** Values of the functions of a line at a point. */
export interface LineValues {
  /** Piece that the point lies in: functions are this one and the next 9, around a circle. */
  readonly piece: number;
  /** Shape `[orders + 1, 10]`. */
  readonly values: Float64Array;
}

/** Values and derivatives of the functions at a point. */
export function valuesOnLine({ knots }: Line, x: number, orders: number): LineValues {
  const { interval, values } = bsplineDerivatives(knots, x, orders);
  return { piece: interval - TENSOR_DEGREE, values };
}

/** Coefficients on finer breakpoints, shape `[count, each]`: the same function. */
export function prolongLine(coefficients: Float64Array, from: Line, to: Line): Float64Array {
  if (from.breakpoints.length === to.breakpoints.length) return coefficients;
  const each = coefficients.length / from.count;
  let open = coefficients;
  if (from.isPeriodic) { // the first functions once more, behind the last
    open = new Float64Array(coefficients.length + TENSOR_DEGREE * each);
    open.set(coefficients);
    open.set(coefficients.subarray(0, TENSOR_DEGREE * each), coefficients.length);
  }
  return multiply(prolongationMatrix(from.knots, to.knots), open, each).slice(0, to.count * each);
}

/** Neighbouring pieces differ in length by this factor at most. */
const BALANCE = 2.5;

/** Halves pieces, and their neighbours where these would be too long beside them. */
export function halvePieces(
  { breakpoints, isPeriodic }: Line,
  isChosen: (piece: number) => boolean,
): Line {
  let chosen = Array.from({ length: breakpoints.length - 1 }, (_, i) => isChosen(i));
  let points = breakpoints;
  while (chosen.includes(true)) {
    points = Float64Array.from(
      chosen.flatMap((halve, i) =>
        halve ? [points[i], (points[i] + points[i + 1]) / 2] : [points[i]]
      ).concat(points[points.length - 1]),
    );
    const lengths = Array.from(points.subarray(1), (x, i) => x - points[i]), n = lengths.length;
    const at = (i: number) => isPeriodic ? lengths[(i + n) % n] : lengths[i] ?? Infinity;
    chosen = lengths.map((length, i) => length > BALANCE * Math.min(at(i - 1), at(i + 1)));
  }
  return lineOn(points, isPeriodic);
}

/** A polynomial in time for every function of a line, shape `[count, unknowns, 10]`. */
export interface Window {
  /** Where it begins and ends: where time goes backwards the end is before the beginning. */
  readonly span: readonly [number, number];
  readonly line: Line;
  readonly coefficients: Float64Array;
}

/** The basis along time on a window. */
export function timeKnots(span: readonly [number, number]): KnotVector {
  return knotsFromBreakpoints(span, { degree: TENSOR_DEGREE, outerKnots: "clamped" });
}

/**
 * Values and derivatives by time of a window's polynomials, from those at its beginning on: Bernstein's
 * polynomials, backwards in the opposite order.
 */
export function valuesAlongTime(
  [from, to]: readonly [number, number],
  t: number,
  orders: number,
): Float64Array {
  if (to > from) return bsplineDerivatives(timeKnots([from, to]), t, orders).values;
  const { values } = bsplineDerivatives(timeKnots([to, from]), t, orders);
  for (let at = 0; at < values.length; at += ORDER) values.subarray(at, at + ORDER).reverse();
  return values;
}

/** Windows in the order of time, each from its earlier end on. */
export function inOrderOfTime(windows: readonly Window[]): readonly Window[] {
  if (windows[0].span[1] > windows[0].span[0]) return windows;
  return windows.toReversed().map(({ span: [from, to], line, coefficients }) => {
    const reversed = coefficients.slice();
    for (let at = 0; at < reversed.length; at += ORDER) reversed.subarray(at, at + ORDER).reverse();
    return { span: [to, from], line, coefficients: reversed };
  });
}

/** Values of the first unknowns at points, shape `[rows, 2]` with time at place `time`: one array each. */
export function evaluateWindows(
  windows: readonly Window[],
  unknowns: number,
  points: Float64Array,
  time: number,
): Float64Array[] {
  const rows = points.length / 2;
  const all = Array.from({ length: unknowns }, () => new Float64Array(rows));
  const bases = windows.map(({ span }) => timeKnots(span));
  for (let r = 0; r < rows; r++) {
    const t = points[2 * r + time], x = points[2 * r + 1 - time];
    const later = windows.findIndex(({ span }) => t < span[1]);
    const k = later < 0 ? windows.length - 1 : later, { line, coefficients } = windows[k];
    const stride = coefficients.length / line.count;
    const along = valuesOnLine(line, x, 0), { values } = bsplineBasis(bases[k], t);
    for (let i = 0; i < ORDER; i++) {
      for (let u = 0; u < unknowns; u++) {
        const at = (along.piece + i) % line.count * stride + u * ORDER;
        let sum = 0;
        for (let j = 0; j < ORDER; j++) sum += values[j] * coefficients[at + j];
        all[u][r] += along.values[i] * sum;
      }
    }
  }
  return all;
}

/** Binomial coefficients `choose(j, k)`. */
function choose(j: number, k: number): number {
  let value = 1;
  for (let i = 1; i <= k; i++) value = value * (j - k + i) / i;
  return value;
}

/**
 * The beginning of the next window: values and derivatives below `kept[unknown]` as those at the end
 * of the one before, the others continued by its slope.
 *
 * Derivative `k` at an end is a difference of `k + 1` coefficients, in units of the length.
 */
export function continueWindow(
  { span: [from, to], line, coefficients }: Window,
  length: number,
  kept: readonly number[],
): Window {
  const ratio = length / (to - from), next = new Float64Array(coefficients.length);
  for (let at = 0; at < coefficients.length; at += ORDER) {
    const last = Math.max(2, kept[(at / ORDER) % kept.length]);
    const differences = coefficients.slice(at, at + ORDER).reverse();
    for (let k = 1; k < last; k++) {
      for (let i = ORDER - 1; i >= k; i--) differences[i] = differences[i - 1] - differences[i];
    }
    for (let j = 0; j < ORDER; j++) {
      for (let k = 0; k < Math.min(last, j + 1); k++) {
        next[at + j] += choose(j, k) * differences[k] * pow(ratio, k);
      }
    }
  }
  return { span: [to, to + length], line, coefficients: next };
}

/** A window on the splines of a finer line. */
export function refineWindow(window: Window, line: Line): Window {
  return { ...window, line, coefficients: prolongLine(window.coefficients, window.line, line) };
}
