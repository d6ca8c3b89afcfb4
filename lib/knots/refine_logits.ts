/**
 * Refinement and coarsening of the logits of free knots.
 *
 * Only the `intervals` inner logits take part; the logits of free outer knots are copied.
 *
 * @module
 */

import { checkCount, checkParts } from "./_check.ts";
import { numKnotLogits } from "./free_knots.ts";
import type { KnotSpace } from "./knot_vector.ts";
import { exp, log } from "../numerics/inner.ts";

/**
 * Copies every inner logit to the `factor` parts of its interval.
 *
 * Equal parts would have `s - ln(factor)` each. The softmax does not depend on a constant common to
 * all logits, so `ln(factor)` is left out, and the coarse knots come back bit for bit.
 *
 * @param logits Logits, shape `[numKnotLogits(space)]`. Not changed.
 * @param space The coarse space; the finer one has `factor * space.intervals` intervals.
 * @param factor Number of parts of each interval, an integer of at least 2.
 * @returns Logits of the finer knots.
 * @throws {TypeError} If `logits` has another length.
 * @throws {RangeError} If `factor` is not an integer of at least 2.
 *
 * @example
 * ```ts
 * import { refineLogits } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const space = { degree: 1, intervals: 2, domain: [0, 1], outerKnots: "free" } as const;
 * const fine = refineLogits(new Float64Array([9, 1, 2, 8]), space, 2);
 * assertEquals([...fine], [9, 1, 1, 2, 2, 8]);
 * ```
 */
export function refineLogits(
  logits: Readonly<Float64Array>,
  space: KnotSpace,
  factor: number,
): Float64Array {
  const verb = "refine logits";
  checkCount(verb, "factor", factor, 2);
  checkLength(verb, logits, space);
  return split(logits, space, new Array(space.intervals).fill(factor));
}

/**
 * Splits the logit of interval `i` of the coarse space into `parts[i]` equal ones,
 * `s_i - ln(parts[i])` each; the finer space has `sum(parts)` intervals.
 *
 * Where all entries of `parts` are equal the logits are copied, as by {@linkcode refineLogits}.
 * Otherwise the old knots come back up to rounding of the logarithms.
 *
 * @throws {TypeError} If `logits` or `parts` has another length.
 * @throws {RangeError} If an entry of `parts` is not an integer of at least 1.
 */
export function splitLogits(
  logits: Readonly<Float64Array>,
  space: KnotSpace,
  parts: ArrayLike<number>,
): Float64Array {
  const verb = "split logits";
  checkLength(verb, logits, space);
  checkParts(verb, parts, space.intervals);
  return split(logits, space, parts);
}

/**
 * Joins every `factor` neighbouring inner logits into one, `ln(e^s1 + ... + e^s_factor)`.
 *
 * The coarser knots are every `factor`-th of the finer ones, up to rounding.
 *
 * @param logits Logits, shape `[numKnotLogits(space)]`. Not changed.
 * @param space The finer space; the coarser one has `space.intervals / factor` intervals.
 * @param factor Number of intervals to join, an integer of at least 2 that divides the number
 * of intervals.
 * @returns Logits of the coarser knots.
 * @throws {TypeError} If `logits` has another length.
 * @throws {RangeError} If `factor` is not such an integer.
 *
 * @example
 * ```ts
 * import { coarsenLogits } from "@freeknot/freeknot/splines";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const space = { degree: 1, intervals: 2, domain: [0, 1], outerKnots: "even" } as const;
 * const [coarse] = coarsenLogits(new Float64Array([Math.log(2), Math.log(3)]), space, 2);
 * assertAlmostEquals(coarse, Math.log(5), 1e-15);
 * ```
 */
export function coarsenLogits(
  logits: Readonly<Float64Array>,
  space: KnotSpace,
  factor: number,
): Float64Array {
  const verb = "coarsen logits";
  checkCount(verb, "factor", factor, 2);
  checkLength(verb, logits, space);
  if (space.intervals % factor !== 0) {
    throw new RangeError(
      `Cannot ${verb}: factor must divide the ${space.intervals} intervals, ` +
        `current value is ${factor}`,
    );
  }
  const outer = (logits.length - space.intervals) / 2;
  const intervals = space.intervals / factor;
  const coarse = new Float64Array(intervals + 2 * outer);
  coarse.set(logits.subarray(0, outer));
  coarse.set(logits.subarray(outer + space.intervals), outer + intervals);
  for (let i = 0; i < intervals; i++) {
    const start = outer + i * factor;
    let largest = -Infinity, sum = 0;
    for (let k = 0; k < factor; k++) largest = Math.max(largest, logits[start + k]);
    for (let k = 0; k < factor; k++) sum += exp(logits[start + k] - largest);
    coarse[outer + i] = largest + log(sum);
  }
  return coarse;
}

function split(
  logits: Readonly<Float64Array>,
  space: KnotSpace,
  parts: ArrayLike<number>,
): Float64Array {
  const { intervals } = space;
  const outer = (logits.length - intervals) / 2;
  let total = 0, even = true;
  for (let i = 0; i < intervals; i++) {
    total += parts[i];
    even &&= parts[i] === parts[0];
  }
  const fine = new Float64Array(total + 2 * outer);
  fine.set(logits.subarray(0, outer));
  fine.set(logits.subarray(outer + intervals), outer + total);
  let next = outer;
  for (let i = 0; i < intervals; i++) {
    const logit = logits[outer + i] - (even ? 0 : log(parts[i]));
    for (let k = 0; k < parts[i]; k++) fine[next++] = logit;
  }
  return fine;
}

function checkLength(verb: string, logits: Readonly<Float64Array>, space: KnotSpace): void {
  const count = numKnotLogits(space);
  if (logits.length !== count) {
    throw new TypeError(
      `Cannot ${verb}: logits must have length ${count}, current length is ${logits.length}`,
    );
  }
}
