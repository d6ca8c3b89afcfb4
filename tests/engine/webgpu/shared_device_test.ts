import { assert, assertEquals, assertLessOrEqual, assertRejects, assertThrows } from "@std/assert";
import { createWebgpuEngine, EngineError, type WebgpuRows } from "../../../lib/engine/mod.ts";
import type { Dataset } from "../../../lib/data/mod.ts";
import { createNetwork, forward, withStatistics } from "../../../lib/model/mod.ts";
import { adam, lbfgs, type Optimizer } from "../../../lib/train/mod.ts";
import { randomDataset, randomNetwork } from "../../support/networks.ts";
import { gpuTest } from "../../support/webgpu.ts";
import { norm, roundedProblem, TOLERANCE } from "../../support/webgpu_cases.ts";

const USAGE = 4 | 128; // COPY_SRC | STORAGE

/** Puts float32 numbers into a buffer that is created full. */
function place(device: GPUDevice, values: Float64Array): GPUBuffer {
  const buffer = device.createBuffer({
    size: 4 * values.length,
    usage: USAGE,
    mappedAtCreation: true,
  });
  new Float32Array(buffer.getMappedRange()).set(values);
  buffer.unmap();
  return buffer;
}

/** A dataset as somebody else's buffers. */
function placeRows(device: GPUDevice, dataset: Dataset): WebgpuRows {
  const { rows, nIn, nOut, inputs, targets, weights } = dataset;
  return {
    rows,
    nIn,
    nOut,
    inputs: place(device, inputs),
    targets: place(device, targets),
    ...weights &&
      { weights: { buffer: place(device, weights), total: weights.reduce((a, b) => a + b) } },
  };
}

/** Reads a buffer through the device, as another program would. */
async function contents(device: GPUDevice, buffer: GPUBuffer): Promise<Float64Array> {
  const staging = device.createBuffer({ size: buffer.size, usage: 1 | 8 });
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  const numbers = Float64Array.from(new Float32Array(staging.getMappedRange()));
  staging.destroy();
  return numbers;
}

gpuTest("compileRows() computes the same bits as compile, weights and all", async (engine) => {
  for (const weighted of [false, true]) {
    const [network, dataset] = roundedProblem(
      randomNetwork({ widths: [2, 5, 3] }, 4),
      randomDataset({ rows: 150, nIn: 2, nOut: 3, seed: 4, weighted }),
    );
    const rows = placeRows(engine.device, dataset);
    const loss = { kind: "huber", delta: 0.4, weightDecay: 0.01 } as const;
    const one = await engine.compile({ network, loss, dataset });
    const other = await engine.compileRows(network, loss, rows);
    const g = new Float64Array(network.parameters.length), h = g.slice();
    const placed = await other.evaluate(network.parameters, h);
    const uploaded = await one.evaluate(network.parameters, g);
    assertEquals(placed.objective, uploaded.objective);
    assertEquals(h, g);
    assertEquals(placed.statistics(), uploaded.statistics());
    const optimizers = [lbfgs(), adam({ batchSize: 40 })] as unknown as Optimizer[];
    for (const optimizer of optimizers) {
      if (weighted && optimizer.name === "adam") continue; // its batches need weights on the host
      const ends = [];
      for (const evaluator of [one, other]) {
        const state = optimizer.init(network.parameters, dataset.rows);
        await optimizer.epoch(state, evaluator);
        await optimizer.epoch(state, evaluator);
        ends.push(state);
      }
      assertEquals(ends[1].parameters, ends[0].parameters, optimizer.name);
      assertEquals(ends[1].objective, ends[0].objective);
    }
    one.dispose();
    other.dispose();
    // The rows are still their owner's, unchanged.
    assertEquals(await contents(engine.device, rows.inputs), dataset.inputs);
    assertEquals(await contents(engine.device, rows.targets), dataset.targets);
  }
});

