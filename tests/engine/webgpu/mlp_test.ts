import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import type { Loss } from "../../../lib/engine/mod.ts";
import { findProblem, galleryDatasets } from "../../../lib/data/mod.ts";
import { createNetwork } from "../../../lib/model/mod.ts";
import { coarseSchedule } from "../../../lib/multilevel/mod.ts";
import { lbfgs, trainToEnd } from "../../../lib/train/mod.ts";
import { randomDataset } from "../../support/networks.ts";
import { gpuTest } from "../../support/webgpu.ts";
import { agreement } from "../../support/webgpu_cases.ts";

const CASES: readonly [widths: number[], bias: boolean, loss: Loss, rows: number][] = [
  [[2, 7, 1], true, { kind: "mse", weightDecay: 0.01 }, 200],
  [[3, 9, 70, 5, 2], true, { kind: "huber", delta: 0.4 }, 130],
  [[2, 6, 5, 3], false, { kind: "crossEntropy" }, 65],
  [[1, 3, 3, 1], true, { kind: "crossEntropy", weightDecay: 1e-3 }, 1],
];

gpuTest("webgpu engine equals referenceEngine on MLPs", async (engine) => {
  for (const [seed, [widths, bias, loss, rows]] of CASES.entries()) {
    const nIn = widths[0], nOut = widths[widths.length - 1];
    const targets = loss.kind !== "crossEntropy" ? "normal" : nOut === 1 ? "binary" : "oneHot";
    const found = await agreement(engine, {
      options: { widths, activation: "relu", bias },
      loss,
      dataset: randomDataset({ rows, nIn, nOut, seed, targets, weighted: seed % 2 === 0 }),
      seed,
    });
    assert(found.same);
    assertLessOrEqual(found.value, found.tolerance, `value, ${found.title}`);
    assertLessOrEqual(found.gradient, found.tolerance, `gradient, ${found.title}`);
    assertLessOrEqual(found.outputs, found.tolerance, `outputs, ${found.title}`);
  }
});

gpuTest("trainToEnd() trains an MLP on the webgpu engine, resident", async (engine) => {
  const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 150, testRows: 10 });
  const network = createNetwork({ widths: [2, 8, 8, 1], activation: "relu" }, { seed: 1 });
  const before = engine.work.readbacks;
  const options = { schedule: coarseSchedule(4), optimizer: lbfgs() };
  const own = await trainToEnd(network, train, { ...options, engine });
  const plain = await trainToEnd(network, train, options);
  assertEquals(own.status, "completed");
  assertLessOrEqual(own.loss, 3 * plain.loss);
  // The self-check, the first value, and 4 epochs.
  assertLessOrEqual(engine.work.readbacks - before, 6);
});
