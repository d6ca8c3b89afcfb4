/**
 * Legendre polynomials as a nested family.
 *
 * @module
 */

import { type FamilyOptions, type NestedFamily, splineSizes, zeroPadding } from "./family.ts";

/**
 * Creates the Legendre polynomials, of length 1 in `L2(-1, 1)` and orthogonal there; a finer level
 * has higher degrees. They span what {@linkcode chebyshev} spans, in other coordinates.
 *
 * @param options How many polynomials level 0 has: `intervals + degree`.
 * @returns The family.
 * @throws {RangeError} If an option is not an integer from 1 to 1000.
 *
 * @example
 * ```ts
 * import { legendre } from "@freeknot/freeknot/families";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const family = legendre({ intervals: 1, degree: 1 }), values = new Float64Array(2);
 * family.evaluate(0, 1, values, new Float64Array(2));
 * assertAlmostEquals(values[1], Math.sqrt(3 / 2), 1e-15);
 * ```
 */
export function legendre(options: FamilyOptions = {}): NestedFamily {
  const size = splineSizes("legendre", options);
  return {
    name: "legendre",
    title: "Legendre polynomials",
    size,
    evaluate: (level, u, values, slopes, at = 0) =>
      writeLegendre(size(level), u, values, slopes, at),
    embedding: (level) => zeroPadding(size(level + 1), size(level)),
  };
}

/**
 * Writes the first `n` Legendre polynomials of length 1 in `L2(-1, 1)` and their derivatives:
 * `k P_k = (2k - 1) u P_(k-1) - (k - 1) P_(k-2)`, `P_k' = P_(k-2)' + (2k - 1) P_(k-1)`.
 */
export function writeLegendre(
  n: number,
  u: number,
  values: Float64Array,
  slopes: Float64Array,
  at: number,
): void {
  let before = 0, value = 1, slopeBefore = 0, slope = 0;
  for (let k = 0; k < n; k++) {
    const length = Math.sqrt(k + 0.5);
    values[at + k] = length * value;
    slopes[at + k] = length * slope;
    const next = ((2 * k + 1) * u * value - k * before) / (k + 1);
    [slopeBefore, slope] = [slope, slopeBefore + (2 * k + 1) * value];
    [before, value] = [value, next];
  }
}
