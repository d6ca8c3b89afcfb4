/**
 * Derivatives of the functions of a piece by the knots: at a fixed point they are polynomials in the
 * piece's coordinate `w = (u - t_m) / h`, as the functions are.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import type { PieceBasis } from "../layer/local_basis.ts";
import type { PiecePlaces } from "../layer/pieces.ts";
import type { NodeKnots } from "../layer/tables.ts";

/**
 * Writes the derivatives of the B-splines of every piece of a vector by the `2 degree` knots on
 * which they depend, shape `[pieces, knots, functions, size]`, power k fastest.
 *
 * The polynomials change at a fixed w, and w changes: by `(w - 1) / h` with the interval's first
 * knot, by `-w / h` with its last.
 */
export function bsplineKnotPolynomials(
  stage: SplineStage,
  basis: PieceBasis,
  v: number,
  { t, places }: NodeKnots,
  to: Float64Array,
): void {
  const { degree, intervals } = stage.space, size = degree + 1, knots = 2 * degree;
  const { values: a, offset, size: pieceSize, stride } = basis.pieces(v);
  const bar = new Float64Array(pieceSize), tBar = new Float64Array(intervals + 1 + 2 * degree);
  const square = size * size, length = knots * square, { first, last } = places;
  to.fill(0);
  for (let m = first; m <= last; m++) {
    const rate = places.values[places.offset + 2 * m + 1];
    if (rate === 0) continue;
    const piece = to.subarray(m * length, (m + 1) * length), from = offset + m * pieceSize;
    for (let k = 0; k < size; k++) {
      for (let i = 0; i < size; i++) {
        bar.fill(0);
        bar[k * stride + i] = 1;
        tBar.fill(0, m, m + knots);
        basis.pullInterval(v, t, m - 1, bar, 0, tBar);
        for (let j = 0; j < knots; j++) piece[j * square + i * size + k] = tBar[m + j];
      }
    }
    const before = degree - 1, after = degree; // of the interval's ends among the knots
    for (let i = 0; i < size; i++) {
      for (let k = 1; k < size; k++) {
        const slope = k * rate * a[from + k * stride + i];
        piece[before * square + i * size + k] += slope;
        piece[before * square + i * size + k - 1] -= slope;
        piece[after * square + i * size + k] -= slope;
      }
    }
  }
  continueLines(stage, places, knots * size, size, to);
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
  { t, places }: NodeKnots,
  functionsOut: Float64Array,
  slopesOut: Float64Array,
): void {
  const { numBasis, space: { degree: d } } = stage, size = d + 1, { first, last } = places;
  functionsOut.fill(0);
  slopesOut.fill(0);
  for (let m = first; m <= last; m++) {
    const mu = d + m - 1, h = t[mu + 1] - t[mu];
    for (let i = 0; i < Math.min(mu + 1, numBasis); i++) {
      const left = t[mu] - t[i];
      let choose = 1, fewer = 1, power = 1; // C(d, k), C(d - 1, k), h^k
      for (let k = 0; k <= d; k++) {
        const at = (m * size + k) * numBasis + i;
        functionsOut[at] = choose * power * left ** (d - k);
        if (k < d) slopesOut[at] = -d * fewer * power * left ** (d - 1 - k);
        choose *= (d - k) / (k + 1);
        fewer *= (d - 1 - k) / (k + 1);
        power *= h;
      }
    }
  }
  continueLines(stage, places, numBasis, size, functionsOut, numBasis);
  continueLines(stage, places, numBasis, size, slopesOut, numBasis);
}

/**
 * Fills the pieces beyond the domain's ends by lines through the ends of polynomials, with their
 * slopes there. Powers of one polynomial lie `step` numbers apart, at `step = 1` polynomials too.
 */
function continueLines(
  { extrapolation }: SplineStage,
  { values: rates, offset, first, last }: PiecePlaces,
  count: number,
  size: number,
  values: Float64Array,
  step = 1,
): void {
  const length = count * size, pieces = values.length / length;
  for (let m = 0; m < pieces; m++) {
    if (m >= first && m <= last) continue;
    const low = m < first, end = low ? first : last;
    const rate = extrapolation === "linear" ? rates[offset + 2 * end + 1] : 0;
    for (let c = 0; c < count; c++) {
      const from = end * length + (step === 1 ? c * size : c);
      const to = m * length + (step === 1 ? c * size : c);
      let value = 0, slope = 0;
      for (let k = 0; k < size; k++) {
        const factor = values[from + k * step];
        if (!low || k === 0) value += factor;
        if (!low || k === 1) slope += k * factor;
      }
      values[to] = value;
      values[to + step] = rate * slope;
    }
  }
}
