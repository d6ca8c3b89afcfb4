/**
 * A layer of splines written with fewer knots and a lower degree, and by how much it differs.
 *
 * @module
 */

import { designMatrix, normalMatrix } from "../../basis/mod.ts";
import { knotsFromBreakpoints, type KnotVector, numBasis } from "../../knots/mod.ts";
import { cos, log10, pow, solvePositive } from "../../numerics/inner.ts";
import { bernstein, piecePolynomials, writeEdgeValues } from "../program/edges.ts";
import { basisPieces, knotPieces } from "../program/pieces.ts";
import type { SplineStep } from "../program/program.ts";

/** Where a spline is needed: from, to, in the coordinate of its knots. */
export type SplineRange = readonly [low: number, high: number];

/** Points per interval that coefficients are fitted to. */
const POINTS = 6;

/** Places at which the bend of a spline is looked at to spread knots. */
const PLACES = 256;

/** The splines of a layer without their silu branches, which stay as they are. */
export function withoutSilu(step: SplineStep): SplineStep {
  if (!step.silu) return step;
  const { silu: _, ...plain } = step;
  return plain;
}

/**
 * Fits splines of a degree on some intervals to all edges of a layer, on their ranges; beyond these
 * they go on as lines, or stay constant where the edges do.
 *
 * @param plain The layer without silu.
 * @param ranges One for each input.
 * @param sizes What an error of each output counts, shape `[nOut]`.
 * @param kept Whether knots are some of those that there are; else they are spread by the bend.
 */
export function fitStep(
  plain: SplineStep,
  ranges: readonly SplineRange[],
  degree: number,
  intervals: number,
  sizes: Float64Array,
  kept: boolean,
): SplineStep {
  const { nIn, nOut, limits, maps } = plain;
  const vectors: KnotVector[] = [];
  const count = intervals + degree, table = new Float64Array(nIn * count * nOut);
  for (let p = 0; p < nIn; p++) {
    const breakpoints = kept
      ? keptKnots(plain, p, ranges[p], intervals, sizes)
      : spreadKnots(plain, p, ranges[p], intervals, degree, sizes);
    const knots = knotsFromBreakpoints(breakpoints, { degree });
    vectors.push(knots);
    table.set(fitEdges(plain, p, knots), p * count * nOut);
  }
  const laidOut = vectors.map((knots) => knotPieces(knots, false));
  const step: SplineStep = {
    ...{ kind: "splines", nIn, nOut, degree, pieces: intervals + 2, maps },
    ...{ grids: laidOut.map(({ grid }) => grid), table, rows: count },
    basis: basisPieces(vectors, laidOut, false),
    ...(limits ? { limits } : {}),
  };
  const size = degree + 1, asPieces = nIn * (intervals + 2) * size * nOut;
  const asBasis = nIn * (intervals + 2) * size * size + table.length;
  if (2 * asBasis < asPieces) return step;
  const { basis: _, ...shape } = step;
  return { ...shape, rows: (intervals + 2) * size, table: piecePolynomials(step).slice() };
}

/** Even breakpoints, rounded to the digits that tell them apart, the ends outwards. */
function tidy(points: number[], [low, high]: SplineRange): number[] {
  const gap = Math.min(...points.slice(1).map((point, i) => point - points[i]));
  const unit = pow(10, Math.floor(log10(gap / 50)));
  const rounded = points.map((point) => Math.round(point / unit) * unit);
  rounded[0] = Math.floor(low / unit) * unit;
  rounded[rounded.length - 1] = Math.ceil(high / unit) * unit;
  const plain = rounded.map((point) => Number(point.toPrecision(12)));
  const fits = plain[0] <= low && plain[plain.length - 1] >= high &&
    plain.every((point, i) => i === 0 || point > plain[i - 1]);
  return fits ? plain : points;
}

/** The inner knots whose loss would hurt most, and the ends; more than there are: gaps halved. */
function keptKnots(
  step: SplineStep,
  p: number,
  range: SplineRange,
  intervals: number,
  sizes: Float64Array,
): number[] {
  const { degree, nOut, pieces, grids } = step, [low, high] = range, all = piecePolynomials(step);
  const { knots, inverses } = grids[grids.length === 1 ? 0 : p], size = degree + 1;
  const scored: [knot: number, score: number][] = [];
  for (let j = 0; j < knots.length; j++) {
    const knot = knots[j];
    if (!(knot > low && knot < high) || scored.some(([other]) => other === knot)) continue;
    const near = [low, high, ...knots].filter((other) => other !== knot);
    const gap = Math.min(...near.map((other) => Math.abs(other - knot)));
    let score = 0;
    for (let q = 0; q < nOut; q++) {
      const [before, after] = [j, j + 1].map((piece) => {
        return all[((p * pieces + piece) * size + degree) * nOut + q] *
          pow(inverses[piece], degree);
      });
      score = Math.max(score, Math.abs(after - before) * sizes[q]);
    }
    scored.push([knot, score * pow(gap, degree)]);
  }
  scored.sort((a, b) => b[1] - a[1]);
  const points = [low, ...scored.slice(0, intervals - 1).map(([knot]) => knot), high]
    .sort((a, b) => a - b);
  while (points.length < intervals + 1) {
    let widest = 1;
    for (let i = 2; i < points.length; i++) {
      if (points[i] - points[i - 1] > points[widest] - points[widest - 1]) widest = i;
    }
    points.splice(widest, 0, (points[widest] + points[widest - 1]) / 2);
  }
  return points;
}

