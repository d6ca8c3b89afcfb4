/**
 * How the knots of a coarse grid lie among the knots of a fine one.
 *
 * @module
 */

import { domainOf, type KnotVector, numBasis } from "../knots/mod.ts";

/** Throws unless both knot vectors have the same degree and domain. */
export function checkSameSpace(verb: string, coarse: KnotVector, fine: KnotVector): void {
  if (coarse.degree !== fine.degree) {
    throw new TypeError(
      `Cannot ${verb}: coarse and fine must have the same degree, ` +
        `current degrees are ${coarse.degree} and ${fine.degree}`,
    );
  }
  const [a, b] = domainOf(coarse), [c, d] = domainOf(fine);
  if (a !== c || b !== d) {
    throw new TypeError(
      `Cannot ${verb}: coarse and fine must have the same domain, ` +
        `current domains are [${a}, ${b}] and [${c}, ${d}]`,
    );
  }
}

const TOLERANCE = 8 * 2 ** -52; // of b - a

/**
 * Finds every coarse knot of the domain among the fine ones: bit for bit if all are found that way,
 * otherwise within a few units of roundoff of `b - a`. Returns the fine knots, those that match set
 * to the coarse ones, and by the index of each fine interval's left knot the coarse interval around.
 *
 * @throws {RangeError} If one is missing.
 */
export function nestKnots(
  verb: string,
  coarse: KnotVector,
  fine: KnotVector,
): { readonly knots: Readonly<Float64Array>; readonly intervals: Int32Array } {
  const [a, b] = domainOf(coarse);
  const exact = match(coarse, fine, 0);
  if (exact instanceof Int32Array) return { knots: fine.values, intervals: exact };
  const near = match(coarse, fine, TOLERANCE * (b - a));
  if (typeof near === "number") {
    throw new RangeError(
      `Cannot ${verb}: fine knots must contain the coarse ones, current coarse knot ` +
        `${coarse.values[near]} at index ${near} has no partner`,
    );
  }
  const knots = fine.values.slice();
  for (let k = fine.degree; k < numBasis(fine); k++) {
    if (k === fine.degree || near[k] !== near[k - 1]) knots[k] = coarse.values[near[k]];
  }
  return { knots, intervals: near };
}

/**
 * Walks through both lists of knots. Returns the coarse interval of each fine one, or the index of
 * the first coarse knot that has no partner.
 */
function match(coarse: KnotVector, fine: KnotVector, tolerance: number): Int32Array | number {
  const { values: t, degree } = coarse, { values: tau } = fine;
  const lastCoarse = numBasis(coarse), lastFine = numBasis(fine); // indices of b
  const intervals = new Int32Array(tau.length);
  let mu = degree;
  for (let k = degree; k < lastFine; k++) {
    // tau[k] starts the next coarse interval if it is that interval's left knot
    if (k > degree && mu + 1 < lastCoarse && Math.abs(tau[k] - t[mu + 1]) <= tolerance) mu++;
    else if (mu + 1 < lastCoarse && tau[k] > t[mu + 1] + tolerance) return mu + 1;
    intervals[k] = mu;
  }
  return mu + 1 < lastCoarse ? mu + 1 : intervals;
}
