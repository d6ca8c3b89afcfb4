/**
 * Rows of classes: a column per class, and how many a network gets right.
 *
 * @module
 */

import { type Dataset, datasetOf } from "../../data/mod.ts";
import { forward, type Network } from "../../model/mod.ts";

/** Rows with their classes. */
export interface ClassRows {
  readonly dataset: Dataset;
  /** Class of every row, from 0. */
  readonly labels: readonly number[];
}

/** Rows of inputs and classes as a dataset for cross-entropy. */
export function classRows(
  inputs: readonly (readonly number[])[],
  labels: readonly number[],
  classes: number,
): ClassRows {
  const targets = labels.map((label) =>
    Array.from({ length: classes }, (_, k) => k === label ? 1 : 0)
  );
  return { dataset: datasetOf({ inputs, targets }), labels };
}

/** Share of the rows whose largest output is that of their class. */
export function accuracyOn(network: Network, { dataset, labels }: ClassRows): number {
  const { inputs, rows, nOut } = dataset, outputs = forward(network, inputs, rows);
  let right = 0;
  labels.forEach((label, r) => {
    const row = outputs.subarray(r * nOut, (r + 1) * nOut);
    if (row.indexOf(Math.max(...row)) === label) right++;
  });
  return right / rows;
}
