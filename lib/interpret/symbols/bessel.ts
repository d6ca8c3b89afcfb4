/**
 * The Bessel function of order 1, the derivative of order 0.
 *
 * @module
 */

import { cos, pow, sin } from "../../numerics/inner.ts";

/** Arguments from which on a series in 1/x has all digits. */
const FAR = 1000;

/**
 * Computes J1(x), as `besselJ0` of lib/data computes J0:
 * `J1(x) = (1/pi) integral_0^pi cos(theta - x sin theta) dtheta`, by the trapezoidal rule, which is
 * exact to rounding for as many points as here.
 */
export function besselJ1(x: number): number {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? NaN : 0;
  if (Math.abs(x) > FAR) { // Abramowitz and Stegun 1964, 9.2.5
    const size = Math.abs(x), phase = size - 0.75 * Math.PI;
    const p = 1 + 15 / (128 * size * size), q = 3 / (8 * size) - 105 / (1024 * pow(size, 3));
    const wave = p * cos(phase) - q * sin(phase);
    return Math.sign(x) * Math.sqrt(2 / (Math.PI * size)) * wave;
  }
  const count = 2 * (Math.ceil(Math.abs(x) / 2) + 10);
  let sum = 0; // the ends: cos(0) / 2 + cos(pi) / 2
  for (let k = 1; k < count; k++) {
    const theta = Math.PI * k / count;
    sum += cos(theta - x * sin(theta));
  }
  return sum / count;
}
