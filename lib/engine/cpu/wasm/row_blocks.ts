/**
 * Blocks of rows, which threads take one by one.
 *
 * @module
 */

import {
  addAlongTree,
  type Peers,
  sharesOf,
  type Subtree,
  subtreesOf,
  sumOverPeers,
} from "../../peers.ts";
import type { WholeRows } from "../../../data/mod.ts";
import type { Arena, Reals, Slot } from "./memory.ts";
import type { RowPages, RowWindow } from "./row_pages.ts";
import { log2, pow } from "../../../numerics/inner.ts";

/** Where the arrays of a batch are laid out, and how its rows are cut. */
export interface Workspace {
  readonly arena: Arena;
  readonly blocks: Blocks;
  /** The most rows of a batch that are here, in the memory. */
  readonly rows: number;
  /** Where rows are kept that are not in the memory; absent: all are. */
  readonly pages?: RowPages;
}

/** Which rows of all processes are here, where each holds its share alone. */
export type RowShare = Pick<WholeRows, "rows" | "first">;

/** A contiguous range of rows. */
export type Block = ReturnType<typeof cutBlocks>[number];

/** The blocks as the kernels see them: `[count, begin, end, begin, end, ...]`. */
export type Blocks = ReturnType<typeof createBlocks>;

/** Numbers `[blocks, perBlock]` that every block writes its part of. */
export interface BlockNumbers {
  readonly values: Float64Array | Int32Array;
  readonly perBlock: number;
}

/**
 * Lays out blocks for at most `rows` rows of a network, which are worked through in chunks.
 *
 * @param peers Other processes that have a share of the blocks.
 * @param whole Of rows of which a share is here alone: all of them. Then blocks are cut by the
 * number of rows alone, so that the share is the same for every network.
 * @param atOnce Rows of such a share that may be in the memory at once; absent: all.
 */
export function createBlocks(
  arena: Arena,
  rows: number,
  { edges, numbers, chunkRows }: Record<"edges" | "numbers" | "chunkRows", number>,
  peers?: Peers,
  whole?: RowShare,
  atOnce?: number,
) {
  const cutOf = (count: number, limit = blockLimit(count)) =>
    whole ? cutHeld(whole.rows) : cutBlocks(count, edges, numbers, limit);
  const most = cutOf(rows).length, widest = cutOf(rows, most);
  const chunk = Math.min(chunkRows, Math.max(1, ...widest.map(({ rows }) => rows)));
  const slot: Slot<Int32Array> = arena.int32(2 * most + 1);
  let list: Block[] = [], shares: readonly number[] = [0, 0];
  let firstRow = whole?.first ?? 0, present: RowWindow | undefined;
  const windows = atOnce ? windowsOf(widest, peers, atOnce) : undefined;
  /** Whether other processes have blocks: a single one is worked on by all. */
  const isShared = () => peers !== undefined && peers.size > 1 && list.length > 1;

  return {
    /** The tables that blocks add to. */
    tables: [] as BlockNumbers[],
    /** The blocks that this process works on: from the first to below the second. */
    share(): readonly [number, number] {
      return isShared() ? [shares[peers!.rank], shares[peers!.rank + 1]] : [0, list.length];
    },
    /** Takes what the other processes' blocks have found, so that all blocks' numbers are here. */
    gather(found: readonly BlockNumbers[]): void {
      if (isShared()) gatherBlocks(peers!, shares, found);
    },
    /** Takes the rows of other processes' blocks of an array that keeps all rows. */
    gatherRows(values: Reals, stride: number): void {
      if (isShared() && !whole) gatherRows(peers!, list, shares, values, stride);
    },
    /** Sets the first block's table of each to the sum over all blocks, the others to minus 0. */
    addOverPeers(tables: readonly BlockNumbers[]): void {
      if (isShared() && tables.length > 0) addSums(peers!, list.length, shares, tables);
    },
    at: slot.at,
    /** The number of the first row that is in the memory; kernels count rows from there. */
    firstRow: () => firstRow,
    /** The same when a block was in the memory. */
    firstRowOf: (block: number) =>
      windows?.find(({ begin, end }) => begin <= block && block < end)?.firstRow ?? firstRow,
    /** What is in the memory at a time, where not all rows are. */
    windows,
    /** Makes phases with rows run on a window. */
    enter(window: RowWindow) {
      present = window;
      firstRow = window.firstRow;
      this.place();
    },
    /** The blocks that phases with rows run on: from the first to below the second. */
    running(): readonly [number, number] {
      return present ? [present.begin, present.end] : this.share();
    },
    /** Rows of the largest batch, those of other processes too. */
    mostRows: whole?.rows ?? rows,
    /** Rows of the current batch, those of other processes too. */
    rows: () => list.reduce((sum, { rows }) => sum + rows, 0),
    /** Rows of a chunk. */
    chunkRows: chunk,
    /** The most that there can be. */
    most,
    /** The blocks of the current batch. */
    list: (): readonly Block[] => list,
    /** Cuts another batch of that many rows. */
    cut(rows: number) {
      list = cutOf(rows, Math.min(most, blockLimit(rows)));
      shares = peers ? sharesOf(list.length, peers.size) : [0, list.length];
      this.place();
    },
    /** Tells the kernels where blocks lie in the memory. */
    place() {
      const [begin, end] = this.running();
      slot.values.set(placesOf(list, firstRow, whole ? [begin, end] : [0, list.length]));
    },
  };
}

