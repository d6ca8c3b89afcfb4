/**
 * Tables that the kernels add to, one per block of rows.
 *
 * @module
 */

import type { Arena } from "./memory.ts";
import type { BlockNumbers, Blocks } from "./row_blocks.ts";
import { BLOCK, type Call, call, type Cursor } from "./kernel_calls.ts";

/** Sums over all points. */
export type SumTable = ReturnType<typeof createSumTable>;

/**
 * Lays out a table of `length` numbers.
 *
 * @param exact Whether blocks add in float64 even in a float32 engine.
 */
export function createSumTable(
  { arena, blocks }: {
    readonly arena: Arena;
    readonly blocks: Pick<Blocks, "at" | "most"> & Partial<Pick<Blocks, "tables">>;
  },
  length: number,
  exact = false,
) {
  const sums = arena.float64(length * blocks.most);
  const tables: BlockNumbers = {
    perBlock: length,
    get values() {
      return sums.values;
    },
  };
  blocks.tables?.push(tables);
  const total: Cursor = { at: sums.at, perBlock: 8 * length };
  const add: readonly Call[] = blocks.most === 1 ? [] : [call.addTables({
    tables: sums.at,
    count: length,
    stride: 8 * length,
    blocks: blocks.at,
    block: BLOCK,
  })];
  const start: readonly Call[] = [call.zero({ to: total, size: 8 * length })];
  const plain = exact || arena.dtype === "float64";
  const cursor: Cursor = plain
    ? total
    : { at: arena.reals(length * blocks.most).at, perBlock: 4 * length };
  return {
    /** The block's own table, in the precision of the engine (or float64: `exact`). */
    cursor,
    /** The block's sums in float64. */
    total,
    /** Sets the block's table to 0. */
    start,
    /** Moves float32 sums of a span into float64 ones. */
    end: plain ? [] : [call.flush({ from: cursor, to: total, count: length })],
    /** Adds all blocks' tables, each thread a share. */
    add,
    /** The tables of all blocks. */
    tables,
    /** The sums, after `add`. */
    get values() {
      return sums.values.subarray(0, length);
    },
  };
}

/** Room for `length` numbers of one point, for each block. */
export function createScratch(
  { arena, blocks }: { readonly arena: Arena; readonly blocks: Pick<Blocks, "most"> },
  length: number,
): Cursor {
  const stride = 16 * Math.ceil(length / 16); // blocks share no cache line
  const slot = arena.reals(stride * blocks.most);
  return { at: slot.at, perBlock: arena.bytesPerReal * stride };
}
