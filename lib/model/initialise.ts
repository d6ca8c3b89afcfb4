/**
 * New networks from a seed.
 *
 * @module
 */

import { checkOptions } from "../numerics/inner.ts";
import { toRelu } from "../basis/mod.ts";
import { knotsFromBreakpoints, type KnotVector } from "../knots/mod.ts";
import { dropEdges, withAllEdges } from "./all_edges.ts";
import { type NetworkOptions, resolveConfig } from "./config.ts";
import { layerKnots } from "./layer_knots.ts";
import { blockValues, parameterLayout } from "./layout.ts";
import type { Network, NetworkConfig } from "./network.ts";
import { initialStatistics } from "./normalise.ts";
import { createRandom, type Random } from "./random.ts";
import { type LinearStage, type SplineStage, splineStages, stagesOf } from "./stage.ts";

/** What {@linkcode createNetwork} needs beside the configuration. */
export interface InitialiseOptions {
  /** Fixes every random number of the initialisation. Default 1234. */
  readonly seed?: number;
  /**
   * `knots: "fixed"` only: per spline layer the breakpoints from `a` to `b`, shape
   * `[intervals + 1]` (for all nodes) or `[nIn, intervals + 1]`, strictly increasing.
   */
  readonly breakpoints?: readonly ArrayLike<number>[];
}

const DEFAULT_SEED = 1234;

/**
 * Creates a network with random parameters.
 *
 * Linear weights are N(0, 1 / nIn), the bias 0. A spline layer's B-spline coefficients are
 * N(0, s^2 / nIn) with s = 1/2: the outputs of the layer then have a standard deviation near 0.3
 * for any widths, in the range of targets scaled to [0, 1], and no hidden range collapses before
 * normalisation. Base weights are N(0, s^2 / nIn), knot logits 0 (uniform knots, Actor et al. 2025,
 * section 5). The ReLU basis starts from the same function: `W = A^T c`. With a mask of edges a
 * network starts as the one with all edges without the missing ones, and `nIn` is the number of edges
 * that lead to an output.
 *
 * An MLP starts as PyTorch's `nn.Linear` does: weights and biases of every map uniform on
 * `[-1, 1] / sqrt(nIn)`.
 *
 * @param options The configuration; missing fields take the defaults of `resolveConfig`.
 * @param initialise The seed, and breakpoints for fixed knots.
 * @returns The network; its statistics map the domain onto itself until training measures them.
 * @throws {TypeError} If fixed knots have no breakpoints or they have the wrong shape.
 * @throws {RangeError} If the configuration is not valid or breakpoints do not increase.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { assertEquals } from "@std/assert";
 *
 * const network = createNetwork({ widths: [2, 5, 1], intervals: 5 }, { seed: 1234 });
 * assertEquals(network.parameters.length, 110);
 * ```
 */
export function createNetwork(
  options: NetworkOptions,
  initialise: InitialiseOptions = {},
): Network {
  checkOptions("create network", initialise, "seed breakpoints");
  const config = resolveConfig(options);
  if (config.edges) {
    const all = createNetwork(withAllEdges(config), initialise);
    return dropEdges(scaledToDegrees(all, splineStages(config)), config.edges);
  }
  const layout = parameterLayout(config);
  const last = layout[layout.length - 1];
  const parameters = new Float64Array(last.offset + last.size);
  const stages = stagesOf(config);
  const splines = stages.filter((stage) => stage.kind === "spline");
  const network: Network = {
    config,
    layout,
    parameters,
    statistics: splines.map((stage) => initialStatistics(config, stage.nIn)),
    ...(config.knots === "fixed"
      ? { breakpoints: checkBreakpoints(config, splines, initialise.breakpoints) }
      : {}),
  };
  const random = createRandom(initialise.seed ?? DEFAULT_SEED, "init");
  for (const stage of stages) {
    const { nIn } = stage;
    if (stage.kind === "linear") {
      if (config.activation !== "spline") fillUniform(network, stage, random);
      else fillNormal(blockValues(network, "linear.weights"), random, Math.sqrt(1 / nIn));
      continue;
    }
    if (stage.kind !== "spline") continue;
    const scale = 0.5 / Math.sqrt(nIn);
    const coefficients = blockValues(network, `spline${stage.layer}.coefficients`);
    fillNormal(coefficients, random, scale);
    fillNormal(blockValues(network, `spline${stage.layer}.baseWeights`), random, scale);
    if (stage.basis === "relu") {
      const block = stage.numBasis * stage.nOut;
      for (let p = 0; p < nIn; p++) {
        const knots: KnotVector = layerKnots(network, stage.layer, p);
        const nodeCoefficients = coefficients.subarray(p * block, (p + 1) * block);
        nodeCoefficients.set(toRelu(knots, nodeCoefficients, stage.nOut));
      }
    }
  }
  return network;
}

/** Scales the splines of a network with all edges to the number of edges of masks. */
function scaledToDegrees(network: Network, stages: readonly SplineStage[]): Network {
  for (const { layer, nIn, nOut, edges } of stages) {
    if (!edges) continue;
    for (const name of ["coefficients", "baseWeights"]) {
      const values = blockValues(network, `spline${layer}.${name}`);
      for (let i = 0; i < values.length; i++) {
        values[i] *= Math.sqrt(nIn / edges.inDegrees[i % nOut]);
      }
    }
  }
  return network;
}

function fillNormal(values: Float64Array, random: Random, deviation: number): void {
  for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal();
}

/** Uniform on `[-1, 1] / sqrt(nIn)`: torch's kaiming_uniform with a = sqrt(5). */
function fillUniform(network: Network, { name, nIn }: LinearStage, random: Random): void {
  for (const values of ["weights", "bias"].map((each) => blockValues(network, `${name}.${each}`))) {
    for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) / Math.sqrt(nIn);
  }
}

function checkBreakpoints(
  config: NetworkConfig,
  stages: readonly SplineStage[],
  breakpoints: readonly ArrayLike<number>[] | undefined,
): Float64Array[] {
  if (!breakpoints || breakpoints.length !== stages.length) {
    throw new TypeError(
      `Cannot create network: breakpoints must be a list of ${stages.length} arrays (one per spline layer) for fixed knots, current value is ${
        breakpoints ? `${breakpoints.length} arrays` : "none"
      }`,
    );
  }
  return stages.map((stage, layer) => {
    const points = config.intervals + 1;
    const values = Float64Array.from(breakpoints[layer]);
    const all = new Float64Array(stage.numKnotVectors * points);
    if (values.length === points) {
      for (let p = 0; p < stage.numKnotVectors; p++) all.set(values, p * points);
    } else if (values.length === all.length) {
      all.set(values);
    } else {
      throw new TypeError(
        `Cannot create network: breakpoints of layer ${layer} must have shape [${points}] or [${stage.numKnotVectors}, ${points}], current value is ${values.length} numbers`,
      );
    }
    for (let p = 0; p < stage.numKnotVectors; p++) {
      const nodePoints = all.subarray(p * points, (p + 1) * points);
      knotsFromBreakpoints(nodePoints, { degree: config.degree });
      if (nodePoints[0] !== config.domain[0] || nodePoints[points - 1] !== config.domain[1]) {
        throw new RangeError(
          `Cannot create network: breakpoints of layer ${layer} must run from ${
            config.domain[0]
          } to ${config.domain[1]}, current value is ${nodePoints[0]} to ${nodePoints[points - 1]}`,
        );
      }
    }
    return all;
  });
}
