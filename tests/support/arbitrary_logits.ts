/**
 * Random knot logits for property tests.
 *
 * @module
 */

import fc from "fast-check";
import type { KnotSpace, OuterKnots } from "../../lib/knots/mod.ts";
import { numKnotLogits } from "../../lib/knots/inner.ts";

/** A knot space and logits of its size. */
export interface LogitCase {
  readonly space: KnotSpace;
  readonly logits: Float64Array;
}

/** Spaces of every kind with logits from `-size` to `size`. */
export function arbitraryLogits(size: number): fc.Arbitrary<LogitCase> {
  return fc.record({
    degree: fc.integer({ min: 1, max: 5 }),
    intervals: fc.integer({ min: 1, max: 20 }),
    domain: fc.constantFrom(
      [-1, 1] as const,
      [0, 1] as const,
      [-4, 4] as const,
      [0.3, 7.1] as const,
    ),
    outerKnots: fc.constantFrom<OuterKnots>("even", "free", "clamped"),
    values: fc.array(fc.double({ min: -size, max: size, noNaN: true }), {
      minLength: 30,
      maxLength: 30,
    }),
  }).map(({ values, ...space }) => ({
    space,
    logits: Float64Array.from(values.slice(0, numKnotLogits(space))),
  }));
}
