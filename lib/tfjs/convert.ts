/**
 * Networks as TensorFlow.js models, and back.
 *
 * @module
 */

import { fromRelu } from "../basis/mod.ts";
import { importLayersModel, type WeightArray } from "../convert/mod.ts";
import { blockValues, splineStages, throughAllEdges } from "../model/inner.ts";
import {
  layerKnots,
  type Network,
  type NetworkOptions,
  parameterLayout,
  resolveConfig,
} from "../model/mod.ts";
import { breakpointLists, checkStages, layerNetwork, layerWeights } from "./_layer_network.ts";
import {
  KAN_LAYER,
  kanLayerClass,
  type KanLayerConfig,
  type KanLayerLike,
  layerBreakpoints,
} from "./kan_layer.ts";
import { operationsOf, tensorFrom } from "./_operations.ts";
import type { SequentialOf, TensorFlow, TfLayer, TfModel } from "./tensorflow.ts";

/**
 * Turns a network into a sequential model: a dense layer for the linear first map, then one
 * KanLayer per spline layer, with the network's parameters and statistics in float32.
 *
 * A network in the ReLU basis becomes one in B-splines, the same function
 * ({@linkcode fromRelu}).
 *
 * @param tensorflow The caller's TensorFlow.js.
 * @param network The network.
 * @returns The model, not compiled; the caller disposes.
 * @throws {RangeError} If the network refuses to extrapolate (a kernel cannot) or holds anything
 * but a linear map and splines.
 *
 * @example
 * ```ts ignore
 * import * as tf from "npm:@tensorflow/tfjs@4.22.0";
 * import { createNetwork } from "@freeknot/freeknot";
 * import { toModel } from "@freeknot/freeknot/tfjs";
 *
 * const model = toModel(tf, createNetwork({ widths: [2, 5, 1] }));
 * model.summary();
 * ```
 */
export function toModel<TF extends TensorFlow>(
  tensorflow: TF,
  network: Network,
): SequentialOf<TF> {
  const tf = operationsOf(tensorflow);
  const { config } = network;
  const { widths, firstLayer, bias, extrapolation } = config;
  checkStages("convert network", config);
  const layers: TfLayer[] = [];
  const weights: { values: Float64Array; shape: readonly number[] }[][] = [];
  const inputShape = (i: number) => i === 0 ? { inputShape: [widths[0]] } : {};
  if (firstLayer === "linear") {
    layers.push(tf.layers.dense({ units: widths[1], useBias: bias, inputShape: [widths[0]] }));
    const blocks = network.layout.filter(({ name }) => name.startsWith("linear."));
    weights.push(blocks.map(({ name, shape }) => ({ shape, values: blockValues(network, name) })));
  }
  const KanLayer = kanLayerClass(tensorflow);
  const splines = inBsplines(network);
  for (const stage of splineStages(config)) {
    const { layer, nOut, space } = stage;
    const kan: KanLayerConfig = {
      units: nOut,
      intervals: space.intervals,
      degree: space.degree,
      freeKnots: stage.knots === "free",
      knotSharing: config.knotSharing,
      outerKnots: space.outerKnots,
      domain: space.domain,
      normalisation: stage.normalisation,
      base: stage.base,
      extrapolation: extrapolation === "clamp" ? "clamp" : "linear",
      ...(config.edges?.[layer] ? { edges: config.edges[layer] } : {}),
      ...(stage.knots === "fixed" ? { breakpoints: breakpointLists(network, layer) } : {}),
      ...inputShape(layers.length),
    };
    layers.push(new KanLayer(kan));
    weights.push(layerWeights(splines, layer));
  }
  const model = tf.sequential({ layers });
  layers.forEach((layer, i) => {
    const tensors = weights[i].map((weight) => tensorFrom(tf, weight));
    layer.setWeights(tensors);
    tf.dispose(tensors);
  });
  return model as SequentialOf<TF>;
}

/**
 * Reads a network out of a model of an optional linear dense layer and KanLayers that differ in
 * nothing but their widths, or an MLP out of a model of dense layers with ReLU or tanh between them.
 *
 * @param model The model, built; not changed.
 * @returns The network; its parameters are the model's float32 numbers.
 * @throws {TypeError} If the model holds anything else.
 *
 * @example
 * ```ts ignore
 * import * as tf from "npm:@tensorflow/tfjs@4.22.0";
 * import { createNetwork } from "@freeknot/freeknot";
 * import { fromModel, toModel } from "@freeknot/freeknot/tfjs";
 *
 * const network = await fromModel(toModel(tf, createNetwork({ widths: [2, 5, 1] })));
 * ```
 */
