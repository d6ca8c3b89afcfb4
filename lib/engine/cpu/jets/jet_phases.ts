/**
 * Phases of jets as the kernels read them, and the rows that each block works on.
 *
 * Rows of all groups are cut into blocks that depend on the problem alone, and these into tiles of
 * one group, so that results of a call on a tile stay in the cache for the next. Every block adds to tables
 * of its own, and these tables are added in the order of blocks: the same bits for any number of threads.
 *
 * @module
 */

import type { Arena, Slot } from "../wasm/memory.ts";
import type { Call } from "../wasm/kernel_calls.ts";
import { type Fields, recordLength, recordWords } from "../wasm/records.ts";
import { type BlockNumbers, cutBlocks } from "../wasm/row_blocks.ts";
import type { JetShape } from "./jet_shape.ts";

/** Calls of a phase. */
export interface JetPhase {
  /** Once per block, before the rows. */
  readonly start?: readonly Call[];
  /** On every tile of a group; absent: the phase has no rows. */
  readonly tile?: (group: number) => readonly Call[];
}

/** Rows of one group. */
export type JetTile = Fields<"Tile">;

/** Blocks of tiles, for the team. */
export type JetBlocks = ReturnType<typeof createJetBlocks>;

/** Rows of a tile, and numbers of its record. */
export const TILE_ROWS = 64, TILE_WORDS = recordLength("Tile");

/** Cuts rows `begin` to `end` of a group into tiles. */
export function cutTiles(group: number, begin: number, end: number): JetTile[] {
  return Array.from({ length: Math.ceil((end - begin) / TILE_ROWS) }, (_, i) => {
    const row = begin + i * TILE_ROWS;
    return { group, row, rows: Math.min(TILE_ROWS, end - row) };
  });
}

/** Most blocks of a phase without rows, and of one with rows that others cut. */
export const MOST_PARTS = 16, MOST_BLOCKS = 64;

/**
 * Lays out the blocks of all groups' rows.
 *
 * @param work Multiply-adds of a row, about, and numbers of a block's tables.
 */
export function createJetBlocks(
  shapes: readonly JetShape[],
  work: { readonly edges: number; readonly numbers: number },
  arena: Arena,
) {
  const total = shapes.reduce((sum, { rows }) => sum + rows, 0);
  const starts = shapes.map((_, g) => shapes.slice(0, g).reduce((sum, { rows }) => sum + rows, 0));
  const blocks = cutBlocks(total, work.edges, work.numbers).map(({ begin, rows }) =>
    shapes.flatMap((shape, g) =>
      cutTiles(
        g,
        Math.max(0, begin - starts[g]),
        Math.min(shape.rows, begin + rows - starts[g]),
      )
    )
  );
  const tileSlot = arena.int32(
    TILE_WORDS * blocks.flat().length,
    (values) => writeTiles(blocks, values),
  );
  const rangeSlot = arena.int32(1 + 2 * MOST_BLOCKS, (values) => values.set(rangesOf(blocks)));
  let list: readonly unknown[] = blocks, used: readonly [number, number] = [0, blocks.length];
  return {
    /** The tables that blocks add to. */
    tables: [] as BlockNumbers[],
    /** The blocks that phases with points run on, where not on all: from, to below. */
    share: () => used,
    /** Makes such phases run on some blocks. */
    use(begin: number, end: number) {
      used = [begin, end];
    },
    at: rangeSlot.at,
    tiles: tileSlot.at,
    /** Number of blocks. */
    most: blocks.length,
    /** Blocks of the phase that runs. */
    list: () => list,
    /** Makes the next phases run on that many blocks without rows. */
    useParts(count: number) {
      list = new Array(count).fill(0);
      rangeSlot.values[0] = count;
    },
    /** Makes the next phases run on blocks of others' tiles, which are written. */
    useBlocks(tiles: readonly (readonly JetTile[])[]) {
      rangeSlot.values.set(rangesOf(tiles));
      list = tiles;
    },
    /** Makes the next phases run on other tiles, which are written into a slot. */
    useTiles(tiles: readonly JetTile[], slot: Slot<Int32Array>) {
      const count = Math.min(MOST_PARTS, tiles.length);
      const shares = Array.from({ length: count }, (_, b) =>
        tiles.slice(
          Math.floor(b * tiles.length / count),
          Math.floor((b + 1) * tiles.length / count),
        ));
      writeTiles(shares, slot.values);
      rangeSlot.values.set(rangesOf(shares));
      list = shares;
    },
    /** Makes the next phases run on all rows again. */
    useRows() {
      rangeSlot.values.set(rangesOf(blocks));
      list = blocks;
      used = [0, blocks.length];
    },
  };
}

