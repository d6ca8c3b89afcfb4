/**
 * Splines as polynomials of a node's place in its hull: exact where the hull lies in one piece, near
 * where it holds knots.
 *
 * @module
 */

import type { NetworkConfig } from "../model/mod.ts";
import type { NodePieces } from "./_pieces.ts";
import { ULP } from "./_rounding.ts";
import { cos, pow } from "../numerics/inner.ts";

/** The splines that leave a node. */
export interface ModelEdges {
  readonly pieces: NodePieces;
  readonly nOut: number;
  readonly extrapolation: NetworkConfig["extrapolation"];
}

/** Where a node is: its hull, and the pieces that meet it. */
export interface Span {
  low: number;
  high: number;
  /** First and last piece; -1 and the number of pieces are those outside of the domain. */
  first: number;
  last: number;
}

/** Finds the pieces that a hull meets; at their ends it may touch others. */
export function spanOf({ pieces: { breaks } }: ModelEdges, low: number, high: number, out: Span) {
  const count = breaks.length - 1;
  out.low = low;
  out.high = high;
  let first = -1, last = count;
  if (low >= breaks[0]) {
    first = 0;
    while (first < count - 1 && breaks[first + 1] <= low) first++;
    if (low >= breaks[count] && high > breaks[count]) first = count;
  }
  if (high <= breaks[count]) {
    last = count - 1;
    while (last > 0 && breaks[last] >= high) last--;
    if (high <= breaks[0] && low < breaks[0]) last = -1;
  }
  out.first = Math.min(first, last);
  out.last = Math.max(first, last);
}

/** Highest order of derivatives that are continuous at a break. */
function smoothness({ pieces, extrapolation }: ModelEdges, k: number): number {
  const { multiple, orders: [{ degree }], breaks } = pieces;
  if (k > 0 && k < breaks.length - 1) return degree - multiple[k];
  return extrapolation === "clamp" ? 0 : 1;
}

/** Whether a derivative has spikes at knots inside a hull, where it is no function. */
export function hasSpike(edges: ModelEdges, order: number, { first, last }: Span): boolean {
  for (let k = first + 1; k <= last; k++) if (order > smoothness(edges, k) + 1) return true;
  return false;
}

/** The break inside a hull at which a derivative jumps, if it is the only one. */
export function jumpIn(edges: ModelEdges, order: number, { first, last }: Span) {
  return last === first + 1 && order > smoothness(edges, last) ? last : undefined;
}

const MOST = 16;

/** From Bernstein coefficients on [-1, 1] to those of powers, per degree, shape `[D+1, D+1]`. */
const TO_POWERS = Array.from({ length: MOST }, (_, d) => powersOfBernstein(d));
/** From powers to Bernstein coefficients. */
const TO_BERNSTEIN = Array.from({ length: MOST }, (_, d) => bernsteinOfPowers(d));

function binomial(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = result * (n - k + i) / i;
  return k < 0 || k > n ? 0 : result;
}

/** Row `j`: the coefficient of `x^j` in `C(d, i) ((1 + x)/2)^i ((1 - x)/2)^(d - i)`. */
function powersOfBernstein(d: number): Float64Array {
  const matrix = new Float64Array((d + 1) ** 2);
  for (let i = 0; i <= d; i++) {
    for (let a = 0; a <= i; a++) {
      for (let b = 0; b <= d - i; b++) {
        const term = binomial(d, i) * binomial(i, a) * binomial(d - i, b) * (b % 2 ? -1 : 1);
        matrix[(a + b) * (d + 1) + i] += term / pow(2, d);
      }
    }
  }
  return matrix;
}

/** Row `i`: coefficient `i` of `x^j` on [-1, 1], its polar form at `i` ends 1 and `d - i` ends -1. */
function bernsteinOfPowers(d: number): Float64Array {
  const matrix = new Float64Array((d + 1) ** 2);
  for (let i = 0; i <= d; i++) {
    for (let j = 0; j <= d; j++) {
      let sum = 0;
      for (let a = 0; a <= j; a++) {
        sum += binomial(i, a) * binomial(d - i, j - a) * ((j - a) % 2 ? -1 : 1);
      }
      matrix[i * (d + 1) + j] = sum / binomial(d, j);
    }
  }
  return matrix;
}

