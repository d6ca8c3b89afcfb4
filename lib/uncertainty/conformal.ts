/**
 * Intervals that cover as often as they say whatever the model and the noise: conformal ones.
 *
 * @module
 */

/**
 * Finds the half width of intervals from errors of rows that the model has not seen: the
 * `ceil((n + 1) level)`-th smallest of n absolute errors.
 *
 * If rows are exchangeable, an interval `prediction +- width` holds a new target with a probability of
 * at least `level`, and at most `level + 1 / (n + 1)` where errors do not tie, for any model (split
 * conformal prediction: J. Lei, M. G'Sell, A. Rinaldo, R. Tibshirani and L. Wasserman, Distribution-free
 * predictive inference for regression, Journal of the American Statistical Association 113, 2018).
 * Errors may be divided by an estimate of their size in each row; the width is then a multiple of it.
 *
 * @param errors Absolute errors of held-out rows, in any order.
 * @param level Between 0 and 1.
 * @returns The half width; infinite where `n < level / (1 - level)`, too few rows for the level.
 * @throws {RangeError} If level does not lie between 0 and 1.
 *
 * @example
 * ```ts
 * import { conformalWidth } from "@freeknot/freeknot/uncertainty";
 * import { assertEquals } from "@std/assert";
 *
 * const errors = Float64Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
 * assertEquals(conformalWidth(errors, 0.9), 0.9);
 * assertEquals(conformalWidth(errors.subarray(0, 8), 0.9), Infinity);
 * ```
 */
export function conformalWidth(errors: ArrayLike<number>, level: number): number {
  if (!(level > 0 && level < 1)) {
    throw new RangeError(
      `Cannot find interval: level must lie between 0 and 1, current value is ${level}`,
    );
  }
  const sorted = Float64Array.from(errors).sort();
  const place = Math.ceil((sorted.length + 1) * level * (1 - 1e-15));
  return place <= sorted.length ? sorted[place - 1] : Infinity;
}
