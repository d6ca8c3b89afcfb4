import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import { findProblem, galleryDatasets } from "../../lib/data/mod.ts";
import { referenceEngine } from "../../lib/engine/mod.ts";
import { createNetwork, forward, withStatistics } from "../../lib/model/mod.ts";
import { multilevelSchedule, prolong } from "../../lib/multilevel/mod.ts";
import { createTensorEngine, type TfTensor } from "../../lib/tfjs/mod.ts";
import { lbfgs, trainToEnd } from "../../lib/train/mod.ts";
import { normwise, type TestTf, tfjsTest, valuesOf } from "../support/tfjs.ts";

const ROWS = 500;
const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: ROWS, testRows: 1 });
const inputs = train.inputs.map(Math.fround), targets = train.targets.map(Math.fround);
const dataset = { ...train, inputs, targets };
const network = rounded(createNetwork({ widths: [2, 5, 1] }, { seed: 3 }));

function rounded(given: ReturnType<typeof createNetwork>): typeof given {
  return { ...given, parameters: given.parameters.map(Math.fround) };
}

/** The rows as results of operations: they were never buffers of ours. */
function tensors(tf: TestTf): { inputs: TfTensor; targets: TfTensor } {
  return tf.tidy(() => {
    const x = tf.tensor(Float32Array.from(inputs), [ROWS, 2]);
    const y = tf.tensor(Float32Array.from(targets), [ROWS, 1]);
    return [tf.mul(x, 1), tf.mul(y, 1)];
  }).reduce((all, tensor, i) => ({ ...all, [["inputs", "targets"][i]]: tensor }), {}) as {
    inputs: TfTensor;
    targets: TfTensor;
  };
}

/** The buffer that a tensor lives in, as the backend knows it. */
function bufferOf(tf: TestTf, tensor: TfTensor): GPUBuffer {
  const backend = tf.backend() as { tensorMap: { get(id: object): { resource: GPUBuffer } } };
  return backend.tensorMap.get(tensor.dataId).resource;
}

interface Traffic {
  /** Bytes written from the host, copied between buffers, mapped to the host. */
  written: number;
  copied: number;
  read: number;
  /** Buffers that were bound, and those that were copied from. */
  bound: Set<GPUBuffer>;
  sources: Set<GPUBuffer>;
}

/** Counts all that moves numbers, whoever asks for it, while something runs. */
async function watchTraffic(run: () => Promise<void>): Promise<Traffic> {
  const traffic: Traffic = { written: 0, copied: 0, read: 0, bound: new Set(), sources: new Set() };
  const undo: (() => void)[] = [];
  // deno-lint-ignore no-explicit-any
  function spy(prototype: any, name: string, note: (args: any[]) => void): void {
    const original = prototype[name];
    // deno-lint-ignore no-explicit-any
    prototype[name] = function (...args: any[]) {
      note(args);
      return original.apply(this, args);
    };
    undo.push(() => prototype[name] = original);
  }
  spy(GPUQueue.prototype, "writeBuffer", ([, , data]) => traffic.written += data.byteLength);
  spy(GPUDevice.prototype, "createBuffer", ([{ mappedAtCreation, size }]) => {
    if (mappedAtCreation) traffic.written += size;
  });
  spy(
    GPUCommandEncoder.prototype,
    "copyBufferToBuffer",
    (args) => {
      traffic.sources.add(args[0]);
      traffic.copied += args.at(-1);
    },
  );
  spy(GPUBuffer.prototype, "mapAsync", ([, , size]) => traffic.read += size ?? NaN);
  spy(GPUDevice.prototype, "createBindGroup", ([{ entries }]) => {
    for (const { resource } of entries) traffic.bound.add(resource.buffer);
  });
  try {
    await run();
  } finally {
    for (const each of undo) each();
  }
  return traffic;
}

