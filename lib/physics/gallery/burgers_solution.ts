/**
 * The solution of the viscous Burgers equation by the Cole-Hopf transform and quadrature.
 *
 * @module
 */

import { cos, exp, sin } from "../../numerics/inner.ts";

/** Numbers this many e-foldings below the largest do not count. */
const DEPTH = 60;

/** Exponents and sines of one integral. */
let exponents = new Float64Array(256), sines = new Float64Array(256);

/**
 * Computes the solution of `u_t + u u_x = nu u_xx`, `u(0, x) = -sin(pi x)`, `u(t, +-1) = 0`, for
 * `t >= 0` and `nu > 0`; for the default viscosity of the gallery to 14 digits, relative L2.
 *
 * Cole (1951), Hopf (1950): `u = -integral sin(pi (x - s)) g(s) ds / integral g(s) ds` with `g(s) =
 * exp(-cos(pi (x - s)) / (2 pi nu)) exp(-s^2 / (4 nu t))`, as in Basdevant et al. (1986). The
 * integrals are taken by the trapezoidal rule: the integrand is analytic and vanishes at both ends, so
 * that the rule converges exponentially. No peak is narrower than the exponent's second derivative
 * allows; two steps for that width leave rounding errors only.
 */
export function burgersSolution(t: number, x: number, nu: number): number {
  if (t <= 0) return -sin(Math.PI * x);
  const waves = 1 / (2 * Math.PI * nu), spread = 1 / (4 * nu * t);
  // |exponent + spread s^2| <= waves: beyond this s it is 60 below its maximum at least.
  const reach = Math.sqrt((2 * waves + DEPTH) / spread);
  const count = Math.ceil(4 * reach * Math.sqrt(Math.PI ** 2 * waves + 2 * spread));
  const step = 2 * reach / count;
  if (exponents.length <= count) {
    exponents = new Float64Array(2 * count);
    sines = new Float64Array(2 * count);
  }
  // Cosine and sine of pi (x - s) turn from each s to the next.
  const turnCos = cos(Math.PI * step), turnSin = sin(Math.PI * step);
  let cosine = cos(Math.PI * (x + reach)), sine = sin(Math.PI * (x + reach));
  let most = -Infinity;
  for (let i = 0; i <= count; i++) {
    const s = i * step - reach, exponent = -cosine * waves - s * s * spread;
    exponents[i] = exponent;
    sines[i] = sine;
    if (exponent > most) most = exponent;
    const next = cosine * turnCos + sine * turnSin;
    sine = sine * turnCos - cosine * turnSin;
    cosine = next;
  }
  let above = 0, below = 0;
  for (let i = 0; i <= count; i++) {
    if (exponents[i] < most - DEPTH) continue;
    const g = exp(exponents[i] - most);
    above -= sines[i] * g;
    below += g;
  }
  return above / below;
}
