/**
 * Derivatives of a piece's polynomials and place by the knots, with which the kernels turn the
 * gradient by these into columns of knots.
 *
 * @module
 */

import type { SplineStage } from "../../../model/inner.ts";
import type { PieceBasis } from "../layer/local_basis.ts";
import type { PiecePlaces } from "../layer/pieces.ts";
import type { NodeKnots } from "../layer/tables.ts";
import type { JetLayout } from "./jet_layout.ts";

/**
 * Adds to the knots' gradient the part of a piece's local coordinate and rate.
 *
 * @param m The piece; the lines' (first and last) depend on the domain's ends alone.
 * @param bar Gradients by them at `from`: sums of slopes, slopes times w, and of the rate.
 */
export function pullPlace(
  { space: { degree, intervals } }: SplineStage,
  { values: rates, offset }: PiecePlaces,
  m: number,
  bar: Float64Array,
  from: number,
  tBar: Float64Array,
): void {
  if (m === 0 || m > intervals) return;
  const scaled = rates[offset + 2 * m + 1] * bar[from + 2];
  tBar[degree + m - 1] += bar[from + 1] - bar[from] + scaled;
  tBar[degree + m] -= bar[from + 1] + scaled;
}

/**
 * Writes the derivatives of all pieces by the `2 degree` knots on which each depends.
 *
 * @returns Per piece of every vector the first of these knots.
 */
export function writeKnotReach(
  stage: SplineStage,
  { size, padded, pieces, reach }: JetLayout,
  basis: PieceBasis,
  vectors: readonly NodeKnots[],
): readonly number[] {
  const { extrapolation, space: { degree, intervals } } = stage;
  const square = size * padded, knots = 2 * degree;
  const bar = new Float64Array(square), placeBar = new Float64Array(3);
  const folded = new Float64Array(square), tBar = new Float64Array(intervals + 1 + 2 * degree);

  /** The gradient by the end interval's polynomials from that by a line beyond the end. */
  function foldLine(v: number, m: number, end: number): void {
    const { places: { values: rates, offset, first } } = vectors[v];
    const { values: a, offset: start, size: step } = basis.pieces(v), at = start + end * step;
    const rate = (extrapolation === "linear" ? 1 : 0) * rates[offset + 2 * end + 1];
    let hBar = 0;
    folded.fill(0);
    for (let i = 0; i < size; i++) {
      const value = bar[i], slope = bar[padded + i] * rate;
      for (let k = 0; k < size; k++) {
        const weight = m < first ? (k === 1 ? 1 : 0) : k;
        folded[k * padded + i] = (m < first && k > 0 ? 0 : value) + weight * slope;
        hBar -= slope * weight * a[at + k * padded + i] * rate;
      }
    }
    tBar[degree + end] += hBar;
    tBar[degree + end - 1] -= hBar;
  }

  return vectors.flatMap(({ t, places }, v) =>
    Array.from({ length: pieces }, (_, m) => {
      const { first, last } = places, end = Math.min(Math.max(m, first), last);
      for (let i = 0; i < square + 3; i++) {
        const to = ((v * pieces + m) * (square + 3) + i) * knots;
        if (i < square && i % padded >= size) {
          reach.values.fill(0, to, to + knots);
          continue;
        }
        bar.fill(0);
        placeBar.fill(0);
        tBar.fill(0);
        if (i < square) bar[i] = 1;
        else placeBar[i - square] = 1;
        if (m < first || m > last) foldLine(v, m, end);
        else folded.set(bar);
        basis.pullInterval(v, t, end - 1, folded, 0, tBar);
        pullPlace(stage, places, m, placeBar, 0, tBar);
        reach.values.set(tBar.subarray(end, end + knots), to);
      }
      return end;
    })
  );
}
