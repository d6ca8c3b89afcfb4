/**
 * Taylor coefficients of functions of one variable on an interval: `f^(j)(x) / j!` for every `x` in
 * it, by the recurrences of automatic differentiation (R. E. Moore, Interval Analysis, 1966,
 * chapter 11). All intervals are widened by what is rounded.
 *
 * @module
 */

import {
  acos,
  asin,
  atan,
  cos,
  cosh,
  erf,
  exp,
  log,
  pow,
  sin,
  sinh,
  tan,
  tanh,
} from "../numerics/inner.ts";
import { intervalProductAbove, intervalProductBelow, SMALL, ULP } from "./_rounding.ts";

/** Lower and upper end. */
export type Interval = readonly [number, number];

/** The coefficients 0 to `last` of a function on an interval; infinite where it has none. */
export type Series = (x: Interval, last: number) => Interval[];

const ALL: Interval = [-Infinity, Infinity];

/** Ends that a function of the library may miss by some roundings. */
function rounded(low: number, high: number): Interval {
  if (Number.isNaN(low) || Number.isNaN(high)) return ALL;
  const out = (x: number, side: -1 | 1) =>
    Math.abs(x) < Infinity ? x + side * (8 * ULP * Math.abs(x) + SMALL) : x;
  return [out(low, -1), out(high, 1)];
}

function plus([a, b]: Interval, [c, d]: Interval): Interval {
  return rounded(a + c, b + d);
}

function times([a, b]: Interval, [c, d]: Interval): Interval {
  return rounded(intervalProductBelow(a, b, c, d), intervalProductAbove(a, b, c, d));
}

function scaled([a, b]: Interval, factor: number): Interval {
  return factor < 0 ? rounded(b * factor, a * factor) : rounded(a * factor, b * factor);
}

function squared([a, b]: Interval): Interval {
  const ends = [a * a, b * b], least = a <= 0 && b >= 0 ? 0 : Math.min(...ends);
  const [low, high] = rounded(least, Math.max(...ends));
  return [Math.max(0, low), high];
}

/** `1 / x`; everything where `x` may be 0. */
export function reciprocal([a, b]: Interval): Interval {
  return a > 0 || b < 0 ? rounded(1 / b, 1 / a) : ALL;
}

function increasing(f: (x: number) => number, [a, b]: Interval): Interval {
  return rounded(f(a), f(b));
}

const none = (last: number): Interval[] => Array.from({ length: last + 1 }, () => ALL);

/** The range of the sine shifted by quarters of a turn. */
function sineRange([a, b]: Interval, quarters: number): Interval {
  if (!(b - a < 6)) return [-1, 1];
  const f = (x: number) => [sin, cos][quarters & 1](x) * ((quarters & 2) > 0 ? -1 : 1);
  const shift = quarters * Math.PI / 2, slack = 16 * ULP * (1 + Math.abs(a) + Math.abs(b));
  /** Whether a place `turn + 2 pi k` lies in the interval, or nearly. */
  const holds = (turn: number) => {
    const k = Math.ceil((a - slack - turn + shift) / (2 * Math.PI));
    return turn - shift + 2 * Math.PI * k <= b + slack;
  };
  const ends = [f(a), f(b)], error = 4 * ULP;
  return [
    holds(-Math.PI / 2) ? -1 : Math.max(-1, Math.min(...ends) - error),
    holds(Math.PI / 2) ? 1 : Math.min(1, Math.max(...ends) + error),
  ];
}

/** All derivatives of a function that are ranges, divided by factorials. */
function byRanges(range: (x: Interval, order: number) => Interval): Series {
  return (x, last) => {
    let factorial = 1;
    return Array.from({ length: last + 1 }, (_, j) => {
      factorial *= Math.max(1, j);
      return scaled(range(x, j), 1 / factorial);
    });
  };
}

function hyperbolic([a, b]: Interval, even: boolean): Interval {
  if (!even) return increasing(sinh, [a, b]);
  const high = Math.max(cosh(a), cosh(b));
  return rounded(a <= 0 && b >= 0 ? 1 : Math.min(cosh(a), cosh(b)), high);
}

/** `y' = 1 + sign y^2`. */
function riccati(start: Interval, sign: 1 | -1, last: number): Interval[] {
  const y = [start];
  for (let j = 0; j < last; j++) {
    let sum: Interval = j === 0 ? [1, 1] : [0, 0];
    for (let i = 0; i <= j; i++) {
      const product = j === 2 * i ? squared(y[i]) : times(y[i], y[j - i]);
      sum = plus(sum, scaled(product, sign));
    }
    y.push(scaled(sum, 1 / (j + 1)));
  }
  return y;
}

/** The integral of a series, with its value. */
function integrated(start: Interval, slopes: readonly Interval[]): Interval[] {
  return [start, ...slopes.map((slope, j) => scaled(slope, 1 / (j + 1)))];
}

/** `1 / (1 + x^2)`. */
function bell(x: Interval, last: number): Interval[] {
  const first = reciprocal(plus([1, 1], squared(x))), g = [first];
  for (let j = 1; j <= last; j++) {
    const before: Interval = j > 1 ? g[j - 2] : [0, 0];
    g.push(scaled(times(first, plus(scaled(times(x, g[j - 1]), 2), before)), -1));
  }
  return g;
}

