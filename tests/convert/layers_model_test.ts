import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import {
  type ChainFunction,
  type ChainLayer,
  importLayersModel,
  readLayersChain,
  readLayersModel,
  readOnnxChain,
  splinesOfChain,
} from "../../lib/convert/mod.ts";
import { SMOOTH_FUNCTIONS } from "../../lib/convert/import/_smooth_functions.ts";
import { Message } from "../../lib/export/onnx/protobuf.ts";
import { certify } from "../../lib/certify/mod.ts";
import { createRandom, forward } from "../../lib/model/mod.ts";

const random = createRandom(3, "layers");

function drawLayer(nIn: number, nOut: number, activation?: ChainFunction): ChainLayer {
  const draw = (count: number) =>
    Float64Array.from({ length: count }, () => Math.fround(random.normal() / Math.sqrt(nIn)));
  const layer = { nIn, nOut, weights: draw(nIn * nOut), bias: draw(nOut) };
  return activation ? { ...layer, activation } : layer;
}

function outputsOf(chain: readonly ChainLayer[], row: ArrayLike<number>): number[] {
  let z = Array.from(row);
  for (const { nIn, nOut, weights, bias, activation } of chain) {
    z = Array.from({ length: nOut }, (_, q) => {
      let sum = bias[q];
      for (let p = 0; p < nIn; p++) sum += z[p] * weights[p * nOut + q];
      return activation ? SMOOTH_FUNCTIONS[activation].value(sum) : sum;
    });
  }
  return z;
}

/** `model.json` and `weights.bin` of a chain, in the ways that there are. */
function files(chain: readonly ChainLayer[], form: "tfjs" | "keras" | "functional" | "old") {
  const names = chain.map((_, i) => `dense_Dense${i + 1}`);
  const layers = chain.map(({ nOut, activation = "linear" }, i) => {
    const name = names[i];
    const config = { name, units: nOut, use_bias: true, activation, trainable: true };
    const inbound = [[[i === 0 ? "input" : names[i - 1], 0, 0, {}]]];
    return {
      class_name: "Dense",
      config,
      ...(form === "functional" ? { name, inbound_nodes: inbound } : {}),
    };
  });
  const first = { class_name: "InputLayer", config: { name: "input" }, inbound_nodes: [] };
  const list = form === "functional"
    ? [...layers.toReversed(), { ...first, name: "input" }]
    : layers;
  const model = {
    class_name: form === "functional" ? "Functional" : "Sequential",
    config: form === "old" ? list : { name: "m", layers: list },
  };
  const modelTopology = form === "keras"
    ? { keras_version: "2.15.0", backend: "tensorflow", model_config: model }
    : { ...model, keras_version: "tfjs-layers 4.22.0", backend: "tensor_flow.js" };
  const prefix = form === "keras" ? "sequential/" : "";
  const weights = chain.flatMap(({ nIn, nOut }, i) => [
    { name: `${prefix}${names[i]}/kernel`, shape: [nIn, nOut], dtype: "float32" },
    { name: `${prefix}${names[i]}/bias`, shape: [nOut], dtype: "float32" },
  ]);
  const numbers = chain.flatMap((layer) => [...layer.weights, ...layer.bias]);
  const bytes = new Uint8Array(Float32Array.from(numbers).buffer);
  const text = JSON.stringify({
    format: "layers-model",
    modelTopology,
    weightsManifest: [{ paths: ["./weights.bin"], weights }],
  });
  return { json: new TextEncoder().encode(text), bytes };
}

for (const form of ["tfjs", "keras", "functional", "old"] as const) {
  for (const kind of ["relu", "tanh"] as const) {
    Deno.test(`an MLP of dense layers says what TensorFlow.js would, ${form}, ${kind}`, () => {
      const chain = [
        drawLayer(3, 6, kind),
        drawLayer(6, 4),
        drawLayer(4, 5, kind),
        drawLayer(5, 2),
      ];
      const { json, bytes } = files(chain, form), file = readLayersModel(json);
      assertEquals(file.paths, ["./weights.bin"]);
      const network = importLayersModel(file.topology, file.weights(bytes));
      assertEquals(network.config.widths, [3, 6, 6, 2]); // two neighbours multiplied, a constant
      for (let r = 0; r < 100; r++) {
        const row = Float64Array.from({ length: 3 }, () => 5 * random.normal());
        const found = forward(network, row), expected = outputsOf(chain, row);
        expected.forEach((value, q) => assertLess(Math.abs(value - found[q]), 1e-12));
      }
    });
  }
}

