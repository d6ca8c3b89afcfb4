/**
 * The splines that leave a node, and their derivatives, as polynomials in Bernstein form with
 * bounds of all rounding: of their conversion, and of what the forward pass rounds.
 *
 * @module
 */

import { pow } from "../numerics/inner.ts";
import { type KnotVector, numBasis } from "../knots/mod.ts";
import { ULP } from "./_rounding.ts";

/** One order of derivative of all splines of a node, piece by piece. */
export interface PieceTable {
  /** Degree of the polynomials. */
  readonly degree: number;
  /** Bernstein coefficients, shape `[pieces, nOut, degree + 1]`. */
  readonly coefficients: Float64Array;
  /** How far they may be off, shape `[pieces, nOut]`. */
  readonly errors: Float64Array;
  /** The least B-spline coefficient on each piece, a lower bound exact in sign. */
  readonly low: Float64Array;
  /** The largest one. */
  readonly high: Float64Array;
}

/** All splines that leave one node of a layer, in the units of its domain. */
export interface NodePieces {
  /** Ends of the pieces that are not empty, increasing. */
  readonly breaks: Float64Array;
  /** Values, first derivatives, second derivatives, and as many more as were asked for. */
  readonly orders: readonly [PieceTable, PieceTable, PieceTable, ...PieceTable[]];
  /** How many knots stand at each break. */
  readonly multiple: readonly number[];
  /**
   * What derivatives of order 1 and 2 have at each inner break beside their pieces: 0 nothing, 1 a
   * jump of what is differentiated that is known by the pieces' slopes, 2 one that is not.
   */
  readonly jumps: readonly [Uint8Array, Uint8Array];
}

/**
 * Converts all splines of a node; `coefficients` has shape `[numBasis, nOut]`, outputs fastest.
 *
 * @param most Highest order of derivatives, 2 at least.
 * @param forward Whether errors are those of what the forward pass rounds as well.
 */
export function nodePieces(
  knots: KnotVector,
  coefficients: Float64Array,
  nOut: number,
  basis: "bspline" | "relu",
  most = 2,
  forward = true,
): NodePieces {
  const { values: t, degree } = knots, last = t.length - 1 - degree;
  const pieces: number[] = [];
  for (let mu = degree; mu < last; mu++) if (t[mu + 1] > t[mu]) pieces.push(mu);
  const breaks = Float64Array.from([...pieces.map((mu) => t[mu]), t[last]]);
  const fill = basis === "bspline" ? fillBsplines : fillPowers;
  const orders = Array.from({ length: most + 1 }, (_, order) => {
    const table = emptyTable(pieces.length, nOut, Math.max(0, degree - order));
    if (order > degree) return { ...table, low: table.errors, high: table.errors };
    fill(table, knots, coefficients, nOut, pieces, order, forward);
    return table;
  });
  const multiple = Array.from(breaks, (x) => t.reduce((sum, y) => sum + (y === x ? 1 : 0), 0));
  const inner = (k: number) => k > 0 && k < breaks.length - 1;
  return {
    breaks,
    orders: orders as [PieceTable, PieceTable, PieceTable, ...PieceTable[]],
    multiple,
    jumps: [
      Uint8Array.from(multiple, (m, k) => inner(k) && m > degree ? 2 : 0),
      Uint8Array.from(multiple, (m, k) => inner(k) && m >= degree ? m === degree ? 1 : 2 : 0),
    ],
  };
}

function emptyTable(pieces: number, nOut: number, degree: number): PieceTable {
  return {
    degree,
    coefficients: new Float64Array(pieces * nOut * (degree + 1)),
    errors: new Float64Array(pieces * nOut),
    low: new Float64Array(pieces * nOut).fill(-Infinity),
    high: new Float64Array(pieces * nOut).fill(Infinity),
  };
}

/** Roundings of a conversion, perhaps of the recursion of Cox and de Boor as well. */
function roundings(degree: number, forward: boolean): number {
  return (forward ? 32 * degree + 64 : 8 * degree + 8) * ULP;
}

/**
 * B-splines by blossoms: coefficient `j` of a piece `[a, b]` is the polar form at `a` (degree - j
 * times) and `b` (j times), a convex combination of the coefficients there (L. Ramshaw, Blossoming:
 * A Connect-the-Dots Approach to Splines, 1987).
 */
