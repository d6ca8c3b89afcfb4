/**
 * Windows of time taken apart into sums of products `f(t) g(x)`, by singular values.
 *
 * Around a circle the other coordinate of the products is `c = cos(theta)`: a function of the angle is
 * `e(c) + sin(theta) h(c)`, and the even and the odd part are sums of products of their own.
 *
 * @module
 */

import { designMatrix, gaussLegendre } from "../../basis/mod.ts";
import { knotsFromBreakpoints, type KnotVector } from "../../knots/mod.ts";
import { cos, dot, norm, sin, singularTriples } from "../../numerics/inner.ts";
import { TENSOR_DEGREE } from "./tensor_space.ts";
import { type Line, ORDER, timeKnots, valuesOnLine, type Window } from "./window_space.ts";

/** A coordinate of products on `[-1, 1]`: where values are known, and how dense pieces have to be. */
export interface Axis {
  /** Ascending. */
  readonly samples: Float64Array;
  /** Pieces that the windows have. */
  readonly pieces: number;
  /** Knots of so many pieces, denser where the windows' are. */
  knots(pieces: number): KnotVector;
}

/** A product of a function of time and one of the other coordinate, by values at samples. */
export interface WindowProduct {
  readonly size: number;
  readonly time: Float64Array;
  readonly line: Float64Array;
}

/** An unknown, or its even or odd part around a circle, as a sum of products, the largest first. */
export interface WindowPart {
  readonly unknown: number;
  /** Whether it is what the sine is multiplied by. */
  readonly isOdd: boolean;
  /** Largest absolute value. */
  readonly largest: number;
  readonly products: readonly WindowProduct[];
}

/** All unknowns on windows. */
export interface WindowSum {
  readonly time: Axis;
  readonly line: Axis;
  readonly parts: readonly WindowPart[];
}

/**
 * Pieces of a window: polynomials of degree 9 that meet in their values only are as exact as smooth
 * splines on about 6 pieces, whose error is `(h / pi)^10` times a derivative against `2 (L / 4)^10 / 10!`.
 */
const PIECES = 6, MOST_PIECES = 12;
/** Pieces of all windows, at least, where that many are allowed. */
const ENOUGH_PIECES = 60;
/** Times and places of a piece at which functions are compared. */
const TIMES = 3, PLACES = 4;

/** Takes the first unknowns of windows on one line apart, up to products of a share of the largest. */
export function sumOfWindows(
  windows: readonly Window[],
  unknowns: number,
  least: number,
): WindowSum {
  const { line } = windows[0], { isPeriodic, count } = line;
  const each = Math.min(MOST_PIECES, Math.max(PIECES, Math.ceil(ENOUGH_PIECES / windows.length)));
  const positions = gaussPositions(each), time = timeAxis(windows, each, positions);
  const places = isPeriodic ? circlePlaces(line) : linePlaces(line);
  const parts = partsOf(
    places,
    count,
    unknowns,
    least,
    (unknown) => windows.flatMap((window) => functionsAt(window, positions, unknown)),
  );
  return { time, line: places.axis, parts };
}

/**
 * Takes functions of two coordinates apart, up to products of a share of the largest.
 *
 * @param coefficients Shape `[functions of the first, functions of the second, unknowns]`.
 * @param isGraded Whether all pieces count the same, however short they are: derivatives in short ones
 * are large.
 */
export function sumOfSheet(
  [first, second]: readonly [Line, Line],
  coefficients: Float64Array,
  least: number,
  isGraded = false,
): WindowSum {
  const along = linePlaces(first), [{ pieces, values }] = along.sides, m = second.count;
  const unknowns = coefficients.length / first.count / m, places = linePlaces(second, isGraded);
  const parts = partsOf(places, m, unknowns, least, (unknown) =>
    Array.from(pieces, (piece, s) => {
      const row = new Float64Array(m);
      for (let i = 0; i < ORDER; i++) {
        const weight = values[s * ORDER + i];
        for (let j = 0; j < m; j++) {
          row[j] += weight * coefficients[((piece + i) * m + j) * unknowns + unknown];
        }
      }
      return row;
    }));
  return { time: along.axis, line: places.axis, parts };
}

