/**
 * A way down from a kink.
 *
 * Where two rows tie for an extreme of a min-max normalised node the objective has a kink, and
 * the negative gradient of one side may point uphill on the other. The shortest vector in the
 * convex hull of the gradients met nearby points down on all of their sides, or is zero at a
 * stationary point (Wolfe 1975; Lemarechal 1975).
 *
 * @module
 */

import { dot } from "../../../numerics/inner.ts";

/** Gradients gathered around a kink before it counts as a stationary point. */
export const MOST_SIDES = 8;

/**
 * The shortest vector, to about 1e-3 of its length, in the convex hull of at least one vector, by
 * Frank-Wolfe steps with exact line search on their Gram matrix.
 */
export function shortestCombination(vectors: readonly Float64Array[]): Float64Array {
  const k = vectors.length;
  const gram = vectors.map((v) => Float64Array.from(vectors, (w) => dot(v, w)));
  const shares = new Float64Array(k).fill(1 / k);
  for (let iteration = 0; iteration < 1000; iteration++) {
    const slopes = gram.map((row) => dot(row, shares)); // v_i . x
    const square = slopes.reduce((sum, slope, i) => sum + slope * shares[i], 0);
    const toward = slopes.indexOf(Math.min(...slopes));
    const gap = square - slopes[toward];
    if (!(gap > 1e-3 * square)) break;
    const length = square - 2 * slopes[toward] + gram[toward][toward];
    const step = Math.min(1, gap / length);
    for (let i = 0; i < k; i++) shares[i] *= 1 - step;
    shares[toward] += step;
  }
  const result = new Float64Array(vectors[0].length);
  vectors.forEach((vector, v) => {
    for (let i = 0; i < result.length; i++) result[i] += shares[v] * vector[i];
  });
  return result;
}