function fillBsplines(
  table: PieceTable,
  { values: t, degree }: KnotVector,
  coefficients: Float64Array,
  nOut: number,
  pieces: readonly number[],
  order: number,
  forward: boolean,
): void {
  const d = table.degree;
  const window = new Float64Array(degree + 1), slack = new Float64Array(degree + 1);
  const scratch = new Float64Array(d + 1);
  pieces.forEach((mu, piece) => {
    for (let q = 0; q < nOut; q++) {
      for (let s = 0; s <= degree; s++) window[s] = coefficients[(mu - degree + s) * nOut + q];
      slack.fill(0);
      for (let r = 1; r <= order; r++) differentiate(t, degree, mu, r, window, slack);
      let low = Infinity, high = -Infinity, size = 0, error = 0;
      for (let s = order; s <= degree; s++) {
        low = Math.min(low, window[s] - slack[s]);
        high = Math.max(high, window[s] + slack[s]);
        size = Math.max(size, Math.abs(window[s]));
        error = Math.max(error, slack[s]);
      }
      const cell = piece * nOut + q;
      table.low[cell] = low;
      table.high[cell] = high;
      table.errors[cell] = error + roundings(degree, forward) * size;
      for (let j = 0; j <= d; j++) {
        for (let s = 0; s <= d; s++) scratch[s] = window[order + s];
        table.coefficients[cell * (d + 1) + j] = blossom(t, d, mu, j, scratch);
      }
    }
  });
}

/**
 * Differentiates the B-spline coefficients `window[r - 1 ..]` of derivative `r - 1` in place:
 * `c_i <- k (c_i - c_{i-1}) / (t_{i+k} - t_i)`, `k = degree + 1 - r`. `slack` bounds the errors.
 */
function differentiate(
  t: Float64Array,
  degree: number,
  mu: number,
  r: number,
  window: Float64Array,
  slack: Float64Array,
): void {
  const k = degree + 1 - r;
  for (let s = degree; s >= r; s--) {
    const i = mu - degree + s, factor = k / (t[i + k] - t[i]);
    const step = factor * (window[s] - window[s - 1]);
    slack[s] = factor * (slack[s] + slack[s - 1]) * (1 + 8 * ULP) + 4 * ULP * Math.abs(step);
    window[s] = step;
  }
}

/** The polar form of the piece `mu` at its left end (d - j times) and right end (j times). */
function blossom(
  t: Float64Array,
  d: number,
  mu: number,
  j: number,
  scratch: Float64Array,
): number {
  for (let k = 1; k <= d; k++) {
    const x = k <= d - j ? t[mu] : t[mu + 1];
    for (let s = d; s >= k; s--) {
      const i = mu - d + s, share = (x - t[i]) / (t[i + d + 1 - k] - t[i]);
      scratch[s] = scratch[s - 1] + share * (scratch[s] - scratch[s - 1]);
    }
  }
  return scratch[d];
}

/**
 * ReLU powers: the polar form of `(x - t_i)^degree` at `a` and `b` is `(a - t_i)^(degree - j)
 * (b - t_i)^j`. Large terms cancel; what that rounds is in the errors.
 */
function fillPowers(
  table: PieceTable,
  { values: t, degree }: KnotVector,
  weights: Float64Array,
  nOut: number,
  pieces: readonly number[],
  order: number,
  forward: boolean,
): void {
  const d = table.degree;
  let factor = 1;
  for (let k = 0; k < order; k++) factor *= degree - k;
  const terms = numBasis({ values: t, degree });
  pieces.forEach((mu, piece) => {
    const a = t[mu], b = t[mu + 1];
    for (let q = 0; q < nOut; q++) {
      const cell = piece * nOut + q;
      let sizes = 0;
      for (let j = 0; j <= d; j++) {
        let sum = 0, size = 0;
        for (let i = 0; i <= mu; i++) {
          const term = factor * weights[i * nOut + q] * pow(a - t[i], d - j) * pow(b - t[i], j);
          sum += term;
          size += Math.abs(term);
        }
        table.coefficients[cell * (d + 1) + j] = sum;
        sizes = Math.max(sizes, size);
      }
      table.errors[cell] = (roundings(degree, forward) + 2 * terms * ULP) * sizes;
    }
  });
}
