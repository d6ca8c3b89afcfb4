/**
 * Checks of arguments shared by all scores.
 *
 * @module
 */

/** Throws unless the shapes fit together; returns the number of rows. */
export function checkShapes(
  name: string,
  values: ArrayLike<number>,
  targets: ArrayLike<number>,
  nOut: number,
  weights: ArrayLike<number> | undefined,
): number {
  const rows = targets.length / nOut;
  if (values.length !== targets.length || !(Number.isInteger(rows) && rows > 0)) {
    throw new TypeError(
      `Cannot score: ${name} and targets must have the same positive multiple of ${nOut} ` +
        `entries, current value is ${values.length} and ${targets.length}`,
    );
  }
  if (weights !== undefined && weights.length !== rows) {
    throw new TypeError(
      `Cannot score: weights must have ${rows} entries, current value is ${weights.length}`,
    );
  }
  return rows;
}

/** Throws unless the weights sum to more than zero. */
export function checkTotal(total: number): void {
  if (!(total > 0)) {
    throw new RangeError(
      `Cannot score: sum of weights must be greater than 0, current value is ${total}`,
    );
  }
}
