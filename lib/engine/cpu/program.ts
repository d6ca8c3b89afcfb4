/**
 * Programs of kernel calls: what every thread does with its blocks of rows, as plain data.
 *
 * @module
 */

import type { KernelName } from "./memory.ts";

/** One kernel call: its name, then its arguments (addresses and numbers). */
export type Call = readonly [kernel: KernelName, ...args: number[]];

/** The calls of every block, in the order of the blocks. */
export type Phase = readonly (readonly Call[])[];

/** A contiguous range of rows. */
export interface Block {
  readonly index: number;
  /** First row. */
  readonly begin: number;
  /** Number of rows. */
  readonly rows: number;
}

/** Rows that make a block worth another thread's while. */
const LEAST_ROWS = 1024;
const MOST_BLOCKS = 8;

/**
 * Cuts rows into blocks. Their number depends on the rows alone, never on the threads: sums are
 * taken block by block in a fixed order, so that results are the same for any number of threads.
 */
export function cutBlocks(rows: number): Block[] {
  const count = Math.max(1, Math.min(MOST_BLOCKS, Math.floor(rows / LEAST_ROWS)));
  return Array.from({ length: count }, (_, index) => {
    const begin = Math.floor(index * rows / count);
    return { index, begin, rows: Math.floor((index + 1) * rows / count) - begin };
  });
}

/** Address of a row of an array with `columns` columns. */
export function rowAddress(
  array: Float64Array | Int32Array,
  columns: number,
  row: number,
): number {
  return array.byteOffset + array.BYTES_PER_ELEMENT * columns * row;
}
