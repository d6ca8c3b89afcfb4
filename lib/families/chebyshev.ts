/**
 * Chebyshev polynomials as a nested family.
 *
 * @module
 */

import { type FamilyOptions, type NestedFamily, splineSizes, zeroPadding } from "./family.ts";

/**
 * Creates the Chebyshev polynomials `T_0, T_1, ...`, of each level as many as uniform splines have
 * functions; a finer level has higher degrees.
 *
 * `T_k = 2 u T_(k-1) - T_(k-2)`, `T_k' = k U_(k-1)`.
 *
 * @param options How many polynomials level 0 has: `intervals + degree`.
 * @returns The family.
 * @throws {RangeError} If an option is not an integer from 1 to 1000.
 *
 * @example
 * ```ts
 * import { chebyshev } from "@freeknot/freeknot/families";
 * import { assertEquals } from "@std/assert";
 *
 * const family = chebyshev({ intervals: 1, degree: 2 }), values = new Float64Array(3);
 * family.evaluate(0, 0.5, values, new Float64Array(3));
 * assertEquals([...values], [1, 0.5, -0.5]);
 * ```
 */
export function chebyshev(options: FamilyOptions = {}): NestedFamily {
  const size = splineSizes("chebyshev", options);
  return {
    name: "chebyshev",
    title: "Chebyshev polynomials",
    size,
    evaluate(level, u, values, slopes, at = 0) {
      const n = size(level);
      values[at] = 1;
      slopes[at] = 0;
      if (n > 1) {
        values[at + 1] = u;
        slopes[at + 1] = 1;
      }
      let before = 1, second = 2 * u; // U_0, U_1
      for (let k = 2; k < n; k++) {
        values[at + k] = 2 * u * values[at + k - 1] - values[at + k - 2];
        slopes[at + k] = k * second;
        [before, second] = [second, 2 * u * second - before];
      }
    },
    embedding: (level) => zeroPadding(size(level + 1), size(level)),
  };
}
