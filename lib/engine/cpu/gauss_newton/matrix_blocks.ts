/**
 * The sum of a matrix over blocks of rows, which threads and processes share.
 *
 * A thread computes the rows of a block chunk by chunk and adds their products to a matrix that is the
 * block's own: what it has written it reads again, and no other thread writes beside it. The blocks'
 * matrices are added along their tree: the same bits for any number of threads and processes.
 *
 * @module
 */

import type { ResidualRows } from "../../jets.ts";
import { type Peers, sharesOf, subtreesOf, sumOverPeers } from "../../peers.ts";
import type { JetChain } from "../jets/jet_chain.ts";
import {
  createPartsRunner,
  cutTiles,
  jetPhaseWords,
  type JetTile,
  MOST_BLOCKS,
  TILE_WORDS,
  writeTiles,
} from "../jets/jet_phases.ts";
import { BLOCK, call, type Cursor } from "../wasm/kernel_calls.ts";
import type { Slot } from "../wasm/memory.ts";
import { cutBlocks } from "../wasm/row_blocks.ts";
import { stripPairsOf } from "./row_strips.ts";
import type { RowsOfPoints } from "./residual_rows.ts";
import type { createStripPairs } from "./strip_pairs.ts";

/** Multiply-adds of a block's rows for each number of its matrix, at least: it is cleared and added. */
const WORK_PER_NUMBER = 32;
/** Blocks at least: of fewer, threads share the pairs of nodes, of which there are more. */
const LEAST_BLOCKS = 8;
/** Numbers of all blocks' matrices at most (256 MiB). */
const MOST_NUMBERS = 2 ** 25;

/** What decides how rows are cut. */
export interface MatrixShape {
  /** Rows in all. */
  readonly rows: number;
  /** Rows that are worked on at a time, at most. */
  readonly chunk: number;
  /** Numbers of a row that are not 0, about. */
  readonly numbers: number;
  /** Rows of the matrix. */
  readonly n: number;
}

/** Blocks of as many rows each; only the last ones may have fewer. */
export interface BlockRows {
  /** A power of two; of a single block rows are not cut. */
  readonly count: number;
  readonly blockRows: number;
  /** Rows of a block that are worked on at a time. */
  readonly chunk: number;
}

/** Cuts rows so that the blocks' matrices cost little beside the rows. */
export function cutMatrixRows({ rows, chunk, numbers, n }: MatrixShape): BlockRows {
  // `cutBlocks` asks for 4 edges times rows of each number
  const { length } = cutBlocks(
    rows,
    numbers ** 2 / 2,
    WORK_PER_NUMBER / 4 * n ** 2,
    Math.min(MOST_BLOCKS, MOST_NUMBERS / n ** 2),
  );
  const count = length < LEAST_BLOCKS ? 1 : length;
  const blockRows = Math.ceil(rows / count), chunks = Math.ceil(blockRows / chunk);
  return { count, blockRows, chunk: Math.ceil(blockRows / chunks) };
}

/** The tiles of a block: of chunk c those of group 2 c, and behind them one of group 2 c + 1 with all rows. */
function tilesOf({ blockRows, chunk }: BlockRows, rows: number, block: number): JetTile[] {
  const tiles: JetTile[] = [], end = Math.min(rows, (block + 1) * blockRows);
  for (let row = block * blockRows, c = 0; row < end; row += chunk, c++) {
    const last = Math.min(end, row + chunk);
    for (const tile of cutTiles(2 * c, row, last)) tiles.push(tile);
    tiles.push({ group: 2 * c + 1, row, rows: last - row });
  }
  return tiles;
}

/**
 * Lays out the sum over blocks of residuals that all have the rows of group 0.
 *
 * @param cut More than one block.
 * @param matrix Shape `[count, size, size]`; the sum comes first.
 * @param outputs The outputs that a residual may depend on alone; -1: on all.
 * @param peers Processes that share the blocks.
 */
export function createMatrixBlocks(
  chain: JetChain,
  cut: BlockRows,
  { points, pairs, matrix, size, outputs, peers }: {
    readonly points: RowsOfPoints;
    readonly pairs: Pick<ReturnType<typeof createStripPairs>, "blockCalls">;
    readonly matrix: Slot<Float64Array>;
    readonly size: number;
    readonly outputs: readonly number[];
    readonly peers: Peers | undefined;
  },
): (residuals: readonly ResidualRows[]) => void {
  const { arena, blocks, shapes: [{ rows }] } = chain, { count } = cut, numbers = size ** 2;
  const shared = peers && peers.size > 1 ? peers : undefined;
  const [begin, end] = shared
    ? sharesOf(count, shared.size).slice(shared.rank, shared.rank + 2)
    : [0, count];
  const tiles = Array.from({ length: count }, (_, b) => tilesOf(cut, rows, b));
  const tileSlot = arena.int32(TILE_WORDS * tiles.flat().length, (to) => writeTiles(tiles, to));
  const total: Cursor = { at: matrix.at, perBlock: 8 * numbers };
  const lists = 2 * Math.ceil(cut.blockRows / cut.chunk);

  /** The phase of a residual's rows; the first one's begins with zeros. */
  function encode(output: number, first: boolean): number {
    const strips = points.strips(0, output);
    const add = pairs.blockCalls(stripPairsOf(strips), points.shift, total, size);
    const start = first ? [call.zero({ to: total, size: 8 * numbers })] : [];
    const fill = Array.from({ length: lists / 2 }, (_, c) => points.blockCalls(c, cut, output));
    const tile = (g: number) => g % 2 === 0 ? fill[g / 2] : add;
    const words = (at: number) => jetPhaseWords({ start, tile }, lists, tileSlot.at, at);
    const slot: Slot<Float64Array> = arena.float64(words(0).length, (to) => to.set(words(slot.at)));
    return slot.at;
  }

  const phases = new Map(
    outputs.map((output) => [output, [true, false].map((first) => encode(output, first))]),
  );

  const subtrees = subtreesOf(begin, end);
  const joinThreads = subtrees.map(({ begin: first, size: parts }) => {
    const tables = { tables: matrix.at + 8 * numbers * first, count: numbers, stride: 8 * numbers };
    const addTables = [call.addTables({ ...tables, blocks: blocks.at, block: BLOCK })];
    return createPartsRunner(chain, () => addTables, parts);
  });

  /** Adds the blocks' matrices to the first one's. */
  function join(): void {
    for (const run of joinThreads) run(size);
    if (!shared) return;
    const nodes = subtrees.map(({ begin: first }) => ({
      values: matrix.values.subarray(first * numbers, (first + 1) * numbers),
    }));
    matrix.values.set(sumOverPeers(shared, count, nodes, numbers));
  }

  return (residuals) => {
    residuals.forEach(({ parts: [part] }, k) => {
      points.takeBars(part);
      for (const strip of points.strips(0, part.output)) strip.move(0, 0);
      blocks.useBlocks(tiles);
      blocks.use(begin, end);
      chain.run(phases.get(part.output ?? -1)![Number(k > 0)], true);
      blocks.useRows();
    });
    join();
  };
}