/** Breakpoints that are closer where the edges of an input bend more. */
function spreadKnots(
  step: SplineStep,
  p: number,
  [low, high]: SplineRange,
  intervals: number,
  degree: number,
  sizes: Float64Array,
): number[] {
  const { nOut } = step, at = (i: number) => low + i / (PLACES + 1) * (high - low);
  const rows = Array.from({ length: PLACES + 2 }, (_, i) => {
    const values = new Float64Array(nOut);
    writeEdgeValues(step, p, at(i), values);
    return values;
  });
  const bends = Array.from({ length: PLACES }, (_, i) => {
    let most = 0;
    for (let q = 0; q < nOut; q++) {
      const bend = Math.abs(rows[i][q] - 2 * rows[i + 1][q] + rows[i + 2][q]);
      most = Math.max(most, bend * sizes[q]);
    }
    return most;
  });
  const largest = Math.max(...bends), sums = [0];
  for (const bend of bends) {
    const share = largest > 0 ? bend / largest : 1;
    sums.push(sums[sums.length - 1] + pow(share + 0.02, 1 / (degree + 1)));
  }
  const points: number[] = [];
  let place = 0;
  for (let i = 0; i <= intervals; i++) {
    const wanted = i / intervals * sums[PLACES];
    while (place < PLACES - 1 && sums[place + 1] < wanted) place++;
    const inside = (wanted - sums[place]) / (sums[place + 1] - sums[place]);
    points.push(low + (place + inside) / PLACES * (high - low));
  }
  points[0] = low;
  points[intervals] = high;
  return tidy(points, [low, high]);
}

/** Coefficients of least squares of all edges of an input, shape `[numBasis, nOut]`. */
function fitEdges(step: SplineStep, p: number, knots: KnotVector): Float64Array {
  const { nOut } = step, { values: t, degree } = knots, n = numBasis(knots);
  const points: number[] = [];
  for (let i = degree; i < t.length - degree - 1; i++) {
    for (let k = 0; k < POINTS; k++) {
      const share = (1 - cos(Math.PI * k / (POINTS - 1))) / 2;
      points.push(Math.min(t[i + 1], t[i] + share * (t[i + 1] - t[i])));
    }
  }
  const { rows, width, starts, values } = designMatrix(knots, points);
  const right = new Float64Array(n * nOut), found = new Float64Array(nOut);
  for (let s = 0; s < rows; s++) {
    writeEdgeValues(step, p, points[s], found);
    for (let i = 0; i < width; i++) {
      const factor = values[s * width + i], to = (starts[s] + i) * nOut;
      for (let q = 0; q < nOut; q++) right[to + q] += factor * found[q];
    }
  }
  return solvePositive(normalMatrix(knots, points), n, degree, right, nOut);
}

/**
 * The largest distance between the edges of two layers, proven, shape `[nIn, nOut]`: on every piece
 * of both their difference is a polynomial, which its Bernstein coefficients enclose.
 */
export function edgeDistances(
  first: SplineStep,
  second: SplineStep,
  ranges: readonly SplineRange[],
): Float64Array {
  const { nIn, nOut } = first, distances = new Float64Array(nIn * nOut);
  const size = Math.max(first.degree, second.degree) + 1;
  const difference = new Float64Array(size);
  for (let p = 0; p < nIn; p++) {
    const [low, high] = ranges[p];
    const inner = [first, second].flatMap(({ grids }) => {
      return Array.from(grids[grids.length === 1 ? 0 : p].knots);
    }).filter((knot) => knot > low && knot < high);
    const places = [...new Set([low, ...inner, high])].sort((a, b) => a - b);
    for (let i = 1; i < places.length; i++) {
      const from = places[i - 1], to = places[i];
      const parts = [first, second].map((step) => pieceMap(step, p, from, to, size));
      for (let q = 0; q < nOut; q++) {
        difference.fill(0);
        parts.forEach(({ matrix, table, start, powers }, sign) => {
          for (let k = 0; k < powers; k++) {
            const c = sign === 0 ? table[start + k * nOut + q] : -table[start + k * nOut + q];
            for (let b = 0; b < size; b++) difference[b] += matrix[k * size + b] * c;
          }
        });
        const at = p * nOut + q;
        for (const value of difference) distances[at] = Math.max(distances[at], Math.abs(value));
      }
    }
  }
  return distances;
}

/** From the powers of a piece to Bernstein coefficients on a part of it. */
function pieceMap(step: SplineStep, p: number, from: number, to: number, size: number) {
  const { nOut, pieces, grids, degree } = step, powers = degree + 1;
  const { knots, origins, inverses } = grids[grids.length === 1 ? 0 : p];
  let piece = 0;
  while (piece < knots.length && from >= knots[piece]) piece++;
  const [a, b] = [from, to].map((u) => (u - origins[piece]) * inverses[piece]);
  const matrix = new Float64Array(powers * size);
  for (let k = 0; k < powers; k++) {
    const unit = Array.from({ length: size }, (_, i) => i === k ? 1 : 0);
    matrix.set(bernstein(unit, a, b), k * size);
  }
  const start = (p * pieces + piece) * powers * nOut;
  return { matrix, table: piecePolynomials(step), start, powers };
}
