/**
 * Single edges of a layer of splines: polynomials, and bounds on an interval.
 *
 * @module
 */

import type { SplineStep } from "./program.ts";
import { inputEdges, numStepEdges } from "./wiring.ts";
import { exp } from "../../numerics/inner.ts";

const polynomials = new WeakMap<SplineStep, Float64Array>();

/**
 * The polynomials of all edges, kept for a step: input by input, shape
 * `[pieces, degree + 1 powers, edges of the input]`.
 */
export function piecePolynomials(step: SplineStep): Float64Array {
  const { nIn, degree, pieces, grids, table, rows, basis } = step, size = degree + 1;
  if (!basis) return table;
  const known = polynomials.get(step);
  if (known) return known;
  const all = new Float64Array(numStepEdges(step) * pieces * size);
  for (let at = 0; at < nIn * pieces; at++) {
    const p = Math.floor(at / pieces), vector = grids.length === 1 ? at % pieces : at;
    const { start, count } = inputEdges(step, p);
    for (let k = 0; k < size; k++) {
      for (let i = 0; i < size; i++) {
        const factor = basis.polynomials[(vector * size + k) * size + i];
        const from = rows * start + (basis.first[vector] + i) * count;
        const to = pieces * size * start + ((at % pieces) * size + k) * count;
        for (let q = 0; q < count; q++) all[to + q] += factor * table[from + q];
      }
    }
  }
  polynomials.set(step, all);
  return all;
}

/**
 * The polynomial of edge `q` of an input on one piece, by powers of the local coordinate; of a layer
 * with all edges `q` is its output.
 */
export function edgePolynomial(step: SplineStep, p: number, piece: number, q: number): number[] {
  const { degree, pieces } = step, size = degree + 1, all = piecePolynomials(step);
  const { start, count } = inputEdges(step, p);
  const from = pieces * size * start + piece * size * count + q;
  return Array.from({ length: size }, (_, k) => all[from + k * count]);
}

/** What is known of an edge as a function of `u` on an interval: it encloses, and is no wider. */
export interface EdgeBounds {
  readonly low: number;
  readonly high: number;
  /** Largest size of the first derivative. */
  readonly slope: number;
  /** Largest size of the second derivative, kinks apart. */
  readonly second: number;
  /** Places where the first derivative jumps, and by how much. */
  readonly kinks: readonly (readonly [at: number, jump: number])[];
}

/** Bounds of `silu`, its minimum included, and of its derivatives. */
const SILU = { least: -0.2784645427610738, leastAt: -1.2784645427610738, slope: 1.1, second: 0.5 };

/** Bounds one edge on `[from, to]`, by the Bernstein coefficients of its pieces there. */
export function edgeBounds(
  step: SplineStep,
  p: number,
  q: number,
  from: number,
  to: number,
): EdgeBounds {
  const { pieces, grids, silu, nOut } = step,
    { knots, origins, inverses } = grids[grids.length === 1 ? 0 : p];
  let low = Infinity, high = -Infinity, slope = 0, second = 0;
  const kinks: [number, number][] = [];
  let before: number | undefined; // the slope at the end of the piece before
  for (let piece = 0; piece < pieces; piece++) {
    const left = Math.max(from, piece === 0 ? -Infinity : knots[piece - 1]);
    const right = Math.min(to, piece === pieces - 1 ? Infinity : knots[piece]);
    if (!(left < right) && !(left === right && from === to)) continue;
    const w = [left, right].map((u) => (u - origins[piece]) * inverses[piece]);
    const values = edgePolynomial(step, p, piece, q);
    const first = derivative(values).map((value) => value * inverses[piece]);
    const next = derivative(first).map((value) => value * inverses[piece]);
    const inside = bernstein(values, w[0], w[1]), slopes = bernstein(first, w[0], w[1]);
    low = Math.min(low, ...inside);
    high = Math.max(high, ...inside);
    slope = Math.max(slope, ...slopes.map(Math.abs));
    second = Math.max(second, ...bernstein(next, w[0], w[1]).map(Math.abs));
    if (before !== undefined) kinks.push([left, Math.abs(slopes[0] - before)]);
    before = slopes[slopes.length - 1];
  }
  if (silu) {
    const weight = silu[p * nOut + q], ends = [from, to].map((u) => u / (1 + exp(-u)));
    if (from < SILU.leastAt && SILU.leastAt < to) ends.push(SILU.least);
    const parts = ends.map((value) => weight * value);
    low += Math.min(...parts);
    high += Math.max(...parts);
    slope += SILU.slope * Math.abs(weight);
    second += SILU.second * Math.abs(weight);
  }
  return { low, high, slope, second, kinks };
}

/** Writes the values of all edges that leave input `p` at `u`. */
export function writeEdgeValues(step: SplineStep, p: number, u: number, out: Float64Array): void {
  const { nOut, degree, pieces, grids, silu } = step, all = piecePolynomials(step);
  const { knots, origins, inverses } = grids[grids.length === 1 ? 0 : p];
  let piece = 0;
  while (piece < knots.length && u >= knots[piece]) piece++;
  const w = (u - origins[piece]) * inverses[piece];
  const start = (p * pieces + piece) * (degree + 1) * nOut;
  const base = u / (1 + exp(-u));
  for (let q = 0; q < nOut; q++) {
    let value = 0;
    for (let k = degree; k >= 0; k--) value = value * w + all[start + k * nOut + q];
    out[q] = silu ? value + silu[p * nOut + q] * base : value;
  }
}

function derivative(polynomial: readonly number[]): number[] {
  return polynomial.length === 1 ? [0] : polynomial.slice(1).map((value, k) => (k + 1) * value);
}

/** Bernstein coefficients on `[a, b]`: they enclose the values; the first and last are values. */
export function bernstein(polynomial: readonly number[], a: number, b: number): number[] {
  const degree = polynomial.length - 1, moved = [...polynomial];
  for (let i = 0; i < degree; i++) { // powers of (w - a)
    for (let k = degree - 1; k >= i; k--) moved[k] += a * moved[k + 1];
  }
  let power = 1;
  for (let k = 0; k <= degree; k++, power *= b - a) moved[k] *= power;
  return moved.map((_, i) => {
    let sum = 0, ratio = 1; // binomial(i, k) / binomial(degree, k)
    for (let k = 0; k <= i; k++) {
      sum += ratio * moved[k];
      ratio *= (i - k) / (degree - k);
    }
    return sum;
  });
}
