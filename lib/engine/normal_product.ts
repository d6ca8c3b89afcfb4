/**
 * Products with the Gauss-Newton matrix without the matrix.
 *
 * `A v = sum_r J_r^T H_r J_r v + weightDecay v`: `J v` is a directional derivative of the outputs,
 * taken by central differences, `J^T` of what comes out a backward pass.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import type { Loss } from "./engine.ts";
import { lossCurvature } from "./curvature.ts";

/** What a product needs of an evaluator. */
export interface OutputMaps {
  /** The network's outputs, shape `[rows, nOut]`. */
  outputs(parameters: Float64Array): Float64Array;
  /** Overwrites the gradient by the parameters, given that by the outputs at `parameters`. */
  pull(parameters: Float64Array, outputsBar: Float64Array, gradientOut: Float64Array): void;
}

/** Difference of parameters, in units of their size: rounding 1e-10 and truncation 1e-12 balance. */
const STEP = 1e-6;

/**
 * Overwrites `out` with the product of the Gauss-Newton matrix and a vector.
 *
 * @param maps Outputs and their adjoint.
 * @param loss The criterion.
 * @param dataset Its rows.
 * @param parameters Where the matrix is taken, shape `[n]`.
 * @param vector `v`, shape `[n]`.
 * @param out Overwritten with `A v`, shape `[n]`.
 */
export function normalProduct(
  maps: OutputMaps,
  loss: Loss,
  dataset: Dataset,
  parameters: Float64Array,
  vector: Float64Array,
  out: Float64Array,
): void {
  const size = Math.sqrt(vector.reduce((sum, v) => sum + v * v, 0));
  if (size === 0) {
    out.fill(0);
    return;
  }
  const reach = Math.sqrt(parameters.reduce((sum, x) => sum + x * x, 0) / parameters.length);
  const h = STEP * (1 + reach) / size;
  const ahead = maps.outputs(parameters.map((x, i) => x + h * vector[i]));
  const behind = maps.outputs(parameters.map((x, i) => x - h * vector[i]));
  const moved = ahead.map((y, i) => (y - behind[i]) / (2 * h));
  const { kind, roots } = lossCurvature(loss, maps.outputs(parameters), dataset);
  const { rows, nOut } = dataset;
  const bar = new Float64Array(moved.length);
  if (kind === "separate") {
    for (let i = 0; i < bar.length; i++) bar[i] = roots[i] * roots[i] * moved[i];
  } else {
    for (let r = 0; r < rows; r++) {
      for (let k = 0; k < nOut; k++) {
        const row = (r * nOut + k) * nOut;
        let sum = 0;
        for (let q = 0; q < nOut; q++) sum += roots[row + q] * moved[r * nOut + q];
        for (let q = 0; q < nOut; q++) bar[r * nOut + q] += sum * roots[row + q];
      }
    }
  }
  maps.pull(parameters, bar, out);
  const decay = loss.weightDecay ?? 0;
  for (let i = 0; i < out.length; i++) out[i] += decay * vector[i];
}
