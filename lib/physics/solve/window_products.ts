/**
 * Windows of time joined to one sum of products `f(t) g(x)`, by singular values.
 *
 * @module
 */

import { designMatrix, gaussLegendre } from "../../basis/mod.ts";
import { knotsFromBreakpoints, type KnotVector, numBasis } from "../../knots/mod.ts";
import {
  createBandTriangle,
  dot,
  multiply,
  norm,
  singularTriples,
  type SparseRows,
} from "../../numerics/inner.ts";
import { TENSOR_DEGREE } from "./tensor_space.ts";
import { ORDER, timeKnots, valuesOnLine, type Window } from "./window_space.ts";

/** A product of a function of time and one of the other coordinate. */
export interface WindowProduct {
  /** Number of the output that it belongs to. */
  readonly unknown: number;
  readonly size: number;
  /** Coefficients along time, on {@linkcode WindowSum}'s knots. */
  readonly time: Float64Array;
  /** Coefficients of the functions of the windows' line. */
  readonly line: Float64Array;
}

/** All products of windows that are no rounding, the largest first. */
export interface WindowSum {
  /** Knots along time: parts of the windows. */
  readonly timeKnots: KnotVector;
  readonly products: readonly WindowProduct[];
}

/**
 * Pieces of a window: polynomials of degree 9 that meet in their values only are as exact as smooth
 * splines on about 6 pieces, whose error is `(h / pi)^10` times a derivative against `2 (L / 4)^10 / 10!`.
 */
const PIECES = 6, MOST_PIECES = 12;
/** Times and places of a piece at which functions are compared. */
const TIMES = 3, PLACES = 3;
/** What is left over of all values, as a share of the largest, is rounding. */
const ROUNDING = 1e-14;

/** The sum of products of windows on one line; the outputs' number is `unknowns`. */
export function sumOfWindows(windows: readonly Window[], unknowns: number): WindowSum {
  const { line } = windows[0];
  const { breakpoints: { length } } = line;
  const each = Math.min(MOST_PIECES, Math.max(PIECES, Math.floor(length / windows.length)));
  const positions = gaussPositions(each), times: number[] = [], ends = [windows[0].span[0]];
  for (const { span: [a, b] } of windows) {
    for (let k = 1; k <= each; k++) ends.push(k === each ? b : a + (b - a) * k / each);
    positions.forEach((x) => times.push((a + b) / 2 + (b - a) / 2 * x));
  }
  const knots = knotsFromBreakpoints(ends, { degree: TENSOR_DEGREE, outerKnots: "clamped" });
  const fit = splineFit(knots, times), places = placesOnLine(windows[0]);
  const products = Array.from({ length: unknowns }, (_, unknown) => {
    const rows = windows.flatMap((window) => functionsAt(window, positions, unknown, unknowns));
    const values = rows.map((row) => valuesAt(places, row, line.count));
    return triplesOf(values).map(({ size, left }): WindowProduct => {
      const sum = new Float64Array(line.count);
      rows.forEach((row, s) => {
        for (let i = 0; i < row.length; i++) sum[i] += left[s] / size * row[i];
      });
      return { unknown, size, time: fit(left), line: sum };
    });
  }).flat();
  return { timeKnots: knots, products: products.sort((a, b) => b.size - a.size) };
}

/** Gauss's points of even pieces of [-1, 1]. */
function gaussPositions(pieces: number): Float64Array {
  const { nodes } = gaussLegendre(TIMES);
  return Float64Array.from(
    { length: pieces * TIMES },
    (_, i) => (2 * Math.floor(i / TIMES) + 1 + nodes[i % TIMES]) / pieces - 1,
  );
}

/** Coefficients along the line of a window's function at times on [-1, 1]. */
function functionsAt(
  { line: { count }, coefficients, span }: Window,
  positions: Float64Array,
  unknown: number,
  unknowns: number,
): Float64Array[] {
  const [a, b] = span, at = positions.map((x) => (a + b) / 2 + (b - a) / 2 * x);
  const basis = designMatrix(timeKnots(span), at);
  return Array.from(at, (_, s) =>
    Float64Array.from({ length: count }, (_, f) => {
      const from = (f * unknowns + unknown) * ORDER;
      let sum = 0;
      for (let j = 0; j < ORDER; j++) sum += basis.values[s * ORDER + j] * coefficients[from + j];
      return sum;
    }));
}

