/**
 * Refinement of the KanLayers inside a model.
 *
 * @module
 */

import { prolong } from "../multilevel/mod.ts";
import type { Network } from "../model/mod.ts";
import { breakpointLists, layerWeights } from "./_layer_network.ts";
import { isKanLayer, readKanLayer } from "./convert.ts";
import { KAN_LAYER, kanLayerClass } from "./kan_layer.ts";
import { operationsOf, tensorFrom } from "./_operations.ts";
import type { ModelOf, TensorFlow, TfLayer, TfModel, TfTensor } from "./tensorflow.ts";

/** Options of {@linkcode refineModel}. */
export interface RefineModelOptions {
  /** Parts per interval, an integer of at least 2. Default 2. */
  readonly factor?: number;
  /** Names of the KanLayers to refine. Default: all. */
  readonly layers?: readonly string[];
}

/**
 * Makes the same model with finer KanLayers; its outputs stay as they are, up to float32.
 *
 * Every interval of the chosen layers is split, knots and coefficients move by exact knot insertion
 * ({@linkcode prolong}), all other weights are copied. Works for sequential and functional models,
 * nested ones included. The new model has to be compiled again: an optimizer's memory belongs to
 * weights that no longer exist.
 *
 * @param tensorflow The caller's TensorFlow.js.
 * @param model The model, built; not changed and not disposed.
 * @param options Factor, and which layers.
 * @returns The finer model; the caller disposes.
 * @throws {RangeError} If the factor is not an integer of at least 2, or a name belongs to no
 * KanLayer of the model.
 *
 * @example
 * ```ts ignore
 * import * as tf from "npm:@tensorflow/tfjs@4.22.0";
 * import { createNetwork } from "@freeknot/freeknot";
 * import { refineModel, toModel } from "@freeknot/freeknot/tfjs";
 *
 * const model = toModel(tf, createNetwork({ widths: [2, 5, 1] }));
 * const finer = await refineModel(tf, model); // twice the intervals, the same outputs
 * ```
 */
export async function refineModel<TF extends TensorFlow>(
  tensorflow: TF,
  model: TfModel,
  options: RefineModelOptions = {},
): Promise<ModelOf<TF>> {
  const { factor = 2 } = options;
  const tf = operationsOf(tensorflow);
  kanLayerClass(tensorflow); // registered, so that the topology can be read
  const coarse = leaves(model);
  const known = coarse.filter(isKanLayer).map(({ name }) => name);
  const chosen = options.layers ?? known;
  for (const name of chosen) {
    if (known.includes(name)) continue;
    throw new RangeError(
      `Cannot refine model: layers must be KanLayers of the model (${known.join(", ")}), ` +
        `current value is ${name}`,
    );
  }
  const networks = new Map<TfLayer, Network>();
  for (const layer of coarse) {
    if (!isKanLayer(layer) || !chosen.includes(layer.name)) continue;
    networks.set(layer, prolong(await readKanLayer(layer), factor));
  }
  const topology = model.toJSON(null, false);
  for (const [{ name }, network] of networks) setIntervals(topology, name, network);
  const fine = await tf.models.modelFromJSON(topology);
  leaves(fine).forEach((layer, i) => {
    const network = networks.get(coarse[i]);
    const tensors: TfTensor[] = network
      ? layerWeights(network, 0).map((weight) => tensorFrom(tf, weight))
      : coarse[i].getWeights();
    layer.setWeights(tensors);
    if (network) tf.dispose(tensors);
  });
  return fine as ModelOf<TF>;
}

/** The layers of a model that are no models themselves. */
function leaves(model: TfLayer): TfLayer[] {
  const { layers } = model as Partial<TfModel>;
  return layers ? layers.flatMap(leaves) : [model];
}

/** Writes the finer layer's intervals and breakpoints into a topology, wherever the layer is. */
function setIntervals(json: unknown, name: string, network: Network): void {
  if (typeof json !== "object" || json === null) return;
  const node = json as { class_name?: string; config?: Record<string, unknown> };
  if (node.class_name === KAN_LAYER && node.config?.name === name) {
    node.config.intervals = network.config.intervals;
    if (network.breakpoints) node.config.breakpoints = breakpointLists(network, 0);
    return;
  }
  for (const value of Object.values(json)) setIntervals(value, name, network);
}
