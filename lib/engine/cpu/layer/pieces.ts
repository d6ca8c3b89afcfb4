/**
 * Functions of one knot vector as polynomials, piece by piece, and the contributions of their
 * extrapolation and local coordinates to the gradient by the knots.
 *
 * On interval m a function is `sum_k a_k w^k` in the local coordinate `w = (u - t_m) / h_m`: a
 * Horner scheme for any basis, degree and number of intervals. With `g`
 * the gradient by the function's values, the moments `mu_k = sum over points of g w^k` are the
 * gradient by `a_k`, and the gradient by the knots is a function of the moments: knots cost nothing
 * per point.
 *
 * Piece `m + 1` is interval m; two more pieces, first and last, hold the straight lines (or
 * constants) of the extrapolation, in `w = u - a` and `w = u - b`.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";

/** Polynomials (or moments) of all pieces, `[intervals + 2, degree + 1, stride]` in `size` each. */
export interface Pieces {
  readonly values: Float64Array;
  /** Where piece 0 begins. */
  readonly offset: number;
  /** Numbers from piece to piece, at least `(degree + 1) stride`. */
  readonly size: number;
  /** Functions side by side. */
  readonly columns: number;
  /** Numbers from power k to k + 1, at least `columns`. */
  readonly stride: number;
}

/** Where the pieces of one knot vector lie: `[intervals + 2, 2]`, origin and `dw/du` of each. */
export interface PiecePlaces {
  readonly values: Float64Array;
  /** Where piece 0 begins. */
  readonly offset: number;
  /** First and last interval that are not empty, as piece numbers. */
  readonly first: number;
  readonly last: number;
}

/** Sets origins and rates from the knots (rate 0 where the interval is empty). */
export function placePieces(
  { space: { degree, intervals } }: SplineStage,
  t: Float64Array,
  values: Float64Array,
  offset: number,
): PiecePlaces {
  let first = intervals + 2, last = 0;
  for (let m = 0, at = offset + 2; m < intervals; m++, at += 2) {
    const h = t[degree + m + 1] - t[degree + m];
    values[at] = t[degree + m];
    values[at + 1] = h > 0 ? 1 / h : 0;
    if (h > 0) {
      if (first > intervals) first = m + 1;
      last = m + 1;
    }
  }
  const end = offset + 2 * (intervals + 1);
  values[offset] = t[degree];
  values[end] = t[degree + intervals];
  values[offset + 1] = values[end + 1] = 1;
  return { values, offset, first, last };
}

/** Fills the two extrapolation pieces from the end intervals. */
export function extrapolatePieces(
  { space: { degree, intervals }, extrapolation }: SplineStage,
  { values: rates, offset: rate, first, last }: PiecePlaces,
  { values: a, offset, size, columns, stride }: Pieces,
): void {
  const left = offset, right = offset + (intervals + 1) * size;
  const from = offset + first * size, to = offset + last * size;
  const line = extrapolation === "linear" ? 1 : 0;
  const firstRate = line * rates[rate + 2 * first + 1],
    lastRate = line * rates[rate + 2 * last + 1];
  for (let q = 0; q < columns; q++) {
    let value = 0, slope = 0;
    for (let k = 0, i = to + q; k <= degree; k++, i += stride) {
      value += a[i];
      slope += k * a[i];
    }
    a[left + q] = a[from + q];
    a[left + stride + q] = a[from + stride + q] * firstRate;
    a[right + q] = value;
    a[right + stride + q] = slope * lastRate;
    for (let k = 2, i = 2 * stride + q; k <= degree; k++, i += stride) {
      a[left + i] = a[right + i] = 0;
    }
  }
}

/**
 * Turns moments into gradients by the intervals' polynomials, in place; adds to the knots'
 * gradient, if there is one, the parts of local coordinates and of the lines' slopes.
 */
export function foldMoments(
  stage: SplineStage,
  places: PiecePlaces,
  polynomials: Pieces,
  moments: Pieces,
  knotsBar: Float64Array | undefined,
): void {
  if (knotsBar) pullCoordinates(stage, places, polynomials, moments, knotsBar);
  foldLines(stage, places, polynomials, moments, knotsBar);
}

/**
 * Adds the contribution of the points' local coordinates to the gradient by the knots:
 * `dw/dt_m = -(1 - w) / h`, `dw/dt_{m+1} = -w / h`.
 */
function pullCoordinates(
  { space: { degree, intervals } }: SplineStage,
  { values: rates, offset: rate }: PiecePlaces,
  { values: a, offset, size, columns, stride }: Pieces,
  { values: mu, offset: muOffset }: Pieces,
  knotsBar: Float64Array,
): void {
  const shift = muOffset - offset;
  for (let m = 1; m <= intervals; m++) {
    const pieceRate = rates[rate + 2 * m + 1];
    if (pieceRate === 0) continue;
    let slope = 0, slopeTimesW = 0; // sums of g f_w and g f_w w
    for (let k = 1, at = offset + m * size + stride; k <= degree; k++, at += stride) {
      for (let i = at; i < at + columns; i++) {
        slope += k * a[i] * mu[i + shift - stride];
        slopeTimesW += k * a[i] * mu[i + shift];
      }
    }
    knotsBar[degree + m - 1] -= pieceRate * (slope - slopeTimesW);
    knotsBar[degree + m] -= pieceRate * slopeTimesW;
  }
}

/**
 * Adds the gradient by the lines beyond the ends to that by the end intervals' polynomials, in
 * place; and the contribution of the lines' slopes to the gradient by the knots, if there is one.
 */
function foldLines(
  { space: { degree, intervals }, extrapolation }: SplineStage,
  { values: rates, offset: rate, first, last }: PiecePlaces,
  { values: a, offset, size, columns, stride }: Pieces,
  { values: mu, offset: muOffset }: Pieces,
  knotsBar: Float64Array | undefined,
): void {
  const shift = muOffset - offset;
  const line = extrapolation === "linear" ? 1 : 0;
  const firstRate = rates[rate + 2 * first + 1], lastRate = rates[rate + 2 * last + 1];
  const left = muOffset, right = muOffset + (intervals + 1) * size;
  const from = muOffset + first * size, to = muOffset + last * size;
  let firstBar = 0, lastBar = 0; // by the lengths of the end intervals
  for (let q = 0; q < columns; q++) {
    const l1 = line * mu[left + stride + q] * firstRate;
    const r0 = mu[right + q], r1 = line * mu[right + stride + q] * lastRate;
    firstBar -= l1 * a[from + stride + q - shift] * firstRate;
    mu[from + q] += mu[left + q];
    mu[from + stride + q] += l1;
    for (let k = 0, i = to + q; k <= degree; k++, i += stride) {
      lastBar -= r1 * k * a[i - shift] * lastRate;
      mu[i] += r0 + k * r1;
    }
  }
  if (knotsBar) {
    knotsBar[degree + first - 1] -= firstBar;
    knotsBar[degree + first] += firstBar;
    knotsBar[degree + last - 1] -= lastBar;
    knotsBar[degree + last] += lastBar;
  }
}
