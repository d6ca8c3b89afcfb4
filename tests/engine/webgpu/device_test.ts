import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import {
  createWebgpuEngine,
  EngineError,
  findWebgpuAdapter,
  type LbfgsMethod,
} from "../../../lib/engine/mod.ts";
import { findProblem, galleryDatasets } from "../../../lib/data/mod.ts";
import { createNetwork, forward } from "../../../lib/model/mod.ts";
import { multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import { fitsLbfgs } from "../../../lib/engine/webgpu/resident_lbfgs.ts";
import { adam, lbfgs, trainToEnd } from "../../../lib/train/mod.ts";
import { randomDataset, randomNetwork } from "../../support/networks.ts";
import { gpuTest } from "../../support/webgpu.ts";

const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 100, testRows: 10 });

gpuTest("findWebgpuAdapter() names the adapter that the engine takes", async (engine) => {
  const adapter = (await findWebgpuAdapter())!;
  assertEquals(adapter, engine.adapter);
  assert(adapter.name.length > 0 && adapter.maxBindingBytes >= 2 ** 27);
});

gpuTest("train() keeps the best network when the device is lost", async () => {
  const engine = await createWebgpuEngine();
  const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
  let epochs = 0, lowest = Infinity;
  const end = await trainToEnd(network, train, {
    engine,
    schedule: multilevelSchedule([8, 4]),
    onEvent(event) {
      if (event.type !== "epoch") return;
      lowest = Math.min(lowest, event.record.loss);
      if (++epochs === 2) engine.dispose();
    },
  });
  assertEquals(end.status, "failed");
  assert(/best network so far is kept/.test(end.reason), end.reason);
  assertEquals(epochs, 2);
  // Measured again by the CPU engine, in float64.
  assertLessOrEqual(Math.abs(end.loss - lowest), 1e-4 * lowest);
  const outputs = forward(end.network, train.inputs);
  const loss = outputs.reduce((sum, y, i) => sum + (y - train.targets[i]) ** 2, 0) / train.rows;
  assertLessOrEqual(Math.abs(loss - end.loss), 1e-9);
});

gpuTest(
  "train() keeps the coarser grids' network when a finer one does not compile",
  async (engine) => {
    let compiled = 0;
    const failing: typeof engine = {
      ...engine,
      compile: (...args) => {
        if (++compiled === 2) {
          return Promise.reject(
            new EngineError("Cannot use WebGPU: no memory"),
          );
        }
        return engine.compile(...args);
      },
    };
    const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
    const end = await trainToEnd(network, train, {
      engine: failing,
      schedule: multilevelSchedule([1, 1]),
    });
    assertEquals(end.status, "failed");
    assertEquals(end.network.config.intervals, 5);
    assert(end.loss < 0.1);
  },
);

gpuTest("compile() refuses numbers that float32 cannot hold", async (engine) => {
  const options = { widths: [2, 3, 1], basis: "relu", intervals: 80, knots: "uniform" } as const;
  const network = randomNetwork(options, 1);
  const dataset = randomDataset({ rows: 50, nIn: 2, nOut: 1, seed: 1 });
  await assertRejects(
    () => engine.compile({ network, loss: { kind: "mse" }, dataset }),
    EngineError,
    "ReLU powers lose digits in float32",
  );
});

gpuTest("a lost engine refuses to compile", async () => {
  const engine = await createWebgpuEngine();
  engine.dispose();
  const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
  await assertRejects(
    () => engine.compile({ network, loss: { kind: "mse" }, dataset: train }),
    EngineError,
  );
});

gpuTest("every buffer is freed, over many compiles", async (engine) => {
  const before = engine.work.bytes;
  const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
  for (let repeat = 0; repeat < 3; repeat++) {
    for (const optimizer of [lbfgs(), adam({ batchSize: 40 })]) {
      const options = { engine, optimizer, schedule: multilevelSchedule([2, 1]) };
      assertEquals((await trainToEnd(network, train, options)).status, "completed");
      assertEquals(engine.work.bytes, before);
    }
  }
  const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset: train });
  assert(engine.work.bytes > before);
  evaluator.dispose();
  assertEquals(engine.work.bytes, before);
});

Deno.test("fitsLbfgs() leaves pairs that no binding holds to the caller", () => {
  const method = { memory: 200 } as LbfgsMethod;
  assert(fitsLbfgs(method, 1000, 8 * 201 * 1000));
  assert(!fitsLbfgs(method, 1000, 8 * 201 * 1000 - 1));
});

Deno.test("createWebgpuEngine() refuses bindings that hold nothing", async () => {
  await assertRejects(
    () => createWebgpuEngine({ maxBindingBytes: 3 }),
    RangeError,
    "maxBindingBytes must",
  );
});

Deno.test("createWebgpuEngine() says that there is no adapter", async () => {
  const program = `
    import { createWebgpuEngine, findWebgpuAdapter } from "./lib/engine/mod.ts";
    console.log(await findWebgpuAdapter());
    await createWebgpuEngine().catch(({ name, message }) => console.log(name, message));
  `;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", program],
    env: { DENO_WEBGPU_BACKEND: "dx12", NO_COLOR: "1" },
  }).output();
  assertEquals(
    new TextDecoder().decode(stdout).trim().split("\n"),
    ["undefined", "EngineError Cannot use WebGPU: there is no adapter; use the CPU engine instead"],
  );
});
