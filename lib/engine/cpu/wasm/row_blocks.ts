/**
 * Blocks of rows, which threads take one by one.
 *
 * @module
 */

import type { Arena, Slot } from "./memory.ts";

/** Where the arrays of a batch are laid out, and how its rows are cut. */
export interface Workspace {
  readonly arena: Arena;
  readonly blocks: Blocks;
  /** The most rows of a batch. */
  readonly rows: number;
}

/** A contiguous range of rows. */
export type Block = ReturnType<typeof cutBlocks>[number];

/** The blocks as the kernels see them: `[count, begin, end, begin, end, ...]`. */
export type Blocks = ReturnType<typeof createBlocks>;

/** Lays out blocks for at most `rows` rows of a network, which are worked through in chunks. */
export function createBlocks(
  arena: Arena,
  rows: number,
  { edges, numbers, chunkRows }: Record<"edges" | "numbers" | "chunkRows", number>,
) {
  const widest = cutBlocks(rows, edges, numbers), most = widest.length;
  const chunk = Math.min(chunkRows, Math.max(1, ...widest.map(({ rows }) => rows)));
  const slot: Slot<Int32Array> = arena.int32(2 * most + 1);
  let list: Block[] = [];
  return {
    at: slot.at,
    /** Rows of a chunk. */
    chunkRows: chunk,
    /** The most that there can be. */
    most,
    /** The blocks of the current batch. */
    list: (): readonly Block[] => list,
    /** Cuts another batch of that many rows. */
    cut(rows: number) {
      list = cutBlocks(rows, edges, numbers);
      slot.values.set([list.length, ...list.flatMap((b) => [b.begin, b.begin + b.rows])]);
    },
  };
}

/** Least rows of a block: with fewer, another thread costs more than it brings. */
const LEAST_ROWS = 256;
const MOST_BLOCKS = 8;
/** Least edges times rows of a block per number of its tables, which must be summed. */
const LEAST_WORK_PER_NUMBER = 4;

/**
 * Cuts rows into blocks. Their number is a power of two that depends on the problem alone, never on
 * the threads. Sums are taken block by block in a fixed order, so that results are the same for any
 * number of threads.
 */
export function cutBlocks(rows: number, edges: number, numbers: number) {
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
