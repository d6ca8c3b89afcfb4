/**
 * The Bessel function of the first kind and order 0, for the gallery's `bessel` problem.
 *
 * @module
 */

import { cos, pow, sin } from "../numerics/inner.ts";

/** Arguments from which on a series in 1/x has all digits. */
const FAR = 1000;

/**
 * Computes J0(x) to a few units of rounding, times |x| where that is larger than 1; 0 for an
 * infinite `x`. The time grows as |x|, up to 1,000.
 *
 * `J0(x) = (1/pi) integral_0^pi cos(x sin theta) dtheta`; the integrand is smooth and has period
 * pi, so that the trapezoidal rule with N points errs by `2 |J_2N(x)|` plus smaller terms only,
 * which is far below rounding for `2N >= 2|x| + 40`.
 */
export function besselJ0(x: number): number {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? NaN : 0;
  if (Math.abs(x) > FAR) { // Abramowitz and Stegun 1964, 9.2.5
    const size = Math.abs(x), phase = size - Math.PI / 4;
    const p = 1 - 9 / (128 * size * size), q = 75 / (1024 * pow(size, 3)) - 1 / (8 * size);
    return Math.sqrt(2 / (Math.PI * size)) * (p * cos(phase) - q * sin(phase));
  }
  const half = Math.ceil(Math.abs(x) / 2) + 10; // N = 2 half; theta and pi - theta agree
  let sum = (1 + cos(x)) / 2; // theta = 0 and pi/2 count once, the others twice
  for (let k = 1; k < half; k++) sum += cos(x * sin((Math.PI * k) / (2 * half)));
  return sum / half;
}
