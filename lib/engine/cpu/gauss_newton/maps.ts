/**
 * Maps from parameters to the values of which Gauss-Newton rows are assembled.
 *
 * A row of the Jacobian has `bar_q w^k` at the piece of each input node, and nothing else for
 * coefficients, knots and statistics of that node: derivatives by all of these are polynomials in w,
 * linear maps of the values of the piece. The matrix over the pieces is mapped once.
 *
 * @module
 */

import { numKnotLogits } from "../../../knots/inner.ts";
import type { SplineStage } from "../../../model/inner.ts";
import { vectorOf } from "../layer/layer_knots.ts";
import type { SplineLayer } from "./layers.ts";
import type { KnotPiece } from "./pieces.ts";

/** A sparse map `z = T x` from a few of the columns to the values of all pieces of a strip. */
export interface ColumnMap {
  /** Columns of the whole matrix, by the index that `columns` uses. */
  readonly targets: Int32Array;
  /** Entries of row `piece length + e` are `starts[row] .. starts[row + 1] - 1`. */
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

/** The softmaxes of a free knot vector (`freeKnots`): logits and the first of their knots. */
function knotGroups({ space }: SplineStage) {
  const { degree: d, intervals, outerKnots } = space;
  if (outerKnots !== "free") return [{ offset: 0, count: intervals, firstKnot: d }];
  return [
    { offset: 0, count: d, firstKnot: 0 },
    { offset: d, count: intervals, firstKnot: d },
    { offset: d + intervals, count: d, firstKnot: d + intervals },
  ];
}

/** Where the moving knots of a vector are kept: at the first places of their group of logits. */
function knotPlaces(stage: SplineStage): Int32Array {
  const { degree, intervals } = stage.space;
  const places = new Int32Array(intervals + 1 + 2 * degree).fill(-1);
  if (stage.knots !== "free") return places;
  for (const { offset, count, firstKnot } of knotGroups(stage)) {
    for (let j = 0; j + 1 < count; j++) places[firstKnot + 1 + j] = offset + j;
  }
  return places;
}

/** The identity: value i of a row is a column. */
export function identityMap(n: number, columnOf: (i: number) => number): ColumnMap {
  return {
    targets: Int32Array.from({ length: n }, (_, i) => columnOf(i)),
    starts: Int32Array.from({ length: n + 1 }, (_, i) => i),
    columns: Int32Array.from({ length: n }, (_, i) => i),
    values: new Float64Array(n).fill(1),
  };
}

/** How many columns the map of an input node has, and how many entries at most. */
export function splineMapSize({ stage, columns, pieces }: SplineLayer, outputs: number) {
  const { basis, numBasis, space } = stage, size = space.degree + 1;
  const logits = columns.knotLogits < 0 ? 0 : numKnotLogits(space);
  const statistics = columns.statistics < 0 ? 0 : 2;
  const numCoefficients = numBasis * outputs;
  const functions = basis === "relu" ? numBasis : size; // that are not 0 on a piece
  const knots = logits === 0 ? 0 : basis === "relu" ? numBasis : 2 * size;
  return {
    ...{ logits, statistics, numCoefficients },
    targets: numCoefficients + logits + statistics,
    mostEntries: pieces * outputs * size * (functions + knots + statistics),
  };
}

/**
 * The map of one input node and the outputs `from .. to - 1`: coefficients, moving knots (at the
 * places of logits), the two statistics.
 */
export function splineMap(layer: SplineLayer, node: number, from: number, to: number): ColumnMap {
  const { stage, columns } = layer, { nOut, numBasis, space: { degree } } = stage;
  const pieces = layer.nodePieces(node), parameters = layer.parameters();
  const factors = layer.factors.values.subarray(4 * node, 4 * node + 4);
  const size = degree + 1, outputs = to - from;
  const places = knotPlaces(stage);
  const { logits, statistics, numCoefficients, targets: count } = splineMapSize(layer, outputs);
  const targets = new Int32Array(count);
  for (let i = 0; i < numCoefficients; i++) {
    const basis = Math.floor(i / outputs), q = from + i % outputs;
    targets[i] = columns.coefficients + (node * numBasis + basis) * nOut + q;
  }
  const vector = vectorOf(stage, node);
  for (let j = 0; j < logits; j++) {
    targets[numCoefficients + j] = columns.knotLogits + vector * logits + j;
  }
  for (let s = 0; s < statistics; s++) {
    targets[numCoefficients + logits + s] = columns.statistics + 2 * node + s;
  }
  const edges = pieces.length * nOut * size;
  const polynomials = layer.polynomials.values.subarray(node * edges, (node + 1) * edges);
  const starts = new Int32Array(pieces.length * outputs * size + 1);
  const cols: number[] = [], values: number[] = [];
  pieces.forEach((piece, m) => {
    const knotRange = Array.from({ length: piece.knots }, (_, j) => places[piece.firstKnot + j]);
    for (let q = from; q < to; q++) {
      const at = (m * nOut + q) * size;
      const coefficient = (i: number) => parameters[(node * numBasis + piece.first + i) * nOut + q];
      for (let k = 0; k < size; k++) {
        for (let i = 0; i < piece.functions; i++) {
          cols.push((piece.first + i) * outputs + q - from);
          values.push(piece.values[i * size + k]);
        }
        for (let j = 0; j < piece.knots; j++) {
          if (knotRange[j] < 0) continue;
          cols.push(numCoefficients + knotRange[j]);
          values.push(byKnot(piece, size, j, k, coefficient));
        }
        for (let s = 0; s < statistics; s++) {
          const f0 = factors[2 * s] + factors[2 * s + 1] * piece.origin;
          const f1 = factors[2 * s + 1]; // times w / rate
          const next = k < degree ? (k + 1) * polynomials[at + k + 1] * piece.rate : 0;
          cols.push(numCoefficients + logits + s);
          values.push(f0 * next + f1 * k * polynomials[at + k]);
        }
        starts[(m * outputs + q - from) * size + k + 1] = cols.length;
      }
    }
  });
  return { targets, starts, columns: Int32Array.from(cols), values: Float64Array.from(values) };
}

/** Power k of w in the derivative of a spline by knot j of its piece. */
function byKnot(
  { byKnots, ownKnots, functions, knots }: KnotPiece,
  size: number,
  j: number,
  k: number,
  coefficient: (i: number) => number,
): number {
  if (ownKnots) return coefficient(j) * byKnots[j * size + k];
  let sum = 0;
  for (let i = 0; i < functions; i++) sum += coefficient(i) * byKnots[(i * knots + j) * size + k];
  return sum;
}

/** Adds `T^T z` to a vector over all columns. */
export function pullVector(map: ColumnMap, z: Float64Array, out: Float64Array): void {
  const { targets, starts, columns, values } = map;
  for (let row = 0; row + 1 < starts.length; row++) {
    const factor = z[row];
    if (factor === 0) continue;
    for (let e = starts[row]; e < starts[row + 1]; e++) {
      out[targets[columns[e]]] += factor * values[e];
    }
  }
}

/** Adds `T^T Z T` of a strip with itself; its table has shape `[pieces, length, length]`. */
export function pullOwn(
  map: ColumnMap,
  table: Float64Array,
  pieces: number,
  length: number,
  matrix: Float64Array,
  size: number,
): void {
  const { targets, starts, columns, values } = map;
  const half = new Float64Array(targets.length);
  for (let m = 0; m < pieces; m++) {
    for (let e = 0; e < length; e++) {
      const row = m * length + e;
      if (starts[row + 1] === starts[row]) continue;
      half.fill(0);
      for (let f = 0; f < length; f++) {
        const factor = table[(m * length + e) * length + f];
        if (factor === 0) continue;
        const other = m * length + f;
        for (let j = starts[other]; j < starts[other + 1]; j++) {
          half[columns[j]] += factor * values[j];
        }
      }
      const begin = starts[m * length], end = starts[(m + 1) * length];
      let low = half.length, high = -1;
      for (let j = begin; j < end; j++) {
        if (columns[j] < low) low = columns[j];
        if (columns[j] > high) high = columns[j];
      }
      for (let i = starts[row]; i < starts[row + 1]; i++) {
        const share = values[i], at = targets[columns[i]] * size;
        for (let j = low; j <= high; j++) matrix[at + targets[j]] += share * half[j];
      }
    }
  }
}

/**
 * Turns derivatives by moving knots into derivatives by logits, in place; see `freeKnotsVjp`:
 * `dt_i / ds_k = (b - a) p_k ([k <= i] - S_i)` for each softmax `p` and its sums `S`.
 *
 * @param logits Logits of one knot vector.
 */
export function createLogitPull(stage: SplineStage, logits: Float64Array) {
  const [a, b] = stage.space.domain;
  const groups = knotGroups(stage).map(({ offset, count }) => {
    const block = logits.subarray(offset, offset + count);
    const largest = block.reduce((most, s) => Math.max(most, s), -Infinity);
    const gaps = block.map((s) => Math.exp(s - largest));
    const total = gaps.reduce((sum, gap) => sum + gap, 0);
    const sums = new Float64Array(count);
    let sum = 0;
    for (let k = 0; k < count; k++) {
      sum += gaps[k];
      sums[k] = sum / total;
      gaps[k] *= (b - a) / total;
    }
    return { offset, count, gaps, sums };
  });
  /** The derivatives begin at `at`. */
  return (vector: Float64Array, at: number): void => {
    for (const { offset, count, gaps, sums } of groups) {
      const begin = at + offset;
      let suffix = 0, weighted = 0;
      for (let j = 0; j + 1 < count; j++) {
        suffix += vector[begin + j];
        weighted += vector[begin + j] * sums[j];
      }
      for (let k = 0; k < count; k++) {
        const knotBar = vector[begin + k];
        vector[begin + k] = gaps[k] * (suffix - weighted);
        suffix -= knotBar;
      }
    }
  };
}
