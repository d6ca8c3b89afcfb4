/**
 * Pairs of strips, dealt out to parts of about the same work such that no entry of the matrix
 * belongs to two parts: the same bits for any number of threads.
 *
 * @module
 */

import { STRIP_PANEL } from "../wasm/abi.ts";
import { type Argument, BLOCK, call, FIRST_ROW } from "../wasm/kernel_calls.ts";
import type { Arena } from "../wasm/memory.ts";
import { MOST_PARTS, type TilesRunner } from "../jets/jet_phases.ts";
import { joinOverPeers, type Peers } from "../../peers.ts";
import { fours, type RowStrip } from "./row_strips.ts";

/** Numbers of a block of sums, at least and at most. */
const LEAST_ROOM = 2 ** 12, MOST_ROOM = 2 ** 18;

/** Two strips whose products are wanted; a strip with itself: half. */
export type StripPair = readonly [RowStrip, RowStrip];

/** What pairs of strips need room for. */
export interface MostPairs {
  /** Strips that may be paired at once: their pairs, most numbers and rows. */
  readonly pairs: number;
  readonly length: number;
  readonly columnNumbers: number;
  readonly rows: number;
  /** Pairs of pieces. */
  readonly buckets: number;
  /** Threads. */
  readonly threads: number;
}

/** The kernel's room, for every thread. */
function layOutRooms(most: MostPairs, arena: Arena) {
  const countNumbers = 16 * Math.ceil((most.buckets + 2) / 16);
  const orderNumbers = 16 * Math.ceil(most.rows / 16);
  const widest = Math.max(most.length, most.columnNumbers);
  const room = Math.max(LEAST_ROOM, Math.min(MOST_ROOM, most.columnNumbers * most.length));
  const panelBytes = 8 * (2 * (STRIP_PANEL + 1) * fours(widest) + 2 * room + STRIP_PANEL);
  const { threads } = most;
  return {
    counts: { at: arena.int32(threads * countNumbers).at, perThread: 4 * countNumbers },
    order: { at: arena.int32(threads * orderNumbers).at, perThread: 4 * orderNumbers },
    panels: { at: arena.float64(threads * panelBytes / 8).at, perThread: panelBytes },
    room,
  };
}

/**
 * Lays out the arrays of the kernel that adds products of strips to a matrix.
 *
 * @param peers Processes that share the pairs: each adds those of its own to its matrix.
 */
