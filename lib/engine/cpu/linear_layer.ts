/**
 * The linear first map on a batch.
 *
 * @module
 */

import type { LinearStage } from "../../model/mod.ts";

/** `y = x W + b`; `b` is empty without a bias. Shapes: `x [rows, nIn]`, `y [rows, nOut]`. */
export function linearForward(
  { nIn, nOut, bias }: LinearStage,
  rows: number,
  weights: Float64Array,
  biases: Float64Array,
  x: Float64Array,
  y: Float64Array,
): void {
  for (let r = 0, j = 0; r < rows; r++) {
    for (let q = 0; q < nOut; q++, j++) {
      let sum = bias ? biases[q] : 0;
      for (let p = 0, i = r * nIn, k = q; p < nIn; p++, i++, k += nOut) sum += x[i] * weights[k];
      y[j] = sum;
    }
  }
}

/** Adds `x^T yBar` to `weightsBar` and the column sums of `yBar` to `biasesBar`. */
export function linearBackward(
  { nIn, nOut, bias }: LinearStage,
  rows: number,
  x: Float64Array,
  yBar: Float64Array,
  weightsBar: Float64Array,
  biasesBar: Float64Array,
): void {
  for (let q = 0; q < nOut; q++) {
    for (let p = 0; p < nIn; p++) {
      let sum = 0;
      for (let r = 0, i = p, j = q; r < rows; r++, i += nIn, j += nOut) sum += x[i] * yBar[j];
      weightsBar[p * nOut + q] += sum;
    }
    if (!bias) continue;
    let sum = 0;
    for (let j = q; j < rows * nOut; j += nOut) sum += yBar[j];
    biasesBar[q] += sum;
  }
}