/** Blocks as the kernels see them; those that are not in the memory have no rows. */
function placesOf(
  list: readonly Block[],
  firstRow: number,
  [first, last]: readonly [number, number],
): number[] {
  const places = list.flatMap(({ index, begin, rows }) =>
    index < first || index >= last ? [0, 0] : [begin - firstRow, begin - firstRow + rows]
  );
  return [list.length, ...places];
}

/** The windows of a process' share of the blocks. */
function windowsOf(
  blocks: readonly Block[],
  peers: Peers | undefined,
  atOnce: number,
): RowWindow[] {
  const [first, last] = peers && peers.size > 1
    ? sharesOf(blocks.length, peers.size).slice(peers.rank, peers.rank + 2)
    : [0, blocks.length];
  const windows: RowWindow[] = [], widest = Math.max(...blocks.map(({ rows }) => rows));
  const count = Math.max(1, Math.floor(atOnce / widest));
  for (let begin = first; begin < last; begin += count) {
    const end = Math.min(last, begin + count), firstRow = blocks[begin].begin;
    const rows = blocks[end - 1].begin + blocks[end - 1].rows - firstRow;
    windows.push({ begin, end, firstRow, rows });
  }
  return windows;
}

/** Least rows of a block: with fewer, another thread costs more than it brings. */
const LEAST_ROWS = 256;
/** The most blocks of few rows; of more, rows from which on a block may be another one, and the most. */
const MOST_BLOCKS = 8, ROWS_OF_MANY = 16_384, MOST_OF_MANY = 256;
/** Least edges times rows of a block per number of its tables, which must be summed. */
const LEAST_WORK_PER_NUMBER = 4;

/** The most blocks of so many rows. */
function blockLimit(rows: number): number {
  return Math.min(MOST_OF_MANY, Math.max(MOST_BLOCKS, rows / ROWS_OF_MANY));
}

/** The blocks of rows of which every process holds its share alone. */
export function cutHeld(rows: number): Block[] {
  return cutBlocks(rows, 1, 0, blockLimit(rows));
}

/** Packs a process' blocks of several arrays, and unpacks those of all. */
export function gatherBlocks(
  peers: Peers,
  shares: readonly number[],
  found: readonly BlockNumbers[],
): void {
  const width = found.reduce((sum, { perBlock }) => sum + perBlock, 0), { rank } = peers;
  const part = new Float64Array((shares[rank + 1] - shares[rank]) * width);
  let to = 0;
  for (const { values, perBlock } of found) {
    const share = values.subarray(shares[rank] * perBlock, shares[rank + 1] * perBlock);
    part.set(share, to);
    to += share.length;
  }
  const lengths = Array.from({ length: peers.size }, (_, r) => (shares[r + 1] - shares[r]) * width);
  const all = peers.gather(part, lengths);
  let at = 0;
  for (let r = 0; r < peers.size; r++) {
    for (const { values, perBlock } of found) {
      const count = (shares[r + 1] - shares[r]) * perBlock;
      values.set(all.subarray(at, at + count), shares[r] * perBlock);
      at += count;
    }
  }
}

/** Gives all processes the rows of each. */
function gatherRows(
  peers: Peers,
  list: readonly Block[],
  shares: readonly number[],
  values: Reals,
  stride: number,
): void {
  const firstOf = (b: number) =>
    stride * (list[b]?.begin ?? list.at(-1)!.begin + list.at(-1)!.rows);
  const cuts = shares.map(firstOf), { rank } = peers;
  const lengths = Array.from({ length: peers.size }, (_, r) => cuts[r + 1] - cuts[r]);
  values.set(peers.gather(Float64Array.from(values.subarray(cuts[rank], cuts[rank + 1])), lengths));
}

/** Adds tables of all blocks along the tree, in one message. */
function addSums(
  peers: Peers,
  count: number,
  shares: readonly number[],
  tables: readonly BlockNumbers[],
): void {
  const length = tables.reduce((sum, { perBlock }) => sum + perBlock, 0);
  const sumOf = ({ begin, size }: Subtree): { readonly values: Float64Array } => {
    const leaves = Array.from({ length: size }, (_, k) => {
      const values = new Float64Array(length);
      let to = 0;
      for (const { values: all, perBlock } of tables) {
        values.set(all.subarray((begin + k) * perBlock, (begin + k + 1) * perBlock), to);
        to += perBlock;
      }
      return { begin: begin + k, size: 1, values };
    });
    return addAlongTree(leaves)[0];
  };
  const nodes = subtreesOf(shares[peers.rank], shares[peers.rank + 1]).map(sumOf);
  const sum = sumOverPeers(peers, count, nodes, length);
  let from = 0;
  for (const { values, perBlock } of tables) {
    values.set(sum.subarray(from, from + perBlock));
    values.fill(-0, perBlock, count * perBlock); // x - 0 is x, to the sign of 0
    from += perBlock;
  }
}

/**
 * Cuts rows into blocks. Their number is a power of two that depends on the problem alone, never on
 * the threads. Sums are taken block by block in a fixed order, so that results are the same for any
 * number of threads.
 */
export function cutBlocks(
  rows: number,
  edges: number,
  numbers: number,
  limit = MOST_BLOCKS,
): { readonly index: number; readonly begin: number; readonly rows: number }[] {
  const most = Math.min(
    limit,
    rows / LEAST_ROWS,
    rows * edges / (LEAST_WORK_PER_NUMBER * numbers),
  );
  const count = pow(2, Math.floor(log2(Math.max(1, most))));
  return Array.from({ length: count }, (_, index) => {
    const begin = Math.floor(index * rows / count);
    return { index, begin, rows: Math.floor((index + 1) * rows / count) - begin };
  });
}
