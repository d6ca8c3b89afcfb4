/**
 * Bessel functions of any real order that is not negative, at positive arguments.
 *
 * @module
 */

import { asinh, cos, cosh, exp, gaussLegendre, pow, sin, sinh } from "../../numerics/inner.ts";

/** Points of a panel, and panels of an integral. */
const RULE = gaussLegendre(24), PANELS = 12;
/** Arguments below which the alternating series of J loses less than a digit. */
const SERIES = 2;

/**
 * Computes J_v(x): the power series (DLMF 10.2.2) where it hardly cancels, otherwise Schlaefli's
 * integral (DLMF 10.9.6). The error is a few units of rounding of 1; of J itself by the series.
 *
 * @param v Order, not negative.
 * @param x Argument, not negative.
 */
export function besselJ(v: number, x: number): number {
  if (x < SERIES || x * x < 4 * (v + 1)) return powerSeries(v, x, -1);
  const wave = integral(0, Math.PI, (t) => cos(v * t - x * sin(t)));
  const tail = integral(0, reach(0, x), (t) => exp(-x * sinh(t) - v * t));
  return (wave - sinPi(v) * tail) / Math.PI;
}

/**
 * Computes Y_v(x) by Schlaefli's integral (DLMF 10.9.7).
 *
 * @param v Order, not negative.
 * @param x Argument, positive.
 */
export function besselY(v: number, x: number): number {
  const wave = integral(0, Math.PI, (t) => sin(x * sin(t) - v * t));
  const c = cosPi(v);
  const tail = integral(
    0,
    reach(v, x),
    (t) => (exp(v * t) + exp(-v * t) * c) * exp(-x * sinh(t)),
  );
  return (wave - tail) / Math.PI;
}

/**
 * Computes I_v(x) by its power series, whose terms are positive (DLMF 10.25.2).
 *
 * @param v Order, not negative.
 * @param x Argument, not negative.
 */
export function besselI(v: number, x: number): number {
  return powerSeries(v, x, 1);
}

/**
 * Computes K_v(x) as `integral_0^inf exp(-x cosh t) cosh(v t) dt` (DLMF 10.32.9).
 *
 * @param v Order, not negative.
 * @param x Argument, positive.
 */
export function besselK(v: number, x: number): number {
  const rest = integral(
    0,
    reach(v, x),
    (t) => exp(-2 * x * sinh(t / 2) ** 2) * cosh(v * t),
  );
  return exp(-x) * rest;
}

/**
 * Computes the gamma function at `x >= 1/2` by Stirling's series (DLMF 5.11.1) after it has been
 * moved beyond 12.
 */
export function gammaFunction(x: number): number {
  let product = 1;
  while (x < 12) product *= x++;
  const y = 1 / (x * x);
  const series = (1 / 12 -
    y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - y * (691 / 360360)))))) / x;
  const half = pow(x, x / 2 - 0.25); // its square root, as x^x overflows before gamma does
  return Math.sqrt(2 * Math.PI) * half * exp(-x + series) * half / product;
}

/** `(x/2)^v sum_k (sign x^2/4)^k / (k! gamma(v + k + 1))`. */
function powerSeries(v: number, x: number, sign: 1 | -1): number {
  const step = sign * x * x / 4;
  let term = 1, sum = 1;
  for (let k = 1; k < 1000 && Math.abs(term) > 1e-18 * Math.abs(sum); k++) {
    term *= step / (k * (v + k));
    sum += term;
  }
  return pow(x / 2, v) / gammaFunction(v + 1) * sum;
}

/** Where `exp(v t - x sinh t)` has fallen below rounding. */
function reach(v: number, x: number): number {
  let end = 1;
  for (let round = 0; round < 20; round++) end = asinh((45 + v * end) / x);
  return end;
}

function integral(from: number, to: number, f: (t: number) => number): number {
  const { nodes, weights } = RULE, half = (to - from) / PANELS / 2;
  let sum = 0;
  for (let panel = 0; panel < PANELS; panel++) {
    const centre = from + (2 * panel + 1) * half;
    for (let i = 0; i < nodes.length; i++) sum += weights[i] * f(centre + half * nodes[i]);
  }
  return half * sum;
}

/** `sin(pi v)`, exactly 0 at integers. */
function sinPi(v: number): number {
  const nearest = Math.round(v), sign = nearest % 2 === 0 ? 1 : -1;
  return sign * sin(Math.PI * (v - nearest));
}

function cosPi(v: number): number {
  const nearest = Math.round(v), sign = nearest % 2 === 0 ? 1 : -1;
  return sign * cos(Math.PI * (v - nearest));
}
