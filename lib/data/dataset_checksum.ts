/**
 * The fingerprint of a dataset.
 *
 * @module
 */

import { createHash } from "./_hash.ts";
import type { Dataset } from "./dataset.ts";

/**
 * Computes a 64-bit fingerprint of a dataset: shapes, inputs, targets, weights.
 *
 * @param dataset The dataset.
 * @returns 16 hexadecimal digits; the same numbers (-0 counts as 0) give the same digits.
 *
 * @example
 * ```ts
 * import { datasetChecksum } from "./inner.ts";
 * import { assertNotEquals } from "@std/assert";
 *
 * const inputs = Float64Array.of(1, 2), targets = Float64Array.of(3, 4);
 * const dataset = { rows: 2, nIn: 1, nOut: 1, inputs, targets };
 * const other = { ...dataset, targets: Float64Array.of(3, 5) };
 * assertNotEquals(datasetChecksum(dataset), datasetChecksum(other));
 * ```
 */
export function datasetChecksum(dataset: Dataset): string {
  const { rows, nIn, nOut, inputs, targets, weights } = dataset;
  const hash = createHash();
  hash.text(`${rows} ${nIn} ${nOut}`);
  hash.numbers(inputs);
  hash.numbers(targets);
  if (weights !== undefined) hash.numbers(weights);
  return hash.digest();
}
