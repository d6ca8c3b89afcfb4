/**
 * Tables that the kernels add to, one per block of rows.
 *
 * @module
 */

import type { Arena } from "./memory.ts";
import type { Blocks } from "./row_blocks.ts";
import { BLOCK, type Call, call, type Cursor } from "./kernel_calls.ts";

/** Sums over all points. */
export interface SumTable {
  /** The block's own table, in the precision of the engine (or float64: `exact`). */
  readonly cursor: Cursor;
  /** Sets the block's table to 0. */
  readonly start: readonly Call[];
  /** Moves float32 sums of a span into float64 ones. */
  readonly end: readonly Call[];
  /** Adds all blocks' tables, each thread a share. */
  readonly add: readonly Call[];
  /** The sums, after `add`. */
  readonly values: Float64Array;
}

/**
 * Lays out a table of `length` numbers.
 *
 * @param exact Whether blocks add in float64 even in a float32 engine.
 */
export function createSumTable(
  { arena, blocks }: { readonly arena: Arena; readonly blocks: Pick<Blocks, "at" | "most"> },
  length: number,
  exact = false,
): SumTable {
  const sums = arena.float64(length * blocks.most);
  const total: Cursor = { at: sums.at, perBlock: 8 * length };
  const add: Call[] = blocks.most === 1 ? [] : [call.addTables({
    tables: sums.at,
    count: length,
    stride: 8 * length,
    blocks: blocks.at,
    block: BLOCK,
  })];
  const start = [call.zero({ to: total, size: 8 * length })];
  const common = {
    add,
    get values() {
      return sums.values.subarray(0, length);
    },
  };
  if (exact || arena.dtype === "float64") {
    return Object.assign(common, { cursor: total, start, end: [] });
  }
  const cursor: Cursor = { at: arena.reals(length * blocks.most).at, perBlock: 4 * length };
  return Object.assign(common, {
    cursor,
    start,
    end: [call.flush({ from: cursor, to: total, count: length })],
  });
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