tfjsTest("createTensorEngine() trains on tensors without copying them", async (tf) => {
  const engine = await createTensorEngine(tf);
  const rows = tensors(tf);
  const before = tf.memory().numTensors;
  let evaluator: Awaited<ReturnType<typeof engine.compileTensors>>;
  const compiling = await watchTraffic(async () => {
    evaluator = await engine.compileTensors(network, { kind: "mse" }, rows);
  });
  const buffers = [rows.inputs, rows.targets].map((tensor) => bufferOf(tf, tensor));
  for (const buffer of buffers) assert(compiling.bound.has(buffer), "bound where it lies");
  const sample = 48 * 3 * 4; // bytes of the rows that the self-check reads
  assertLessOrEqual(compiling.copied - sample, 3 * 3000); // its results, three blocks at most
  assertLessOrEqual(compiling.read, 3 * 3000 + sample);

  const gradient = new Float64Array(network.parameters.length), expected = gradient.slice();
  const value = (await evaluator!.evaluate(network.parameters, gradient)).objective;
  const reference = await referenceEngine.compile({ network, loss: { kind: "mse" }, dataset });
  const exact = (await reference.evaluate(network.parameters, expected)).objective;
  assertLessOrEqual(Math.abs(value - exact), 2e-5 * exact);
  assertLessOrEqual(normwise(gradient, expected), 2e-5);

  const optimizer = lbfgs(), state = optimizer.init(network.parameters);
  const { readbacks } = engine.work;
  const training = await watchTraffic(async () => {
    for (let epoch = 0; epoch < 3; epoch++) await optimizer.epoch(state, evaluator);
  });
  assertEquals(engine.work.readbacks, readbacks + 3);
  assertLessOrEqual(state.objective, value / 10);
  assertLessOrEqual(training.written, 3 * 8000); // parameters, never rows
  for (const buffer of buffers) assert(!training.sources.has(buffer), "not copied");

  // Disposed of by their owner, the rows stay until the evaluator goes.
  tf.dispose([rows.inputs, rows.targets]);
  assertEquals(tf.memory().numTensors, before);
  assert((await evaluator!.evaluate(network.parameters)).objective === value);
  evaluator!.dispose();
  assertEquals(tf.memory().numTensors, before - 2);
  await assertRejects(
    async () => (await evaluator.evaluate(network.parameters)).objective,
    Error,
    "disposed",
  );
  engine.dispose();
}, ["webgpu"]);

tfjsTest("tensorsAt() gives the engine's buffers as tensors, in order with tf", async (tf) => {
  const engine = await createTensorEngine(tf);
  const rows = tensors(tf);
  const evaluator = await engine.compileTensors(network, { kind: "mse" }, rows);
  await evaluator.tensorsAt(network.parameters); // compiles
  const other = network.parameters.map((value) => Math.fround(0.5 * value));
  const before = tf.memory().numTensors;
  let error: TfTensor | undefined;
  let buffers: GPUBuffer[] = [];
  const traffic = await watchTraffic(async () => {
    const { outputs, gradient, parameters } = await evaluator.tensorsAt(network.parameters);
    buffers = [outputs, gradient, parameters].map((tensor) => bufferOf(tf, tensor));
    // Queued by tf before the engine writes the same buffers again:
    error = tf.tidy(() => tf.mean(tf.square(tf.sub(outputs, rows.targets))));
    const next = await evaluator.tensorsAt(other);
    assertEquals(
      [next.outputs, next.gradient, next.parameters].map((tensor) => bufferOf(tf, tensor)),
      buffers,
    );
    assert((outputs as unknown as { isDisposed: boolean }).isDisposed, "the old results are void");
  });
  assertEquals([traffic.copied, traffic.read], [0, 0]);
  assert(traffic.bound.has(buffers[0]), "tf binds the engine's buffer");
  // parameters, and tf's uniforms: nothing of 500 rows
  assertLessOrEqual(traffic.written, 2 * 4 * network.parameters.length + 1000);

  const { outputs, gradient, parameters } = await evaluator.tensorsAt(network.parameters);
  const plain = forward(withStatistics(network, inputs), inputs);
  assertLessOrEqual(normwise(await valuesOf(outputs), plain), 2e-5);
  assertEquals(Float64Array.from(await valuesOf(parameters)), network.parameters);
  const own = new Float64Array(network.parameters.length);
  const found = Float64Array.from(await valuesOf(gradient));
  const value = (await evaluator.evaluate(network.parameters, own)).objective;
  assertEquals(found, own);
  // of the first point, not of the second
  assertLessOrEqual(Math.abs((await valuesOf(error!))[0] - value), 2e-5 * value);
  error!.dispose();
  evaluator.dispose();
  assertEquals(tf.memory().numTensors, before - 3 - 2); // results, and what was held of the rows
  tf.dispose([rows.inputs, rows.targets]);
  engine.dispose();
}, ["webgpu"]);

