import { assert, assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import { referenceEngine } from "../../../lib/engine/mod.ts";
import { withStatistics } from "../../../lib/model/mod.ts";
import { multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import { adam, lbfgs, trainToEnd } from "../../../lib/train/mod.ts";
import { maskedPair } from "../../support/edge_masks.ts";
import { randomDataset, randomNetwork } from "../../support/networks.ts";
import { gpuTest } from "../../support/webgpu.ts";

const DATA = randomDataset({ rows: 200, nIn: 3, nOut: 2, seed: 5 });

gpuTest("webgpu engine respects masks", async (engine) => {
  for (const options of [{ base: "silu" }, { firstLayer: "spline", bias: false }] as const) {
    const start = randomNetwork({ widths: [3, 6, 4, 2], ...options }, 5);
    const { masked } = maskedPair(withStatistics(start, DATA.inputs), 0.4, 5);
    const loss = { kind: "mse", weightDecay: 0.01 } as const;
    const results = [];
    for (const each of [referenceEngine, engine]) {
      const evaluator = await each.compile({ network: masked, loss, dataset: DATA });
      const gradient = new Float64Array(masked.parameters.length);
      const found = await evaluator.evaluate(masked.parameters, gradient);
      results.push({ objective: found.objective, gradient });
      assertEquals(found.outputs().length, 400);
      evaluator.dispose();
    }
    const [plain, fast] = results;
    assertLessOrEqual(Math.abs(fast.objective / plain.objective - 1), 1e-5);
    const size = plain.gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    fast.gradient.forEach((g, i) =>
      assertLessOrEqual(Math.abs(g - plain.gradient[i]), 1e-4 * size)
    );
    for (const optimizer of [lbfgs(), adam({ batchSize: 50 })]) {
      const schedule = multilevelSchedule([2, 1]);
      const { network, loss } = await trainToEnd(masked, DATA, { engine, optimizer, schedule });
      assertEquals(network.config.edges, masked.config.edges);
      assert(loss < plain.objective);
    }
  }
});

gpuTest("results that stay on the device are refused with masks", async (engine) => {
  const { masked } = maskedPair(randomNetwork({ widths: [3, 6, 4, 2] }, 5), 0.4, 5);
  const evaluator = await engine.compile({
    network: masked,
    loss: { kind: "mse" },
    dataset: DATA,
  });
  await assertRejects(() => evaluator.resultsAt(masked.parameters), RangeError, "edges must be");
  evaluator.dispose();
});
