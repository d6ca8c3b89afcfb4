/**
 * The polynomials of splines on their pieces.
 *
 * @module
 */

import { pow } from "../../numerics/inner.ts";
import { bsplineDerivatives } from "../../basis/mod.ts";
import type { KnotVector } from "../../knots/mod.ts";
import type { BasisPieces, PieceGrid } from "./program.ts";

/** Pieces of one knot vector, and the interval of the knots that each takes its polynomials from. */
export interface KnotPieces {
  readonly grid: PieceGrid;
  /** Index of the left knot of the interval, shape `[pieces]`. */
  readonly intervals: Int32Array;
}

/**
 * Lays out the pieces of a knot vector: beyond the left end, the intervals, beyond the right end.
 * An empty interval has the polynomials of one beside it, and no point is ever in it. Beyond the ends
 * the local coordinate is the distance from them: a slope per piece would lose digits where the piece
 * is short.
 */
export function knotPieces({ values: t, degree }: KnotVector, uniform: boolean): KnotPieces {
  const intervals = t.length - 1 - 2 * degree, pieces = intervals + 2;
  const full = Array.from({ length: intervals }, (_, i) => degree + i)
    .filter((mu) => t[mu + 1] > t[mu]);
  const lefts = new Int32Array(pieces);
  const origins = new Float64Array(pieces), inverses = new Float64Array(pieces);
  for (let piece = 0; piece < pieces; piece++) {
    const wanted = degree + piece - 1;
    const mu = full.findLast((each) => each <= wanted) ?? full[0];
    lefts[piece] = mu;
    const inside = piece > 0 && piece < pieces - 1;
    origins[piece] = piece === pieces - 1 ? t[mu + 1] : t[mu];
    inverses[piece] = inside ? 1 / (t[mu + 1] - t[mu]) : 1;
  }
  const knots = t.slice(degree, degree + intervals + 1);
  return { grid: { knots, uniform, origins, inverses }, intervals: lefts };
}

/**
 * The B-splines that are not zero on an interval, as polynomials of `w = (u - t_mu) / (t_(mu+1) -
 * t_mu)`: the recursion of Cox and de Boor on polynomials, shape `[degree + 1 powers, degree + 1
 * functions]`.
 */
function basisPolynomials(t: Float64Array, degree: number, mu: number): Float64Array {
  const size = degree + 1, h = t[mu + 1] - t[mu];
  let current = [new Float64Array(size)];
  current[0][0] = 1;
  for (let k = 1; k <= degree; k++) {
    const next = Array.from({ length: k + 1 }, () => new Float64Array(size));
    for (let r = 0; r < k; r++) {
      const left = t[mu + 1 + r - k], right = t[mu + 1 + r];
      for (let m = 0; m < k; m++) {
        const share = right > left ? current[r][m] / (right - left) : 0;
        next[r][m] += (right - t[mu]) * share;
        next[r][m + 1] -= h * share;
        next[r + 1][m] += (t[mu] - left) * share;
        next[r + 1][m + 1] += h * share;
      }
    }
    current = next;
  }
  const polynomials = new Float64Array(size * size);
  current.forEach((one, i) => one.forEach((value, m) => polynomials[m * size + i] = value));
  return polynomials;
}

/**
 * Truncated powers, summed with their coefficients, as one polynomial: the sum of
 * `c_i (u - t_i)^degree` over `i <= mu` in powers of `w = (u - origin) inverse`; beyond an end only the
 * first two, the tangent, or the first alone, where the spline is `constant` there.
 */
export function powerPolynomial(
  { values: t, degree }: KnotVector,
  { grid: { origins, inverses }, intervals }: KnotPieces,
  piece: number,
  constant: boolean,
  coefficient: (i: number) => number,
): Float64Array {
  const polynomial = new Float64Array(degree + 1),
    end = piece === 0 || piece === origins.length - 1;
  const most = end ? constant ? 0 : 1 : degree, h = 1 / inverses[piece];
  for (let i = 0; i <= intervals[piece]; i++) {
    let binomial = 1;
    for (let k = 0; k <= most; k++) {
      const power = pow(origins[piece] - t[i], degree - k);
      polynomial[k] += coefficient(i) * binomial * power * pow(h, k);
      binomial *= (degree - k) / (k + 1);
    }
  }
  return polynomial;
}

/** All B-splines of some knot vectors as polynomials; beyond an end as there. */
export function basisPieces(
  vectors: readonly KnotVector[],
  laidOut: readonly KnotPieces[],
  constant: boolean,
): BasisPieces {
  const { degree } = vectors[0], size = degree + 1, pieces = laidOut[0].intervals.length;
  const polynomials = new Float64Array(vectors.length * pieces * size * size);
  const first = new Int32Array(vectors.length * pieces);
  vectors.forEach((knots, v) => {
    const { grid: { origins }, intervals } = laidOut[v];
    for (let piece = 0; piece < pieces; piece++) {
      const at = v * pieces + piece, block = polynomials.subarray(at * size * size);
      first[at] = intervals[piece] - degree;
      if (piece > 0 && piece < pieces - 1) {
        block.set(basisPolynomials(knots.values, degree, intervals[piece]));
        continue;
      }
      const { interval, values } = bsplineDerivatives(knots, origins[piece], 1);
      first[at] = interval - degree;
      block.set(values.subarray(0, constant ? size : 2 * size));
    }
  });
  return { polynomials, first };
}
