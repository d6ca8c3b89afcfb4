/**
 * Arrays over more rows than the memory holds: a window of neighbouring blocks is in the memory, all
 * rows are in a store.
 *
 * A phase runs on one window after the other. What it reads comes from the store before, what it writes
 * goes there behind. Kernels, blocks and their sums are those of rows that are all in the memory, and so
 * is every bit of the result.
 *
 * @module
 */

import { rowsBetween } from "../../../data/inner.ts";
import type { ByteStore, Dataset, StoredRows } from "../../../data/mod.ts";
import { movingArguments, type Phase } from "./kernel_calls.ts";
import type { Reals } from "./memory.ts";

/** Neighbouring blocks that are in the memory at once. */
export interface RowWindow {
  /** The first of them, and that behind the last. */
  readonly begin: number;
  readonly end: number;
  /** The first row, by its number among all rows of all processes. */
  readonly firstRow: number;
  readonly rows: number;
}

/** An array of which each row has as many bytes. */
interface PagedArray {
  readonly at: number;
  /** Bytes from one row to the next. */
  readonly step: number;
  readonly values: Reals | Int32Array;
}

/** What a run takes from the store before, and gives it behind. */
export interface PagedArrays {
  readonly reads: readonly PagedArray[];
  readonly writes: readonly PagedArray[];
}

/** The arrays over the rows of one evaluator. */
export type RowPages = ReturnType<typeof createRowPages>;

/** Arguments that kernels only read. */
const READ_ONLY = ["x", "targets", "weights"];

/** What pages are made of. */
interface PagedRows {
  readonly dataset: Dataset;
  readonly stored: StoredRows;
  /** What is in the memory at a time, in order. */
  readonly windows: readonly RowWindow[];
  /** Makes phases run on the rows of a window. */
  enter(window: RowWindow): void;
}

/** Creates the pages of stored rows. */
export function createRowPages({ dataset, stored, windows, enter }: PagedRows) {
  const room = Math.max(...windows.map(({ rows }) => rows)), entered: (() => void)[] = [];
  const files = createFiles(dataset, stored, room);
  const sources = new Map<PagedArray, (part: Dataset) => void>();

  function load(window: RowWindow, arrays: readonly PagedArray[]): void {
    const { firstRow, rows } = window, from = firstRow - dataset.whole!.first;
    let part: Dataset | undefined;
    for (const array of arrays) {
      const take = sources.get(array);
      if (take) take(part ??= rowsBetween(dataset, from, from + rows));
      else files.load(array, window);
    }
  }

  return {
    /** Rows of the memory. */
    room,
    /** Makes an array one of those in the store. */
    add: files.add,
    /** Makes an array one that the rows themselves fill, and no phase writes. */
    source: (array: PagedArray, take: (part: Dataset) => void) => void sources.set(array, take),
    /** What a phase reads and writes. */
    arraysOf({ start = [], chunk = [], end = [] }: Phase): PagedArrays {
      const reads = new Set<PagedArray>(), writes = new Set<PagedArray>();
      const all = [...files.arrays(), ...sources.keys()];
      for (const call of [...start, ...chunk, ...end]) {
        for (const { name, at } of movingArguments(call)) {
          const array = all.find((each) => each.at <= at && at < each.at + each.step * room);
          if (array === undefined) continue; // the number of a row
          reads.add(array);
          if (!sources.has(array) && !READ_ONLY.includes(name)) writes.add(array);
        }
      }
      return { reads: [...reads], writes: [...writes] };
    },
    /** Is called when other rows have come into the memory. */
    follow: (come: () => void) => void entered.push(come),
    /** Does work on one window after the other. */
    each({ reads, writes }: PagedArrays, work: (window: RowWindow) => void): void {
      for (const window of windows) {
        enter(window);
        load(window, reads);
        for (const come of entered) come();
        work(window);
        for (const array of writes) files.save(array, window);
      }
    },
    addTo: files.addTo,
    close: files.close,
  };
}

/** The numbers of all rows of some arrays, one behind the other in a store. */
function createFiles(dataset: Dataset, stored: StoredRows, room: number) {
  const places = new Map<PagedArray, { readonly from: number; readonly saved: Set<RowWindow> }>();
  const { first } = dataset.whole!;
  let store: ByteStore | undefined, bytes = 0;
  const opened = () => store ??= stored.open();
  const bytesOf = ({ step, values }: PagedArray, rows: number) =>
    new Uint8Array(values.buffer, values.byteOffset, rows * step);
  return {
    arrays: () => places.keys(),
    add(array: PagedArray): void {
      places.set(array, { from: bytes, saved: new Set() });
      bytes += array.step * dataset.rows;
    },
    /** Takes the numbers of a window's rows; 0 where there are none yet. */
    load(array: PagedArray, window: RowWindow): void {
      const { from, saved } = places.get(array)!, { firstRow, rows } = window;
      if (!saved.has(window)) bytesOf(array, room).fill(0);
      else opened().read(from + (firstRow - first) * array.step, bytesOf(array, rows));
    },
    save(array: PagedArray, window: RowWindow): void {
      const { from, saved } = places.get(array)!, { firstRow, rows } = window;
      opened().write(from + (firstRow - first) * array.step, bytesOf(array, rows));
      saved.add(window);
    },
    /** Adds to a number of a row, given by its number among all rows; of others' rows it does nothing. */
    addTo(
      array: PagedArray & { readonly values: Reals; readonly stride: number },
      row: number,
      column: number,
      share: number,
    ): void {
      const place = row - first;
      if (place < 0 || place >= dataset.rows) return;
      const line = array.values.slice(0, array.stride), lineBytes = new Uint8Array(line.buffer);
      const at = places.get(array)!.from + place * array.step;
      opened().read(at, lineBytes);
      line[column] += share;
      opened().write(at, lineBytes);
    },
    close() {
      store?.close();
      store = undefined;
    },
  };
}
