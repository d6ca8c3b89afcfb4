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
/** Edges times rows of a block, per number of the tables that it fills and that are summed. */
const LEAST_WORK_PER_NUMBER = 4;

/**
 * Cuts rows into blocks: a power of two of them, that depends on the problem alone and never on the
 * threads. Sums are taken block by block in a fixed order, so that results are the same for any
 * number of threads.
 *
 * @param rows Rows of the batch.
 * @param edges Edges of the network.
 * @param numbers Numbers of one block's tables.
 */
export function cutBlocks(rows: number, edges: number, numbers: number): Block[] {
  const most = Math.min(
    MOST_BLOCKS,
    rows / LEAST_ROWS,
    rows * edges / (LEAST_WORK_PER_NUMBER * numbers),
  );
  const count = 2 ** Math.floor(Math.log2(Math.max(1, most)));
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
