/**
 * Programs of kernel calls: what every thread does with its blocks of rows, written into the
 * memory that the threads share.
 *
 * A phase works through a block chunk by chunk, all calls on one chunk before the next, so that
 * what they hand on stays in the cache.
 *
 * @module
 */

import type { Arena, Slot } from "./memory.ts";

/** The kernels of assembly/, in the order of assembly/values.ts. */
export const KERNELS = [
  "place",
  "forwardOne",
  "backwardOne",
  "forwardMany",
  "backwardMany",
  "linearForward",
  "linearBackward",
  "linearPull",
  "resetExtremes",
  "extremes",
  "pullExtremes",
  "columnSums",
  "momentSums",
  "pullMoments",
  "errors",
  "silu",
  "relu",
  "pullRelu",
  "zero",
  "zeroRows",
  "flush",
  "addTables",
  "runList",
  "normalPlace",
  "normalForward",
  "normalLinear",
  "normalSplineRow",
  "normalBaseRow",
  "normalLinearRow",
  "normalPair",
] as const;

/** A number that moves with the chunk: `at + perRow first row + perBlock block`. */
export interface Cursor {
  readonly at: number;
  readonly perRow?: number;
  readonly perBlock?: number;
}

/** What a kernel is given. */
export type Argument = number | boolean | Cursor;

/**
 * One kernel call: its name, then its arguments; those that work on a chunk's rows are given their
 * number before.
 */
export type Call = readonly [kernel: typeof KERNELS[number], ...args: Argument[]];

/** Calls on one block. */
export interface Phase {
  /** Once, before the rows. */
  readonly start?: readonly Call[];
  /** On every chunk of rows. */
  readonly chunk?: readonly Call[];
  /** After every span of chunks, and the last. */
  readonly end?: readonly Call[];
}

/** One phase that does the work of several, in their order on every chunk. */
export function joinPhases(phases: readonly Phase[]): Phase {
  return {
    start: phases.flatMap(({ start }) => start ?? []),
    chunk: phases.flatMap(({ chunk }) => chunk ?? []),
    end: phases.flatMap(({ end }) => end ?? []),
  };
}

/** Whether a phase does anything. */
export function isEmpty({ start, chunk, end }: Phase): boolean {
  return !start?.length && !chunk?.length && !end?.length;
}

/** Rows after which float32 sums are moved into float64 ones. */
const SPAN_ROWS = 8192;

/** Writes a phase into the memory; returns its address. */
export function encodePhase(arena: Arena, phase: Phase, chunkRows: number): number {
  const lists = [phase.start ?? [], phase.chunk ?? [], phase.end ?? []];
  const words = [chunkRows, SPAN_ROWS, ...lists.map(({ length }) => length)];
  words.push(...lists.flat().flatMap((call) => wordsOf(call)));
  return arena.float64(words.length, (values) => values.set(words)).at;
}

/**
 * A call as it is written down: kernel, number of arguments, three words for each.
 *
 * @param kernels Names of the module's kernels.
 */
export function wordsOf(
  [kernel, ...args]: readonly [kernel: string, ...args: Argument[]],
  kernels: readonly string[] = KERNELS,
): number[] {
  return [
    kernels.indexOf(kernel),
    args.length,
    ...args.flatMap((argument) =>
      typeof argument === "object"
        ? [argument.at, argument.perRow ?? 0, argument.perBlock ?? 0]
        : [Number(argument), 0, 0]
    ),
  ];
}

/** A contiguous range of rows. */
export interface Block {
  readonly index: number;
  /** First row. */
  readonly begin: number;
  /** Number of rows. */
  readonly rows: number;
}

/** The blocks as the kernels see them: `[count, begin, end, begin, end, ...]`. */
export interface Blocks {
  /** Their address. */
  readonly at: number;
  /** The most that there can be. */
  readonly most: number;
  /** Those of now. */
  list(): readonly Block[];
  /** Cuts that many rows instead. */
  cut(rows: number): void;
}

/** Lays out blocks for at most `rows` rows of a network. */
export function createBlocks(arena: Arena, rows: number, edges: number, numbers: number): Blocks {
  const most = cutBlocks(rows, edges, numbers).length;
  const slot: Slot<Int32Array> = arena.int32(2 * most + 1);
  let list: Block[] = [];
  return {
    at: slot.at,
    most,
    list: () => list,
    cut(now) {
      list = cutBlocks(now, edges, numbers);
      slot.values.set([list.length, ...list.flatMap((b) => [b.begin, b.begin + b.rows])]);
    },
  };
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
