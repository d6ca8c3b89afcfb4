/**
 * The base branch of a spline layer: `w_pq silu(u_p)` on every edge, and its adjoint.
 *
 * @module
 */

import { silu, siluDerivative, type SplineStage } from "../../model/mod.ts";

/** Adds the base branch to `y`; `u` is `[rows, nIn]`, `weights` `[nIn, nOut]`. */
export function addBase(
  { nIn, nOut }: SplineStage,
  weights: Float64Array,
  u: Float64Array,
  y: Float64Array,
): void {
  const rows = y.length / nOut;
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++) {
      const s = silu(u[r * nIn + p]);
      for (let q = 0; q < nOut; q++) y[r * nOut + q] += s * weights[p * nOut + q];
    }
  }
}

/** Adds to `weightsBar` and, if given, to `uBar`. */
export function pullBase(
  { nIn, nOut }: SplineStage,
  weights: Float64Array,
  u: Float64Array,
  yBar: Float64Array,
  weightsBar: Float64Array,
  uBar: Float64Array | undefined,
): void {
  const rows = yBar.length / nOut;
  for (let r = 0; r < rows; r++) {
    for (let p = 0; p < nIn; p++) {
      const s = silu(u[r * nIn + p]);
      let sum = 0;
      for (let q = 0; q < nOut; q++) {
        const g = yBar[r * nOut + q];
        weightsBar[p * nOut + q] += g * s;
        sum += g * weights[p * nOut + q];
      }
      if (uBar) uBar[r * nIn + p] += sum * siluDerivative(u[r * nIn + p]);
    }
  }
}
