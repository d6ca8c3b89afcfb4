/**
 * MLPs from models of TensorFlow.js layers (tf.LayersModel) and of Keras: chains of Dense layers.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { checkArray } from "../../numerics/inner.ts";
import { type ChainFunction, type ChainLayer, failImport, mlpOfChain } from "./mlp_chain.ts";
import type { StateDict, WeightArray } from "./state_dict.ts";

/** Functions by the names that they have there; those of no name are refused. */
const FUNCTIONS: Readonly<Record<string, ChainFunction | "linear">> = {
  ...{ linear: "linear", relu: "relu", tanh: "tanh", sigmoid: "sigmoid", gelu: "gelu" },
  ...{ swish: "silu", silu: "silu", softplus: "softplus" },
};

/** Layers that change no number when a model predicts. */
const PLAIN = ["InputLayer", "Dropout", "Flatten", "GaussianNoise", "GaussianDropout"];

type Fields = Readonly<Record<string, unknown>>;

/** What `model.json` says: the topology, and where the weights are. */
export interface LayersModelFile {
  /** Classes and options of the layers. */
  readonly topology: unknown;
  /** Names of the files of weights, beside `model.json`, in their order. */
  readonly paths: readonly string[];
  /** Cuts the bytes of these files, one after the other, into arrays by name. */
  weights(bytes: Uint8Array): StateDict;
}

/**
 * Reads `model.json` of a model that `model.save()` of TensorFlow.js or `tensorflowjs_converter` wrote.
 *
 * @param bytes The file.
 * @returns The topology, and how the files of weights are read.
 * @throws {TypeError} If it is no such file.
 *
 * @example
 * ```ts
 * import { readLayersModel } from "@freeknot/freeknot/convert";
 * import { assertEquals } from "@std/assert";
 *
 * const weights = [{ name: "dense/kernel", shape: [2, 1], dtype: "float32" }];
 * const weightsManifest = [{ paths: ["weights.bin"], weights }];
 * const text = JSON.stringify({ modelTopology: {}, weightsManifest });
 * const file = readLayersModel(new TextEncoder().encode(text));
 * assertEquals(file.paths, ["weights.bin"]);
 * const arrays = file.weights(new Uint8Array(Float32Array.of(1, 2).buffer));
 * assertEquals(arrays.get("dense/kernel")!.values, Float64Array.of(1, 2));
 * ```
 */
export function readLayersModel(bytes: Uint8Array): LayersModelFile {
  checkArray("import network", "bytes", bytes, "the bytes of a file");
  let data: unknown;
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    failImport("file", "model.json of a tf.LayersModel", "no JSON");
  }
  const { modelTopology: topology, weightsManifest: groups } = fieldsOf(data);
  if (topology === undefined || !Array.isArray(groups)) {
    failImport("file", "model.json of a tf.LayersModel", "JSON without topology and weights");
  }
  const list = groups.map(fieldsOf);
  const paths = list.flatMap(({ paths: names }) => Array.isArray(names) ? names : [undefined]);
  if (!paths.every((path) => typeof path === "string")) {
    failImport("weightsManifest", "groups with paths of files", "others");
  }
  const specs = list.flatMap(({ weights }) => Array.isArray(weights) ? weights.map(fieldsOf) : []);
  return { topology, paths, weights: (all) => cutWeights(specs, all) };
}

/**
 * Makes an MLP of a tf.LayersModel that is a chain of Dense layers with `relu` or `tanh` between
 * them and `linear` at the end. Dropout, Flatten and noise are left out, Activation and ReLU layers
 * count as functions, and neighbouring linear layers are multiplied.
 *
 * @param topology The topology, as `model.json` or `model.toJSON(null, false)` has it.
 * @param weights Kernels and biases by name: `NAME/kernel`, `NAME/bias`.
 * @returns The network, equal to the rounding of float32 arithmetic.
 * @throws {TypeError} If the model is no such chain.
 *
 * @example
 * ```ts
 * import { forward } from "@freeknot/freeknot";
 * import { importLayersModel } from "@freeknot/freeknot/convert";
 * import { assertEquals } from "@std/assert";
 *
 * const dense = (name: string, activation: string) =>
 *   ({ class_name: "Dense", config: { name, activation, use_bias: false } });
 * const layers = [dense("a", "relu"), dense("b", "linear")];
 * const weights = new Map([
 *   ["a/kernel", { shape: [1, 2], values: Float64Array.of(1, -1) }],
 *   ["b/kernel", { shape: [2, 1], values: Float64Array.of(2, 3) }],
 * ]);
 * const mlp = importLayersModel({ class_name: "Sequential", config: { layers } }, weights);
 * assertEquals(forward(mlp, Float64Array.of(-5)), Float64Array.of(15));
 * ```
 */
export function importLayersModel(topology: unknown, weights: StateDict): Network {
  return mlpOfChain(readLayersChain(topology, weights));
}

/**
 * Reads the chain of affine maps and functions that a tf.LayersModel is.
 *
 * @param topology The topology, as `model.json` or `model.toJSON(null, false)` has it.
 * @param weights Kernels and biases by name: `NAME/kernel`, `NAME/bias`.
 * @returns Its maps, each with the function behind it.
 * @throws {TypeError} If the model is no such chain.
 *
 * @example
 * ```ts
 * import { readLayersChain } from "@freeknot/freeknot/convert";
 * import { assertEquals } from "@std/assert";
 *
 * const dense = { name: "a", activation: "swish", use_bias: false };
 * const layers = [{ class_name: "Dense", config: dense }];
 * const weights = new Map([["a/kernel", { shape: [1, 1], values: Float64Array.of(3) }]]);
 * const [layer] = readLayersChain({ class_name: "Sequential", config: { layers } }, weights);
 * assertEquals(layer.activation, "silu");
 * ```
 */
