import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import {
  createCpuEngine,
  createWebgpuEngine,
  type Engine,
  type LbfgsMethod,
  type WebgpuEngine,
} from "../../../lib/engine/mod.ts";
import { findProblem, galleryDatasets } from "../../../lib/data/mod.ts";
import { createNetwork, type Network } from "../../../lib/model/mod.ts";
import { coarseSchedule, multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import {
  adam,
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  lbfgs,
  type Optimizer,
  trainToEnd,
} from "../../../lib/train/mod.ts";
import { gpuTest } from "../../support/webgpu.ts";

const METHOD: LbfgsMethod = {
  kind: "lbfgs",
  lineSearch: "wolfe",
  memory: 10,
  maxIterations: 4,
  gradientTolerance: 1e-12,
  changeTolerance: 0,
};

const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 150, testRows: 10 });
const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });

function evaluatorOf(engine: Engine) {
  return engine.compile({ network, loss: { kind: "mse" }, dataset: train });
}

gpuTest("runEpoch() begins the next epoch before it has read this one", async (engine) => {
  const one = await evaluatorOf(engine), other = await evaluatorOf(engine);
  let here = network.parameters, there = network.parameters;
  for (const more of [true, true, true, false, false]) {
    const before = { ...engine.work };
    const plain = (await one.resident!.runEpoch(METHOD, here))!;
    const between = { ...engine.work };
    const ahead = (await other.resident!.runEpoch(METHOD, there, { more }))!;
    assertEquals(between.readbacks - before.readbacks, 1);
    assertEquals(engine.work.readbacks - between.readbacks, 1);
    assertEquals(ahead, plain);
    here = plain.parameters;
    there = ahead.parameters;
  }
  const before = { ...engine.work };
  const { parameters } = (await other.resident!.runEpoch(METHOD, there, { more: true }))!;
  assertEquals(engine.work.submits - before.submits, 2);
  await other.resident!.runEpoch(METHOD, parameters);
  assertEquals(engine.work.submits - before.submits, 2, "was submitted before");
  assertEquals(engine.work.readbacks - before.readbacks, 2);
  one.dispose();
  other.dispose();
});

gpuTest("runEpoch() leaves no trace of an epoch that nobody asked for", async (engine) => {
  const longer = { ...METHOD, maxIterations: 6 };
  const one = await evaluatorOf(engine), other = await evaluatorOf(engine);
  const here = (await one.resident!.runEpoch(METHOD, network.parameters))!;
  const there = (await other.resident!.runEpoch(METHOD, network.parameters, { more: true }))!;
  assertEquals(
    await other.resident!.runEpoch(longer, there.parameters),
    await one.resident!.runEpoch(longer, here.parameters),
  );
  // Evaluations at other points in between leave none either.
  const plain = (await one.resident!.runEpoch(longer, network.parameters))!;
  const again = (await other.resident!.runEpoch(longer, network.parameters, { more: true }))!;
  await other.evaluate(here.parameters);
  assertEquals((await other.evaluate(again.parameters)).objective, again.objective);
  await other.evaluate(here.parameters, new Float64Array(network.parameters.length));
  assertEquals(
    await other.resident!.runEpoch(longer, again.parameters),
    await one.resident!.runEpoch(longer, plain.parameters),
  );
  one.dispose();
  other.dispose();
});

gpuTest("runEpoch() goes on from its memory in another evaluator, bit for bit", async (engine) => {
  const one = await evaluatorOf(engine), other = await evaluatorOf(engine);
  const { parameters, memory } = (await one.resident!.runEpoch(METHOD, network.parameters))!;
  const next = await one.resident!.runEpoch(METHOD, parameters);
  assertEquals(await other.resident!.runEpoch(METHOD, parameters.slice(), { memory }), next);
  const anew = await other.resident!.runEpoch(METHOD, parameters.slice());
  assert(anew!.objective !== next!.objective, "without it there are no pairs");
  one.dispose();
  other.dispose();
});

/** Ends of a run, and of the same run resumed after each of its epochs, on another device. */
async function resumedEnds(
  engine: WebgpuEngine,
  other: WebgpuEngine,
  // deno-lint-ignore no-explicit-any
  optimizer: Optimizer<any>,
): Promise<Network[]> {
  const options = { optimizer, schedule: multilevelSchedule([2, 2]) };
  const checkpoints: Checkpoint[] = [];
  const whole = await trainToEnd(network, train, {
    ...options,
    engine,
    onEvent(event) {
      if (event.type === "epoch") checkpoints.push(event.checkpoint!());
    },
  });
  assertEquals(checkpoints.length, 4);
  const ends = [whole.network];
  for (const checkpoint of checkpoints) {
    const resume = decodeCheckpoint(encodeCheckpoint(checkpoint)).checkpoint;
    ends.push((await trainToEnd(network, train, { ...options, engine: other, resume })).network);
  }
  return ends;
}

gpuTest("train() resumes on the webgpu engine to the same bits", async (engine) => {
  const other = await createWebgpuEngine();
  for (const optimizer of [lbfgs({ memory: 10 }), adam({ batchSize: 40, learningRate: 0.01 })]) {
    const [whole, ...resumed] = await resumedEnds(engine, other, optimizer);
    for (const each of resumed) assertEquals(each, whole, optimizer.name);
  }
  other.dispose();
});

gpuTest("train() ends early with an epoch under way", async (engine) => {
  const controller = new AbortController();
  let lowest = Infinity;
  const end = await trainToEnd(network, train, {
    engine,
    optimizer: lbfgs(),
    schedule: coarseSchedule(20),
    signal: controller.signal,
    onEvent(event) {
      if (event.type !== "epoch") return;
      lowest = Math.min(lowest, event.record.loss);
      if (event.record.epoch === 3) controller.abort();
    },
  });
  assertEquals(end.status, "stopped");
  assertEquals(end.levels[0].epochs, 3);
  assertLessOrEqual(Math.abs(end.loss - lowest), 1e-6 * lowest);

  const loose = lbfgs({ gradientTolerance: 1e-2 });
  const before = engine.work.readbacks;
  const converged = await trainToEnd(network, train, {
    engine,
    optimizer: loose,
    schedule: coarseSchedule(20),
  });
  assertEquals(converged.status, "converged");
  const { epochs } = converged.levels[0];
  assert(epochs < 20);
  assertLessOrEqual(engine.work.readbacks - before, epochs + 3, "none of the epoch ahead");
});

gpuTest("L-BFGS in Gram form is no worse than the two-loop form", async (engine) => {
  const two = createCpuEngine({ dtype: "float32", threads: 1 });
  for (const memory of [10, 30, 100]) {
    const losses = [0, 0];
    for (const seed of [1, 2]) {
      const uniform = createNetwork({ widths: [2, 5, 1], knots: "uniform" }, { seed });
      // Unit steps and nothing to choose: the recursion alone makes the difference.
      const optimizer = lbfgs({
        ...{ lineSearch: "none", memory, changeTolerance: 0 },
        ...{ maxIterations: 105, maxEvaluations: 1000 },
      });
      for (const [k, each] of [engine, two].entries()) {
        const evaluator = await each.compile({
          network: uniform,
          loss: { kind: "mse" },
          dataset: train,
        });
        const state = optimizer.init(uniform.parameters);
        await optimizer.epoch(state, evaluator);
        losses[k] += state.objective / 2;
        evaluator.dispose();
      }
    }
    assertLessOrEqual(losses[0], 1.1 * losses[1], `memory ${memory}`);
  }
});
