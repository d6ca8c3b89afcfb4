/**
 * MLPs from ONNX files: chains of affine maps and ReLU or tanh.
 *
 * @module
 */

import type { Network } from "../../model/mod.ts";
import { mlpOfMaps } from "../_mlp_of_maps.ts";
import { type OnnxNode, readOnnxGraph } from "./onnx_graph.ts";
import type { WeightArray } from "./state_dict.ts";

/** `y = x W + b`, and the function behind it. */
interface AffineMap {
  readonly nIn: number;
  readonly nOut: number;
  /** Shape `[nIn, nOut]`. */
  readonly weights: Float64Array;
  /** Shape `[nOut]`. */
  readonly bias: Float64Array;
  activation?: "relu" | "tanh";
}

function fail(name: string, rule: string, value: unknown): never {
  throw new TypeError(`Cannot import network: ${name} must be ${rule}, current value is ${value}`);
}

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
  const { nodes, arrays, input, output } = readOnnxGraph(bytes);
  const maps: AffineMap[] = [];
  let current = input, left = nodes.length;
  while (current !== output) {
    const next: OnnxNode | undefined = nodes.find(({ inputs }) => inputs.includes(current));
    if (!next || left-- === 0) fail("graph", "a chain from its input to its output", "another");
    addNode(next, current, arrays, maps);
    current = next.output;
  }
  return mlpOf(maps);
}

function addNode(
  { operator, inputs, attributes }: OnnxNode,
  current: string,
  arrays: ReadonlyMap<string, WeightArray>,
  maps: AffineMap[],
): void {
  const last = maps[maps.length - 1];
  if (PLAIN.includes(operator)) return;
  if (operator === "Relu" || operator === "Tanh") {
    if (!last || last.activation) fail("graph", `${operator} behind an affine map`, "another");
    last.activation = operator === "Relu" ? "relu" : "tanh";
    return;
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
    fail("operators", "Gemm, MatMul, Add, Relu, Tanh, in a chain", operator);
  }
  if (last && !last.activation) fail("graph", "of a function between affine maps", "none");
  maps.push(affineMap(first, second, attributes));
}

function affineMap(
  { shape, values }: WeightArray,
  bias: WeightArray | undefined,
  attributes: ReadonlyMap<string, number>,
): AffineMap {
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

function mlpOf(maps: readonly AffineMap[]): Network {
  const kinds = new Set(maps.slice(0, -1).map(({ activation }) => activation));
  const last = maps[maps.length - 1], [kind] = kinds;
  if (maps.length < 2) fail("graph", "of two affine maps or more", maps.length);
  if (kinds.size > 1 || kind === undefined) {
    fail("functions between maps", "of one kind", "several");
  }
  if (last.activation) fail("graph", "with an affine map at its end", last.activation);
  maps.forEach(({ nIn }, k) => {
    if (k > 0 && nIn !== maps[k - 1].nOut) fail("graph", "of maps that fit", `${nIn} inputs`);
  });
  return mlpOfMaps(maps, kind, ({ nIn, nOut, weights }, w, width) => {
    for (let p = 0; p < nIn; p++) w.set(weights.subarray(p * nOut, (p + 1) * nOut), p * width);
  });
}
