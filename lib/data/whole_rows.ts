/**
 * Datasets that are the share of one process in the rows of several.
 *
 * @module
 */

import type { Dataset } from "./dataset.ts";
import { subset } from "./subset.ts";

/** The number of a dataset's rows, those of other processes too. */
export function rowsInAll({ rows, whole }: Pick<Dataset, "rows" | "whole">): number {
  return whole?.rows ?? rows;
}

/** The rows from one to below another as a part of all rows; a copy only of those that are stored. */
export function rowsBetween(dataset: Dataset, from: number, to: number): Dataset {
  const { nIn, nOut, inputs, targets, weights, whole } = dataset;
  if (whole?.stored) return { ...whole.stored.read(from, to), whole };
  return {
    ...{ rows: to - from, nIn, nOut },
    inputs: inputs.subarray(from * nIn, to * nIn),
    targets: targets.subarray(from * nOut, to * nOut),
    ...(weights && { weights: weights.subarray(from, to) }),
    ...(whole && { whole }),
  };
}

/** At most so many rows, evenly spread over all rows of all processes. */
export function evenlySpread(dataset: Dataset, rows: number): Dataset {
  const count = rowsInAll(dataset);
  if (!dataset.whole && count <= rows) return dataset;
  const most = Math.min(rows, count);
  return subset(
    dataset,
    Int32Array.from({ length: most }, (_, i) => Math.floor(i * count / most)),
  );
}

/** The most rows that stand for those of all processes where every process must see the same. */
const STAND_INS = 1 << 16;

/** A dataset itself; of a share in the rows of several processes rows that stand for all. */
export function commonRows(dataset: Dataset): Dataset {
  return dataset.whole ? evenlySpread(dataset, STAND_INS) : dataset;
}
