/**
 * Functions that JavaScript does not have.
 *
 * @module
 */

import { exp } from "./elementary/mod.ts";

/**
 * The error function, to some units of rounding: `2/sqrt(pi) e^(-x^2) sum_n 2^n x^(2n+1)/(2n+1)!!`
 * (Abramowitz and Stegun 1964, 7.1.6), whose terms have one sign.
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  let term = size, sum = size;
  for (let n = 1; term > 1e-17 * sum && n < 400; n++) {
    term *= 2 * size * size / (2 * n + 1);
    sum += term;
  }
  return Math.sign(x) * 2 / Math.sqrt(Math.PI) * exp(-size * size) * sum;
}
