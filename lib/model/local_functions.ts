/**
 * The basis functions that are not zero at a point, extrapolation included.
 *
 * @module
 */

import { pow } from "../numerics/inner.ts";
import { bsplineDerivatives, reluPowers } from "../basis/mod.ts";
import { domainOf, type KnotVector, numBasis } from "../knots/mod.ts";
import type { NetworkConfig } from "./network.ts";

/**
 * Finds where a basis is evaluated for a point `u`: at the nearest point of the domain; `beyond` is
 * `u - at` where the straight line goes on, else 0, and `moves` 0 where the function is constant
 * (clamped, outside), else 1.
 *
 * @throws {RangeError} If `u` lies outside and extrapolation is `error`.
 */
export function domainPoint(
  knots: KnotVector,
  u: number,
  extrapolation: NetworkConfig["extrapolation"],
): { readonly at: number; readonly beyond: number; readonly moves: 0 | 1 } {
  const [a, b] = domainOf(knots);
  if (!(u < a) && !(u > b)) return { at: u, beyond: 0, moves: 1 };
  if (extrapolation === "error") {
    throw new RangeError(
      `Cannot evaluate spline: its input must be in [${a}, ${b}] (extrapolation is error), current value is ${u}`,
    );
  }
  const at = u < a ? a : b;
  return extrapolation === "linear"
    ? { at, beyond: u - at, moves: 1 }
    : { at, beyond: 0, moves: 0 };
}

/**
 * Evaluates the basis functions that matter at `u`, a position after normalisation, and their
 * derivatives by `u`: from function `first` on `degree + 1` for B-splines, all for ReLU powers. NaN
 * gives NaN.
 *
 * Linear extrapolation replaces `B_i(u)` by `B_i(e) + B_i'(e) (u - e)` beyond an end `e`, clamping
 * by `B_i(e)`.
 *
 * @throws {RangeError} If `u` lies outside and extrapolation is `error`.
 */
export function localFunctions(
  knots: KnotVector,
  u: number,
  basis: NetworkConfig["basis"],
  extrapolation: NetworkConfig["extrapolation"],
): { readonly first: number; readonly values: Float64Array; readonly slopes: Float64Array } {
  const { at, beyond, moves } = domainPoint(knots, u, extrapolation);
  const { degree } = knots;
  let first = 0, values: Float64Array, slopes: Float64Array;
  if (basis === "bspline") {
    const local = bsplineDerivatives(knots, at, 1);
    first = local.interval - degree;
    values = local.values.slice(0, degree + 1);
    slopes = local.values.slice(degree + 1, 2 * (degree + 1));
  } else {
    values = reluPowers(knots, at);
    slopes = reluSlopes(knots, at);
  }
  for (let i = 0; i < values.length; i++) {
    if (beyond !== 0) values[i] += slopes[i] * beyond;
    if (moves === 0) slopes[i] = 0;
  }
  return { first, values, slopes };
}

/** `degree ReLU(u - t_i)^(degree - 1)`: at the right end of the domain from the inside. */
function reluSlopes(knots: KnotVector, u: number): Float64Array {
  const { values: t, degree } = knots;
  const slopes = new Float64Array(numBasis(knots));
  const b = domainOf(knots)[1];
  for (let i = 0; i < slopes.length; i++) {
    const y = u - t[i];
    if (Number.isNaN(y)) slopes[i] = NaN;
    else if (degree === 1) slopes[i] = y > 0 || (y === 0 && u < b) ? 1 : 0;
    else if (y > 0) slopes[i] = degree * pow(y, degree - 1);
  }
  return slopes;
}
