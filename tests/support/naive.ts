/**
 * Slow and obvious versions of the library's functions, written from the definitions.
 *
 * @module
 */

import type { KnotVector } from "../../lib/knots/mod.ts";

/**
 * `B_i(x)` by the full Cox-de Boor recursion (Actor et al. 2025, eq. (29)), 0/0 = 0. At the right end of
 * the domain the last piece that is not empty is taken.
 */
export function naiveBspline(knots: KnotVector, i: number, x: number): number {
  const { values: t, degree } = knots;
  const b = t[t.length - 1 - degree];
  let last = t.length - 2 - degree;
  while (last > degree && t[last] === b) last--;

  function recurse(k: number, p: number): number {
    if (p === 0) {
      if (x === b) return k === last ? 1 : 0;
      return t[k] <= x && x < t[k + 1] ? 1 : 0;
    }
    const left = t[k + p] - t[k], right = t[k + p + 1] - t[k + 1];
    return (left > 0 ? (x - t[k]) / left * recurse(k, p - 1) : 0) +
      (right > 0 ? (t[k + p + 1] - x) / right * recurse(k + 1, p - 1) : 0);
  }
  return recurse(i, degree);
}

/** `sum_i c_i B_i(x)` by {@linkcode naiveBspline}. */
export function naiveSpline(knots: KnotVector, coefficients: ArrayLike<number>, x: number): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i++) sum += coefficients[i] * naiveBspline(knots, i, x);
  return sum;
}

/**
 * One entry of the change of basis as a divided difference:
 * `A_ij = (-1)^(degree+1) (t_{i+degree+1} - t_i) / prod_{k != j} (t_j - t_k)`, `k = i..i+degree+1`.
 */
export function naiveChangeOfBasis(knots: KnotVector, i: number, j: number): number {
  const { values: t, degree } = knots;
  if (j < i || j > i + degree + 1) return 0;
  let entry = (degree % 2 === 0 ? -1 : 1) * (t[i + degree + 1] - t[i]);
  for (let k = i; k <= i + degree + 1; k++) if (k !== j) entry /= t[j] - t[k];
  return entry;
}

/** Knot insertion, one knot at a time (Boehm 1980); knots must not be repeated. */
export function insertKnot(
  knots: KnotVector,
  coefficients: Float64Array,
  x: number,
): { knots: KnotVector; coefficients: Float64Array } {
  const { values: t, degree: p } = knots;
  let mu = p;
  while (mu < t.length - 2 - p && t[mu + 1] <= x) mu++;
  const finer = new Float64Array(coefficients.length + 1);
  for (let i = 0; i < finer.length; i++) {
    if (i <= mu - p) finer[i] = coefficients[i];
    else if (i > mu) finer[i] = coefficients[i - 1];
    else {
      const w = (x - t[i]) / (t[i + p] - t[i]);
      finer[i] = w * coefficients[i] + (1 - w) * coefficients[i - 1];
    }
  }
  const values = new Float64Array(t.length + 1);
  values.set(t.subarray(0, mu + 1));
  values[mu + 1] = x;
  values.set(t.subarray(mu + 1), mu + 2);
  return { knots: { values, degree: p }, coefficients: finer };
}