tfjsTest("createTensorEngine() is an engine for fit, and refines on tensors", async (tf) => {
  const engine = await createTensorEngine(tf);
  const before = tf.memory().numTensors;
  const end = await trainToEnd(network, dataset, { engine, schedule: multilevelSchedule([4, 2]) });
  assertEquals(end.status, "completed");
  const rows = tensors(tf);
  const optimizer = lbfgs();
  let current = network, objective = Infinity;
  for (const epochs of [4, 2]) {
    if (current !== network) current = prolong(current);
    const evaluator = await engine.compileTensors(current, { kind: "mse" }, rows);
    const state = optimizer.init(current.parameters);
    for (let epoch = 0; epoch < epochs; epoch++) await optimizer.epoch(state, evaluator);
    objective = state.objective;
    const statistics = (await evaluator.evaluate(state.parameters)).statistics();
    current = { ...current, parameters: state.parameters, statistics };
    evaluator.dispose();
  }
  assertEquals(current.config.intervals, 10);
  // The same path as fit's, whose rows were uploaded.
  assertLessOrEqual(objective, 3 * end.loss);
  const outputs = forward(current, inputs);
  const loss = outputs.reduce((sum, y, i) => sum + (y - targets[i]) ** 2, 0) / ROWS;
  assertLessOrEqual(Math.abs(loss - objective), 1e-3 * loss);
  tf.dispose([rows.inputs, rows.targets]);
  assertEquals(tf.memory().numTensors, before);
  engine.dispose();
}, ["webgpu"]);

tfjsTest("compileTensors() takes weights, and says what does not fit", async (tf) => {
  const engine = await createTensorEngine(tf);
  const rows = tensors(tf);
  const weights = Float64Array.from({ length: ROWS }, (_, r) => r % 3);
  const own = await engine.compileTensors(network, { kind: "mse" }, {
    ...rows,
    weights: tf.tensor(Float32Array.from(weights), [ROWS, 1]),
  });
  const reference = await referenceEngine.compile({
    network,
    loss: { kind: "mse" },
    dataset: {
      ...dataset,
      weights,
    },
  });
  const exact = (await reference.evaluate(network.parameters)).objective;
  assertLessOrEqual(
    Math.abs((await own.evaluate(network.parameters)).objective - exact),
    2e-5 * exact,
  );
  own.dispose();
  const compile = (more: object) =>
    engine.compileTensors(network, { kind: "mse" }, { ...rows, ...more });
  await assertRejects(
    () => compile({ targets: tf.zeros([3, 1]) }),
    TypeError,
    "Cannot compile network: targets must be of shape [500, nOut], current value is [3,1]",
  );
  await assertRejects(
    () => compile({ targets: tf.cast(rows.targets, "int32") }),
    TypeError,
    "targets must be float32, current value is int32",
  );
  engine.dispose();
}, ["webgpu"]);

tfjsTest("createTensorEngine() needs the webgpu backend", async (tf) => {
  await assertRejects(
    () => createTensorEngine(tf),
    TypeError,
    "Cannot share a device: the backend of TensorFlow.js must be webgpu, current value is cpu",
  );
}, ["cpu"]);
