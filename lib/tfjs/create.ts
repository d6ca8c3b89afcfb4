/**
 * The room's functions, bound to one TensorFlow.js.
 *
 * @module
 */

import type { Engine } from "../engine/mod.ts";
import type { KnotSpace } from "../knots/mod.ts";
import type { Network } from "../model/mod.ts";
import { fromModel, toModel } from "./convert.ts";
import { type TensorLoss, tensorLossEngine } from "./tensor_loss_engine.ts";
import { freeKnotTensor } from "./free_knot_tensor.ts";
import { kanLayerClass, type KanLayerConfig, type KanLayerLike } from "./kan_layer.ts";
import { refineModel, type RefineModelOptions } from "./refine.ts";
import { splineLayer, type SplineLayerOptions } from "./spline_layer.ts";
import { createTensorEngine, type TensorEngine } from "./tensor_engine.ts";
import type {
  LayerOf,
  ModelOf,
  SequentialOf,
  TensorFlow,
  TensorOf,
  TfModel,
  TfTensor,
} from "./tensorflow.ts";

/** What {@linkcode createKanLayers} gives. */
export interface KanLayers<TF extends TensorFlow> {
  /** A layer of splines; a `tf.layers.Layer` like any other. Unknown options throw a TypeError. */
  kanLayer(config: KanLayerConfig): LayerOf<TF> & KanLayerLike;
  /** As {@linkcode splineLayer}. */
  splineLayer(
    x: TfTensor,
    coefficients: TfTensor,
    knots: TfTensor,
    options: SplineLayerOptions,
  ): TensorOf<TF>;
  /** As {@linkcode freeKnotTensor}. */
  freeKnotTensor(logits: TfTensor, space: KnotSpace): TensorOf<TF>;
  /** As {@linkcode toModel}. */
  toModel(network: Network): SequentialOf<TF>;
  /** As {@linkcode fromModel}. */
  fromModel(model: TfModel): Promise<Network>;
  /** As {@linkcode refineModel}. */
  refineModel(model: TfModel, options?: RefineModelOptions): Promise<ModelOf<TF>>;
  /** As {@linkcode tensorLossEngine}. */
  tensorLossEngine(loss: TensorLoss<TensorOf<TF>>): Engine;
  /** As {@linkcode createTensorEngine}. */
  createTensorEngine(): Promise<TensorEngine<TensorOf<TF>>>;
}

/**
 * Adds spline layers to a TensorFlow.js: registers kernels, gradients and the class KanLayer once,
 * so that models that hold such layers can be made, trained, saved and loaded.
 *
 * @param tf The caller's TensorFlow.js, version 4: `import * as tf from "npm:@tensorflow/tfjs"`.
 * @returns The functions of this room, bound to it.
 *
 * @example
 * ```ts ignore
 * import * as tf from "npm:@tensorflow/tfjs@4.22.0";
 * import { createKanLayers } from "@freeknot/freeknot/tfjs";
 *
 * const { kanLayer } = createKanLayers(tf);
 * const model = tf.sequential({
 *   layers: [
 *     kanLayer({ units: 5, intervals: 5, degree: 3, freeKnots: true, inputShape: [2] }),
 *     kanLayer({ units: 1, normalisation: "minmax" }),
 *   ],
 * });
 * model.compile({ optimizer: tf.train.adam(0.01), loss: "meanSquaredError" });
 * ```
 */
export function createKanLayers<TF extends TensorFlow>(tf: TF): KanLayers<TF> {
  const KanLayer = kanLayerClass(tf);
  return {
    kanLayer: (config) => new KanLayer(config),
    splineLayer: (x, coefficients, knots, options) =>
      splineLayer(tf, x, coefficients, knots, options),
    freeKnotTensor: (logits, space) => freeKnotTensor(tf, logits, space),
    toModel: (network) => toModel(tf, network),
    fromModel,
    refineModel: (model, options) => refineModel(tf, model, options),
    tensorLossEngine: (loss) => tensorLossEngine(tf, loss),
    createTensorEngine: () => createTensorEngine(tf),
  };
}
