/**
 * Everything that reads what people bring: tables, problems, formulas, flags, files of its own.
 *
 * @module
 */

import { readProblem } from "../../cli/commands/solve/problem_file.ts";
import { parseFlags } from "../../cli/flags/parse.ts";
import { readSchedule } from "../../cli/flags/schedule.ts";
import { TRAIN_FLAGS } from "../../cli/commands/train/flags.ts";
import { trainRequest } from "../../cli/commands/train/request.ts";
import {
  compileTape,
  differentiate,
  evaluateExpression,
  parseExpression,
  variablesOf,
} from "../../lib/physics/inner.ts";
import {
  importEfficientKan,
  importLayersModel,
  importOnnxMlp,
  importPykan,
  readLayersModel,
  readStateDict,
} from "../../lib/convert/mod.ts";
import { exportModel, networkProgram } from "../../lib/export/mod.ts";
import { pdeEngine } from "../../lib/physics/mod.ts";
import { createNetwork, decodeModel, encodeModel, forward } from "../../lib/model/mod.ts";
import { decodeCheckpoint, encodeCheckpoint, train } from "../../lib/train/mod.ts";
import { multilevelSchedule } from "../../lib/multilevel/mod.ts";
import { parseTable, prepareTable, streamTable } from "../../lib/data/mod.ts";

/** One kind of input. */
export interface FuzzTarget {
  readonly name: string;
  /** Good inputs. */
  readonly samples: readonly Uint8Array[];
  /** Words that mean something in them. */
  readonly words: readonly string[];
  /** Reads one; may throw what a person can read, and nothing else. */
  take(bytes: Uint8Array): void | Promise<void>;
}

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const TABLES = [
  "x,y\n1,2\n3,4\n5,6\n7,9\n",
  'a;b;target\n1,5;"red";0\n2,5;"blue";1\n3,5;"red";0\n4,5;"green";1\n',
  "# comment\nx y z\n1 2 3\n4 5 6\n7 8 9\n",
  ",id,when,y\n0,9007199254740993,2024-01-01,1\n1,9007199254740994,2024-01-02,2\n2,9007199254740995,2024-01-03,4\n",
  "x\ty\r\n1e3\t-2\r\n\t3\r\n.5\tNA\r\n1\t1\r\n",
];

const PROBLEMS = [
  {
    name: "heat",
    domain: { t: [0, 1], x: [0, 1] },
    constants: { k: 0.1 },
    equations: [{ equation: "u_t = k*u_xx", weight: 2 }],
    conditions: [
      { at: { t: 0 }, equation: "u = sin(pi*x)", points: 8 },
      { at: { x: [0, 1] }, equation: "u = 0", name: "walls" },
    ],
    exact: { u: "exp(-k*pi^2*t)*sin(pi*x)" },
    network: { hidden: [3], degree: 3, intervals: 2 },
    epochs: [2],
    grid: [4, 4],
  },
  {
    domain: { x: [0, 1] },
    unknowns: ["u", "v"],
    coefficients: { k: 1 },
    positive: ["k"],
    equations: [{ equation: "d(u*v, x) = k*integral(u, x, 0, 1)" }, {
      equation: "v = at(u, x, 0)",
    }],
    conditions: [
      { at: { x: 0 }, equation: "u = 1" },
      { data: { x: [0, 0.5], y: [1, 2] }, equation: "v = y" },
    ],
    incomplete: true,
    renewal: { every: 2, points: { count: 9, by: "slope" } },
  },
  {
    domain: { x: [-1, 1], y: [0, 2] },
    periodic: ["x"],
    ansatz: { u: "y*N" },
    equations: [{ equation: "u_xx + u_yy = if(x > 0, 1, -1)*max(y, 0.5)" }],
    conditions: [{ at: { y: 2, x: [-1, 0] }, equation: "u = 0" }],
  },
].map((problem) => JSON.stringify(problem));

const WEIGHTS = [
  {
    "layers.0.base_weight": [[1, 2]],
    "layers.0.spline_weight": [[[1, 2, 3], [4, 5, 6]]],
    "layers.0.grid": [[-2, -1, 0, 1, 2], [-2, -1, 0.1, 1, 2]],
  },
  {
    "act_fun.0.grid": [[-2, -1, 0, 1, 2]],
    "act_fun.0.coef": [[[1, 2, 3], [4, 5, 6]]],
    "act_fun.0.scale_base": [[0.5, 1]],
    "act_fun.0.scale_sp": [[1, 1]],
    "act_fun.0.mask": [[1, 0]],
    node_bias_0: [1, 2],
    "symbolic_fun.0.mask": [[0, 0]],
  },
];

