import { assertEquals, assertLess, assertThrows } from "@std/assert";
import {
  importEfficientKan,
  importOnnxMlp,
  importPykan,
  readStateDict,
} from "../../lib/convert/mod.ts";
import { exportModel, networkProgram } from "../../lib/export/mod.ts";
import { createNetwork, createRandom, forward, type Network } from "../../lib/model/mod.ts";
import { Message } from "../../lib/export/onnx/protobuf.ts";

type Nested = number[] | Nested[];

const random = createRandom(3, "import");
const draw = (...shape: number[]): Nested =>
  shape.length === 1
    ? Array.from({ length: shape[0] }, () => Math.fround(random.normal()))
    : Array.from({ length: shape[0] }, () => draw(...shape.slice(1))) as Nested[];

/** Knots: even, or moved, but not the ends. */
function grid(nIn: number, intervals: number, degree: number, moved: boolean): number[][] {
  const step = 2 / intervals, points = intervals + 2 * degree + 1;
  return Array.from({ length: nIn }, () =>
    Array.from({ length: points }, (_, i) => {
      const inside = i > 0 && i < points - 1 && moved;
      return Math.fround(-1 + (i - degree + (inside ? 0.4 * (random.uniform() - 0.5) : 0)) * step);
    }));
}

/** B-splines by their definition, 0 beyond the grid, as both systems evaluate them. */
function bsplines(x: number, t: number[], degree: number): number[] {
  let b: number[] = t.slice(0, -1).map((knot, i) => x >= knot && x < t[i + 1] ? 1 : 0);
  for (let k = 1; k <= degree; k++) {
    b = b.slice(0, -1).map((value, i) =>
      (x - t[i]) / (t[i + k] - t[i]) * value +
      (t[i + k + 1] - x) / (t[i + k + 1] - t[i + 1]) * b[i + 1]
    );
  }
  return b;
}

const silu = (x: number) => x / (1 + Math.exp(-x));

/** The largest difference at points inside, between and beyond the grids. */
function difference(network: Network, expected: (x: number[]) => number[]): number {
  let worst = 0;
  const nIn = network.config.widths[0];
  for (let r = 0; r < 500; r++) {
    const x = Array.from({ length: nIn }, () => (r % 3 === 0 ? 4 : 1) * (2 * random.uniform() - 1));
    const y = forward(network, Float64Array.from(x));
    expected(x).forEach((value, q) => worst = Math.max(worst, Math.abs(value - y[q])));
  }
  return worst;
}

const bytesOf = (state: object) => new TextEncoder().encode(JSON.stringify(state));

