/**
 * Residuals of a loss and products with their derivatives, from outputs and a backward pass.
 *
 * `J v` and the second derivative along `v` are central differences of the outputs, `J^T w` is a
 * backward pass, `A v = J^T (J v) + weightDecay v`.
 *
 * @module
 */

import { addScaled, isFiniteVector } from "../numerics/inner.ts";
import type { Dataset } from "../data/mod.ts";
import type { Curvature } from "./contract.ts";
import { evaluateLoss, type Loss } from "./loss.ts";
import { type LossRoots, lossRoots } from "./loss_roots.ts";
import { type SharedRoot, sharedRoot } from "./shared_root.ts";

/** What residuals are made of. */
export interface OutputMaps {
  /** The network's outputs, shape `[rows, nOut]`; a copy. */
  outputs(parameters: Float64Array): Float64Array;
  /** Pulls the gradient by the outputs back to the parameters; overwrites the last argument. */
  pull(parameters: Float64Array, outputsBar: Float64Array, gradientOut: Float64Array): void;
}

/** Difference of parameters, in units of their size: rounding 1e-10 and truncation 1e-12 balance. */
const STEP = 1e-6;
/** The least of second differences: rounding of 1e-16 becomes 1e-6 of the second derivative. */
const SECOND_STEP = 1e-5;

/**
 * Central differences of a vector-valued function along a vector.
 *
 * @param values The function; every call gives another array.
 * @returns `J v`, to about 1e-10 of its size.
 */
export function difference(
  values: (parameters: Float64Array) => Float64Array,
  parameters: Float64Array,
  vector: Float64Array,
): Float64Array {
  const h = STEP * typicalSize(parameters) / length(vector);
  if (!(h < Infinity)) return values(parameters).fill(0);
  const ahead = values(parameters.map((x, i) => x + h * vector[i]));
  const behind = values(parameters.map((x, i) => x - h * vector[i]));
  for (let i = 0; i < ahead.length; i++) ahead[i] = (ahead[i] - behind[i]) / (2 * h);
  return ahead;
}

function length(vector: Float64Array): number {
  return Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
}

/** The size of a typical change of parameters. */
function typicalSize(parameters: Float64Array): number {
  return 1 + length(parameters) / Math.sqrt(parameters.length);
}

/**
 * The second central difference of a vector-valued function along a vector,
 * `(f(p + h v) - 2 f(p) + f(p - h v)) / h^2`.
 *
 * @param values The function; every call gives another array.
 * @param middle `f(p)`.
 * @param reach `h`; more where `v` is so short that rounding would tell.
 */
export function secondDifference(
  values: (parameters: Float64Array) => Float64Array,
  middle: Float64Array,
  parameters: Float64Array,
  vector: Float64Array,
  reach: number,
): Float64Array {
  const size = length(vector);
  if (size === 0) return middle.map(() => 0);
  const h = Math.max(reach, SECOND_STEP * typicalSize(parameters) / size);
  const ahead = values(parameters.map((x, i) => x + h * vector[i]));
  const behind = values(parameters.map((x, i) => x - h * vector[i]));
  const scale = 1 / (h * h);
  for (let i = 0; i < ahead.length; i++) {
    ahead[i] = ((ahead[i] - middle[i]) + (behind[i] - middle[i])) * scale;
  }
  return ahead;
}

/**
 * The curvature of a loss without a matrix.
 *
 * @param maps Outputs and their adjoint.
 * @param loss The criterion.
 * @param dataset Its rows; asked for at every call, since mini-batches change them.
 */
export function residualProducts(
  maps: OutputMaps,
  loss: Loss,
  dataset: () => Dataset,
): Omit<Curvature, "matrix"> {
  const decay = loss.weightDecay ?? 0;
  /** The outputs; NaN where a step has left the numbers. */
  function outputs(parameters: Float64Array): Float64Array {
    if (isFiniteVector(parameters)) return maps.outputs(parameters);
    const { rows, nOut } = dataset();
    return new Float64Array(rows * nOut).fill(NaN);
  }

  let middle:
    | { of: Float64Array; rows: Dataset; outputs: Float64Array; roots?: LossRoots }
    | undefined;

  /** The outputs where derivatives are taken: several are asked for at the same parameters. */
  function outputsAt(parameters: Float64Array): Float64Array {
    const rows = dataset();
    if (middle?.rows !== rows || middle.of.some((x, i) => x !== parameters[i])) {
      middle = { of: parameters.slice(), rows, outputs: outputs(parameters) };
    }
    return middle.outputs;
  }

  function rootsAt(parameters: Float64Array): LossRoots {
    const values = outputsAt(parameters);
    return middle!.roots ??= lossRoots(loss, values, dataset());
  }

  function jvp(parameters: Float64Array, vector: Float64Array): Float64Array {
    return weigh(rootsAt(parameters), difference(outputs, parameters, vector), dataset());
  }

  function vjp(parameters: Float64Array, residualsBar: Float64Array, out: Float64Array): void {
    maps.pull(parameters, weigh(rootsAt(parameters), residualsBar, dataset(), true), out);
  }

  return {
    residuals: (parameters) => lossResiduals(loss, outputsAt(parameters), dataset()),
    jvp,
    vjp,
    secondJvp(parameters, vector, reach) {
      const bent = secondDifference(outputs, outputsAt(parameters), parameters, vector, reach);
      return weigh(rootsAt(parameters), bent, dataset());
    },
    product(parameters, vector, out) {
      vjp(parameters, jvp(parameters, vector), out);
      addScaled(out, decay, vector);
    },
  };
}