export async function fromModel(model: TfModel): Promise<Network> {
  const layers = model.layers.filter((layer) => layer.getClassName() !== "InputLayer");
  const dense = layers[0]?.getClassName() === "Dense" ? layers[0] : undefined;
  const kans = layers.slice(dense ? 1 : 0);
  if (layers.length > 1 && !layers.some(isKanLayer)) return await fromDenseModel(model, layers);
  if (kans.length === 0 || kans.some((layer) => !isKanLayer(layer))) {
    const names = layers.map((layer) => layer.getClassName()).join(", ");
    refuse("layers must be one Dense or none, then KanLayers", names || "none");
  }
  const networks = await Promise.all(kans.map((layer) => readKanLayer(layer as KanLayerLike)));
  const { activation = "linear", useBias = true } = (dense?.getConfig() ?? {}) as {
    activation?: string;
    useBias?: boolean;
  };
  if (activation !== "linear") refuse("the dense layer's activation must be linear", activation);
  const [kernel, offset] = dense ? await readWeights(dense) : [];
  const first = networks[0].config;
  const options: NetworkOptions = {
    ...first,
    widths: [
      ...(dense ? [kernel.length / first.widths[0]] : []),
      first.widths[0],
      ...networks.map(({ config }) => config.widths[1]),
    ],
    firstLayer: dense ? "linear" : "spline",
    bias: dense !== undefined && useBias,
    edges: networks.map(({ config }) => config.edges?.[0] ?? null),
  };
  for (const { config } of networks) {
    for (const [key, value] of Object.entries(config)) {
      if (
        key === "widths" || key === "edges" || `${value}` === `${first[key as keyof typeof first]}`
      ) continue;
      refuse(`${key} must be the same in all KanLayers`, value);
    }
  }
  const config = resolveConfig(options);
  const layout = parameterLayout(config);
  const parts = [kernel ?? [], offset ?? [], ...networks.map(({ parameters }) => parameters)];
  const breakpoints = networks.flatMap((network) => network.breakpoints ?? []);
  return {
    config,
    layout,
    parameters: Float64Array.from(parts.flatMap((part) => [...part])),
    statistics: networks.flatMap(({ statistics }) => statistics),
    ...(breakpoints.length > 0 ? { breakpoints } : {}),
  };
}

/** An MLP of a model of dense layers. */
async function fromDenseModel(model: TfModel, layers: readonly TfLayer[]): Promise<Network> {
  const weights = new Map<string, WeightArray>();
  for (const layer of layers) {
    const values = await readWeights(layer);
    layer.getWeights().forEach(({ shape }, i) => {
      weights.set(`${layer.name}/${["kernel", "bias"][i] ?? i}`, { shape, values: values[i] });
    });
  }
  return importLayersModel(model.toJSON(null, false), weights);
}

/** Whether a layer is a KanLayer. */
export function isKanLayer(layer: TfLayer): layer is KanLayerLike {
  return layer.getClassName() === KAN_LAYER;
}

/**
 * Reads the one-layer network that a KanLayer is.
 *
 * @param layer The layer, built.
 * @throws {TypeError} If it is not built.
 */
export async function readKanLayer(layer: KanLayerLike): Promise<Network> {
  if (!layer.built) refuse("the KanLayer must be built", "a layer without weights");
  const breakpoints = layerBreakpoints(layer.network, layer.kan.breakpoints);
  return layerNetwork(layer.network, await readWeights(layer), breakpoints);
}

async function readWeights(layer: TfLayer): Promise<Float64Array[]> {
  return await Promise.all(
    layer.getWeights().map(async (weight) =>
      Float64Array.from(await weight.data() as Float32Array)
    ),
  );
}

/** The same function in B-splines instead of ReLU powers. */
function inBsplines(network: Network): Network {
  if (network.config.basis === "bspline") return network;
  return throughAllEdges(network, inAllBsplines);
}

/** The same for a network with all edges. */
function inAllBsplines(network: Network): Network {
  const splines: Network = { ...network, parameters: network.parameters.slice() };
  for (const { layer, nIn, nOut, numBasis } of splineStages(network.config)) {
    const all = blockValues(splines, `spline${layer}.coefficients`);
    for (let p = 0; p < nIn; p++) {
      const node = all.subarray(p * numBasis * nOut, (p + 1) * numBasis * nOut);
      node.set(fromRelu(layerKnots(network, layer, p), node, nOut));
    }
  }
  return splines;
}

function refuse(rule: string, value: unknown): never {
  throw new TypeError(`Cannot convert model: ${rule}, current value is ${value}`);
}
