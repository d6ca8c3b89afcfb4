/**
 * Some rows of a dataset.
 *
 * @module
 */

import { takeRows } from "../numerics/inner.ts";
import type { Dataset } from "./dataset.ts";

/**
 * Copies some rows of a dataset, in the order given.
 *
 * @param dataset The dataset.
 * @param rows Indices of rows, each in `0..dataset.rows-1`; repeats are allowed.
 * @returns A new dataset of `rows.length` rows.
 * @throws {RangeError} If there are no rows, or an index is not one of the dataset's.
 *
 * @example
 * ```ts
 * import { subset } from "@freeknot/freeknot/data";
 * import { assertEquals } from "@std/assert";
 *
 * const dataset = {
 *   rows: 3, nIn: 1, nOut: 1,
 *   inputs: new Float64Array([1, 2, 3]), targets: new Float64Array([4, 5, 6]),
 * };
 * assertEquals([...subset(dataset, [2, 0]).targets], [6, 4]);
 * ```
 */
export function subset(dataset: Dataset, rows: ArrayLike<number>): Dataset {
  if (rows.length === 0) {
    throw new RangeError("Cannot take subset: rows must not be empty, current value is 0 rows");
  }
  const count = dataset.whole?.rows ?? dataset.rows;
  for (let r = 0; r < rows.length; r++) {
    if (!(Number.isInteger(rows[r]) && rows[r] >= 0 && rows[r] < count)) {
      throw new RangeError(
        `Cannot take subset: rows must be integers in 0..${count - 1}, ` +
          `current value is ${rows[r]} at ${r}`,
      );
    }
  }
  if (dataset.whole) return dataset.whole.take(rows);
  const { nIn, nOut, inputs, targets, weights } = dataset;
  return {
    rows: rows.length,
    nIn,
    nOut,
    inputs: takeRows(inputs, nIn, rows),
    targets: takeRows(targets, nOut, rows),
    ...(weights === undefined ? {} : { weights: takeRows(weights, 1, rows) }),
  };
}
