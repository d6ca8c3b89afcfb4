/**
 * Least squares whose rows touch a run of neighbouring blocks of unknowns, by reflections in WebAssembly
 * with SIMD.
 *
 * Blocks come in order; a row touches `width` blocks that follow each other, and some blocks at the
 * very end, the border, which rows anywhere may touch: of functions on a circle the last ones are
 * neighbours of the first. Rows are added in the order of their first block, so that a triangle of
 * `width` blocks and the border is all that is worked on; a block that no later row touches leaves it
 * (Golub and Van Loan 2013, section 5.2, reflections of Householder; Bjoerck 1996, section 6.2, bands).
 *
 * @module
 */

import {
  PLAIN_REFLECTION_KERNELS,
  RELAXED_REFLECTION_KERNELS,
} from "../wasm/_reflection_kernels.ts";
import { REFLECTION_KERNELS } from "../wasm/abi.ts";
import { kernelBinder } from "../wasm/exported_kernels.ts";

/** What the unknowns look like. */
export interface BandShape {
  /** Blocks before the border. */
  readonly blocks: number;
  /** Unknowns of a block. */
  readonly size: number;
  /** Neighbouring blocks that a row touches. */
  readonly width: number;
  /** Blocks of the border. */
  readonly border: number;
}

/** A triangle that grows block by block. */
export interface BandTriangle {
  /** Entries of a row: `width` blocks from the current one, the border, the right side. */
  readonly stride: number;
  /** Multiply-adds so far. */
  readonly work: number;
  /** Unknowns that no row decided, or by rounding only, when they were found last. */
  readonly undecided: number;
  /** Reflects rows, shape `[count, stride]`, into the triangle. Their first block is the current one. */
  add(rows: Float64Array, count: number): void;
  /** Ends the current block: no later row touches it. */
  next(): void;
  /**
   * Ends all blocks and the triangle, and finds the unknowns, the border's last, shape
   * `[blocks + border, size]`; those that no row decides are 0.
   */
  solve(): Float64Array;
  /**
   * Ends the triangle where it is, and returns its rows of the unknowns whose blocks have not ended and
   * of the border, shape `[n, n + 1]`, the right side last: of least squares in parts what the parts share.
   */
  rest(): Float64Array;
  /** Behind {@linkcode rest}: all unknowns, from those of the rest. */
  solveFrom(rest: Float64Array): Float64Array;
  /** Sum of the squares of the right sides of the blocks that have ended: what these explain. */
  readonly explained: number;
}

const bind = kernelBinder(
  REFLECTION_KERNELS,
  RELAXED_REFLECTION_KERNELS,
  PLAIN_REFLECTION_KERNELS,
);

/** A pivot below this share of its row's largest number decides nothing. */
const ROUNDING = 1e-15;
/** Reflections of a panel, numbers of a group: those of reflect.ts. */
const PANEL = 32, GROUP = 4;
/** Rows that are reflected at a time, at most. */
const ROWS = 128;
const PAGE = 65536;

/** A triangle and rows below it, column after column, in the memory of the kernels. */
interface Room {
  /** Numbers of a column: the triangle's, then the rows'. */
  readonly tall: number;
  readonly square: number;
  readonly numbers: Float64Array;
  /** Makes the rows, so many, 0 by reflections with the triangle. */
  reflect(count: number): void;
}

/** Rooms that no triangle uses, by their number of columns: memories are dear. */
const FREE = new Map<number, Room[]>();

function groups(count: number): number {
  return GROUP * Math.ceil(count / GROUP);
}

function roomFor(columns: number): Room {
  const free = FREE.get(columns)?.pop();
  if (free) {
    free.numbers.fill(0);
    return free;
  }
  const square = groups(columns), tall = square + ROWS, all = columns + 1;
  const packed = tall * all, scratch = packed + PANEL * (tall + 2 * PANEL);
  const end = scratch + PANEL * (all + 2 * PANEL);
  const memory = new WebAssembly.Memory({ initial: Math.ceil(8 * end / PAGE) });
  const { reflectPanel } = bind(memory);
  return {
    ...{ tall, square, numbers: new Float64Array(memory.buffer, 0, packed) },
    reflect(count) {
      for (let first = 0; first < columns; first += PANEL) {
        const each = Math.min(PANEL, columns - first);
        reflectPanel({
          ...{ matrix: 0, step: 8 * tall, columns: all, first, count: each },
          ...{ endA: groups(first + each), lowB: square, endB: square + groups(count) },
          ...{ packed: 8 * packed, scratch: 8 * scratch },
        });
      }
    },
  };
}

