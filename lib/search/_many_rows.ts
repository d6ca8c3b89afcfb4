/**
 * Tables of many rows: samples of them, and sums of splines fitted to all of them in one pass by
 * sufficient statistics.
 *
 * @module
 */

import { writeBsplineBasis } from "../basis/inner.ts";
import { type Dataset, subset } from "../data/mod.ts";

/** Rows that stand for all others when knots and pairs of columns are chosen. */
export const SAMPLED_ROWS = 50_000;

/** Evenly spaced rows, at most so many; the dataset itself where it has no more. */
export function spacedRows(dataset: Dataset, most: number): Dataset {
  const { rows } = dataset;
  if (rows <= most) return dataset;
  return subset(dataset, Int32Array.from({ length: most }, (_, i) => Math.floor(i * rows / most)));
}

/** Splines of a node: what its functions are made of. */
export interface NodeFunctions {
  readonly low: number;
  readonly high: number;
  readonly knots: { readonly values: Float64Array; readonly degree: number };
  /** Coefficients of every function. */
  readonly maps: readonly Float64Array[];
  /** What is taken from every function. */
  readonly means: Float64Array;
}

/** Sums over rows that a least-squares fit needs: `X^T W X`, `X^T W Y`, `Y^T W Y`. */
export interface RowSums {
  /** Lower triangle, shape `[count, count]`. */
  readonly matrix: Float64Array;
  /** Per output, shape `[count]`. */
  readonly right: readonly Float64Array[];
  readonly squares: Float64Array;
  readonly total: number;
}

/** The least and the largest value of columns, and of linear combinations of them, over all rows. */
export function nodeRanges(
  { rows, nIn, inputs }: Dataset,
  directions: Float64Array | undefined,
): (readonly [number, number])[] {
  const nodes = nIn + (directions?.length ?? 0) / nIn, values = new Float64Array(nodes);
  const low = new Float64Array(nodes).fill(Infinity);
  const high = new Float64Array(nodes).fill(-Infinity);
  for (let r = 0; r < rows; r++) {
    writeNodes(inputs, r, nIn, directions, values);
    for (let p = 0; p < nodes; p++) {
      if (values[p] < low[p]) low[p] = values[p];
      if (values[p] > high[p]) high[p] = values[p];
    }
  }
  return Array.from(low, (least, p) => [least, high[p]]);
}

function writeNodes(
  inputs: Float64Array,
  row: number,
  nIn: number,
  directions: Float64Array | undefined,
  out: Float64Array,
): void {
  const from = row * nIn;
  for (let p = 0; p < nIn; p++) out[p] = inputs[from + p];
  for (let node = nIn; node < out.length; node++) {
    const at = (node - nIn) * nIn;
    let sum = 0;
    for (let p = 0; p < nIn; p++) sum += directions![at + p] * inputs[from + p];
    out[node] = sum;
  }
}

/**
 * Adds up all rows. A row has `degree + 1` B-splines per node that are not zero, and only their
 * products are added; the functions of the nodes are linear combinations of B-splines, so that their
 * matrix is `T^T (B^T W B) T`. Nothing is kept of a row.
 */
export function addUpRows(
  dataset: Dataset,
  nodes: readonly NodeFunctions[],
  directions: Float64Array | undefined,
): RowSums {
  const { rows, nIn, nOut, inputs, targets, weights } = dataset, count = nodes.length;
  const { degree } = nodes[0].knots, size = degree + 1;
  const k = nodes[0].knots.values.length - size, all = count * k;
  const gram = new Float64Array(all * all), right = new Float64Array(all * nOut);
  const squares = new Float64Array(nOut), values = new Float64Array(count);
  const firsts = new Int32Array(count), local = new Float64Array(count * size);
  const scratch = new Float64Array(size);
  let total = 0;
  for (let r = 0; r < rows; r++) {
    const w = weights === undefined ? 1 : weights[r];
    if (w === 0) continue;
    total += w;
    writeNodes(inputs, r, nIn, directions, values);
    for (let p = 0; p < count; p++) {
      const { low, high, knots } = nodes[p];
      const u = high > low
        ? Math.min(1, Math.max(-1, -1 + 2 * (values[p] - low) / (high - low)))
        : 0;
      firsts[p] = p * k + writeBsplineBasis(knots, u, scratch) - degree;
      for (let i = 0; i < size; i++) local[p * size + i] = scratch[i];
    }
    addProducts(gram, all, firsts, local, size, w);
    for (let q = 0; q < nOut; q++) {
      const y = targets[r * nOut + q], wy = w * y, from = q * all;
      squares[q] += wy * y;
      for (let p = 0; p < count; p++) {
        for (let i = 0; i < size; i++) right[from + firsts[p] + i] += wy * local[p * size + i];
      }
    }
  }
  const columns = functionColumns(nodes, k);
  return {
    ...congruent(gram, all, columns),
    right: Array.from({ length: nOut }, (_, q) => {
      const part = right.subarray(q * all, (q + 1) * all);
      return Float64Array.from(columns, (column) => dot(column, part));
    }),
    squares,
    total,
  };
}

/** Adds a row's products to the lower triangle. */
function addProducts(
  gram: Float64Array,
  all: number,
  firsts: Int32Array,
  local: Float64Array,
  size: number,
  w: number,
): void {
  for (let p = 0; p < firsts.length; p++) {
    for (let i = 0; i < size; i++) {
      const x = w * local[p * size + i], row = (firsts[p] + i) * all;
      if (x === 0) continue;
      for (let q = 0; q <= p; q++) {
        const at = row + firsts[q], from = q * size;
        for (let j = 0; j < size; j++) gram[at + j] += x * local[from + j];
      }
    }
  }
}

/** Coefficients of B-splines of the constant, then of every function. */
function functionColumns(nodes: readonly NodeFunctions[], k: number): Float64Array[] {
  const one = new Float64Array(nodes.length * k).fill(1, 0, k); // B-splines of a node sum to 1
  return [
    one,
    ...nodes.flatMap(({ maps, means }, node) =>
      maps.map((map, j) => {
        const column = one.map((x) => -means[j] * x);
        for (let i = 0; i < k; i++) column[node * k + i] += map[i];
        return column;
      })
    ),
  ];
}

function congruent(gram: Float64Array, all: number, columns: readonly Float64Array[]) {
  for (let i = 0; i < all; i++) for (let j = 0; j < i; j++) gram[j * all + i] = gram[i * all + j];
  const count = columns.length, matrix = new Float64Array(count * count);
  columns.forEach((column, i) => {
    const product = new Float64Array(all);
    column.forEach((x, a) => {
      if (x !== 0) { for (let b = 0; b < all; b++) product[b] += x * gram[a * all + b]; }
    });
    for (let j = 0; j <= i; j++) matrix[i * count + j] = dot(columns[j], product);
  });
  return { matrix };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