/** `out = matrix x`, for a matrix of degree `d`. */
function apply(matrix: Float64Array, d: number, x: Float64Array, out: Float64Array): void {
  for (let i = 0; i <= d; i++) {
    let sum = 0;
    for (let j = 0; j <= d; j++) sum += matrix[i * (d + 1) + j] * x[j];
    out[i] = sum;
  }
}

/** Restricts Bernstein coefficients in place from [0, 1] to `[from, to]`. */
function restrict(b: Float64Array, d: number, from: number, to: number): void {
  if (from !== 0) {
    for (let k = 1; k <= d; k++) for (let j = 0; j <= d - k; j++) b[j] += from * (b[j + 1] - b[j]);
  }
  if (to !== 1) {
    const share = from === 1 ? 0 : (to - from) / (1 - from);
    for (let k = 1; k <= d; k++) {
      for (let j = d; j >= k; j--) b[j] = b[j - 1] + share * (b[j] - b[j - 1]);
    }
  }
}

function largest(b: Float64Array, d: number): number {
  let most = 0;
  for (let j = 0; j <= d; j++) most = Math.max(most, Math.abs(b[j]));
  return most;
}

/**
 * Writes the Bernstein coefficients of a derivative on `[xa, xb]`, a part of a piece or of what lies
 * outside of the domain. Returns how far they may be off.
 */
function partOf(
  { pieces: { breaks, orders }, nOut, extrapolation }: ModelEdges,
  order: number,
  q: number,
  piece: number,
  xa: number,
  xb: number,
  out: Float64Array,
): number {
  const { degree: d, coefficients, errors } = orders[order], count = breaks.length - 1;
  const inside = piece >= 0 && piece < count;
  if (!inside) {
    out.fill(0, 0, d + 1);
    const linear = extrapolation !== "clamp", before = piece < 0;
    if (order > (linear ? 1 : 0)) return 0;
    const cell = (before ? 0 : count - 1) * nOut + q, e = before ? breaks[0] : breaks[count];
    const end = coefficients[cell * (d + 1) + (before ? 0 : d)], error = errors[cell];
    if (order === 1 || !linear) {
      out.fill(end, 0, d + 1);
      return error;
    }
    const slopes = orders[1], far = Math.max(Math.abs(xa - e), Math.abs(xb - e));
    const slope = slopes.coefficients[cell * (slopes.degree + 1) + (before ? 0 : slopes.degree)];
    for (let j = 0; j <= d; j++) out[j] = end + slope * (xa - e + (xb - xa) * (d > 0 ? j / d : 0));
    return error + slopes.errors[cell] * far + 16 * ULP * (Math.abs(end) + Math.abs(slope) * far);
  }
  const cell = piece * nOut + q, left = breaks[piece], width = breaks[piece + 1] - left;
  for (let j = 0; j <= d; j++) out[j] = coefficients[cell * (d + 1) + j];
  const size = largest(out, d), reach = Math.max(Math.abs(xa), Math.abs(xb), Math.abs(left));
  const from = (xa - left) / width, to = (xb - left) / width;
  restrict(out, d, from, to);
  const off = ULP * (4 * (d + 1) + 4 * d * reach / width) * size;
  return errors[cell] + off;
}

const bernstein = new Float64Array(MOST), powers = new Float64Array(MOST);
const other = new Float64Array(MOST), values = new Float64Array(MOST);

/**
 * Writes coefficients of powers of the place in a span, `(u - middle) / radius` in [-1, 1], of a
 * derivative of the spline to output `q`. Returns how far the polynomial may be off.
 *
 * @param degree Highest power.
 */