Deno.test("weights of 8 and 16 bits are scaled", () => {
  const weights = [{
    ...{ name: "a/kernel", shape: [1, 2], dtype: "float32" },
    quantization: { dtype: "uint8", scale: 0.5, min: -1, original_dtype: "float32" },
  }, {
    ...{ name: "a/bias", shape: [1], dtype: "float32" },
    quantization: { dtype: "uint16", scale: 2, min: 0 },
  }];
  const text = JSON.stringify({
    modelTopology: {},
    weightsManifest: [{ paths: ["a", "b"], weights }],
  });
  const file = readLayersModel(new TextEncoder().encode(text));
  const arrays = file.weights(Uint8Array.of(0, 6, 1, 1));
  assertEquals([...arrays.get("a/kernel")!.values, ...arrays.get("a/bias")!.values], [-1, 2, 514]);
});

Deno.test("models that are no chains of dense layers are refused", () => {
  const dense = (name: string, activation: unknown) => ({
    class_name: "Dense",
    config: { name, activation, use_bias: false },
  });
  const weights = new Map(["a", "b"].map((name) => [
    `${name}/kernel`,
    { shape: [1, 1], values: Float64Array.of(2) },
  ]));
  const refused = (layers: unknown[], text: string, kind = "Sequential") =>
    assertThrows(
      () => importLayersModel({ class_name: kind, config: { layers } }, weights),
      TypeError,
      text,
    );
  refused([dense("a", "relu"), { class_name: "Conv2D", config: {} }], "current value is Conv2D");
  refused([dense("a", "selu"), dense("b", "linear")], "current value is selu");
  refused([dense("a", "constructor"), dense("b", "linear")], "current value is constructor");
  refused([dense("a", "sigmoid"), dense("b", "linear")], "all ReLU or all tanh");
  refused([dense("a", "linear"), dense("b", "linear")], "two affine maps or more");
  refused([dense("a", "relu"), dense("c", "linear")], "weights must be with c/kernel");
  refused([dense("a", "relu"), dense("b", "softmax")], "current value is softmax");
  refused([dense("a", "relu")], "Sequential or a functional chain", "Bidirectional");
  const relu = { class_name: "ReLU", config: { max_value: 6 } };
  refused([dense("a", "linear"), relu, dense("b", "linear")], "one with max_value");
  const read = (text: string) => () => readLayersModel(new TextEncoder().encode(text));
  assertThrows(read("{"), TypeError, "no JSON");
  assertThrows(read("{}"), TypeError, "JSON without topology");
  const { json, bytes } = files([drawLayer(1, 1, "relu"), drawLayer(1, 1)], "tfjs");
  const file = readLayersModel(json);
  assertThrows(() => file.weights(bytes.subarray(0, 7)), TypeError, "of 8 bytes or more");
  assertThrows(() => file.weights(new Uint8Array(40)), TypeError, "of 16 bytes");
});

const KINDS = ["tanh", "sigmoid", "gelu", "silu", "softplus"] as const;
for (const [i, kind] of KINDS.entries()) {
  for (const degree of [1, 2, 3, 5, 9]) {
    Deno.test(`splines for ${kind} of degree ${degree} differ by no more than is proven`, () => {
      const other = KINDS[(i + 1) % KINDS.length];
      const chain = [drawLayer(2, 5, kind), drawLayer(5, 4, other), drawLayer(4, 2)];
      const box = [[-2, 1], [0, 3]] as const;
      for (const wanted of degree === 1 ? [0.05] : [0.05, 1e-4]) {
        const { network, error } = splinesOfChain(chain, { box, error: wanted, degree });
        assert(error <= wanted && network.config.degree === degree);
        let worst = 0;
        for (let r = 0; r < 5000; r++) {
          const row = box.map(([low, high]) => {
            const share = Math.min(1, Math.max(0, 1.2 * random.uniform() - 0.1)); // ends, too
            return low + share * (high - low);
          });
          const found = forward(network, Float64Array.from(row));
          outputsOf(chain, row).forEach((value, q) => {
            worst = Math.max(worst, Math.abs(value - found[q]));
          });
        }
        assert(worst <= error, `${worst} above ${error}`);
        const slack = degree > 5 ? 500 : 50; // bounds of high degrees are looser
        assert(worst >= error / slack, `${worst} far below ${error}`);
        if (degree <= 7) certify(network, { box, boxes: 10 }); // what it says is a network like others
      }
    });
  }
}