for (const degree of [1, 2, 3, 5, 9]) {
  for (const moved of [false, true]) {
    const title = `degree ${degree}, ${moved ? "moved" : "even"} knots`;
    const widths = [2, 4, 3], intervals = 4, functions = intervals + degree;

    Deno.test(`weights of efficient-kan give its values everywhere: ${title}`, () => {
      const scaled = degree !== 2;
      const layers = widths.slice(1).map((nOut, l) => ({
        base_weight: draw(nOut, widths[l]) as number[][],
        spline_weight: draw(nOut, widths[l], functions) as number[][][],
        ...(scaled ? { spline_scaler: draw(nOut, widths[l]) as number[][] } : {}),
        grid: grid(widths[l], intervals, degree, moved),
      }));
      const state = Object.fromEntries(
        layers.flatMap((layer, l) =>
          Object.entries(layer).map(([name, array]) => [`layers.${l}.${name}`, array])
        ),
      );
      const expected = (x: number[]) =>
        layers.reduce(
          (values, layer) =>
            layer.base_weight.map((weights, q) =>
              values.reduce((sum, value, p) => {
                const scale = layer.spline_scaler?.[q][p] ?? 1;
                const b = bsplines(value, layer.grid[p], degree);
                return sum + weights[p] * silu(value) +
                  scale *
                    b.reduce((part, each, i) => part + each * layer.spline_weight[q][p][i], 0);
              }, 0)
            ),
          x,
        );
      const network = importEfficientKan(readStateDict(bytesOf(state)));
      assertEquals(network.config.widths, widths);
      assertLess(difference(network, expected), moved ? 1e-10 : 2e-5);
    });

    Deno.test(`weights of pykan give its values everywhere: ${title}`, () => {
      const layers = widths.slice(1).map((nOut, l) => ({
        grid: grid(widths[l], intervals, degree, moved),
        coef: draw(widths[l], nOut, functions) as number[][][],
        scale_base: draw(widths[l], nOut) as number[][],
        scale_sp: draw(widths[l], nOut) as number[][],
        mask: Array.from(
          { length: widths[l] },
          (_, p) => Array.from({ length: nOut }, (_, q) => (p + q) % 4 === 3 ? 0 : 1),
        ),
      }));
      const nodes = widths.slice(1).map((nOut) => ({
        subnode_scale: draw(nOut) as number[],
        subnode_bias: draw(nOut) as number[],
        node_scale: draw(nOut) as number[],
        node_bias: draw(nOut) as number[],
      }));
      const state = Object.fromEntries(layers.flatMap((layer, l) => [
        ...Object.entries(layer).map(([name, array]) => [`act_fun.${l}.${name}`, array]),
        ...Object.entries(nodes[l]).map(([name, array]) => [`${name}_${l}`, array]),
        [`symbolic_fun.${l}.mask`, layer.mask[0].map((_, q) => layer.mask.map(() => 0 * q))],
      ]));
      const expected = (x: number[]) =>
        layers.reduce((values, layer, l) =>
          layer.mask[0].map((_, q) => {
            const sum = values.reduce((part, value, p) => {
              const b = bsplines(value, layer.grid[p], degree);
              const spline = b.reduce((all, each, i) => all + each * layer.coef[p][q][i], 0);
              return part + layer.mask[p][q] *
                  (layer.scale_base[p][q] * silu(value) + layer.scale_sp[p][q] * spline);
            }, 0);
            const inner = nodes[l].subnode_scale[q] * sum + nodes[l].subnode_bias[q];
            return nodes[l].node_scale[q] * inner + nodes[l].node_bias[q];
          }), x);
      const network = importPykan(readStateDict(bytesOf(state)));
      assertLess(difference(network, expected), moved ? 1e-10 : 2e-5);
    });
  }
}

Deno.test("state dicts are read from safetensors, too", () => {
  const header = new TextEncoder().encode(JSON.stringify({
    __metadata__: { format: "pt" },
    a: { dtype: "F32", shape: [2, 1], data_offsets: [0, 8] },
    n: { dtype: "I64", shape: [1], data_offsets: [8, 16] },
  }));
  const bytes = new Uint8Array(8 + header.length + 16), view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  view.setFloat32(8 + header.length, 1.5, true);
  view.setFloat32(12 + header.length, -2, true);
  view.setBigInt64(16 + header.length, 7n, true);
  const state = readStateDict(bytes);
  assertEquals([...state.get("a")!.values, ...state.get("n")!.values], [1.5, -2, 7]);
  assertThrows(() => readStateDict(bytes.subarray(0, -1)), TypeError, "must be whole");
  assertThrows(() => readStateDict(Uint8Array.of(1, 2, 3)), TypeError, "JSON or safetensors");
});

for (const activation of ["relu", "tanh"] as const) {
  for (const dtype of ["float64", "float32"] as const) {
    Deno.test(`an MLP goes to ONNX and back, ${activation}, ${dtype}`, () => {
      const mlp = createNetwork({ widths: [3, 5, 4, 2], activation }, { seed: 2 });
      const { content } = exportModel(networkProgram(mlp), { to: "onnx", dtype }).files[0];
      const again = importOnnxMlp(content as Uint8Array);
      const x = Float64Array.of(0.3, -2, 0.7), y = forward(again, x);
      const far = dtype === "float64" ? 1e-300 : 1e-6;
      forward(mlp, x).forEach((value, q) => assertLess(Math.abs(value - y[q]), far));
    });
  }
}

