/**
 * The functions of the ReLU basis on every piece, with which the kernels turn the gradient by a
 * piece's polynomials into numbers of coefficients and knots.
 *
 * On interval m, `u = t_m + h w`, function `i <= m` is
 * `(u - t_i)^d = sum_k C(d, k) h^k (t_m - t_i)^(d-k) w^k`, and depends on its own knot alone:
 * `-d (u - t_i)^(d-1)` at a fixed u.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import type { PiecePlaces } from "../layer/pieces.ts";
import type { NodeKnots } from "../layer/tables.ts";
import type { JetLayout } from "./jet_layout.ts";

/** Writes both for all pieces of all vectors, shape `[piece, 2, size, functions]`. */
export function writeReluReach(
  stage: SplineStage,
  { size, pieces, numFunctions: functions, reluReach: { values } }: JetLayout,
  vectors: readonly NodeKnots[],
): void {
  const square = size * functions;
  vectors.forEach(({ t, places }, v) => {
    const { first, last } = places;
    const of = (m: number) => values.subarray(2 * square * (v * pieces + m));
    for (let m = first; m <= last; m++) writeInterval(stage, t, m - 1, functions, of(m));
    for (let m = 0; m < pieces; m++) {
      if (m >= first && m <= last) continue;
      const end = m < first ? first : last, rate = rateOf(stage, places, end);
      for (const part of [0, square]) {
        continueLine(
          of(end).subarray(part),
          m < first,
          rate,
          size,
          functions,
          of(m).subarray(part),
        );
      }
    }
  });
}

/** Length of the coordinate of a line beyond an end interval, per unit; 0: it stays level. */
function rateOf({ extrapolation }: SplineStage, { values, offset }: PiecePlaces, end: number) {
  return extrapolation === "linear" ? values[offset + 2 * end + 1] : 0;
}

/** Polynomials of one interval, the first being 0. */
function writeInterval(
  { space: { degree: d } }: SplineStage,
  t: Float64Array,
  interval: number,
  functions: number,
  to: Float64Array,
): void {
  const size = d + 1, mu = d + interval, h = t[mu + 1] - t[mu];
  to.fill(0, 0, 2 * size * functions);
  for (let i = 0; i < Math.min(mu + 1, functions); i++) {
    const left = t[mu] - t[i];
    let choose = 1, fewer = 1, power = 1; // C(d, k), C(d - 1, k), h^k
    for (let k = 0; k <= d; k++) {
      to[k * functions + i] = choose * power * left ** (d - k);
      if (k < d) to[(size + k) * functions + i] = -d * fewer * power * left ** (d - 1 - k);
      choose *= (d - k) / (k + 1);
      fewer *= (d - 1 - k) / (k + 1);
      power *= h;
    }
  }
}

/** The line through an end of an interval's polynomials, with their slope there times `rate`. */
function continueLine(
  inner: Float64Array,
  low: boolean,
  rate: number,
  size: number,
  functions: number,
  to: Float64Array,
): void {
  to.fill(0, 0, size * functions);
  for (let i = 0; i < functions; i++) {
    for (let k = 0; k < size; k++) {
      const factor = inner[k * functions + i];
      if (!low || k === 0) to[i] += factor;
      if (!low || k === 1) to[functions + i] += rate * k * factor;
    }
  }
}
