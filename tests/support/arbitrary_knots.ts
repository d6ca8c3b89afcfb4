/**
 * Random knots, coefficients and points for property tests.
 *
 * @module
 */

import fc from "fast-check";
import { type KnotVector, numBasis, numIntervals, type OuterKnots } from "../../lib/knots/mod.ts";

/** Every property test runs with this seed, so that a failure comes back. */
export const SEED = 20250;

/** A random case: knots, coefficients and points of the domain. */
export interface SplineCase {
  readonly knots: KnotVector;
  readonly outerKnots: OuterKnots;
  /** Shape `[numBasis]`, from -1 to 1, 0 or at least 1e-9 in size. */
  readonly coefficients: Float64Array;
  /** Points from `a` to `b`, all knots of the domain and the middles of the intervals included. */
  readonly points: number[];
}

/** Options of {@linkcode arbitrarySpline}. */
export interface ArbitraryOptions {
  /** Outer knots to draw from. Default `["even", "free", "clamped"]`. */
  readonly outerKnots?: readonly OuterKnots[];
  /** Largest ratio of two intervals, as a power of ten. Default 6. */
  readonly decades?: number;
  /** Highest degree. Default 9. */
  readonly mostDegree?: number;
}

/** Splines of degree 1 to 9 with 1 to 12 intervals of very different lengths on any domain. */
export function arbitrarySpline(options: ArbitraryOptions = {}): fc.Arbitrary<SplineCase> {
  const { outerKnots = ["even", "free", "clamped"], decades = 6, mostDegree = 9 } = options;
  const exponent = fc.double({ min: -decades, max: 0, noNaN: true });
  return fc.record({
    degree: fc.integer({ min: 1, max: mostDegree }),
    exponents: fc.array(exponent, { minLength: 1, maxLength: 12 }),
    left: fc.array(exponent, { minLength: mostDegree, maxLength: mostDegree }),
    right: fc.array(exponent, { minLength: mostDegree, maxLength: mostDegree }),
    outer: fc.constantFrom(...outerKnots),
    domain: fc.constantFrom([-1, 1], [0, 1], [-4, 4], [0.3, 17.7], [-0.01, 0.05]),
    fractions: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), {
      minLength: 10,
      maxLength: 10,
    }),
    heights: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), {
      minLength: 12 + mostDegree,
      maxLength: 12 + mostDegree,
    }),
  }).map(({ degree, exponents, left, right, outer, domain: [a, b], fractions, heights }) => {
    const n = exponents.length;
    const values = new Float64Array(n + 1 + 2 * degree);
    cut(a, b, exponents, values.subarray(degree, degree + n + 1));
    if (outer === "free") {
      cut(a - (b - a), a, left.slice(0, degree), values.subarray(0, degree + 1));
      cut(b, b + (b - a), right.slice(0, degree), values.subarray(degree + n));
    } else {
      for (let k = 1; k <= degree; k++) {
        const step = outer === "even" ? k * (b - a) / n : 0;
        values[degree - k] = a - step;
        values[degree + n + k] = b + step;
      }
    }
    const knots: KnotVector = { values, degree };
    return {
      knots,
      outerKnots: outer,
      coefficients: Float64Array.from(
        heights.slice(0, numBasis(knots)),
        (height) => Math.abs(height) < 1e-9 ? 0 : height,
      ),
      points: pointsOf(knots, fractions.map((fraction) => fraction < 1e-9 ? 0 : fraction)),
    };
  });
}

/** Points of the domain: at the fractions, at all knots, and in the middle of each interval. */
export function pointsOf(knots: KnotVector, fractions: readonly number[] = []): number[] {
  const { values: t, degree } = knots;
  const n = numIntervals(knots);
  const a = t[degree], b = t[degree + n];
  const points = fractions.map((fraction) => Math.min(b, a + fraction * (b - a)));
  for (let i = 0; i <= n; i++) points.push(t[degree + i]);
  for (let i = 0; i < n; i++) points.push((t[degree + i] + t[degree + i + 1]) / 2);
  return points;
}

/** Largest magnitude of an array, or the smallest normal number if all are 0. */
export function largest(values: ArrayLike<number>): number {
  let result = 2 ** -1022;
  for (let i = 0; i < values.length; i++) result = Math.max(result, Math.abs(values[i]));
  return result;
}

function cut(from: number, to: number, exponents: readonly number[], out: Float64Array): void {
  const widths = exponents.map((exponent) => 10 ** exponent);
  const total = widths.reduce((sum, width) => sum + width, 0);
  let sum = 0;
  out[0] = from;
  widths.forEach((width, i) => {
    sum += width;
    out[i + 1] = Math.min(to, from + (to - from) * (sum / total));
  });
  out[widths.length] = to;
}