/** `(1 - x^2)^(-1/2)`. */
function arcSlope(x: Interval, last: number): Interval[] {
  const rest = plus([1, 1], scaled(squared(x), -1));
  if (!(rest[0] > 0)) return none(last);
  const inverse = reciprocal(rest);
  const w: Interval[] = [rounded(1 / Math.sqrt(rest[1]), 1 / Math.sqrt(rest[0]))];
  for (let j = 0; j < last; j++) {
    const sum = plus(scaled(times(x, w[j]), 2 * j + 1), j > 0 ? scaled(w[j - 1], j) : [0, 0]);
    w.push(scaled(times(sum, inverse), 1 / (j + 1)));
  }
  return w;
}

/** `2 / sqrt(pi) exp(-x^2)`. */
function gauss(x: Interval, last: number): Interval[] {
  const [low, high] = squared(x), size = 2 / Math.sqrt(Math.PI);
  const g = [scaled(rounded(exp(-high), exp(-low)), size)];
  for (let j = 0; j < last; j++) {
    const sum = plus(times(x, g[j]), j > 0 ? g[j - 1] : [0, 0]);
    g.push(scaled(sum, -2 / (j + 1)));
  }
  return g;
}

const whole = (x: Interval, last: number, slope: (x: Interval, last: number) => Interval[]) =>
  last > 0 ? slope(x, last - 1) : [];

function clipped(low: number, high: number, [a, b]: Interval): Interval {
  return [Math.max(low, a), Math.min(high, b)];
}

const sigmoid = (x: number) => 1 / (1 + exp(-x));

/** `1 / (1 + exp(-x))`. */
function sigmoidSeries(x: Interval, last: number): Interval[] {
  const s = [clipped(0, 1, increasing(sigmoid, x))];
  for (let j = 0; j < last; j++) {
    let sum = s[j];
    for (let i = 0; i <= j; i++) {
      const product = j === 2 * i ? squared(s[i]) : times(s[i], s[j - i]);
      sum = plus(sum, scaled(product, -1));
    }
    s.push(scaled(sum, 1 / (j + 1)));
  }
  return s;
}

/** `x / (1 + exp(-x))`. */
export const SILU_SERIES: Series = (x, last) => {
  const s = sigmoidSeries(x, last);
  return s.map((each, j) => plus(times(x, each), j > 0 ? s[j - 1] : [0, 0]));
};

/** `x^power` for positive `x`; a whole negative power also for negative ones. */
export function powerSeries(power: number): Series {
  return (x, last) => {
    const [a, b] = x, sound = a > 0 || (b < 0 && Number.isInteger(power));
    if (!sound) {
      const ends = a >= 0 && power > 0 ? rounded(pow(a, power), pow(b, power)) : ALL;
      return none(last).map((all, j) =>
        j === 0 ? [Math.max(a >= 0 ? 0 : -Infinity, ends[0]), ends[1]] : all
      );
    }
    let factor = 1;
    return Array.from({ length: last + 1 }, (_, j) => {
      if (j > 0) factor *= (power - j + 1) / j;
      const exponent = power - j, ends = [pow(a, exponent), pow(b, exponent)];
      return scaled(rounded(Math.min(...ends), Math.max(...ends)), factor);
    });
  };
}

/** Functions of one variable by name. */
export const SERIES: Readonly<Record<string, Series>> = {
  exp: byRanges((x) => increasing(exp, x)),
  sin: byRanges((x, order) => sineRange(x, order)),
  cos: byRanges((x, order) => sineRange(x, order + 1)),
  sinh: byRanges((x, order) => hyperbolic(x, order % 2 === 1)),
  cosh: byRanges((x, order) => hyperbolic(x, order % 2 === 0)),
  tanh: (x, last) => riccati(clipped(-1, 1, increasing(tanh, x)), -1, last),
  tan(x, last) {
    const turn = Math.floor((x[0] - 1e-9) / Math.PI + 0.5);
    const next = Math.floor((x[1] + 1e-9) / Math.PI + 0.5);
    return turn === next ? riccati(increasing(tan, x), 1, last) : none(last);
  },
  log(x, last) {
    if (!(x[0] > 0)) return none(last);
    return integrated(increasing(log, x), whole(x, last, powerSeries(-1)));
  },
  sqrt: powerSeries(0.5),
  atan: (x, last) => integrated(increasing(atan, x), whole(x, last, bell)),
  asin: (x, last) =>
    x[0] > -1 && x[1] < 1 ? integrated(increasing(asin, x), whole(x, last, arcSlope)) : none(last),
  acos(x, last) {
    if (!(x[0] > -1 && x[1] < 1)) return none(last);
    const value = increasing((t) => -acos(t), x);
    return integrated(value, whole(x, last, arcSlope)).map((each) => scaled(each, -1));
  },
  erf(x, last) {
    const [low, high] = increasing(erf, x);
    const value = clipped(-1, 1, [low - 1e-13 * Math.abs(low), high + 1e-13 * Math.abs(high)]);
    return integrated(value, whole(x, last, gauss));
  },
};
