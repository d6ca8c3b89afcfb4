/**
 * The solution of the viscous Burgers equation by the Cole-Hopf transform and quadrature.
 *
 * @module
 */

/**
 * Computes the solution of `u_t + u u_x = nu u_xx`, `u(0, x) = -sin(pi x)`, `u(t, +-1) = 0`, for
 * `t >= 0` and `nu > 0`; for the default viscosity of the gallery to about 12 digits.
 *
 * Cole (1951), Hopf (1950): `u = -integral sin(pi (x - s)) g(s) ds / integral g(s) ds` with `g(s) =
 * exp(-cos(pi (x - s)) / (2 pi nu)) exp(-s^2 / (4 nu t))`, as in Basdevant et al. (1986). The
 * integrals are taken by the trapezoidal rule where the exponent is within 50 of its maximum; the
 * integrand is analytic and vanishes at both ends, so that the rule converges exponentially.
 */
export function burgersSolution(t: number, x: number, nu: number): number {
  if (t <= 0) return -Math.sin(Math.PI * x);
  const exponent = (s: number): number =>
    -Math.cos(Math.PI * (x - s)) / (2 * Math.PI * nu) - s * s / (4 * nu * t);
  // |exponent + s^2 / (4 nu t)| <= 1 / (2 pi nu): beyond this s it is 60 below its maximum at least.
  const reach = Math.sqrt(4 * nu * t * (1 / (Math.PI * nu) + 60));
  const coarse = 200;
  let most = -Infinity;
  for (let i = -coarse; i <= coarse; i++) most = Math.max(most, exponent(reach * i / coarse));
  let low = reach, high = -reach;
  for (let i = -coarse; i <= coarse; i++) {
    if (exponent(reach * i / coarse) < most - 60) continue;
    low = Math.min(low, reach * (i - 1) / coarse);
    high = Math.max(high, reach * (i + 1) / coarse);
  }
  const steps = 600;
  let above = 0, below = 0;
  for (let i = 0; i <= steps; i++) {
    const s = low + (high - low) * i / steps, g = Math.exp(exponent(s) - most);
    above -= Math.sin(Math.PI * (x - s)) * g;
    below += g;
  }
  return above / below;
}
