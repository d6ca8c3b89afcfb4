/**
 * Samples of tables of many rows.
 *
 * @module
 */

import { type Dataset, subset } from "../data/mod.ts";
import type { Task } from "./_candidates.ts";

/** More rows than these are judged by a sample, of which one fold is held out. */
const LARGE = 25_000, SAMPLE = 20_500;

/** Evenly spaced rows, at most so many; the dataset itself where it has no more. */
export function spacedRows(dataset: Dataset, most: number): Dataset {
  return dataset.rows <= most ? dataset : subset(dataset, spaced(dataset.rows, most));
}

function spaced(rows: number, most: number): Int32Array {
  return Int32Array.from({ length: most }, (_, i) => Math.floor(i * rows / most));
}

/** The rows of a table that candidates are judged by: of a large one, not in groups or time, a sample. */
export function judgedRows(dataset: Dataset, { groups, order }: Task): Dataset {
  const { rows } = dataset;
  if (rows <= LARGE || (groups ?? order) !== undefined) return dataset;
  return spacedRows(dataset, SAMPLE);
}
