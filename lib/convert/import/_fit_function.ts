/**
 * Splines that stand for a function of one number, with a proven error.
 *
 * @module
 */

import { bsplineDerivatives, designMatrix, normalMatrix } from "../../basis/mod.ts";
import { type KnotVector, numBasis } from "../../knots/mod.ts";
import { cos, pow, solvePositive } from "../../numerics/inner.ts";
import type { ProvenFunction } from "./_smooth_functions.ts";

/** A function on `[low, high]`, which stands for the domain `[-1, 1]` of a spline. */
export interface FunctionPart {
  readonly f: ProvenFunction;
  readonly low: number;
  readonly high: number;
  /** Where the function has a kink: 0, of ReLU. */
  readonly kinked: boolean;
}

/** Points per interval that coefficients are fitted to. */
const POINTS = 6;

/** Places at which the bend of a function is looked at to spread breakpoints. */
const PLACES = 512;

/** Where the line of `v` in `[-1, 1]` lies in the function's own units. */
function placeOf({ low, high }: FunctionPart, v: number): number {
  return low + (v + 1) / 2 * (high - low);
}

/** Breakpoints in `[-1, 1]`: closer where the function bends more; a kink is one of them. */
export function spreadBreakpoints(
  part: FunctionPart,
  intervals: number,
  degree: number,
): Float64Array {
  const { f, low, high, kinked } = part;
  const bends = Array.from(
    { length: PLACES },
    (_, i) => Math.abs(f.second(placeOf(part, (2 * i + 1) / PLACES - 1))),
  );
  const most = Math.max(...bends);
  const sums = [0];
  for (const bend of bends) {
    const share = most > 0 ? bend / most : 1;
    sums.push(sums[sums.length - 1] + pow(share + 0.01, 1 / (degree + 1)));
  }
  const points = new Float64Array(intervals + 1);
  let place = 0;
  for (let i = 0; i <= intervals; i++) {
    const wanted = i / intervals * sums[PLACES];
    while (place < PLACES - 1 && sums[place + 1] < wanted) place++;
    const inside = (wanted - sums[place]) / (sums[place + 1] - sums[place]);
    points[i] = 2 * (place + inside) / PLACES - 1;
  }
  points[0] = -1;
  points[intervals] = 1;
  if (kinked && low < 0 && high > 0 && intervals > 1) {
    const at = -2 * low / (high - low) - 1;
    const near = Math.min(intervals - 1, Math.max(1, points.findIndex((point) => point >= at)));
    for (let i = 1; i < near; i++) points[i] = -1 + (at + 1) * i / near;
    points[near] = at;
    for (let i = near + 1; i < intervals; i++) {
      points[i] = at + (1 - at) * (i - near) / (intervals - near);
    }
  }
  return points;
}

/** Coefficients of least squares on points of every interval. */
export function fitFunction(part: FunctionPart, knots: KnotVector): Float64Array {
  const points = intervalsOf(knots).flatMap(([a, b]) =>
    Array.from({ length: POINTS }, (_, i) => {
      return (a + b) / 2 - (b - a) / 2 * cos(Math.PI * i / (POINTS - 1));
    })
  );
  const { rows, width, starts, values } = designMatrix(knots, points), n = numBasis(knots);
  const right = new Float64Array(n);
  for (let s = 0; s < rows; s++) {
    const y = part.f.value(placeOf(part, points[s]));
    for (let i = 0; i < width; i++) right[starts[s] + i] += values[s * width + i] * y;
  }
  return solvePositive(normalMatrix(knots, points), n, knots.degree, right, 1);
}

function intervalsOf({ values: t, degree }: KnotVector): [number, number][] {
  return Array.from(
    t.subarray(degree, t.length - degree - 1),
    (left, i): [number, number] => [left, t[degree + i + 1]],
  ).filter(([left, right]) => right > left);
}

/**
 * The largest distance between the spline and the function on `[-1, 1]`, proven: on `[a, b]` a
 * difference `D` is at most `max(|D(a)|, |D(b)|) + (b - a)^2 / 8 max |D''|`, and `|D''|` at most its
 * size in the middle plus `(b - a) / 2` times bounds of third derivatives. Floating-point rounding
 * is part of it.
 */
export function fittedError(
  part: FunctionPart,
  knots: KnotVector,
  coefficients: Float64Array,
): number {
  const { f, low, high } = part, { values: t, degree } = knots;
  const largest = coefficients.reduce((most, c) => Math.max(most, Math.abs(c)), 0);
  const rounding = 1e-14 * (largest + f.slope * (Math.abs(low) + Math.abs(high)) + 1);
  let worst = 0;
  for (let interval = degree; interval < t.length - degree - 1; interval++) {
    if (!(t[interval + 1] > t[interval])) continue;
    const powers = powersAt(knots, coefficients, interval);
    let bound = Infinity;
    for (let parts = 4; parts <= 1024; parts *= 4) {
      const [seen, beyond] = distances(part, t[interval], t[interval + 1], powers, parts);
      bound = Math.min(bound, seen + beyond);
      if (beyond <= 0.1 * seen + rounding) break;
    }
    worst = Math.max(worst, bound);
  }
  return worst * (1 + 1e-9) + rounding;
}

/** The polynomial of an interval, in powers of the distance from its middle, up to the fifth. */
function powersAt(knots: KnotVector, coefficients: Float64Array, interval: number): Float64Array {
  const { values: t, degree } = knots, size = degree + 1, powers = new Float64Array(6);
  const middle = (t[interval] + t[interval + 1]) / 2;
  const { values } = bsplineDerivatives(knots, middle, degree, interval);
  for (let m = 0, factorial = 1; m <= degree; factorial *= ++m) {
    for (let i = 0; i < size; i++) {
      powers[m] += values[m * size + i] * coefficients[interval - degree + i] / factorial;
    }
  }
  return powers;
}

/** Largest difference at the ends of parts of an interval, and what may be added between them. */
function distances(
  part: FunctionPart,
  from: number,
  to: number,
  [c0, c1, c2, c3, c4, c5]: Float64Array,
  parts: number,
): [seen: number, beyond: number] {
  const { f, low, high } = part, half = (high - low) / 2, length = (to - from) / parts;
  const value = (w: number) => c0 + w * (c1 + w * (c2 + w * (c3 + w * (c4 + w * c5))));
  const second = (w: number) => 2 * c2 + w * (6 * c3 + w * (12 * c4 + w * 20 * c5));
  const third = (w: number) => 6 * c3 + w * (24 * c4 + w * 60 * c5);
  const middle = (from + to) / 2, reach = (to - from) / 2;
  let seen = 0, beyond = 0;
  for (let i = 0; i <= parts; i++) {
    const w = i === parts ? reach : -reach + i * length, at = placeOf(part, middle + w);
    seen = Math.max(seen, Math.abs(f.value(at) - value(w)));
    if (i === parts) break;
    const m = w + length / 2, ends = [third(w), third(w + length)];
    const steepest = Math.max( // Bernstein coefficients of a quadratic
      Math.abs(ends[0]),
      Math.abs(ends[1]),
      Math.abs(2 * third(m) - (ends[0] + ends[1]) / 2),
    );
    const bend = Math.abs(f.second(placeOf(part, middle + m)) * half * half - second(m)) +
      length / 2 * (f.third * pow(half, 3) + steepest);
    beyond = Math.max(beyond, length * length / 8 * bend);
  }
  return [seen, beyond];
}
