/**
 * MLPs from ONNX files: chains of affine maps and ReLU or tanh.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { type OnnxNode, readOnnxGraph } from "./onnx_graph.ts";
import { findPattern } from "./onnx_patterns.ts";
import {
  type ChainFunction,
  type ChainLayer,
  failImport as fail,
  mlpOfChain,
} from "./mlp_chain.ts";
import type { WeightArray } from "./state_dict.ts";

/** Operators that change no number. */
const PLAIN = ["Identity", "Flatten", "Dropout"];

/**
 * Makes an MLP of an ONNX file whose graph is a chain of `Gemm`, `MatMul`, `Add` and `Relu`, or
 * `Tanh`.
 *
 * The last map of an MLP here has no bias: where the file's has one, one more hidden node, whose value
 * is constant, carries it.
 *
 * @param bytes The file.
 * @returns The network, equal to rounding.
 * @throws {TypeError} If the file is no ONNX model, or its graph is no such chain.
 *
 * @example
 * ```ts
 * import { createNetwork, forward } from "@freeknot/freeknot";
 * import { importOnnxMlp } from "@freeknot/freeknot/convert";
 * import { exportModel, networkProgram } from "@freeknot/freeknot/export";
 * import { assertEquals } from "@std/assert";
 *
 * const mlp = createNetwork({ widths: [2, 3, 1], activation: "tanh" }, { seed: 1 });
 * const { content } = exportModel(networkProgram(mlp), { to: "onnx" }).files[0];
 * const again = importOnnxMlp(content as Uint8Array), x = Float64Array.of(0.1, 0.2);
 * assertEquals(forward(again, x), forward(mlp, x));
 * ```
 */
export function importOnnxMlp(bytes: Uint8Array): Network {
  return mlpOfChain(readOnnxChain(bytes));
}

/** Operators that are functions of single numbers. */
const FUNCTIONS: Readonly<Record<string, ChainFunction>> = {
  ...{ Relu: "relu", Tanh: "tanh", Sigmoid: "sigmoid", Gelu: "gelu", Softplus: "softplus" },
};

/**
 * Reads the chain of affine maps and functions that the graph of an ONNX file is.
 *
 * @param bytes The file.
 * @returns Its maps, each with the function behind it.
 * @throws {TypeError} If the file is no ONNX model, or its graph is no such chain.
 *
 * @example
 * ```ts
 * import { createNetwork } from "@freeknot/freeknot";
 * import { readOnnxChain } from "@freeknot/freeknot/convert";
 * import { exportModel, networkProgram } from "@freeknot/freeknot/export";
 * import { assertEquals } from "@std/assert";
 *
 * const mlp = createNetwork({ widths: [2, 3, 1], activation: "relu" }, { seed: 1 });
 * const { content } = exportModel(networkProgram(mlp), { to: "onnx" }).files[0];
 * const chain = readOnnxChain(content as Uint8Array);
 * assertEquals(chain.map(({ activation }) => activation), ["relu", undefined]);
 * ```
 */
export function readOnnxChain(bytes: Uint8Array): ChainLayer[] {
  const graph = readOnnxGraph(bytes), { nodes, arrays, input, output } = graph;
  const maps: ChainLayer[] = [];
  let current = input, left = nodes.length;
  while (current !== output) {
    const pattern = findPattern(graph, current);
    if (pattern && left-- > 0) {
      setFunction(pattern.activation, maps);
      current = pattern.output;
      continue;
    }
    const next: OnnxNode | undefined = nodes.find(({ inputs }) => inputs.includes(current));
    if (!next || left-- === 0) fail("graph", "a chain from its input to its output", "another");
    addNode(next, current, arrays, maps);
    current = next.output;
  }
  return maps;
}

/** Puts a function behind the last affine map. */
function setFunction(activation: ChainFunction, maps: readonly ChainLayer[]): void {
  const last = maps[maps.length - 1];
  if (!last || last.activation) fail("graph", `${activation} behind an affine map`, "another");
  last.activation = activation;
}

function addNode(
  { operator, inputs, attributes }: OnnxNode,
  current: string,
  arrays: ReadonlyMap<string, WeightArray>,
  maps: ChainLayer[],
): void {
  const last = maps[maps.length - 1];
  if (PLAIN.includes(operator)) return;
  if (Object.hasOwn(FUNCTIONS, operator)) {
    if (attributes.get("approximate")) fail("Gelu", "exact", "an approximation by tanh");
    return setFunction(FUNCTIONS[operator], maps);
  }
  const others = inputs.filter((name) => name !== current && name !== "");
  const [first, second] = others.map((name) => arrays.get(name));
  if (!first || others.length !== (second ? 2 : 1)) {
    fail("operators", "of one input and constants", `${operator} of others`);
  }
  if (operator === "Add" && last && !last.activation) {
    const { values } = first, step = values.length === 1 ? 0 : 1;
    if (step === 1 && values.length !== last.nOut) fail("Add", `of ${last.nOut}`, values.length);
    for (let q = 0; q < last.nOut; q++) last.bias[q] += values[q * step];
    return;
  }
  if ((operator !== "Gemm" && operator !== "MatMul") || inputs[0] !== current) {
    fail("operators", "Gemm, MatMul, Add and functions such as Relu, in a chain", operator);
  }
  maps.push(affineMap(first, second, attributes));
}

function affineMap(
  { shape, values }: WeightArray,
  bias: WeightArray | undefined,
  attributes: ReadonlyMap<string, number>,
): ChainLayer {
  if (shape.length !== 2) fail("weights", "a matrix", `[${shape.join(", ")}]`);
  if (attributes.get("transA")) fail("transA", "0", 1);
  const turned = attributes.get("transB") === 1;
  const [nIn, nOut] = turned ? [shape[1], shape[0]] : shape;
  const alpha = attributes.get("alpha") ?? 1, beta = attributes.get("beta") ?? 1;
  const weights = new Float64Array(nIn * nOut);
  for (let p = 0; p < nIn; p++) {
    for (let q = 0; q < nOut; q++) {
      weights[p * nOut + q] = alpha * values[turned ? q * nIn + p : p * nOut + q];
    }
  }
  const step = bias?.values.length === 1 ? 0 : 1;
  if (bias && step === 1 && bias.values.length !== nOut) {
    fail("bias", `of ${nOut} numbers`, bias.values.length);
  }
  const constants = Float64Array.from(
    { length: nOut },
    (_, q) => bias ? beta * bias.values[q * step] : 0,
  );
  return { nIn, nOut, weights, bias: constants };
}
