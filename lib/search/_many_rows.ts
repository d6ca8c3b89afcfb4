/**
 * Samples of tables of many rows.
 *
 * @module
 */

import { rowsBetween } from "../data/inner.ts";
import { type Dataset, subset } from "../data/mod.ts";
import type { Peers } from "../engine/mod.ts";
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

/** Rows of a table, in parts: the same parts, in the same order, every time. */
export interface RowSource {
  /** How many there are, in all blocks. */
  readonly rows: number;
  /** Blocks of rows, a power of two, whose sums are added along a tree. Default 1. */
  readonly blocks?: number;
  /** Processes that share the blocks; all search alike. Default: this one has them all. */
  readonly peers?: Peers;
  /** Begins a pass over a block. */
  parts(block: number): AsyncIterable<Dataset> | Iterable<Dataset>;
}

/** Rows of a part of a dataset. */
const PART_ROWS = 1 << 16;

/** A dataset in parts, without copies. */
export function datasetParts(dataset: Dataset): RowSource {
  const { rows } = dataset;
  return {
    rows,
    *parts() {
      for (let from = 0; from < rows; from += PART_ROWS) {
        yield rowsBetween(dataset, from, Math.min(rows, from + PART_ROWS));
      }
    },
  };
}

/** Whether so many rows are fitted in passes over parts of them, where a candidate can. */
export function inPasses(rows: number): boolean {
  return rows > LARGE;
}

/** The rows that stand for the others in such a fit. */
export function standIns(dataset: Dataset): Dataset {
  return spacedRows(dataset, SAMPLE);
}

/** The rows of a table that candidates are judged by: of a large one, not in groups or time, a sample. */
export function judgedRows(dataset: Dataset, { groups, order }: Task): Dataset {
  const { rows } = dataset;
  if (rows <= LARGE || (groups ?? order) !== undefined) return dataset;
  return spacedRows(dataset, SAMPLE);
}
