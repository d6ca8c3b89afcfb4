/**
 * The functions of formulas that JavaScript does not have.
 *
 * @module
 */

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
  return Math.sign(x) * 2 / Math.sqrt(Math.PI) * Math.exp(-size * size) * sum;
}

/** `a - b floor(a / b)`: of the sign of `b`. */
export function mod(a: number, b: number): number {
  return a - b * Math.floor(a / b);
}

/** 0 below 0, 1/2 at 0, 1 above. */
export function heaviside(x: number): number {
  return Number.isNaN(x) ? NaN : x > 0 ? 1 : x < 0 ? 0 : 0.5;
}