/**
 * The residuals `r` with `sum_k l_k r_k` the loss's derivative by a row's outputs, `l_k` the roots
 * of its curvature ({@linkcode lossRoots}):
 *
 * - mse: `sqrt(2) (y - t)`, `|r|^2 / 2` is the loss;
 * - huber: `sqrt(min(1, delta / |y - t|)) (y - t)`;
 * - crossEntropy: Pearson's residuals, `(p - t) / sqrt(p (1 - p))` for one output,
 *   `(m p_k - t_k) / sqrt(m p_k)` for several, `m = sum_q t_q`;
 * - quantile, poisson, gamma, tweedie, binomial: derivative by root of the curvature, of deviances
 *   Pearson's residuals again;
 * - cox: the derivative by the symmetric root of the curvature of all rows, `H^(-1/2) g`;
 *
 * all times the root of the row's weight in the mean.
 *
 * @param loss The criterion.
 * @param outputs Shape `[rows, nOut]`.
 * @param dataset Targets and weights.
 * @returns Shape `[rows, nOut]`; 0 where the curvature is 0.
 */
export function lossResiduals(loss: Loss, outputs: Float64Array, dataset: Dataset): Float64Array {
  const found = lossRoots(loss, outputs, dataset);
  if (found.kind === "shared") return sharedResiduals(loss, outputs, dataset, found);
  const scales = found.kind === "separate" ? found.roots : found.scales;
  const slope = new Float64Array(outputs.length);
  evaluateLoss(loss, outputs, dataset, slope);
  // l_k = s_k (e_k - p), and a row's slopes sum to 0
  for (let i = 0; i < slope.length; i++) slope[i] = scales[i] === 0 ? 0 : slope[i] / scales[i];
  return slope;
}

/** Rows of residuals from changes of the outputs, `l_k . y`; or the transpose, `sum_k w_k l_k`. */
function weigh(
  found: LossRoots,
  vector: Float64Array,
  { rows, nOut }: Dataset,
  transposed = false,
): Float64Array {
  const { kind, roots } = found;
  if (kind === "shared") {
    const root = rootOf(found), scaled = (x: Float64Array) => x.map((each, r) => roots[r] * each);
    return transposed ? scaled(root.times(vector)) : root.times(scaled(vector));
  }
  const out = new Float64Array(vector.length);
  if (kind === "separate") {
    for (let i = 0; i < out.length; i++) out[i] = roots[i] * vector[i];
    return out;
  }
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < nOut; k++) {
      for (let q = 0; q < nOut; q++) {
        const root = roots[(r * nOut + k) * nOut + q];
        if (transposed) out[r * nOut + q] += root * vector[r * nOut + k];
        else out[r * nOut + k] += root * vector[r * nOut + q];
      }
    }
  }
  return out;
}

type SharedRoots = Extract<LossRoots, { readonly kind: "shared" }>;

/** The root of `I - V V^T` with `diag(roots) (I - V V^T) diag(roots)` the curvature. */
function rootOf(found: SharedRoots): SharedRoot {
  const { roots, shared } = found;
  let root = madeRoots.get(found);
  if (root === undefined) {
    root = sharedRoot(shared.map((each) => each.map((x, r) => roots[r] > 0 ? x / roots[r] : 0)));
    madeRoots.set(found, root);
  }
  return root;
}

const madeRoots = new WeakMap<SharedRoots, SharedRoot>();

function sharedResiduals(
  loss: Loss,
  outputs: Float64Array,
  dataset: Dataset,
  found: SharedRoots,
): Float64Array {
  const slope = new Float64Array(outputs.length), { roots } = found;
  evaluateLoss(loss, outputs, dataset, slope);
  return rootOf(found).undo(slope.map((g, r) => roots[r] > 0 ? g / roots[r] : 0));
}