/** A file of a graph, made by hand: `x` through nodes to `y`. */
function file(
  nodes: readonly (readonly [string, string[], string, Record<string, number>?])[],
  arrays: Record<string, readonly [number[], number[]]>,
): Uint8Array {
  const graph = new Message();
  for (const [operator, inputs, output, attributes = {}] of nodes) {
    const node = new Message();
    for (const input of inputs) node.text(1, input);
    node.text(2, output).text(4, operator);
    for (const [name, value] of Object.entries(attributes)) {
      const whole = name.startsWith("trans");
      const attribute = new Message().text(1, name);
      node.message(5, whole ? attribute.integer(3, value) : attribute.float(2, value));
    }
    graph.message(1, node);
  }
  for (const [name, [shape, values]] of Object.entries(arrays)) {
    const tensor = new Message();
    for (const size of shape) tensor.integer(1, size);
    tensor.integer(2, 1).bytes(4, new Uint8Array(Float32Array.from(values).buffer)).text(8, name);
    graph.message(5, tensor);
  }
  graph.message(11, new Message().text(1, "x")).message(12, new Message().text(1, "y"));
  return new Message().integer(1, 8).message(7, graph).encode();
}

Deno.test("a chain of Gemm with biases, as PyTorch writes it", () => {
  for (
    const [operator, f] of [["Relu", (x: number) => Math.max(0, x)], ["Tanh", Math.tanh]] as const
  ) {
    const bytes = file([
      ["Flatten", ["x"], "f"],
      ["Gemm", ["f", "w0", "b0"], "h", { transB: 1, alpha: 1, beta: 1 }],
      [operator, ["h"], "r"],
      ["MatMul", ["r", "w1"], "m"],
      ["Add", ["m", "b1"], "y"],
    ], {
      w0: [[3, 2], [1, 2, 3, 4, -5, 6]],
      b0: [[3], [0.5, -0.5, 1]],
      w1: [[3, 1], [2, -1, 0.5]],
      b1: [[1], [10]],
    });
    const network = importOnnxMlp(bytes), x = [0.3, -0.2];
    const h = [[1, 2], [3, 4], [-5, 6]].map(([a, b], q) =>
      f(a * x[0] + b * x[1] + [0.5, -0.5, 1][q])
    );
    const expected = 2 * h[0] - h[1] + 0.5 * h[2] + 10;
    assertLess(Math.abs(forward(network, Float64Array.from(x))[0] - expected), 1e-14);
  }
});

Deno.test("files of other systems that are no such network are refused", () => {
  const arrays = { w: [[1, 1], [1]], c: [[1], [2]] } as const;
  const twice = (...inner: [string, string[], string][]) =>
    file([["MatMul", ["x", "w"], "a"], ...inner, ["MatMul", ["b", "w"], "y"]], arrays as never);
  const refused = (bytes: Uint8Array, text: string) =>
    assertThrows(() => importOnnxMlp(bytes), TypeError, text);
  refused(twice(["Conv", ["a", "w"], "b"]), "current value is Conv");
  refused(twice(["Sigmoid", ["a"], "b"]), "current value is sigmoid");
  refused(twice(["Identity", ["a"], "b"]), "two affine maps or more"); // they are multiplied
  refused(file([["MatMul", ["x", "w"], "y"]], arrays as never), "two affine maps");
  refused(file([["Relu", ["x"], "y"]], {}), "relu behind an affine map");
  refused(file([["Relu", ["z"], "y"]], {}), "a chain from its input to its output");
  refused(Uint8Array.of(1, 2, 3, 255, 255), "ONNX model");
  refused(new Uint8Array(), "one input and one output");
  const state = (fields: object) => () => importEfficientKan(readStateDict(bytesOf(fields)));
  assertThrows(state({ a: [1] }), TypeError, "layers.0.spline_weight");
  const layer = { "layers.0.base_weight": [[1]], "layers.0.spline_weight": [[[1, 2, 3]]] };
  assertThrows(state({ ...layer, "layers.0.grid": [[0, 1, 2]] }), TypeError, "degree from 1 to 9");
  const symbolic = {
    "act_fun.0.coef": [[[1, 2, 3]]],
    "act_fun.0.scale_base": [[1]],
    "act_fun.0.scale_sp": [[1]],
    "act_fun.0.grid": [[-2, -1, 0, 1, 2]],
    "symbolic_fun.0.mask": [[1]],
  };
  assertThrows(() => importPykan(readStateDict(bytesOf(symbolic))), TypeError, "symbols");
});
