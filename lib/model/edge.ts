/**
 * One edge of a spline layer: a function of one variable.
 *
 * @module
 */

import { evaluateRelu, evaluateSpline, fromRelu } from "../basis/mod.ts";
import type { KnotVector } from "../knots/mod.ts";
import { layerKnots } from "./layer_knots.ts";
import { blockValues } from "./layout.ts";
import type { Network } from "./network.ts";
import { type SplineStage, splineStage } from "./stage.ts";
import { exp } from "../numerics/inner.ts";

/** A spline by its knots and B-spline coefficients, on the layer's domain. */
export interface EdgeSpline {
  /** Knots on the domain of the layer. */
  readonly knots: KnotVector;
  /** B-spline coefficients, shape `[numBasis]`, also where the network has ReLU powers. */
  readonly coefficients: Float64Array;
}

/** A spline as SciPy's `BSpline(t, c, k)` takes it. */
export interface ScipySpline {
  /** Knots, length `c.length + k + 1`. */
  readonly t: number[];
  /** B-spline coefficients. */
  readonly c: number[];
  /** Degree. */
  readonly k: number;
}

/**
 * `silu(x) = x / (1 + exp(-x))`, the base branch of pykan (Z. Liu et al., KAN: Kolmogorov-Arnold
 * Networks, 2024).
 */
export function silu(x: number): number {
  return x / (1 + exp(-x));
}

/** The derivative of {@linkcode silu}. */
export function siluDerivative(x: number): number {
  const s = 1 / (1 + exp(-x));
  return s * (1 + x * (1 - s));
}

function checkEdge(stage: SplineStage, input: number, output: number): void {
  for (
    const [name, value, size] of [["input", input, stage.nIn], [
      "output",
      output,
      stage.nOut,
    ]] as const
  ) {
    if (!Number.isInteger(value) || value < 0 || value >= size) {
      throw new RangeError(
        `Cannot find edge: ${name} must be an integer from 0 to ${
          size - 1
        }, current value is ${value}`,
      );
    }
  }
}

/** The parameters of one edge in the network's own basis, a copy, shape `[numBasis]`. */
export function edgeParameters(
  network: Network,
  stage: SplineStage,
  input: number,
  output: number,
): Float64Array {
  const { numBasis, nOut, edges } = stage, parameters = new Float64Array(numBasis);
  const all = blockValues(network, `spline${stage.layer}.coefficients`);
  if (edges) {
    const edge = edges.numbers[input * nOut + output]; // a missing edge is 0
    if (edge >= 0) parameters.set(all.subarray(edge * numBasis, (edge + 1) * numBasis));
    return parameters;
  }
  for (let i = 0; i < numBasis; i++) {
    parameters[i] = all[(input * numBasis + i) * nOut + output];
  }
  return parameters;
}

/** The weight of one edge's base branch; 0 where there is none. */
export function edgeBaseWeight(
  network: Network,
  { layer, nOut, base, edges }: SplineStage,
  input: number,
  output: number,
): number {
  const at = input * nOut + output, edge = edges?.numbers[at] ?? at;
  if (base !== "silu" || edge < 0) return 0;
  return blockValues(network, `spline${layer}.baseWeights`)[edge];
}

/**
 * Finds the spline of one edge, in the B-spline basis; an edge that a mask leaves out is 0.
 *
 * @param network The network.
 * @param layer Spline layer, from 0.
 * @param input Input node of that layer.
 * @param output Output node of that layer.
 * @returns Knots and coefficients; the base branch is not part of it.
 * @throws {RangeError} If there is no such edge.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { edgeSpline, evaluateEdge } from "@freeknot/freeknot/model";
 * import { evaluateSpline } from "@freeknot/freeknot/splines";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const { knots, coefficients } = edgeSpline(network, 0, 3, 0);
 * assertEquals(coefficients.length, 8);
 * assertEquals(evaluateSpline(knots, coefficients, 0.3), evaluateEdge(network, 0, 3, 0, 0.3));
 * ```
 */
export function edgeSpline(
  network: Network,
  layer: number,
  input: number,
  output: number,
): EdgeSpline {
  const stage = splineStage(network.config, layer);
  checkEdge(stage, input, output);
  const knots = layerKnots(network, layer, input);
  const parameters = edgeParameters(network, stage, input, output);
  return { knots, coefficients: stage.basis === "relu" ? fromRelu(knots, parameters) : parameters };
}

/**
 * Evaluates one edge at a position in the domain, base branch included.
 *
 * @param network The network.
 * @param layer Spline layer, from 0.
 * @param input Input node of that layer.
 * @param output Output node of that layer.
 * @param u Position after normalisation.
 * @param derivative Order of the derivative in `u`: 0 (default) or 1.
 * @returns `phi_pq(u)`, or its first derivative.
 * @throws {RangeError} If there is no such edge, or `u` is outside and extrapolation is `error`.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { evaluateEdge } from "@freeknot/freeknot/model";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const [left, right] = [0.3 - 1e-6, 0.3 + 1e-6].map((u) => evaluateEdge(network, 0, 3, 0, u));
 * assertAlmostEquals(evaluateEdge(network, 0, 3, 0, 0.3, 1), (right - left) / 2e-6, 1e-8);
 * ```
 */
export function evaluateEdge(
  network: Network,
  layer: number,
  input: number,
  output: number,
  u: number,
  derivative: 0 | 1 = 0,
): number {
  const stage = splineStage(network.config, layer);
  checkEdge(stage, input, output);
  const knots = layerKnots(network, layer, input);
  const parameters = edgeParameters(network, stage, input, output);
  const options = { derivative, extrapolation: stage.extrapolation };
  let value = stage.basis === "relu"
    ? evaluateRelu(knots, parameters, u, options)
    : evaluateSpline(knots, parameters, u, options);
  if (stage.base === "silu") {
    const weight = edgeBaseWeight(network, stage, input, output);
    value += weight * (derivative === 0 ? silu(u) : siluDerivative(u));
  }
  return value;
}

/**
 * Converts one edge to the arguments of SciPy's `scipy.interpolate.BSpline(t, c, k)`.
 *
 * @param network The network.
 * @param layer Spline layer, from 0.
 * @param input Input node of that layer.
 * @param output Output node of that layer.
 * @returns `(t, c, k)`; valid on the layer's domain, the base branch left out.
 * @throws {RangeError} If there is no such edge.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { toScipy } from "@freeknot/freeknot/model";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
 * const { t, c, k } = toScipy(network, 0, 3, 0);
 * assertEquals([k, c.length, t.length], [3, 8, 12]);
 * ```
 */
export function toScipy(
  network: Network,
  layer: number,
  input: number,
  output: number,
): ScipySpline {
  const { knots, coefficients } = edgeSpline(network, layer, input, output);
  return { t: [...knots.values], c: [...coefficients], k: knots.degree };
}
