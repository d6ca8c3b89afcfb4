/**
 * Legendre functions of whole order and real degree, and spherical harmonics.
 *
 * @module
 */

import { cos, pow, sin } from "../../numerics/inner.ts";

/**
 * Computes the associated Legendre function P_v^m(x), with the phase of Condon and Shortley, by
 * the hypergeometric series in (1 - x)/2 (DLMF 14.3.4 with 15.2.1):
 * `P_v^m(x) = (-1)^m (v - m + 1)_2m (1 - x^2)^(m/2) / (2^m m!) F(m - v, m + v + 1; m + 1; (1 - x)/2)`.
 *
 * @param m Order, an integer of at least 0.
 * @param v Degree, any real number of at least 0.
 * @param x Argument, above -1 and at most 1. Terms that are needed grow as 1/(1 + x).
 */
export function legendreP(m: number, v: number, x: number): number {
  const z = (1 - x) / 2;
  let factor = pow(1 - x * x, m / 2);
  for (let j = 1; j <= m; j++) factor *= -(v + j) * (v - j + 1) / (2 * j);
  let term = 1, sum = 1;
  for (let k = 0; k < 1e5; k++) {
    term *= (m - v + k) * (m + v + 1 + k) / ((m + 1 + k) * (k + 1)) * z;
    sum += term;
    if (Math.abs(term) < 1e-17 * (1 - z) * Math.abs(sum) || term === 0) break;
  }
  return factor * sum;
}

/**
 * Computes the real part of the spherical harmonic of order `m` and degree `n`,
 * `sqrt((2n + 1)/(4 pi) (n - m)!/(n + m)!) P_n^m(cos polar) cos(m azimuth)` (DLMF 14.30.1).
 *
 * @param m Order, an integer from 0 to n.
 * @param n Degree, an integer of at least 0.
 * @param azimuth Angle around the axis.
 * @param polar Angle from the axis, from 0 to pi.
 */
export function sphericalHarmonic(m: number, n: number, azimuth: number, polar: number): number {
  let square = (2 * n + 1) / (4 * Math.PI);
  for (let j = n - m + 1; j <= n + m; j++) square /= j;
  return Math.sqrt(square) * wholeLegendre(m, n, polar) * cos(m * azimuth);
}

/** P_n^m(cos polar) by the recurrence in the degree (DLMF 14.10.3), from P_m^m. */
function wholeLegendre(m: number, n: number, polar: number): number {
  const x = cos(polar), s = sin(polar);
  let before = 0, value = 1;
  for (let j = 1; j <= m; j++) value *= -(2 * j - 1) * s;
  for (let degree = m; degree < n; degree++) {
    const next = ((2 * degree + 1) * x * value - (degree + m) * before) / (degree - m + 1);
    before = value;
    value = next;
  }
  return value;
}
