/**
 * Scales of inputs and targets taken into a network's own parameters.
 *
 * @module
 */

import { changeOfBasis } from "../basis/mod.ts";
import { multiplyTransposed } from "../numerics/inner.ts";
import { layerCoefficients, setLayerCoefficients } from "./all_edges.ts";
import { hasEdge } from "./edge_mask.ts";
import { layerKnots } from "./layer_knots.ts";
import { findBlock } from "./layout.ts";
import type { Network } from "./network.ts";
import { scaleOutputs } from "./scale_outputs.ts";
import { type SplineStage, stagesOf } from "./stage.ts";

/** An affine map of a column: `x' = (x - origin) / unit`. */
export interface AffineScale {
  /** What becomes 0. */
  readonly origin: number;
  /** The difference that becomes 1; not 0. */
  readonly unit: number;
}

/**
 * Rewrites a network of scaled inputs, whose first map is linear, with a bias or min-max
 * normalisation behind it, as one of the inputs themselves: `f(x) = g((x - origin) / unit)`, to
 * rounding.
 */
export function foldInputScales(network: Network, scales: readonly AffineScale[]): Network {
  const [first] = stagesOf(network.config);
  if (first.kind !== "linear") {
    throw new TypeError("Cannot fold scales: firstLayer must be linear, current value is spline");
  }
  const { nIn, nOut } = first, parameters = network.parameters.slice();
  const weights = findBlock(network.layout, `${first.name}.weights`)!;
  const bias = findBlock(network.layout, `${first.name}.bias`);
  const shifts = new Float64Array(nOut); // how much larger the map's results become
  for (let p = 0; p < nIn; p++) {
    const { origin, unit } = scales[p];
    for (let q = 0; q < nOut; q++) {
      const i = weights.offset + p * nOut + q;
      parameters[i] /= unit;
      shifts[q] += origin * parameters[i];
    }
  }
  if (bias) {
    for (let q = 0; q < nOut; q++) parameters[bias.offset + q] -= shifts[q];
    return { ...network, parameters };
  }
  const [statistics, ...others] = network.statistics;
  if (statistics?.kind !== "minmax") {
    throw new TypeError("Cannot fold scales: bias must be true, current value is false");
  }
  const moved = (values: Float64Array) => values.map((value, q) => value + shifts[q]);
  const { minimum, maximum } = statistics;
  const shifted = { ...statistics, minimum: moved(minimum), maximum: moved(maximum) };
  return { ...network, parameters, statistics: [shifted, ...others] };
}

/**
 * Rewrites a network of scaled targets as one of the targets themselves:
 * `f_q(x) = origin_q + unit_q g_q(x)`, to rounding.
 */
export function foldTargetScales(network: Network, scales: readonly AffineScale[]): Network {
  const scaled = scaleOutputs(network, scales.map(({ unit }) => unit));
  const { parameters } = scaled, last = stagesOf(network.config).at(-1)!;
  if (last.kind === "spline") addConstants(scaled, last, scales.map(({ origin }) => origin));
  else if (last.kind === "linear") {
    const bias = findBlock(network.layout, `${last.name}.bias`);
    scales.forEach(({ origin }, q) => {
      if (bias) parameters[bias.offset + q] += origin;
      else if (origin !== 0) {
        throw new TypeError("Cannot fold scales: bias must be true, current value is false");
      }
    });
  }
  return scaled;
}

/**
 * Adds a constant to every output of a spline layer, in place: B-splines sum to 1, so that a spline whose
 * coefficients all are `c` is `c`; in the ReLU basis its coefficients are `A^T c`. The edges that lead
 * to an output share its constant.
 */
export function addConstants(
  network: Network,
  stage: SplineStage,
  constants: readonly number[],
): void {
  const { layer, nIn, nOut, numBasis, basis } = stage;
  const c = layerCoefficients(network, stage);
  const ones = new Float64Array(numBasis).fill(1);
  const inDegree = (q: number) => stage.edges?.inDegrees[q] ?? nIn;
  for (let p = 0; p < nIn; p++) {
    const one = basis === "bspline"
      ? ones
      : multiplyTransposed(changeOfBasis(layerKnots(network, layer, p)), ones);
    for (let i = 0; i < numBasis; i++) {
      for (let q = 0; q < nOut; q++) {
        if (!hasEdge(stage, p, q)) continue;
        c[(p * numBasis + i) * nOut + q] += one[i] * constants[q] / inDegree(q);
      }
    }
  }
  if (stage.edges) setLayerCoefficients(network, stage, c);
}