gpuTest("resultsAt() leaves outputs and gradient on the device", async (engine) => {
  const [network, dataset] = roundedProblem(
    randomNetwork({ widths: [2, 4, 2] }, 9),
    randomDataset({ rows: 77, nIn: 2, nOut: 2, seed: 9, weighted: true }),
  );
  for (const rows of [dataset, placeRows(engine.device, dataset)]) {
    const evaluator = rows === dataset
      ? await engine.compile({ network, loss: { kind: "mse" }, dataset })
      : await engine.compileRows(network, { kind: "mse" }, rows as WebgpuRows);
    const gradient = new Float64Array(network.parameters.length);
    await evaluator.evaluate(network.parameters, gradient);
    await evaluator.resultsAt(new Float64Array(gradient.length)); // compiles
    const { readbacks, submits } = engine.work;
    const results = await evaluator.resultsAt(network.parameters);
    assertEquals([engine.work.readbacks, engine.work.submits], [readbacks, submits + 1]);
    assertEquals(await contents(engine.device, results.parameters), network.parameters);
    assertEquals(await contents(engine.device, results.gradient), gradient);
    const expected = forward(withStatistics(network, dataset.inputs), dataset.inputs);
    const outputs = await contents(engine.device, results.outputs);
    assertLessOrEqual(norm(outputs.map((y, i) => y - expected[i])), TOLERANCE * norm(expected));
    evaluator.dispose();
  }
});

gpuTest("resultsAt() elsewhere does not disturb L-BFGS", async (engine) => {
  const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
  const dataset = randomDataset({ rows: 100, nIn: 2, nOut: 1, seed: 1 });
  const ends: Float64Array[] = [];
  for (const disturbed of [false, true]) {
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
    const optimizer = lbfgs({ maxIterations: 5 });
    const state = optimizer.init(network.parameters);
    for (let epoch = 0; epoch < 3; epoch++) {
      await optimizer.epoch(state, evaluator);
      if (disturbed) await evaluator.resultsAt(network.parameters);
    }
    ends.push(state.parameters);
    evaluator.dispose();
  }
  assertEquals(ends[1], ends[0]);
});

gpuTest("createWebgpuEngine() shares a device that stays open", async ({ device }) => {
  const engine = await createWebgpuEngine({ device });
  assert(engine.device === device);
  const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
  const dataset = randomDataset({ rows: 20, nIn: 2, nOut: 1, seed: 1 });
  const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
  assert((await evaluator.evaluate(network.parameters)).objective > 0);
  evaluator.dispose();
  engine.dispose();
  await assertRejects(
    () => engine.compile({ network, loss: { kind: "mse" }, dataset }),
    EngineError,
    "back",
  );
  assertEquals(
    await contents(device, place(device, dataset.inputs)), // the device works
    dataset.inputs.map(Math.fround),
  );
});

gpuTest("compileRows() says what does not fit", async (engine) => {
  const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
  const dataset = randomDataset({ rows: 60, nIn: 2, nOut: 1, seed: 1 });
  const rows = placeRows(engine.device, dataset);
  const compile = (more: Partial<WebgpuRows>) =>
    engine.compileRows(network, { kind: "mse" }, { ...rows, ...more });
  await assertRejects(
    () => compile({ rows: 61 }),
    TypeError,
    "Cannot compile network: buffer of inputs must be at least 488 bytes, current value is 480",
  );
  await assertRejects(() => compile({ rows: 0 }), RangeError, "rows must be an integer");
  await assertRejects(() => compile({ nIn: 1 }), TypeError, "must be 2 columns");
  const evaluator = await compile({});
  const evaluation = await evaluator.evaluate(network.parameters);
  assertThrows(() => evaluation.outputs(), EngineError, "rows are on the device only");
  assertThrows(
    () => evaluator.batches!.select(new Int32Array(3)),
    EngineError,
    "Cannot select rows",
  );
  evaluator.dispose();
  const small = await createWebgpuEngine({ device: engine.device, maxBindingBytes: 1024 });
  await assertRejects(
    () => small.compileRows(network, { kind: "mse" }, rows),
    RangeError,
    "rows on the device must be at most",
  );
  small.dispose();
});
