/**
 * Distribution functions of statistics, and their inverses.
 *
 * Series and continued fractions of the incomplete gamma and beta functions: M. Abramowitz and I.
 * Stegun, Handbook of Mathematical Functions, 1964, 6.5.29, 6.5.31 and 26.5.8; the logarithm of the
 * gamma function by C. Lanczos's series, A precision approximation of the gamma function, SIAM J.
 * Numer. Anal. B 1, 1964.
 *
 * @module
 */

import { exp, log, log1p, sin } from "./elementary/mod.ts";

const LANCZOS = [
  0.99999999999980993,
  676.5203681218851,
  -1259.1392167224028,
  771.32342877765313,
  -176.61502916214059,
  12.507343278686905,
  -0.13857109526572012,
  9.9843695780195716e-6,
  1.5056327351493116e-7,
];

/** `ln Gamma(x)` for `x > 0`, to 1e-14. */
function logGamma(x: number): number {
  if (x < 0.5) return log(Math.PI / sin(Math.PI * x)) - logGamma(1 - x);
  const z = x - 1, t = z + 7.5;
  let sum = LANCZOS[0];
  for (let i = 1; i < 9; i++) sum += LANCZOS[i] / (z + i);
  return log(2 * Math.PI) / 2 + (z + 0.5) * log(t) - t + log(sum);
}

/** The probability that a chi-squared number with some degrees of freedom exceeds `x`. */
export function chiSquaredTail(x: number, degrees: number): number {
  if (!(x > 0)) return 1;
  const a = degrees / 2, z = x / 2, scale = exp(a * log(z) - z - logGamma(a));
  if (z < a + 1) {
    let term = 1 / a, sum = term;
    for (let n = 1; n < 10_000 && term > 1e-17 * sum; n++) sum += term *= z / (a + n);
    return Math.max(0, 1 - scale * sum);
  }
  let b = z + 1 - a, c = 1e300, d = 1 / b, h = d; // Lentz's algorithm
  for (let n = 1; n < 10_000; n++) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b || 1e-300);
    c = b + an / c || 1e-300;
    const factor = d * c;
    h *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return scale * h;
}

/** The regularised incomplete beta function `I_x(a, b)`. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (!(x > 0)) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const scale = exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * log(x) + b * log1p(-x),
  ) / a;
  let c = 1, d = 1 / (1 - (a + b) * x / (a + 1) || 1e-300), h = d;
  for (let m = 1; m < 10_000; m++) {
    const even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d || 1e-300);
    c = 1 + even / c || 1e-300;
    h *= d * c;
    const odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d || 1e-300);
    c = 1 + odd / c || 1e-300;
    const factor = d * c;
    h *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return scale * h;
}

/** The probability that a number distributed as Fisher's F exceeds `x`. */
export function fisherTail(x: number, above: number, below: number): number {
  if (!(x > 0)) return 1;
  return incompleteBeta(below / (below + above * x), below / 2, above / 2);
}

/** The number that a standard normal one does not exceed with probability `p`. */
export function normalQuantile(p: number): number {
  return studentQuantile(p, Infinity);
}

/** The number that one distributed as Student's t does not exceed with probability `p`. */
export function studentQuantile(p: number, degrees: number): number {
  if (p === 0.5) return 0;
  if (p < 0.5) return -studentQuantile(1 - p, degrees);
  const tail = (x: number) =>
    (degrees < 1e7 ? fisherTail(x * x, 1, degrees) : chiSquaredTail(x * x, 1)) / 2;
  let low = 0, high = 1;
  while (tail(high) > 1 - p && high < 1e100) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-15 * high; i++) {
    const middle = (low + high) / 2;
    if (tail(middle) > 1 - p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
