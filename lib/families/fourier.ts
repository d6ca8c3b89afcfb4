/**
 * Sines and cosines as a nested family.
 *
 * @module
 */

import { type FamilyOptions, type NestedFamily, splineSizes, zeroPadding } from "./family.ts";
import { cos, sin } from "../numerics/inner.ts";

/** The period is twice the domain's length, so that functions need not agree at its ends. */
const FREQUENCY = Math.PI / 2;

/**
 * Creates the functions `1, cos(k pi u / 2), sin(k pi u / 2)`; a finer level has higher frequencies.
 *
 * Their period is 4, twice the domain: on `[-1, 1]` they are no orthogonal system, and their Gram
 * matrix becomes singular in float64 (a Fourier extension: J. Boyd, J. Comput. Phys. 178, 2002).
 *
 * @param options Level 0 has `intervals + degree` functions, one more where that is even.
 * @returns The family.
 * @throws {RangeError} If an option is not an integer from 1 to 1000.
 *
 * @example
 * ```ts
 * import { fourier } from "@freeknot/freeknot/families";
 * import { assertEquals } from "@std/assert";
 *
 * const family = fourier({ intervals: 2, degree: 1 }), values = new Float64Array(3);
 * family.evaluate(0, 0, values, new Float64Array(3));
 * assertEquals([...values], [1, 1, 0]);
 * ```
 */
export function fourier(options: FamilyOptions = {}): NestedFamily {
  const sizes = splineSizes("fourier", options);
  const size = (level: number) => 2 * Math.floor(sizes(level) / 2) + 1;
  return {
    name: "fourier",
    title: "sines and cosines",
    size,
    evaluate(level, u, values, slopes, at = 0) {
      values[at] = 1;
      slopes[at] = 0;
      const n = size(level), c1 = cos(FREQUENCY * u), s1 = sin(FREQUENCY * u);
      let c = c1, s = s1; // turned by one angle from frequency to frequency
      for (let k = 1; 2 * k < n; k++) {
        const w = FREQUENCY * k, i = at + 2 * k - 1;
        values[i] = c;
        values[i + 1] = s;
        slopes[i] = -w * s;
        slopes[i + 1] = w * c;
        const next = c * c1 - s * s1;
        s = s * c1 + c * s1;
        c = next;
      }
    },
    embedding: (level) => zeroPadding(size(level + 1), size(level)),
  };
}
