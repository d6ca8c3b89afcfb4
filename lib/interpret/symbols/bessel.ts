/**
 * The Bessel function of order 1, the derivative of order 0.
 *
 * @module
 */

/**
 * Computes J1(x), as `besselJ0` of lib/data computes J0:
 * `J1(x) = (1/pi) integral_0^pi cos(theta - x sin theta) dtheta`, by the trapezoidal rule, which is
 * exact to rounding for as many points as here.
 */
export function besselJ1(x: number): number {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? NaN : 0;
  const count = 2 * (Math.ceil(Math.abs(x) / 2) + 10);
  let sum = 0; // the ends: cos(0) / 2 + cos(pi) / 2
  for (let k = 1; k < count; k++) {
    const theta = Math.PI * k / count;
    sum += Math.cos(theta - x * Math.sin(theta));
  }
  return sum / count;
}
