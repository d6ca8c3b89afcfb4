/**
 * Random options of networks for property tests.
 *
 * @module
 */

import fc from "fast-check";

/** Arbitrary options of networks of splines. */
export function arbitraryNetworks({ mostIntervals }: { readonly mostIntervals: number }) {
  return fc.record({
    widths: fc.array(fc.constantFrom(1, 2, 3, 4, 8, 11), { minLength: 3, maxLength: 5 }),
    intervals: fc.integer({ min: 1, max: mostIntervals }),
    degree: fc.integer({ min: 1, max: 5 }),
    firstLayer: fc.constantFrom("linear" as const, "spline" as const),
    knots: fc.constantFrom("uniform" as const, "fixed" as const, "free" as const),
    basis: fc.constantFrom("bspline" as const, "relu" as const),
    base: fc.constantFrom("none" as const, "silu" as const),
    normalisation: fc.constantFrom("minmax" as const, "batchnorm" as const, "none" as const),
    knotSharing: fc.constantFrom("input" as const, "layer" as const),
    domain: fc.constantFrom([-1, 1] as const, [0, 1] as const, [-4, 4] as const),
  });
}
