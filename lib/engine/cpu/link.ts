/**
 * A stage with its place in the chain: which arrays it reads and writes, and in which phase.
 *
 * @module
 */

import type {
  LinearStage,
  Network,
  NormalisationStatistics,
  SplineStage,
} from "../../model/mod.ts";
import { createLinearLayer } from "./linear_layer.ts";
import type { KernelMemory } from "./memory.ts";
import type { Block, Call } from "./program.ts";
import { createSplineLayer, type LayerParameters } from "./spline_layer.ts";

/** A stage between its input `x` and its output `y`. */
export interface Link {
  /** Whether JavaScript must run between the stage's own calls and what follows them. */
  readonly separate: boolean;
  /** Takes the parameters of the next passes. */
  prepare(parameters: Float64Array): void;
  /** Block calls that measure the input's statistics, ended by `measured`. */
  measureCalls(block: Block): Call[];
  measured(): void;
  /** Block calls that place points which never move: constant inputs on fixed knots. */
  placeOnceCalls(block: Block): Call[];
  /** Block calls of the forward pass. */
  forwardCalls(block: Block, constantInput: boolean): Call[];
  /** Ends the forward pass. */
  afterForward(parameters: Float64Array): void;
  /** Block calls of the backward pass: moments, and the gradient by normalised inputs. */
  backwardCalls(yBar: Float64Array, xBar: Float64Array | undefined, block: Block): Call[];
  /** Between them and `pullCalls`. */
  afterBackward(
    parameters: Float64Array,
    yBar: Float64Array,
    gradient: Float64Array,
    xBar: Float64Array | undefined,
  ): void;
  /** Block calls of the normalisation's adjoint, ended by `pulled`. */
  pullCalls(xBar: Float64Array, block: Block): Call[];
  pulled(xBar: Float64Array): void;
  /** Block calls that sum the moments of all blocks. */
  addMomentsCalls(block: Block): Call[];
  /** Adds the parameters' gradients, after all phases. */
  collect(parameters: Float64Array, gradient: Float64Array): void;
  /** Normalisation statistics: one record of a spline layer, none of a linear map. */
  statistics(): NormalisationStatistics[];
}

/** Gives the view of a parameter block on a flat vector; empty where there is no such block. */
export type BlockViews = (name: string) => (flat: Float64Array) => Float64Array;

/** The linear first map. */
export function createLinkedLinear(
  stage: LinearStage,
  blocks: readonly Block[],
  memory: KernelMemory,
  views: BlockViews,
  x: Float64Array,
  y: Float64Array,
): Link {
  const weights = views("linear.weights"), bias = views("linear.bias");
  const layer = createLinearLayer(stage, blocks.length, memory);
  return {
    separate: false,
    prepare: (parameters) => layer.prepare(weights(parameters), bias(parameters)),
    measureCalls: () => [],
    measured() {},
    placeOnceCalls: () => [],
    forwardCalls: (block) => layer.forwardCalls(x, y, block),
    afterForward() {},
    backwardCalls: (yBar, _, block) => layer.backwardCalls(x, yBar, block),
    afterBackward() {},
    pullCalls: () => [],
    pulled() {},
    addMomentsCalls: () => [],
    collect: (_, gradient) => layer.collect(weights(gradient), bias(gradient)),
    statistics: () => [],
  };
}

/** A spline layer. */
export function createLinkedSpline(
  network: Network,
  stage: SplineStage,
  blocks: readonly Block[],
  memory: KernelMemory,
  views: BlockViews,
  x: Float64Array,
  y: Float64Array,
): Link {
  const layer = createSplineLayer(network, stage, blocks, memory);
  const { normaliser } = layer;
  const free = stage.knots === "free";
  const [coefficients, baseWeights, knotLogits] = ["coefficients", "baseWeights", "knotLogits"]
    .map((name) => views(`spline${stage.layer}.${name}`));

  function viewsOf(flat: Float64Array): LayerParameters {
    return {
      coefficients: coefficients(flat),
      baseWeights: baseWeights(flat),
      knotLogits: knotLogits(flat),
    };
  }

  return {
    separate: stage.base !== "none",
    prepare: (parameters) => layer.prepare(viewsOf(parameters)),
    measureCalls: (block) => normaliser.measureCalls(x, block),
    measured: () => normaliser.measured(x),
    placeOnceCalls: (block) => free ? [] : layer.placeCalls(x, block),
    forwardCalls: (block, constantInput) => [
      ...constantInput && !free ? [] : layer.placeCalls(x, block),
      ...layer.forwardCalls(y, block),
    ],
    afterForward: (parameters) => layer.addBase(viewsOf(parameters), y),
    backwardCalls: (yBar, xBar, block) => layer.backwardCalls(yBar, xBar, block),
    afterBackward: (parameters, yBar, gradient, xBar) =>
      layer.pullBase(viewsOf(parameters), yBar, viewsOf(gradient), xBar),
    pullCalls: (xBar, block) => normaliser.pullCalls(x, xBar, block),
    pulled: (xBar) => normaliser.pulled(x, xBar),
    addMomentsCalls: (block) => layer.addMomentsCalls(block),
    collect: (parameters, gradient) => layer.collect(viewsOf(parameters), viewsOf(gradient)),
    statistics: () => [layer.statistics()],
  };
}