const SAFETENSORS = (() => {
  const arrays = { base_weight: [1, 1], spline_weight: [1, 1, 3], grid: [1, 5] };
  const numbers = [0.5, 1, 2, 3, -2, -1, 0, 1, 2], header: Record<string, object> = {};
  let at = 0;
  for (const [name, shape] of Object.entries(arrays)) {
    const end = at + 4 * shape.reduce((product, size) => product * size);
    header[`layers.0.${name}`] = { dtype: "F32", shape, data_offsets: [at, end] };
    at = end;
  }
  const head = encode(JSON.stringify(header)), bytes = new Uint8Array(8 + head.length + at);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(head.length), true);
  bytes.set(head, 8);
  bytes.set(new Uint8Array(Float32Array.from(numbers).buffer), 8 + head.length);
  return bytes;
})();

function mlpInOnnx(): Uint8Array {
  const mlp = createNetwork({ widths: [2, 3, 1], activation: "relu" }, { seed: 1 });
  const [{ content }] = exportModel(networkProgram(mlp), { to: "onnx" }).files;
  return content as Uint8Array;
}

const FORMULAS = [
  "u_t + u*u_x = nu*u_xx",
  "-x^2 + 3*y = 1",
  "if(x < y, sin(x*y), atan2(y, x)) + erf(x)/max(1e-3, abs(y))",
  "log10(exp(x)) - mod(x, 2)^y*heaviside(x - 1)",
];

const SCHEDULES = ["32,16,8,4", "auto", "0,0,16", "8-knots+24,16", "100@adam+32,8@lbfgs"];

const COMMAND_LINES = [
  "--problem nonsmooth --rows 100 --schedule 8,4 --degree 3 --knots free --seed 7",
  "--data t.csv --target y --inputs a,b --widths 2,5,1 --loss huber --huber-delta 0.1",
  "--data t.csv --target y --loss cross-entropy --class-weights balanced --seeds 1..3 --keep mean",
  "--problem product --optimizer adam --learning-rate 0.01 --batch-size 8 --quiet --json",
];

/** Reads tables with the last column as the target. */
function prepare(bytes: Uint8Array): void {
  const table = parseTable(decode(bytes), { name: "table" });
  const targets = [table.columns[table.columns.length - 1]];
  for (const task of ["regression", "classification"] as const) {
    prepareTable(table, { targets, task, seed: 1, validationFraction: 0.2 });
  }
}