export function createStripPairs(
  most: MostPairs,
  runTiles: TilesRunner,
  arena: Arena,
  peers?: Peers,
) {
  const all = peers && peers.size > 1 ? peers : undefined, ownTasks = createOwners(all);
  let shared = all;
  const list = arena.int32(2 * most.pairs), mappedList = arena.int32(2 * most.pairs);
  const parts = arena.int32(2 * MOST_PARTS);
  const rooms = layOutRooms(most, arena);
  let dealt: readonly StripPair[] | undefined, numParts = 0, numMapped = 0;

  /** Deals pairs out, if they are not those dealt last. */
  function dealOut(pairs: readonly StripPair[]): void {
    if (pairs === dealt) return;
    dealt = pairs;
    const tasks = tasksOf(pairs), shares = dealTasks(shared ? ownTasks(tasks) : tasks);
    const mapped = new Set(shares.flat(2).filter((a) => a.mapsRows));
    let at = 0;
    shares.forEach((share, part) => {
      parts.values.set([list.at + 4 * at, share.length], 2 * part);
      for (const [a, b] of share) {
        list.values[at++] = a.at;
        list.values[at++] = b.at;
      }
    });
    mappedList.values.set([...mapped].map(({ at }) => at));
    [numParts, numMapped] = [shares.length, mapped.size];
  }

  return {
    /** Begins a matrix, whose pairs processes share or not. */
    begin(isShared: boolean) {
      if ((shared !== undefined) !== isShared) dealt = undefined;
      shared = isShared ? all : undefined;
    },
    /** Adds `a^T b` of all pairs over rows from `row` on. */
    add(pairs: readonly StripPair[], row: number, rows: number, matrix: number, size: number) {
      dealOut(pairs);
      const tile = { group: 0, row, rows }, first = { firstRow: FIRST_ROW, shiftStep: 0 };
      if (numMapped > 0) {
        const strips = { strips: mappedList.at, count: numMapped };
        const share = { part: BLOCK, parts: MOST_PARTS };
        runTiles([call.mapStrips({ ...first, ...strips, ...share })], tile, MOST_PARTS);
      }
      const share = { parts: parts.at, part: BLOCK };
      const sums = { ...share, matrix, size, ...rooms };
      runTiles([call.addStripPairs({ ...first, ...sums })], tile, numParts);
    },
    /**
     * The calls that add `a^T b` of all pairs over the rows of a chunk, by one thread: those of every
     * block to a matrix of its own.
     *
     * @param shift Bytes from a thread's numbers of strips to those of the next.
     */
    blockCalls(pairs: readonly StripPair[], shift: number, matrix: Argument, size: number) {
      const mapped = [...new Set(pairs.flat().filter((a) => a.mapsRows))];
      const lists = arena.int32(2 * pairs.length + mapped.length + 2, (values) => {
        values.set([...pairs.flat(), ...mapped].map(({ at }) => at), 2);
        values.set([lists.at + 8, pairs.length]);
      });
      const first = { firstRow: FIRST_ROW, shiftStep: { at: 0, perThread: shift } };
      const strips = { strips: lists.at + 8 * pairs.length + 8, count: mapped.length };
      const sums = { parts: lists.at, part: 0, matrix, size, ...rooms };
      return [
        ...mapped.length > 0 ? [call.mapStrips({ ...first, ...strips, part: 0, parts: 1 })] : [],
        call.addStripPairs({ ...first, ...sums }),
      ];
    },
    /** Makes a matrix that of all processes' pairs: no entry belongs to two of them. */
    join(matrix: Float64Array) {
      if (shared) joinOverPeers(shared, matrix);
    },
  };
}

/** Pairs of the same two families. */
interface Task {
  readonly key: string;
  work: number;
  readonly pairs: StripPair[];
}

/** Gives the function that leaves a process its tasks; a pair of families has one owner for good. */
function createOwners(peers: Peers | undefined): (tasks: readonly Task[]) => readonly Task[] {
  const owners = new Map<string, number>(), loads = new Array<number>(peers?.size ?? 1).fill(0);
  return (tasks) => {
    if (peers === undefined) return tasks;
    const open = tasks.filter(({ key }) => !owners.has(key));
    for (const { key, work } of open.toSorted((a, b) => b.work - a.work)) {
      const idlest = loads.indexOf(Math.min(...loads));
      owners.set(key, idlest);
      loads[idlest] += work;
    }
    return tasks.filter(({ key }) => owners.get(key) === peers.rank);
  };
}

/** Pairs of the same two families stay together. */
function tasksOf(pairs: readonly StripPair[]): Task[] {
  const tasks = new Map<string, Task>();
  for (const pair of pairs) {
    const key = pair.map(({ family }) => family).sort().join();
    const task = tasks.get(key) ?? { key, work: 0, pairs: [] };
    tasks.set(key, task);
    task.pairs.push(pair);
    const work = pair[0].columnNumbers * pair[1].columnNumbers;
    task.work += pair[0] === pair[1] ? work / 2 : work;
  }
  return [...tasks.values()];
}

/**
 * Tasks that follow each other go to the same part, or to neighbours, which the same thread takes: they
 * add to the same lines of the matrix.
 */
function dealTasks(tasks: readonly Task[]): StripPair[][] {
  const total = tasks.reduce((sum, { work }) => sum + work, 0);
  const parts: StripPair[][] = Array.from({ length: MOST_PARTS }, () => []);
  let before = 0;
  for (const { work, pairs } of tasks) {
    parts[Math.floor((before + work / 2) / total * MOST_PARTS)].push(...pairs);
    before += work;
  }
  return parts.filter(({ length }) => length > 0);
}
