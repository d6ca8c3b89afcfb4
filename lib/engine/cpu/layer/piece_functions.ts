/**
 * The functions of either basis as polynomials on the pieces of a vector, for what runs once: tables
 * of predictors, and the ReLU basis under Gauss-Newton. Evaluators have kernels, see
 * edge_polynomials.ts.
 *
 * @module
 */

import { pow } from "../../../numerics/inner.ts";
import { bsplineDerivatives } from "../../../basis/mod.ts";
import type { SplineStage } from "../../../model/inner.ts";
import type { VectorKnots } from "./layer_knots.ts";

/** The first basis function that is not 0 in a piece. */
export function firstFunction({ basis }: SplineStage, piece: number, { first, last }: VectorKnots) {
  return basis === "relu" ? 0 : Math.min(Math.max(piece, first), last) - 1;
}

/**
 * Writes the B-splines of every piece of a vector, shape `[pieces, degree + 1, row]`, function
 * fastest: power k has the derivative `B^(k) h^k / k!` at the interval's left end.
 */
export function bsplinePolynomials(
  stage: SplineStage,
  knots: VectorKnots,
  row: number,
  to: Float64Array,
): void {
  const { degree, intervals } = stage.space, size = degree + 1, { t: values } = knots;
  for (let m = 0; m < intervals; m++) {
    const mu = degree + m, h = values[mu + 1] - values[mu], at = (m + 1) * size * row;
    if (!(h > 0)) continue;
    const found = bsplineDerivatives({ values, degree }, values[mu], degree, mu).values;
    for (let k = 0, factor = 1; k < size; k++, factor *= h / k) {
      for (let i = 0; i < size; i++) to[at + k * row + i] = found[k * size + i] * factor;
    }
  }
  continueLines(stage, knots, row, to);
}

/**
 * Writes the functions of the ReLU basis on every piece of a vector and their derivatives, each by
 * its own knot, both of shape `[pieces, size, functions]`, function fastest.
 *
 * On interval m, `u = t_m + h w`, function `i <= m` is
 * `(u - t_i)^d = sum_k C(d, k) h^k (t_m - t_i)^(d-k) w^k`; its derivative is `-d (u - t_i)^(d-1)`.
 */
export function reluPolynomials(
  stage: SplineStage,
  knots: VectorKnots,
  functionsOut: Float64Array,
  slopesOut: Float64Array,
): void {
  const { numBasis, space: { degree: d } } = stage, size = d + 1, { t, first, last } = knots;
  functionsOut.fill(0);
  slopesOut.fill(0);
  for (let m = first; m <= last; m++) {
    const mu = d + m - 1, h = t[mu + 1] - t[mu];
    for (let i = 0; i < Math.min(mu + 1, numBasis); i++) {
      const left = t[mu] - t[i];
      let choose = 1, fewer = 1, power = 1; // C(d, k), C(d - 1, k), h^k
      for (let k = 0; k <= d; k++) {
        const at = (m * size + k) * numBasis + i;
        functionsOut[at] = choose * power * pow(left, d - k);
        if (k < d) slopesOut[at] = -d * fewer * power * pow(left, d - 1 - k);
        choose *= (d - k) / (k + 1);
        fewer *= (d - 1 - k) / (k + 1);
        power *= h;
      }
    }
  }
  continueLines(stage, knots, numBasis, functionsOut);
  continueLines(stage, knots, numBasis, slopesOut);
}

/** Fills the pieces beyond the domain's ends by lines through the ends, with the slopes there. */
function continueLines(
  { extrapolation, space: { degree, intervals } }: SplineStage,
  { places, first, last }: VectorKnots,
  row: number,
  values: Float64Array,
): void {
  const length = (degree + 1) * row;
  for (let m = 0; m < intervals + 2; m++) {
    if (m >= first && m <= last) continue;
    const low = m < first, end = low ? first : last;
    const rate = extrapolation === "linear" ? places[2 * end + 1] : 0;
    for (let i = 0; i < row; i++) {
      const from = end * length + i, to = m * length + i;
      let value = 0, slope = 0;
      for (let k = 0; k <= degree; k++) {
        const factor = values[from + k * row];
        if (!low || k === 0) value += factor;
        if (!low || k === 1) slope += k * factor;
      }
      values[to] = value;
      values[to + row] = rate * slope;
    }
  }
}