/** Begins a triangle without rows. */
export function createBandTriangle({ blocks, size, width, border }: BandShape): BandTriangle {
  const band = width * size, columns = band + border * size, stride = columns + 1;
  const room = roomFor(columns), { tall, square, numbers } = room;
  const done = new Float64Array(blocks * size * stride);
  let at = 0, work = 0, undecided = 0;
  const next = (): void => {
    if (at === blocks) return;
    for (let r = 0; r < size; r++) {
      for (let c = r; c < stride; c++) {
        done[(at * size + r) * stride + c] = numbers[c * tall + r];
      }
    }
    dropBlock({ size, width, border }, room);
    at++;
  };
  const quotient = (sum: number, rows: Float64Array, row: number, column: number): number => {
    const pivot = decisive(rows, row, column, stride);
    if (pivot === 0) undecided++;
    return pivot === 0 ? 0 : sum / pivot;
  };
  const backwards = (x: Float64Array): Float64Array =>
    endedUnknowns({ blocks, size, width, border }, done, at, x, quotient);
  const release = (): void => void FREE.set(columns, [...FREE.get(columns) ?? [], room]);
  return {
    stride,
    get work() {
      return work;
    },
    get explained() {
      return rightSquares(done, at * size, stride);
    },
    get undecided() {
      return undecided;
    },
    add(rows, count) {
      for (let begin = 0; begin < count; begin += ROWS) {
        const each = Math.min(ROWS, count - begin);
        for (let c = 0; c < stride; c++) {
          const to = c * tall + square;
          for (let r = 0; r < each; r++) numbers[to + r] = rows[(begin + r) * stride + c];
          numbers.fill(0, to + each, to + groups(each));
        }
        room.reflect(each);
      }
      work += count * columns * columns;
    },
    next,
    solve() {
      while (at < blocks) next();
      undecided = 0;
      const x = new Float64Array((blocks + border) * size), first = blocks * size;
      for (let i = border * size - 1; i >= 0; i--) {
        const row = Float64Array.from(
          { length: stride },
          (_, c) => c < band + i ? 0 : numbers[c * tall + band + i],
        );
        let sum = row[columns];
        for (let j = i + 1; j < border * size; j++) sum -= row[band + j] * x[first + j];
        x[first + i] = quotient(sum, row, 0, band + i);
      }
      release();
      return backwards(x);
    },
    rest() {
      const rows = restRows({ size, border, width }, blocks - at, numbers, tall);
      release();
      return rows;
    },
    solveFrom(rest) {
      const x = new Float64Array((blocks + border) * size);
      undecided = 0;
      x.set(rest, at * size);
      return backwards(x);
    },
  };
}

/** A pivot; 0 where it is rounding beside its row. */
function decisive(rows: Float64Array, row: number, column: number, stride: number): number {
  const pivot = rows[row + column];
  let largest = 0;
  for (let c = column; c < stride - 1; c++) largest = Math.max(largest, Math.abs(rows[row + c]));
  return Math.abs(pivot) > ROUNDING * largest ? pivot : 0;
}

/** The unknowns of the blocks that have ended, so many, in place, from all others. */
function endedUnknowns(
  { blocks, size, width, border }: BandShape,
  done: Float64Array,
  ended: number,
  x: Float64Array,
  quotient: (sum: number, rows: Float64Array, row: number, column: number) => number,
): Float64Array {
  const band = width * size, columns = band + border * size, stride = columns + 1;
  const first = blocks * size;
  for (let i = ended * size - 1; i >= 0; i--) {
    const row = i * stride, column = i % size, from = i - column;
    let sum = done[row + columns];
    for (let j = column + 1; j < band && from + j < first; j++) sum -= done[row + j] * x[from + j];
    for (let j = 0; j < border * size; j++) sum -= done[row + band + j] * x[first + j];
    x[i] = quotient(sum, done, row, column);
  }
  return x;
}

/** Sum of the squares of the right sides of the first rows. */
function rightSquares(done: Float64Array, rows: number, stride: number): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += done[i * stride + stride - 1] ** 2;
  return sum;
}

/** The triangle's rows of the blocks that are left and of the border. */
function restRows(
  { size, width, border }: Omit<BandShape, "blocks">,
  blocks: number,
  numbers: Float64Array,
  tall: number,
): Float64Array {
  const band = width * size, inside = blocks * size, n = inside + border * size;
  const rows = new Float64Array(n * (n + 1));
  const place = (i: number) => i < inside ? i : band + i - inside;
  for (let i = 0; i < n; i++) {
    for (let j = i; j <= n; j++) rows[i * (n + 1) + j] = numbers[place(j) * tall + place(i)];
  }
  return rows;
}

/** Takes the first block out of a triangle. */
function dropBlock(
  { size, width, border }: Omit<BandShape, "blocks">,
  { numbers, tall, square }: Room,
): void {
  const band = width * size, stride = band + border * size + 1;
  for (let c = 0; c < stride; c++) {
    const to = c * tall, from = c >= band ? to : to + size * tall;
    if (c < band && c + size >= band) numbers.fill(0, to, to + square);
    else {
      // rows of the border keep their places
      const last = c >= band ? band : c + size + 1;
      numbers.copyWithin(to, from + size, from + last);
      numbers.fill(0, to + last - size, to + (c >= band ? band : square));
    }
  }
}