/** Makes all targets: some want a trained network. */
export async function fuzzTargets(): Promise<FuzzTarget[]> {
  const network = createNetwork({ widths: [2, 3, 1], intervals: 2 }, { seed: 1 });
  const inputs = Float64Array.from({ length: 12 }, (_, i) => Math.sin(i));
  const dataset = { rows: 6, nIn: 2, nOut: 1, inputs, targets: inputs.subarray(0, 6) };
  const checkpoints: Uint8Array[] = [];
  for await (const event of train(network, dataset, { schedule: multilevelSchedule([2, 1]) })) {
    if (event.type !== "epoch" || !event.checkpoint) continue;
    checkpoints.push(encodeCheckpoint(event.checkpoint(), { version: "1" }));
  }
  const relu = createNetwork({ widths: [1, 2, 2], basis: "relu", normalisation: "none" }, {
    seed: 2,
  });
  return [
    {
      name: "table",
      samples: TABLES.map(encode),
      words: ["x", "y", "NA", "nan", "1,2", "1;2", "\n", '"', "2024-01-01", "1.5e", "true"],
      take: prepare,
    },
    {
      name: "streamed table",
      samples: TABLES.map(encode),
      words: ["x", "y", "\n", '"', "\r"],
      async take(bytes) {
        async function* blocks(): AsyncGenerator<Uint8Array> {
          for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
        }
        for await (const _ of streamTable(blocks(), { name: "table", rowsPerPart: 2 }));
      },
    },
    {
      name: "problem",
      samples: PROBLEMS.map(encode),
      words: [
        "u_xx",
        "u_t",
        "x",
        "t",
        "k",
        "domain",
        "at",
        "data",
        '"x"',
        "0.5",
        "[0,1]",
        "u = 1",
        "N",
      ],
      take(bytes) {
        const problem = readProblem(bytes, "problem.json");
        const counts = Object.keys(problem.domain).map(() => 2);
        if (counts.length <= 6) pdeEngine(problem, { sampler: { kind: "grid", counts } });
      },
    },
    {
      name: "formula",
      samples: FORMULAS.map(encode),
      words: ["sin(", "x", "y", ")", "if(", "max(", ",", "pi", "d(", "at(", "integral(", "e5", "."],
      take(bytes) {
        const formula = parseExpression(decode(bytes)), names = variablesOf(formula);
        const slope = differentiate(
          formula,
          (name) => name === names[0] ? { kind: "number", value: 1 } : undefined,
        );
        for (const each of [formula, slope]) {
          evaluateExpression(each, Object.fromEntries(names.map((name, i) => [name, i + 0.5])));
          const tape = compileTape(each, 2);
          tape.run();
          tape.pull();
        }
      },
    },
    {
      name: "schedule",
      samples: SCHEDULES.map(encode),
      words: ["auto", "@adam", "@lbfgs", "-knots", "+", ",", "0"],
      take: (bytes) => void readSchedule(new Map([["schedule", decode(bytes)]])),
    },
    {
      name: "command line",
      samples: COMMAND_LINES.map(encode),
      words: ["--json", "--widths", "--no-", "--target-scale", "--engine", "1..3", "=", "--seeds"],
      take(bytes) {
        const { given } = parseFlags(decode(bytes).split(/\s+/), TRAIN_FLAGS, 3);
        trainRequest(given);
      },
    },
    {
      name: "model",
      samples: [network, relu].map((each) => encodeModel(each)),
      words: ["F64", "I64", '"shape":[', "data_offsets", "widths", "degree"],
      take(bytes) {
        const decoded = decodeModel(bytes);
        if (decoded.network.parameters.length > 1000) return;
        forward(decoded.network, new Float64Array(2 * decoded.network.config.widths[0]));
      },
    },
    {
      name: "checkpoint",
      samples: checkpoints,
      words: ["F64", "epochs", "stage", "$float", "data_offsets", "null"],
      take: (bytes) => void decodeCheckpoint(bytes),
    },
    {
      name: "weights of other systems",
      samples: [...WEIGHTS.map((each) => encode(JSON.stringify(each))), SAFETENSORS],
      words: ["layers.0.grid", "act_fun.0.coef", "[[", "]]", "F32", '"shape":[', "data_offsets"],
      take(bytes) {
        const state = readStateDict(bytes);
        const network = state.has("act_fun.0.coef")
          ? importPykan(state)
          : importEfficientKan(state);
        if (network.parameters.length > 1000) return;
        forward(network, new Float64Array(2 * network.config.widths[0]));
      },
    },
    {
      name: "MLP in ONNX",
      samples: [mlpInOnnx()],
      words: ["MatMul", "Gemm", "Relu", "Tanh", "Add", "columns", "outputs"],
      take: (bytes) => void importOnnxMlp(bytes),
    },
    {
      name: "dense layers of TensorFlow.js",
      samples: [denseLayers()],
      words: ["Dense", "ReLU", "config", "layers", "kernel", "relu", "inbound_nodes", "Functional"],
      take(bytes) {
        const file = readLayersModel(bytes);
        importLayersModel(file.topology, file.weights(new Uint8Array(36)));
      },
    },
  ];
}

/** `model.json` of two dense layers, whose weights have 36 bytes. */
function denseLayers(): Uint8Array {
  const dense = (name: string, activation: string) => ({
    class_name: "Dense",
    config: { name, activation, use_bias: name === "a" },
  });
  const weights = [["a/kernel", [2, 2]], ["a/bias", [2]], ["b/kernel", [2, 1]]].map((
    [name, shape],
  ) => ({ name, shape, dtype: "float32" }));
  weights.push({ name: "unused", shape: [1], dtype: "float32" });
  const layers = [dense("a", "relu"), dense("b", "linear")];
  const modelTopology = { class_name: "Sequential", config: { name: "m", layers } };
  const weightsManifest = [{ paths: ["weights.bin"], weights }];
  return new TextEncoder().encode(JSON.stringify({ modelTopology, weightsManifest }));
}