/** Places of the line's pieces, each function times the root of the place's weight. */
interface Places {
  readonly pieces: Int32Array;
  readonly values: Float64Array;
}

/** Gauss's places of all pieces, and the functions there. */
export function placesOnLine({ line }: Pick<Window, "line">): Places {
  const { nodes, weights } = gaussLegendre(PLACES), pieces = line.breakpoints.length - 1;
  const all = {
    pieces: new Int32Array(pieces * PLACES),
    values: new Float64Array(pieces * PLACES * ORDER),
  };
  for (let p = 0; p < pieces; p++) {
    const a = line.breakpoints[p], b = line.breakpoints[p + 1];
    nodes.forEach((x, k) => {
      const { values } = valuesOnLine(line, (a + b) / 2 + (b - a) / 2 * x, 0);
      const root = Math.sqrt(weights[k] * (b - a)), at = p * PLACES + k;
      all.pieces[at] = p;
      all.values.set(values.map((value) => root * value), at * ORDER);
    });
  }
  return all;
}

/** Values of a function of a line at places, each times the root of its weight. */
export function valuesAt(
  { pieces, values }: Places,
  row: Float64Array,
  count: number,
): Float64Array {
  return Float64Array.from(pieces, (piece, at) => {
    let sum = 0;
    for (let i = 0; i < ORDER; i++) sum += values[at * ORDER + i] * row[(piece + i) % count];
    return sum;
  });
}

/**
 * Singular values of a matrix of rows and their left vectors: first as many rows as span the others up
 * to rounding, made orthogonal one by one, the largest first; then those of the coordinates by them.
 */
export function triplesOf(rows: readonly Float64Array[]) {
  const rest = rows.map((row) => row.slice()), squares = rest.map((row) => dot(row, row));
  const most = Math.max(...squares), columns: Float64Array[] = [], basis: Float64Array[] = [];
  while (basis.length < Math.min(rows.length, rows[0].length)) {
    const next = squares.indexOf(Math.max(...squares));
    if (!(squares[next] > (ROUNDING ** 2) * most)) break;
    const unit = rest[next].slice();
    for (const other of basis) addTo(unit, other, -dot(other, unit)); // once more, against rounding
    const length = norm(unit);
    unit.forEach((x, i) => unit[i] = x / length);
    basis.push(unit);
    columns.push(Float64Array.from(rest, (row, s) => {
      const share = dot(unit, row);
      addTo(row, unit, -share);
      squares[s] = dot(row, row);
      return share;
    }));
  }
  return columns.length === 0 ? [] : singularTriples(columns);
}

function addTo(to: Float64Array, from: Float64Array, share: number): void {
  for (let i = 0; i < to.length; i++) to[i] += share * from[i];
}

/** Least squares of values at ascending points by splines on knots. */
export function splineFit(
  knots: KnotVector,
  points: ArrayLike<number>,
): (values: Float64Array) => Float64Array {
  const matrix: SparseRows = designMatrix(knots, points);
  return (values) => {
    const shape = { blocks: numBasis(knots), size: 1, width: ORDER, border: 0 };
    const triangle = createBandTriangle(shape), { stride, together } = triangle;
    let block = 0;
    matrix.starts.forEach((start, s) => {
      while (block < start) {
        triangle.next();
        block++;
      }
      const row = new Float64Array(together * stride);
      row.set(matrix.values.subarray(s * ORDER, (s + 1) * ORDER));
      row[stride - 1] = values[s];
      triangle.add(row, together);
    });
    return triangle.solve();
  };
}

/** The largest absolute value of a spline at points that are dense in its pieces. */
export function largestValue(knots: KnotVector, coefficients: Float64Array): number {
  const { values, degree } = knots, points: number[] = [];
  for (let i = degree; i < values.length - 1 - degree; i++) {
    for (let k = 0; k < 4; k++) points.push(values[i] + (values[i + 1] - values[i]) * k / 4);
  }
  points.push(values[values.length - 1 - degree]);
  return multiply(designMatrix(knots, points), coefficients)
    .reduce((most, x) => Math.max(most, Math.abs(x)), 0);
}
