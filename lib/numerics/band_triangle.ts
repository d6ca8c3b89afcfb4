/**
 * Least squares whose rows touch a run of neighbouring blocks of unknowns, by reflections.
 *
 * Blocks come in order; a row touches `width` blocks that follow each other, and some blocks at the
 * very end, the border, which rows anywhere may touch: of functions on a circle the last ones are
 * neighbours of the first. Rows are added in the order of their first block, so that a triangle of
 * `width` blocks and the border is all that is worked on; a block that no later row touches leaves it
 * (Golub and Van Loan 2013, section 5.2, reflections of Householder; Bjoerck 1996, section 6.2, bands).
 *
 * @module
 */

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
  /** Rows are reflected so many at a time: counts must be multiples, rows of zeros fill up. */
  readonly together: number;
  /** Multiply-adds so far. */
  readonly work: number;
  /** Unknowns that no row decided, or by rounding only, when they were found last. */
  readonly undecided: number;
  /**
   * Reflects rows, shape `[count, stride]`, into the triangle; they are overwritten. Their first
   * block is the current one.
   */
  add(rows: Float64Array, count: number): void;
  /** Ends the current block: no later row touches it. */
  next(): void;
  /**
   * Ends all blocks, and finds the unknowns, the border's last, shape `[blocks + border, size]`;
   * those that no row decides are 0.
   */
  solve(): Float64Array;
}

/** A pivot below this share of its column's largest one decides nothing. */
const ROUNDING = 1e-15;

/** Rows that one pass over memory takes along. */
const TOGETHER = 4;

/** Begins a triangle without rows. */
export function createBandTriangle({ blocks, size, width, border }: BandShape): BandTriangle {
  const band = width * size, columns = band + border * size, stride = columns + 1;
  const triangle = new Float64Array(columns * stride);
  const done = new Float64Array(blocks * size * stride);
  let at = 0, work = 0, undecided = 0;
  const projection = new Float64Array(stride);
  const next = (): void => {
    if (at === blocks) return;
    done.set(triangle.subarray(0, size * stride), at * size * stride);
    for (let r = 0; r < band; r++) {
      const to = r * stride, from = (r + size) * stride;
      if (r + size >= band) {
        triangle.fill(0, to, to + stride);
        continue;
      }
      for (let c = r; c < band; c++) {
        triangle[to + c] = c + size < band ? triangle[from + c + size] : 0;
      }
      for (let c = band; c < stride; c++) triangle[to + c] = triangle[from + c];
    }
    at++;
  };
  const quotient = (sum: number, rows: Float64Array, row: number, column: number): number => {
    const pivot = decisive(rows, row, column, stride);
    if (pivot === 0) undecided++;
    return pivot === 0 ? 0 : sum / pivot;
  };
  return {
    stride,
    together: TOGETHER,
    get work() {
      return work;
    },
    get undecided() {
      return undecided;
    },
    add(rows, count) {
      for (let k = 0; k < columns; k++) {
        reflect(triangle, rows, projection, { k, count, stride });
      }
      work += count * columns * columns;
    },
    next,
    solve() {
      while (at < blocks) next();
      undecided = 0;
      const x = new Float64Array((blocks + border) * size), first = blocks * size;
      for (let i = border * size - 1; i >= 0; i--) {
        const row = (band + i) * stride;
        let sum = triangle[row + columns];
        for (let j = i + 1; j < border * size; j++) sum -= triangle[row + band + j] * x[first + j];
        x[first + i] = quotient(sum, triangle, row, band + i);
      }
      for (let i = first - 1; i >= 0; i--) {
        const row = i * stride, column = i % size, from = i - column;
        let sum = done[row + columns];
        for (let j = column + 1; j < band && from + j < first; j++) {
          sum -= done[row + j] * x[from + j];
        }
        for (let j = 0; j < border * size; j++) sum -= done[row + band + j] * x[first + j];
        x[i] = quotient(sum, done, row, column);
      }
      return x;
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

/** Makes column `k` of the rows 0 by a reflection with row `k` of the triangle. */
function reflect(
  triangle: Float64Array,
  rows: Float64Array,
  projection: Float64Array,
  { k, count, stride }: { readonly k: number; readonly count: number; readonly stride: number },
): void {
  let below = 0;
  for (let r = 0, at = k; r < count; r++, at += stride) below += rows[at] * rows[at];
  if (below === 0) return;
  const top = k * stride, old = triangle[top + k];
  const length = Math.sqrt(old * old + below), pivot = old > 0 ? -length : length;
  const head = old - pivot, factor = 2 / (head * head + below);
  for (let c = k + 1; c < stride; c++) projection[c] = head * triangle[top + c];
  for (let r = 0; r < count; r += TOGETHER) {
    const p = r * stride, q = p + stride, s = q + stride, t = s + stride;
    const f = rows[p + k], g = rows[q + k], h = rows[s + k], i = rows[t + k];
    for (let c = k + 1; c < stride; c++) {
      projection[c] += f * rows[p + c] + g * rows[q + c] + h * rows[s + c] + i * rows[t + c];
    }
  }
  for (let c = k + 1; c < stride; c++) {
    projection[c] *= factor;
    triangle[top + c] -= head * projection[c];
  }
  triangle[top + k] = pivot;
  for (let r = 0; r < count; r += TOGETHER) {
    const p = r * stride, q = p + stride, s = q + stride, t = s + stride;
    const f = rows[p + k], g = rows[q + k], h = rows[s + k], i = rows[t + k];
    for (let c = k + 1; c < stride; c++) {
      const share = projection[c];
      rows[p + c] -= f * share;
      rows[q + c] -= g * share;
      rows[s + c] -= h * share;
      rows[t + c] -= i * share;
    }
    rows[p + k] =
      rows[q + k] =
      rows[s + k] =
      rows[t + k] =
        0;
  }
}
