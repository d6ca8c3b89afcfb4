/**
 * The covariance of a trained network's parameters.
 *
 * @module
 */

import {
  checkOptions,
  covarianceColumns,
  factorPositive,
  inverseFromFactor,
  invertFactor,
  log,
} from "../numerics/inner.ts";
import type { Dataset } from "../data/mod.ts";
import { cpuEngine, type Engine, evaluateLoss, type Loss } from "../engine/mod.ts";
import { totalWeight } from "../engine/inner.ts";
import { forward, type Network, type ParameterCovariance } from "../model/mod.ts";

/** Options of {@linkcode laplaceCovariance}. */
export interface LaplaceOptions {
  /** The loss that the network was trained with; its weight decay does not count. */
  readonly loss: Loss;
  /** Gives the Gauss-Newton matrix. Default: the CPU engine. */
  readonly engine?: Engine;
  /** Most parameters. Default 2000: the matrix has their square. */
  readonly most?: number;
}

/** What {@linkcode laplaceCovariance} finds. */
export interface LaplaceFit {
  /** The covariance. */
  readonly covariance: ParameterCovariance;
  /** The variance of the noise, the same for all outputs; 1 for classes. */
  readonly scale: number;
  /** The precision of the prior: how strongly parameters are held to 0. */
  readonly precision: number;
  /** Effective number of parameters. */
  readonly edf: number;
}

/** Rounds of the prior's precision and the scale. */
const ROUNDS = 30;
const LEAST_VARIANCE = 1e-8;

/**
 * Finds how sure the parameters of a trained network are: Laplace's approximation.
 *
 * The precision of the parameters is the Gauss-Newton matrix of the negative log likelihood,
 * `H = c J^T J`, plus a prior's `a I`; `c = rows nOut / (2 scale)` for mean squares, `c = rows` for
 * cross-entropy. The prior, without which directions that the data leave open would have no bound, is
 * chosen by the evidence: `a = edf / |p|^2`, `edf = tr H (H + a I)^-1` (D. MacKay, A practical Bayesian
 * framework for backpropagation networks, Neural Computation 4, 1992); the scale is the sum of squares
 * divided by `rows nOut - edf`. An additive model has its own, more exact covariance: use
 * `fitAdditive(...).covariance`.
 *
 * @param network A trained network.
 * @param dataset The rows that it was trained on.
 * @param options Loss, engine, most parameters.
 * @returns Covariance, scale, precision of the prior, effective number of parameters.
 * @throws {RangeError} If there are too many parameters, or the engine has no Gauss-Newton matrix for
 * the loss.
 *
 * @example
 * ```ts
 * import { fit } from "@freeknot/freeknot";
 * import { laplaceCovariance, predictionBand } from "@freeknot/freeknot/uncertainty";
 * import { datasetOf } from "@freeknot/freeknot/data";
 * import { assert } from "@std/assert";
 *
 * const inputs = Array.from({ length: 100 }, (_, i) => [i / 100]);
 * const targets = inputs.map(([x], i) => Math.sin(6 * x) + 0.1 * Math.sin(99 * i));
 * const { network } = await fit({ inputs, targets }, { network: { widths: [1, 2, 1] }, starts: 1 });
 * const dataset = datasetOf({ inputs, targets });
 * const { covariance, scale } = await laplaceCovariance(network, dataset, { loss: { kind: "mse" } });
 * assert(covariance.rank > 0 && scale > 0);
 * ```
 */
export async function laplaceCovariance(
  network: Network,
  dataset: Dataset,
  options: LaplaceOptions,
): Promise<LaplaceFit> {
  checkOptions("compute covariance", options, "loss engine most");
  const { loss, engine = cpuEngine, most = 2000 } = options, n = network.parameters.length;
  if (n > most) {
    throw new RangeError(
      `Cannot compute covariance: network must have at most ${most} parameters, current value is ${n}`,
    );
  }
  const plain = { kind: loss.kind } as Loss, { parameters } = network;
  const evaluator = await engine.compile({ network, loss: plain, dataset });
  const matrix = new Float64Array(n * n), gradient = new Float64Array(n);
  try {
    if (!evaluator.curvature?.matrix || !["mse", "crossEntropy"].includes(loss.kind)) {
      throw new RangeError(
        "Cannot compute covariance: loss must be mse or crossEntropy, of an engine with a " +
          `Gauss-Newton matrix, current value is ${loss.kind} of ${engine.name}`,
      );
    }
    await evaluator.curvature.matrix(parameters, matrix, gradient);
  } finally {
    evaluator.dispose();
  }
  const isSquare = loss.kind === "mse",
    count = totalWeight(dataset) * (isSquare ? dataset.nOut : 1);
  const value = evaluateLoss(plain, forward(network, dataset.inputs, dataset.rows), dataset);
  const square = parameters.reduce((sum, p) => sum + p * p, 0) || 1;
  let scale = isSquare ? Math.max(value, 1e-300) : 1, precision = 1e-3, edf = 0;
  let inverse = new Float64Array(0);
  for (let round = 0; round < ROUNDS; round++) {
    const times = count / (isSquare ? 2 * scale : 1), before = precision;
    inverse = invert(matrix, times, precision, n);
    edf = n;
    for (let i = 0; i < n; i++) edf -= precision * inverse[i * n + i];
    edf = Math.max(edf, 1e-6);
    precision = edf / square;
    if (isSquare) scale = Math.max(value * count / Math.max(1, count - edf), 1e-300);
    if (Math.abs(log(precision / before)) < 1e-3 && round > 1) break;
  }
  const sizes = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i] + 1e-12);
  const columns = covarianceColumns(inverse, sizes, LEAST_VARIANCE), rank = columns.length;
  const factor = new Float64Array(n * rank);
  columns.forEach((column, k) => column.forEach((each, i) => factor[i * rank + k] = each));
  return { covariance: { rank, factor }, scale, precision, edf };
}

/** `(times matrix + precision I)^-1`; more is added to the diagonal where rounding asks for it. */
function invert(
  matrix: Float64Array,
  times: number,
  precision: number,
  n: number,
): Float64Array<ArrayBuffer> {
  const sum = matrix.map((each) => times * each);
  for (let i = 0; i < n; i++) sum[i * n + i] += precision;
  for (let more = precision; more < 1e300; more *= 10) {
    const found = factorPositive(sum, n);
    if (found) {
      return inverseFromFactor(invertFactor(found.factor, n), n) as Float64Array<ArrayBuffer>;
    }
    for (let i = 0; i < n; i++) sum[i * n + i] += more;
  }
  throw new RangeError("Cannot compute covariance: parameters must give finite outputs");
}