/** Sums of products of all unknowns, from coefficients along the line at the samples of the other axis. */
function partsOf(
  places: Places,
  count: number,
  unknowns: number,
  least: number,
  functionsOf: (unknown: number) => readonly Float64Array[],
): WindowPart[] {
  const isPeriodic = places.sides.length > 1, parts: WindowPart[] = [];
  for (let unknown = 0; unknown < unknowns; unknown++) {
    const rows = functionsOf(unknown)
      .map((row) => places.sides.map((side) => valuesAt(side, row, count)));
    const roots = places.weights.map(Math.sqrt);
    for (const isOdd of isPeriodic ? [false, true] : [false]) {
      // the odd part is measured as it counts, times the sine
      const values = rows.map(([f, g]) =>
        f.map((x, i) => roots[i] * (!g ? x : isOdd ? (x - g[i]) / 2 : (x + g[i]) / 2))
      );
      const units = roots.map((root, i) => isOdd ? root * places.sines[i] : root);
      const largest = values.reduce(
        (most, row) => row.reduce((m, x, i) => Math.max(m, Math.abs(x / units[i])), most),
        0,
      );
      const products = triplesOf(values, least).map(({ size, left, right }) => ({
        ...{ size, time: left, line: right.map((x, i) => x / units[i]) },
      }));
      parts.push({ unknown, isOdd, largest, products });
    }
  }
  return parts;
}

/** Gauss's points of even pieces of [-1, 1], and both ends. */
function gaussPositions(pieces: number): Float64Array {
  const { nodes } = gaussLegendre(TIMES);
  const inside = Array.from(
    { length: pieces * TIMES },
    (_, i) => (2 * Math.floor(i / TIMES) + 1 + nodes[i % TIMES]) / pieces - 1,
  );
  return Float64Array.from([-1, ...inside, 1]);
}

/** Points of which even shares of the pieces lie between two, `before[i]` of them before `points[i]`. */
function spread(
  points: ArrayLike<number>,
  before: ArrayLike<number>,
  pieces: number,
): Float64Array {
  const last = points.length - 1, ends = new Float64Array(pieces + 1);
  for (let i = 0, k = 0; i <= pieces; i++) {
    const wanted = before[last] * i / pieces;
    while (k + 1 < last && before[k + 1] < wanted) k++;
    const share = (wanted - before[k]) / (before[k + 1] - before[k]);
    ends[i] = points[k] + share * (points[k + 1] - points[k]);
  }
  return ends;
}

/** An axis whose pieces are spread like others, with a map of their ends. */
function axisOf(
  samples: Float64Array,
  points: ArrayLike<number>,
  before: ArrayLike<number>,
  map: (x: number) => number = (x) => x,
): Axis {
  return {
    samples,
    pieces: Math.ceil(before[points.length - 1] - 1e-9),
    knots: (pieces) => knotsToEnds(spread(points, before, pieces).map(map)),
  };
}

/** Knots with ends at -1 and 1. */
export function knotsToEnds(points: ArrayLike<number>): KnotVector {
  const ends = Float64Array.from(points);
  ends[0] = -1;
  ends[ends.length - 1] = 1;
  return knotsFromBreakpoints(ends, { degree: TENSOR_DEGREE, outerKnots: "clamped" });
}

function timeAxis(windows: readonly Window[], each: number, positions: Float64Array): Axis {
  const a = windows[0].span[0], b = windows.at(-1)!.span[1];
  const unit = (t: number) => 2 * ((t - a) / (b - a)) - 1;
  const ends = [a, ...windows.map(({ span }) => span[1])].map(unit);
  const samples = windows.flatMap(({ span: [from, to] }) =>
    Array.from(positions, (x) => unit(placeIn([from, to], x)))
  );
  return axisOf(Float64Array.from(samples), ends, ends.map((_, i) => each * i));
}

/** A place of [-1, 1] in a range, whose ends are met exactly. */
function placeIn([a, b]: readonly [number, number], x: number): number {
  return x === -1 ? a : x === 1 ? b : (a + b) / 2 + (b - a) / 2 * x;
}

/** Coefficients along the line of a window's function at times on [-1, 1]. */
function functionsAt(
  { line: { count }, coefficients, span }: Window,
  positions: Float64Array,
  unknown: number,
): Float64Array[] {
  const at = positions.map((x) => placeIn(span, x));
  const basis = designMatrix(timeKnots(span), at), stride = coefficients.length / count;
  return Array.from(at, (_, s) =>
    Float64Array.from({ length: count }, (_, f) => {
      const from = f * stride + unknown * ORDER;
      let sum = 0;
      for (let j = 0; j < ORDER; j++) sum += basis.values[s * ORDER + j] * coefficients[from + j];
      return sum;
    }));
}

/** The functions of a line at places. */
interface Side {
  readonly pieces: Int32Array;
  readonly values: Float64Array;
}

/** Places along the other coordinate, in order of the axis. */
interface Places {
  readonly axis: Axis;
  /** The functions there; around a circle those of both halves. */
  readonly sides: readonly Side[];
  /** Their shares of the length. */
  readonly weights: Float64Array;
  /** Sines of the angles. */
  readonly sines: Float64Array;
}

