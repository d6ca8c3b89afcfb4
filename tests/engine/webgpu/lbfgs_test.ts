import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import {
  cpuEngine,
  type Evaluator,
  type LbfgsMethod,
  type WebgpuEngine,
} from "../../../lib/engine/mod.ts";
import { findProblem, galleryDatasets } from "../../../lib/data/mod.ts";
import { createNetwork, type Network } from "../../../lib/model/mod.ts";
import { multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import { lbfgs, trainToEnd } from "../../../lib/train/mod.ts";
import { randomDataset, randomNetwork } from "../../support/networks.ts";
import { gpuTest } from "../../support/webgpu.ts";

const METHOD: LbfgsMethod = {
  kind: "lbfgs",
  lineSearch: "wolfe",
  memory: 10,
  maxIterations: 10,
  gradientTolerance: 1e-12,
  changeTolerance: 0,
};

function problem(rows = 150) {
  return galleryDatasets(findProblem("nonsmooth"), { rows, testRows: 10 }).train;
}

async function withEvaluator(
  engine: WebgpuEngine,
  network: Network,
  run: (evaluator: Evaluator) => Promise<void>,
): Promise<void> {
  const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset: problem() });
  try {
    await run(evaluator);
  } finally {
    evaluator.dispose();
  }
}

gpuTest("runEpoch() needs 20 dispatches an iteration and one readback an epoch", async (engine) => {
  const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
  await withEvaluator(engine, network, async (evaluator) => {
    const first = await evaluator.resident!.runEpoch(METHOD, network.parameters);
    const before = { ...engine.work };
    const shorter = await evaluator.resident!.runEpoch(METHOD, first!.parameters);
    const between = { ...engine.work };
    await evaluator.resident!.runEpoch({ ...METHOD, maxIterations: 20 }, shorter!.parameters);
    const more = engine.work.dispatches - between.dispatches;
    const perIteration = (more - (between.dispatches - before.dispatches)) / 10;
    assertLessOrEqual(perIteration, 20);
    assertEquals(engine.work.readbacks - between.readbacks, 1);
    assertEquals(engine.work.submits - between.submits, 1);
  });
});

gpuTest("runEpoch() reads once an epoch in a whole training run", async (engine) => {
  const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
  const before = engine.work.readbacks;
  const schedule = multilevelSchedule([2, 1]);
  const { status } = await trainToEnd(network, problem(), { engine, schedule });
  assertEquals(status, "completed");
  // 3 epochs; and at the start of each of two grids the self-check and the first value.
  assertLessOrEqual(engine.work.readbacks - before, 7);
});

gpuTest(
  "runEpoch() lowers the objective, reports its gradient, and repeats bit for bit",
  async (engine) => {
    const network = createNetwork({ widths: [2, 5, 1] }, { seed: 2 });
    const ends: Float64Array[] = [];
    for (let repeat = 0; repeat < 2; repeat++) {
      await withEvaluator(engine, network, async (evaluator) => {
        const start = (await evaluator.evaluate(network.parameters)).objective;
        const one = (await evaluator.resident!.runEpoch(METHOD, network.parameters))!;
        const two = (await evaluator.resident!.runEpoch(METHOD, one.parameters))!;
        assert(one.objective < start && two.objective < one.objective);
        assertEquals(two.status, "running");
        assertEquals(
          (await evaluator.evaluate(two.parameters)).objective,
          two.objective,
          "known, not asked again",
        );
        const gradient = new Float64Array(network.parameters.length);
        assertEquals((await evaluator.evaluate(two.parameters, gradient)).objective, two.objective);
        assertEquals(gradient, two.gradient);
        ends.push(two.parameters);
      });
    }
    assertEquals(ends[0], ends[1]);
  },
);

gpuTest("runEpoch() takes the steps of the two-loop recursion", async (engine) => {
  // Unit steps leave nothing to choose: the same iterates as on the CPU, to float32.
  for (const memory of [3, 10, 100]) {
    const network = randomNetwork({ widths: [2, 4, 1], knots: "uniform" }, 3, "zero");
    network.parameters.forEach((x, i) => network.parameters[i] = Math.fround(x));
    const dataset = problem();
    const optimizer = lbfgs({ lineSearch: "none", memory, maxIterations: 8, maxEvaluations: 100 });
    const ends: Float64Array[] = [];
    for (const each of [engine, cpuEngine]) {
      const evaluator = await each.compile({ network, loss: { kind: "mse" }, dataset });
      const state = optimizer.init(network.parameters);
      await optimizer.epoch(state, evaluator);
      ends.push(state.parameters);
      evaluator.dispose();
    }
    const moved = Math.hypot(...ends[1].map((x, i) => x - network.parameters[i]));
    const apart = Math.hypot(...ends[1].map((x, i) => x - ends[0][i]));
    assertLessOrEqual(apart, 1e-3 * moved, `memory ${memory}`);
  }
});

gpuTest("trainToEnd() on the webgpu engine ends near the CPU's loss", async (engine) => {
  const network = createNetwork({ widths: [2, 5, 1] }, { seed: 2 });
  const schedule = multilevelSchedule([4, 3]);
  const own = await trainToEnd(network, problem(), { engine, schedule });
  const plain = await trainToEnd(network, problem(), { schedule });
  assertLessOrEqual(own.loss, 3 * plain.loss);
  assertEquals(own.network.statistics.length, 1);
});

gpuTest("runEpoch() reports divergence as a status", async (engine) => {
  const network = randomNetwork({
    widths: [2, 2],
    firstLayer: "spline",
    normalisation: "none",
    extrapolation: "error",
  }, 1);
  const dataset = randomDataset({ rows: 20, nIn: 2, nOut: 2, seed: 1, reach: 3 });
  const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
  const method = { ...METHOD, lineSearch: "none" } as const;
  const reading = await evaluator.resident!.runEpoch(method, network.parameters);
  assertEquals(reading!.status, "diverged");
  evaluator.dispose();
});

gpuTest("runEpoch() leaves mini-batches and large memories to the caller", async (engine) => {
  const network = createNetwork({ widths: [2, 5, 1] }, { seed: 1 });
  await withEvaluator(engine, network, async (evaluator) => {
    const large = { ...METHOD, memory: 1000 };
    assertEquals(await evaluator.resident!.runEpoch(large, network.parameters), undefined);
    evaluator.batches!.select(Int32Array.of(1, 2, 3));
    assertEquals(await evaluator.resident!.runEpoch(METHOD, network.parameters), undefined);
  });
});