export function spanPolynomial(
  edges: ModelEdges,
  order: number,
  q: number,
  span: Span,
  degree: number,
  out: Float64Array,
): number {
  const { degree: d } = edges.pieces.orders[order], { low, high, first, last } = span;
  out.fill(0, 0, degree + 1);
  if (first < last) return nearPolynomial(edges, order, q, span, degree, out);
  let error = partOf(edges, order, q, first, low, high, bernstein);
  const size = largest(bernstein, d);
  if (size === 0) return error;
  apply(TO_POWERS[d], d, bernstein, powers);
  for (let j = 0; j <= d; j++) {
    if (j <= degree) out[j] = powers[j];
    else error += Math.abs(powers[j]);
  }
  return error + ((d + 2) * pow(2, d) + 8 * d) * ULP * size;
}

/** The same where pieces meet: a polynomial through some values, and the largest distance. */
function nearPolynomial(
  edges: ModelEdges,
  order: number,
  q: number,
  span: Span,
  degree: number,
  out: Float64Array,
): number {
  const { low, high, first, last } = span,
    { breaks, orders } = edges.pieces,
    { degree: d } = orders[order];
  const kept = Math.min(d, degree), count = breaks.length - 1, width = high - low;
  if (!(width > 0)) return atKnot(edges, order, q, span, out);
  for (let i = 0; i <= kept; i++) { // places of Chebyshev
    const x = low + width * (1 - cos((i + 0.5) * Math.PI / (kept + 1))) / 2;
    let piece = first;
    while (piece < last && breaks[piece + 1] <= x) piece++;
    partOf(edges, order, q, piece, x, x, bernstein);
    values[i] = bernstein[0];
  }
  apply(FITS[kept], kept, values, powers);
  powers.fill(0, kept + 1, d + 1);
  let least = Infinity, most = -Infinity, error = 0;
  const terms = powers.reduce((sum, x, j) => j <= d ? sum + Math.abs(x) : sum, 0);
  for (let piece = first; piece <= last; piece++) {
    const xa = piece < 0 || piece === first ? low : Math.max(low, breaks[piece]);
    const xb = piece === count || piece === last ? high : Math.min(high, breaks[piece + 1]);
    if (!(xb >= xa)) continue;
    const off = partOf(edges, order, q, piece, xa, xb, bernstein);
    apply(TO_BERNSTEIN[d], d, powers, other);
    restrict(other, d, (xa - low) / width, (xb - low) / width);
    error = Math.max(error, off + 16 * (d + 2) * ULP * (terms + largest(bernstein, d)));
    for (let j = 0; j <= d; j++) {
      least = Math.min(least, bernstein[j] - other[j]);
      most = Math.max(most, bernstein[j] - other[j]);
    }
  }
  for (let j = 0; j <= kept; j++) out[j] = powers[j];
  const shift = (least + most) / 2;
  out[0] += shift;
  const reach = Math.max(Math.abs(low), Math.abs(high)) / width;
  return error + (most - least) / 2 +
    8 * (d + 1) * ULP * (Math.abs(out[0]) + Math.abs(shift) + reach * terms);
}

/** The same at one place where pieces meet: from the least of their values to the largest. */
function atKnot(
  edges: ModelEdges,
  order: number,
  q: number,
  { low, first, last }: Span,
  out: Float64Array,
): number {
  let least = Infinity, most = -Infinity, error = 0;
  for (let piece = first; piece <= last; piece++) {
    error = Math.max(error, partOf(edges, order, q, piece, low, low, bernstein));
    least = Math.min(least, bernstein[0]);
    most = Math.max(most, bernstein[0]);
  }
  out[0] = (least + most) / 2;
  return error + (most - least) / 2 + 4 * ULP * (Math.abs(least) + Math.abs(most));
}

/** From values at the places of Chebyshev to powers, per degree. */
const FITS = Array.from({ length: MOST }, (_, d) => {
  const n = d + 1, x = Array.from({ length: n }, (_, i) => -cos((i + 0.5) * Math.PI / n));
  const matrix = new Float64Array(n * n);
  x.forEach((at, i) => { // the polynomial that is 1 at place i and 0 at the others
    let product = [1];
    x.forEach((place, k) => {
      if (k === i) return;
      const next = new Array(product.length + 1).fill(0);
      product.forEach((c, j) => {
        next[j] -= c * place / (at - place);
        next[j + 1] += c / (at - place);
      });
      product = next;
    });
    product.forEach((c, j) => matrix[j * n + i] = c);
  });
  return matrix;
});
