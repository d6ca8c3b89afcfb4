/**
 * Arrays over the rows of a batch, as JavaScript and as the kernels see them.
 *
 * @module
 */

import type { Dataset } from "../../../data/mod.ts";
import type { Arena, Reals } from "./memory.ts";
import type { Workspace } from "./row_blocks.ts";
import type { Cursor } from "./kernel_calls.ts";

/** An array `[rows, columns]`, each row padded. */
export interface RowArray<A> extends Cursor {
  readonly columns: number;
  /** Numbers from one row to the next. */
  readonly stride: number;
  /** Bytes from one row to the next. */
  readonly step: number;
  /** All rows, or the chunks of all blocks of an array that keeps one chunk per block. */
  readonly values: A;
}

/** Numbers of a vector that holds a row of `columns` numbers: whole SIMD vectors. */
export function paddedLength(arena: Arena, columns: number): number {
  const lanes = 16 / arena.bytesPerReal;
  return Math.ceil(columns / lanes) * lanes;
}

/** Lays out an array of the engine's precision with rows of whole SIMD vectors. */
export function createLines(arena: Arena, rows: number, columns: number): RowArray<Reals> {
  const stride = paddedLength(arena, columns), step = stride * arena.bytesPerReal;
  return place(arena.reals(stride * rows), { columns, stride, step });
}

/** Lays out such an array for the rows of a batch, which the rows themselves fill. */
export function createGivenRows(
  work: Workspace,
  columns: number,
  numbers: (part: Dataset) => Float64Array,
): RowArray<Reals> {
  const lines = createLines(work.arena, work.rows, columns);
  work.pages?.source(lines, (part) => setRows(lines, numbers(part)));
  return lines;
}

/**
 * Lays out such an array for the rows of a batch.
 *
 * @param kept Whether all rows are kept, or one chunk per block.
 */
export function createRows(work: Workspace, columns: number, kept: boolean): RowArray<Reals> {
  const lines = createLines(work.arena, numRows(work, kept), columns), { stride, step } = lines;
  if (!kept) return place(lines, { columns, stride, step }, work.blocks.chunkRows);
  work.pages?.add(lines);
  return lines;
}

/** Lays out the inputs of a batch in the engine's precision, without padding. */
export function createInputs({ arena, rows, pages }: Workspace, columns: number): RowArray<Reals> {
  const step = columns * arena.bytesPerReal;
  const array = place(arena.reals(columns * rows), { columns, stride: columns, step });
  pages?.source(array, ({ inputs }) => setRows(array, inputs));
  return array;
}

/** Lays out an array of integers without padding. */
export function createIntegerRows(
  work: Workspace,
  columns: number,
  kept: boolean,
): RowArray<Int32Array> {
  const slot = work.arena.int32(columns * numRows(work, kept));
  const shape = { columns, stride: columns, step: 4 * columns };
  if (!kept) return place(slot, shape, work.blocks.chunkRows);
  const array = place(slot, shape);
  work.pages?.add(array);
  return array;
}

function numRows({ rows, blocks }: Workspace, kept: boolean): number {
  return kept ? rows : blocks.chunkRows * blocks.most;
}

function place<A>(
  slot: { readonly at: number; readonly values: A },
  shape: Record<"columns" | "stride" | "step", number>,
  chunkRows?: number,
): RowArray<A> {
  return {
    at: slot.at,
    ...(chunkRows === undefined ? { perRow: shape.step } : { perBlock: shape.step * chunkRows }),
    ...shape,
    get values() {
      return slot.values;
    },
  };
}

/** Copies numbers `[rows, columns]` into padded rows. */
export function setRows({ values, columns, stride }: RowArray<Reals>, from: Float64Array): void {
  if (stride === columns) return values.set(from);
  for (let i = 0, to = 0; i < from.length; i += columns, to += stride) {
    for (let c = 0; c < columns; c++) values[to + c] = from[i + c];
  }
}

/** Copies numbers `[columns, rows]`, transposed, into padded rows. */
export function setTransposed(
  { values, columns, stride }: RowArray<Reals>,
  from: Float64Array,
): void {
  const end = from.length / columns * stride;
  for (let c = 0, i = 0; c < columns; c++) {
    for (let to = c; to < end; to += stride) values[to] = from[i++];
  }
}

/** Adds padded rows of sums to numbers `[rows, columns]`. */
export function addRows(
  sums: Float64Array,
  { columns, stride }: RowArray<unknown>,
  out: Float64Array,
): void {
  for (let to = 0, from = 0; to < out.length; to += columns, from += stride) {
    for (let c = 0; c < columns; c++) out[to + c] += sums[from + c];
  }
}

/** Copies the first rows into a new array `[rows, columns]`. */
export function getRows(array: RowArray<Reals>, rows: number): Float64Array {
  const out = new Float64Array(rows * array.columns);
  copyRows(array, out);
  return out;
}

/** Copies the first rows into an array `[rows, columns]`. */
export function copyRows({ values, columns, stride }: RowArray<Reals>, out: Float64Array): void {
  if (stride === columns) return out.set(values.subarray(0, out.length));
  for (let to = 0, from = 0; to < out.length; to += columns, from += stride) {
    for (let c = 0; c < columns; c++) out[to + c] = values[from + c];
  }
}
