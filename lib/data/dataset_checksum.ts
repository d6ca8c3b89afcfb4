/**
 * The fingerprint of a dataset.
 *
 * @module
 */

import { createHash } from "./_hash.ts";
import type { Dataset } from "./dataset.ts";

/**
 * A 64-bit fingerprint of a dataset (shapes, inputs, targets, weights) in 16 hexadecimal digits;
 * the same numbers (-0 counts as 0) give the same digits.
 */
export function datasetChecksum(dataset: Dataset): string {
  const { rows, nIn, nOut, inputs, targets, weights, whole } = dataset;
  if (whole) return whole.checksum;
  const hash = createHash();
  hash.text(`${rows} ${nIn} ${nOut}`);
  hash.numbers(inputs);
  hash.numbers(targets);
  if (weights !== undefined) hash.numbers(weights);
  return hash.digest();
}