Deno.test("ReLU among smooth functions stays exact; what cannot be proven is refused", () => {
  const chain = [drawLayer(2, 4, "relu"), drawLayer(4, 1, "sigmoid")];
  const box = [[-1, 1], [-1, 1]] as const;
  const { network, error } = splinesOfChain(chain, { box, error: 1e-3 });
  assertEquals(network.config.widths, [2, 4, 1, 1]);
  for (let r = 0; r < 1000; r++) {
    const row = [2 * random.uniform() - 1, 2 * random.uniform() - 1];
    const [found] = forward(network, Float64Array.from(row));
    assertLess(Math.abs(found - outputsOf(chain, row)[0]), error + 1e-300);
  }
  const options = { box, error: 1e-3 };
  assertThrows(() => splinesOfChain(chain, { ...options, degree: 2 }), RangeError, "where ReLU");
  assertThrows(() => splinesOfChain(chain, { ...options, error: 1e-15 }), RangeError, "at least");
  assertThrows(() => splinesOfChain(chain, { error: 1, box: [[0, 1]] }), RangeError, "2 ranges");
});

Deno.test("silu and gelu as PyTorch spells them out in ONNX are found", () => {
  const file = (nodes: readonly (readonly [string, string[], string])[]): Uint8Array => {
    const graph = new Message();
    for (const [operator, inputs, output] of nodes) {
      const node = new Message();
      for (const input of inputs) node.text(1, input);
      graph.message(1, node.text(2, output).text(4, operator));
    }
    const arrays = { w: [1, 1], root: [], half: [], one: [] };
    const values = { w: 2, root: Math.SQRT2, half: 0.5, one: 1 };
    for (const [name, shape] of Object.entries(arrays)) {
      const tensor = new Message();
      for (const size of shape) tensor.integer(1, size);
      const raw = new Uint8Array(Float32Array.of(values[name as "w"]).buffer);
      graph.message(5, tensor.integer(2, 1).bytes(9, raw).text(8, name));
    }
    graph.message(11, new Message().text(1, "x")).message(12, new Message().text(1, "y"));
    return new Message().integer(1, 8).message(7, graph).encode();
  };
  const silu = file([
    ["MatMul", ["x", "w"], "a"],
    ["Sigmoid", ["a"], "s"],
    ["Mul", ["a", "s"], "b"],
    ["MatMul", ["b", "w"], "y"],
  ]);
  const gelu = file([
    ["MatMul", ["x", "w"], "a"],
    ["Div", ["a", "root"], "d"],
    ["Erf", ["d"], "e"],
    ["Add", ["e", "one"], "f"],
    ["Mul", ["a", "f"], "g"],
    ["Mul", ["g", "half"], "b"],
    ["MatMul", ["b", "w"], "y"],
  ]);
  assertEquals(readOnnxChain(silu).map(({ activation }) => activation), ["silu", undefined]);
  assertEquals(readOnnxChain(gelu).map(({ activation }) => activation), ["gelu", undefined]);
});

Deno.test("a chain that is read of a model of dense layers has its functions", () => {
  const chain = [drawLayer(2, 3, "gelu"), drawLayer(3, 1)];
  const { json, bytes } = files(chain, "tfjs"), file = readLayersModel(json);
  const read = readLayersChain(file.topology, file.weights(bytes));
  assertEquals(read.map(({ activation }) => activation), ["gelu", undefined]);
  assertEquals(read[0].weights, chain[0].weights);
});
