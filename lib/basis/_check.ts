/**
 * Checks of arguments shared by the functions of this room.
 *
 * @module
 */

import { findInterval, type KnotVector, numBasis } from "../knots/mod.ts";

/** Returns `interval` or, if it is left out, the interval of `x`; throws if it is not valid. */
export function chooseInterval(
  verb: string,
  knots: KnotVector,
  x: number,
  interval: number | undefined,
): number {
  if (interval === undefined) return findInterval(knots, x);
  const last = numBasis(knots) - 1;
  if (!(Number.isInteger(interval) && interval >= knots.degree && interval <= last)) {
    throw new RangeError(
      `Cannot ${verb}: interval must be an integer from ${knots.degree} to ${last}, ` +
        `current value is ${interval}`,
    );
  }
  return interval;
}

/** Throws unless `order` is an integer of at least 0. */
export function checkOrder(verb: string, name: string, order: number): void {
  if (!(Number.isInteger(order) && order >= 0)) {
    throw new RangeError(
      `Cannot ${verb}: ${name} must be an integer of at least 0, current value is ${order}`,
    );
  }
}

/** Throws unless there is one weight for each interval, or none at all. */
export function checkWeights(
  verb: string,
  { values, degree }: KnotVector,
  weights: ArrayLike<number> | undefined,
): void {
  const intervals = values.length - 1 - 2 * degree;
  if (weights === undefined || weights.length === intervals) return;
  throw new TypeError(
    `Cannot ${verb}: weights must be one for each of ${intervals} intervals, current value has ` +
      `${weights.length}`,
  );
}