export function readLayersChain(topology: unknown, weights: StateDict): ChainLayer[] {
  const outer = fieldsOf(topology), model = fieldsOf(outer.model_config ?? outer);
  const { class_name: kind, config } = model;
  if (kind !== "Sequential" && kind !== "Model" && kind !== "Functional") {
    failImport("model", "Sequential or a functional chain", JSON.stringify(kind ?? null));
  }
  const list = Array.isArray(config) ? config : fieldsOf(config).layers; // older files: an array
  if (!Array.isArray(list)) failImport("model", "a list of layers", "none");
  const layers = list.map(fieldsOf), chain: ChainLayer[] = [];
  for (const layer of kind === "Sequential" ? layers : inOrder(layers)) {
    addLayer(layer, weights, chain);
  }
  return chain;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? value as Fields : {};
}

/** The layers of a functional model, each behind the one that it reads. */
function inOrder(layers: readonly Fields[]): Fields[] {
  const sources = layers.map(({ inbound_nodes: nodes }) => {
    const texts = JSON.stringify(nodes ?? []).match(/"(?:[^"\\]|\\.)*"/g) ?? [];
    return texts.map((text) => JSON.parse(text) as string);
  });
  const nameOf = (layer: Fields) => String(layer.name ?? fieldsOf(layer.config).name);
  const names = layers.map(nameOf), order: Fields[] = [];
  let at = sources.findIndex((each) => !each.some((name) => names.includes(name)));
  while (at >= 0 && order.length < layers.length) {
    order.push(layers[at]);
    const name = names[at];
    const next = sources.flatMap((each, i) => each.includes(name) ? [i] : []);
    if (next.length > 1) failImport("model", "a chain of layers", `two behind ${name}`);
    at = next[0] ?? -1;
  }
  if (order.length !== layers.length) failImport("model", "a chain of layers", "another graph");
  return order;
}

function addLayer(layer: Fields, weights: StateDict, chain: ChainLayer[]): void {
  const kind = String(layer.class_name), config = fieldsOf(layer.config);
  if (PLAIN.includes(kind)) return;
  if (kind === "Dense") chain.push(denseLayer(config, weights));
  else if (kind !== "Activation" && kind !== "ReLU") {
    failImport("layers", "Dense, Activation, ReLU, Dropout or Flatten", kind);
  }
  const changed = ["max_value", "negative_slope", "threshold"].find((name) => config[name]);
  if (kind === "ReLU" && changed) failImport("ReLU", "a plain one", `one with ${changed}`);
  const name = kind === "ReLU" ? "relu" : String(config.activation ?? "linear");
  const last = chain[chain.length - 1];
  if (!Object.hasOwn(FUNCTIONS, name)) {
    failImport("functions", `one of ${Object.keys(FUNCTIONS).join(", ")}`, name);
  }
  const activation = FUNCTIONS[name];
  if (activation === "linear") return;
  if (!last || last.activation) failImport("model", `${name} behind a Dense layer`, "another");
  last.activation = activation;
}

function denseLayer(config: Fields, weights: StateDict): ChainLayer {
  const name = String(config.name);
  const find = (part: string): WeightArray => {
    const key = [...weights.keys()].find((each) =>
      each === `${name}/${part}` || each.endsWith(`/${name}/${part}`)
    );
    return weights.get(key ?? "") ?? failImport("weights", `with ${name}/${part}`, "without");
  };
  const { shape, values } = find("kernel");
  if (shape.length !== 2 || shape.includes(0)) {
    failImport(`${name}/kernel`, "a matrix", `[${shape.join(", ")}]`);
  }
  const [nIn, nOut] = shape;
  const biased = (config.use_bias ?? config.useBias) !== false;
  const bias = biased ? find("bias").values : new Float64Array(nOut);
  if (bias.length !== nOut) failImport(`${name}/bias`, `of ${nOut} numbers`, bias.length);
  return { nIn, nOut, weights: values, bias: bias.slice() };
}

/** Cuts bytes into arrays; numbers of 8 or 16 bits stand for `scale * number + min`. */
function cutWeights(specs: readonly Fields[], bytes: Uint8Array): StateDict {
  let at = 0;
  const arrays = specs.map(({ name, shape, dtype, quantization }): [string, WeightArray] => {
    const sizes = (list: unknown): list is number[] =>
      Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0);
    if (typeof name !== "string" || !sizes(shape)) {
      return failImport("weights", "with names and shapes", "others");
    }
    const { dtype: small, scale = 1, min = 0 } = fieldsOf(quantization);
    const kind = String(small ?? dtype);
    const size = { float32: 4, uint8: 1, uint16: 2 }[kind] ??
      failImport(`weights ${name}`, "float32, or uint8 or uint16 of a scale", kind);
    const count = shape.reduce((all, each) => all * each, 1), end = at + count * size;
    if (!(end <= bytes.length)) failImport("weights", `of ${end} bytes or more`, bytes.length);
    const { buffer } = bytes.slice(at, end);
    at = end;
    const numbers = kind === "float32"
      ? new Float32Array(buffer)
      : kind === "uint8"
      ? new Uint8Array(buffer)
      : new Uint16Array(buffer);
    const values = Float64Array.from(numbers, (x) => small ? x * Number(scale) + Number(min) : x);
    if (!values.every(Number.isFinite)) failImport(`weights ${name}`, "finite", "not");
    return [name, { shape, values }];
  });
  if (at !== bytes.length) failImport("weights", `of ${at} bytes`, bytes.length);
  return new Map(arrays);
}
