/**
 * Sets of classes that hold the true one as often as they say.
 *
 * @module
 */

/** Share by which a probability may miss the threshold of a set: last digits do not decide. */
const LAST_DIGITS = 1e-12;

/**
 * Computes what {@linkcode classSets} are calibrated by: 1 less the probability of the true class,
 * in every row.
 *
 * @param probabilities Shape `[rows, classes]`.
 * @param right The true class of every row, `0..classes-1`.
 * @returns One number for each row; {@linkcode conformalWidth} finds the threshold among them.
 * @throws {TypeError} If the probabilities are not equally many for each row.
 *
 * @example
 * ```ts
 * import { classErrors } from "@freeknot/freeknot/uncertainty";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals([...classErrors([0.75, 0.25, 0.5, 0.5], [0, 1])], [0.25, 0.5]);
 * ```
 */
export function classErrors(
  probabilities: ArrayLike<number>,
  right: ArrayLike<number>,
): Float64Array {
  const classes = probabilities.length / right.length;
  if (!Number.isInteger(classes) || classes < 2) {
    throw new TypeError(
      `Cannot judge classes: length of probabilities must be 2 or more for each of ` +
        `${right.length} rows, current value is ${probabilities.length}`,
    );
  }
  return Float64Array.from(right, (label, row) => 1 - probabilities[row * classes + label]);
}

/**
 * Finds the classes of every row that a threshold does not rule out: those with `1 - probability` of
 * at most the threshold, and always the most probable one.
 *
 * With the {@linkcode conformalWidth} of {@linkcode classErrors} of n held-out rows as the threshold,
 * a set holds the true class of a new row with a probability of at least the level, whatever the
 * model, if rows are exchangeable; without the most probable class it would be at most
 * `level + 1 / (n + 1)` where errors do not tie. Sets of that probability are the smallest where
 * the probabilities are right (M. Sadinle, J. Lei and L. Wasserman, Least ambiguous set-valued
 * classifiers with bounded error levels, Journal of the American Statistical Association 114, 2019).
 *
 * @param probabilities Shape `[rows, classes]`.
 * @param classes Number of classes.
 * @param threshold Between 0 and 1.
 * @returns The classes of every row, `0..classes-1`, in ascending order.
 * @throws {TypeError} If the length of the probabilities is not a multiple of the classes.
 *
 * @example
 * ```ts
 * import { classErrors, classSets, conformalWidth } from "@freeknot/freeknot/uncertainty";
 * import { assertEquals } from "@std/assert";
 *
 * const held = Float64Array.from({ length: 20 }, (_, i) => (i + 0.5) / 20); // of class 0
 * const errors = classErrors(Array.from(held, (p) => [p, 1 - p]).flat(), new Uint8Array(20));
 * const threshold = conformalWidth(errors, 0.6);
 * assertEquals(classSets([0.5, 0.5, 0.1, 0.9], 2, threshold), [[0, 1], [1]]);
 * ```
 */
export function classSets(
  probabilities: ArrayLike<number>,
  classes: number,
  threshold: number,
): number[][] {
  const rows = probabilities.length / classes;
  if (!Number.isInteger(rows)) {
    throw new TypeError(
      `Cannot find sets: length of probabilities must be a multiple of ${classes}, current value ` +
        `is ${probabilities.length}`,
    );
  }
  const most = threshold + LAST_DIGITS;
  return Array.from({ length: rows }, (_, row) => {
    const set: number[] = [];
    let best = 0;
    for (let k = 0; k < classes; k++) {
      const p = probabilities[row * classes + k];
      if (1 - p <= most) set.push(k);
      if (p > probabilities[row * classes + best]) best = k;
    }
    return set.length > 0 ? set : [best];
  });
}