/** Writes tiles as the kernels read them. */
export function writeTiles(blocks: readonly (readonly JetTile[])[], to: Int32Array): void {
  let at = 0;
  for (const block of blocks) {
    for (const tile of block) {
      to.set(recordWords("Tile", tile), at);
      at += TILE_WORDS;
    }
  }
}

/** The ranges of tiles of all blocks, as the kernels read them. */
function rangesOf(blocks: readonly (readonly JetTile[])[]): number[] {
  const words = [blocks.length];
  let begin = 0;
  for (const block of blocks) words.push(begin, begin += block.length);
  return words;
}

/** Words of a phase that will lie at an address. */
export function jetPhaseWords(
  { start = [], tile }: JetPhase,
  groups: number,
  tiles: number,
  at: number,
): number[] {
  const lists = [start, ...Array.from({ length: groups }, (_, g) => tile?.(g) ?? [])];
  const head = [tile ? tiles : 0], body: number[] = [];
  const first = at + 8 * (1 + recordLength("CallList") * lists.length);
  for (const calls of lists) {
    const callsAt = first + 8 * body.length;
    head.push(...recordWords("CallList", { callsAt, count: calls.length }));
    body.push(...calls.flat());
  }
  return [...head, ...body];
}

/** Writes a phase into the memory for good; returns its address. */
export function encodeJetPhase(
  phase: JetPhase,
  groups: number,
  { tiles }: JetBlocks,
  arena: Arena,
): number {
  const length = jetPhaseWords(phase, groups, tiles, 0).length;
  const slot: Slot<Float64Array> = arena.float64(
    length,
    (values) => values.set(jetPhaseWords(phase, groups, tiles, slot.at)),
  );
  return slot.at;
}

/** Numbers of a phase of one or two calls. */
const CALL_ROOM = 128;

/** What phases run on. */
interface Runner {
  readonly arena: Arena;
  readonly blocks: JetBlocks;
  run(phaseAt: number): void;
}

/**
 * Makes room for a phase of blocks without rows, whose calls share their work by the number of the block.
 *
 * @param callsOf The calls on a matrix of `size` columns, which seldom changes.
 * @returns Runs them.
 */
export function createPartsRunner(
  { arena, blocks, run }: Runner,
  callsOf: (size: number) => readonly Call[],
  count: number = MOST_PARTS,
): (size: number) => void {
  const phase = arena.float64(CALL_ROOM);
  let latest = -1;
  return (size) => {
    if (size !== latest) {
      phase.values.set(jetPhaseWords({ start: callsOf(size) }, 0, 0, phase.at));
    }
    latest = size;
    blocks.useParts(count);
    run(phase.at);
    blocks.useRows();
  };
}

/** Runs calls on the same rows in every block: blocks share other work. */
export type TilesRunner = ReturnType<typeof createTilesRunner>;

/** Makes room for phases of at most `MOST_PARTS` blocks that all have the same tile. */
export function createTilesRunner(
  { arena, blocks, run }: Runner,
) {
  const phase = arena.float64(CALL_ROOM), tileSlot = arena.int32(TILE_WORDS * MOST_PARTS);
  return (calls: readonly Call[], tile: JetTile, count: number): void => {
    phase.values.set(jetPhaseWords({ tile: () => calls }, 1, tileSlot.at, phase.at));
    blocks.useTiles(new Array(count).fill(tile), tileSlot);
    run(phase.at);
    blocks.useRows();
  };
}