/** Gauss's points of cells between ascending ends, with weights. */
function pointsOfCells(ends: ArrayLike<number>): { at: number[]; weights: number[] } {
  const { nodes, weights } = gaussLegendre(PLACES),
    all = { at: [], weights: [] } as {
      at: number[];
      weights: number[];
    };
  for (let p = 0; p + 1 < ends.length; p++) {
    nodes.forEach((x, k) => {
      all.at.push((ends[p] + ends[p + 1]) / 2 + (ends[p + 1] - ends[p]) / 2 * x);
      all.weights.push(weights[k] / 2 * (ends[p + 1] - ends[p]));
    });
  }
  return all;
}

function sideOf(line: Line, places: readonly number[]): Side {
  const side = {
    pieces: new Int32Array(places.length),
    values: new Float64Array(places.length * ORDER),
  };
  places.forEach((x, i) => {
    const { piece, values } = valuesOnLine(line, x, 0);
    side.pieces[i] = piece;
    side.values.set(values, i * ORDER);
  });
  return side;
}

function linePlaces(line: Line, isEven = false): Places {
  const { breakpoints } = line, a = breakpoints[0], length = breakpoints.at(-1)! - a;
  const unit = (x: number) => 2 * ((x - a) / length) - 1;
  const { at, weights } = pointsOfCells(breakpoints);
  return {
    axis: axisOf(Float64Array.from(at, unit), breakpoints.map(unit), breakpoints.map((_, i) => i)),
    sides: [sideOf(line, at)],
    weights: Float64Array.from(weights, (weight) => isEven ? 1 / at.length : weight / length),
    sines: Float64Array.from(at, () => 1),
  };
}

/** Places of half a circle; pieces have to be as dense as the denser ones of both halves. */
function circlePlaces(line: Line): Places {
  const { breakpoints } = line, pieces = breakpoints.length - 1, a = breakpoints[0];
  const turn = 2 * Math.PI / (breakpoints[pieces] - a);
  const all = Array.from(breakpoints, (x) => turn * (x - a));
  const angles = [...new Set([...all, Math.PI, ...all.map((angle) => 2 * Math.PI - angle)])]
    .filter((angle) => angle >= 0 && angle <= Math.PI).sort((x, y) => x - y)
    .filter((angle, i, sorted) => i === 0 || angle - sorted[i - 1] > 1e-9 || angle === Math.PI);
  const density = (angle: number) => {
    const k = Math.max(1, all.findIndex((each) => each > angle));
    return 1 / (all[k] - all[k - 1]);
  };
  const before = [0];
  for (let i = 1; i < angles.length; i++) {
    const middle = (angles[i - 1] + angles[i]) / 2;
    const most = Math.max(density(middle), density(2 * Math.PI - middle));
    before.push(before[i - 1] + most * (angles[i] - angles[i - 1]));
  }
  // from the far end, so that cosines ascend
  const cells = spread(angles, before, Math.ceil(before.at(-1)! - 1e-9))
    .map((angle) => Math.PI - angle).reverse();
  const { at, weights } = pointsOfCells(cells), angle = at.map((x) => Math.PI - x);
  return {
    axis: axisOf(Float64Array.from(angle, cos), cells, cells.map((_, i) => i), (x) => -cos(x)),
    sides: [angle, angle.map((x) => 2 * Math.PI - x)].map((each) =>
      sideOf(line, each.map((x) => a + x / turn))
    ),
    weights: Float64Array.from(weights, (weight) => weight / Math.PI),
    sines: Float64Array.from(angle, sin),
  };
}

function valuesAt({ pieces, values }: Side, row: Float64Array, count: number): Float64Array {
  return Float64Array.from(pieces, (piece, at) => {
    let sum = 0;
    for (let i = 0; i < ORDER; i++) sum += values[at * ORDER + i] * row[(piece + i) % count];
    return sum;
  });
}

/** What is left over of all values, as a share of the largest, is rounding. */
const ROUNDING = 1e-14;

/**
 * Singular values of a matrix of rows and both vectors: first as many rows as span the others up to a
 * share of the largest, made orthogonal one by one, the largest first; then those of the coordinates by
 * them.
 */
function triplesOf(rows: readonly Float64Array[], share: number) {
  const rest = rows.map((row) => row.slice()), squares = rest.map((row) => dot(row, row));
  const most = Math.max(...squares), columns: Float64Array[] = [], basis: Float64Array[] = [];
  const least = Math.max(ROUNDING, share / Math.sqrt(rows.length));
  while (basis.length < Math.min(rows.length, rows[0].length)) {
    const next = squares.indexOf(Math.max(...squares));
    if (!(squares[next] > (least ** 2) * most)) break;
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
  if (columns.length === 0) return [];
  return singularTriples(columns).map(({ size, left, right }) => {
    const sum = new Float64Array(rows[0].length);
    basis.forEach((unit, k) => addTo(sum, unit, right[k]));
    return { size, left, right: sum };
  });
}

function addTo(to: Float64Array, from: Float64Array, share: number): void {
  for (let i = 0; i < to.length; i++) to[i] += share * from[i];
}
