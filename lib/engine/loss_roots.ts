/**
 * Curvature of losses by the outputs: what a Gauss-Newton matrix weighs its rows with.
 *
 * The matrix is `sum_r J_r^T H_r J_r` with `J_r` the Jacobian of row r's outputs and `H_r` the
 * loss's Hessian by them (Schraudolph 2002, the generalised Gauss-Newton matrix). Here `H_r` comes
 * as rows `l` with `H_r = sum_k l_k l_k^T`, so that each gives one weighted row `l_k^T J_r`.
 *
 * @module
 */

import type { Dataset } from "../data/mod.ts";
import { coxCurvature } from "./cox.ts";
import { type Loss, totalWeight } from "./loss.ts";
import { pointLoss } from "./point_losses.ts";
import { exp } from "../numerics/inner.ts";

/** The rows `l_k`, `nOut` of them for each row of the data. */
export type LossRoots =
  | {
    /** `l_k` has one entry that is not zero, at output k. */
    readonly kind: "separate";
    /** These entries, shape `[rows, nOut]`. */
    readonly roots: Float64Array;
  }
  | {
    /** Outputs are coupled. */
    readonly kind: "coupled";
    /** Shape `[rows, nOut (k), nOut]`. */
    readonly roots: Float64Array;
    /** `s_k` of `l_k = s_k (e_k - p)`, shape `[rows, nOut]`. */
    readonly scales: Float64Array;
  }
  | {
    /** Rows are coupled: `H = diag(roots)^2 - sum_b v_b v_b^T` for the outputs of all rows. */
    readonly kind: "shared";
    /** Shape `[rows]`. */
    readonly roots: Float64Array;
    /** `v_b`, each of shape `[rows]`. */
    readonly shared: readonly Float64Array[];
  };

/** Adds `factor row row^T` to a matrix, both halves. */
export function addSquare(matrix: Float64Array, factor: number, row: Float64Array): void {
  const n = row.length;
  for (let i = 0; i < n; i++) {
    const first = factor * row[i];
    for (let j = 0; j < n; j++) matrix[i * n + j] += first * row[j];
  }
}

/** Whether a loss couples the outputs of a row. */
export function couplesOutputs(loss: Loss, nOut: number): boolean {
  return loss.kind === "crossEntropy" && nOut > 1;
}

/**
 * The curvature of a loss, all rows.
 *
 * With the weights and scale of `evaluateLoss`:
 * - mse: `2`;
 * - huber: 1 up to `delta`, `delta / |e|` beyond: Huber's weights, the parabola through the
 *   origin that touches the loss there. The second derivative itself, 0, would leave a matrix
 *   without most of its rows far from a minimum;
 * - crossEntropy: `p (1 - p)` for one output, `m (diag(p) - p p^T)` with `p = softmax(y)`,
 *   `m = sum_q t_q` for several: `sum_k m p_k (e_k - p) (e_k - p)^T`;
 * - quantile: `1 / (2 max(|e|, delta))`, the parabola that touches the loss there;
 * - poisson, gamma, tweedie, binomial: Fisher's information, `mu`, 1, `mu^(2-p)` and `p (1 - p)`;
 * - cox: that of all rows together, `sum_g d_g (diag(p_g) - p_g p_g^T)` ({@linkcode coxCurvature}).
 *
 * @param loss The criterion.
 * @param outputs Shape `[rows, nOut]`.
 * @param dataset Targets and weights.
 */
export function lossRoots(loss: Loss, outputs: Float64Array, dataset: Dataset): LossRoots {
  const { rows, nOut, targets, weights } = dataset;
  if (loss.kind === "cox") {
    const { diagonal, shared } = coxCurvature(outputs, dataset);
    return { kind: "shared", roots: diagonal.map(Math.sqrt), shared };
  }
  const total = totalWeight(dataset);
  const point = pointLoss(loss, nOut);
  if (!point) return { kind: "coupled", ...softmaxRoots(outputs, dataset, total) };
  const roots = new Float64Array(rows * nOut), found = new Float64Array(3);
  if (loss.kind === "mse" && !weights) {
    return { kind: "separate", roots: roots.fill(Math.sqrt(2 / (total * nOut))) };
  }
  for (let i = 0; i < roots.length; i++) {
    const weight = (weights ? weights[Math.floor(i / nOut)] : 1) / (total * nOut);
    point(outputs[i], targets[i], found);
    roots[i] = weight > 0 ? Math.sqrt(weight * found[2]) : 0;
  }
  return { kind: "separate", roots };
}

function softmaxRoots(
  y: Float64Array,
  { rows, nOut, targets, weights }: Dataset,
  total: number,
): { roots: Float64Array; scales: Float64Array } {
  const roots = new Float64Array(rows * nOut * nOut), scales = new Float64Array(rows * nOut);
  const p = new Float64Array(nOut);
  for (let r = 0; r < rows; r++) {
    let top = -Infinity, sum = 0, mass = 0;
    for (let q = 0; q < nOut; q++) {
      top = Math.max(top, y[r * nOut + q]);
      mass += targets[r * nOut + q];
    }
    for (let q = 0; q < nOut; q++) sum += p[q] = exp(y[r * nOut + q] - top);
    const scale = (weights ? weights[r] : 1) * mass / total;
    for (let k = 0; k < nOut; k++) {
      const root = scales[r * nOut + k] = Math.sqrt(scale * p[k] / sum);
      for (let q = 0; q < nOut; q++) {
        roots[(r * nOut + k) * nOut + q] = root * ((q === k ? 1 : 0) - p[q] / sum);
      }
    }
  }
  return { roots, scales };
}
