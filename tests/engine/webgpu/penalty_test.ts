import { assert, assertAlmostEquals, assertEquals, assertLess, assertRejects } from "@std/assert";
import { type EdgePenalty, referenceEngine } from "../../../lib/engine/mod.ts";
import { createNetwork } from "../../../lib/model/mod.ts";
import { subset } from "../../../lib/data/mod.ts";
import { multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import { trainToEnd } from "../../../lib/train/mod.ts";
import { randomDataset, randomNetwork } from "../../support/networks.ts";
import { gpuTest } from "../../support/webgpu.ts";

const PENALTY: EdgePenalty = { l1: 0.3, entropy: 0.2 };
const MSE = { kind: "mse" } as const;

gpuTest("a penalty on edges beside the device: value, gradient, mini-batches", async (engine) => {
  const network = randomNetwork({ widths: [2, 4, 2], firstLayer: "spline", intervals: 3 }, 1);
  const parameters = network.parameters.map(Math.fround), point = { ...network, parameters };
  const dataset = randomDataset({ rows: 300, nIn: 2, nOut: 2, seed: 1 });
  const own = await engine.compile({ network: point, loss: MSE, dataset, penalty: PENALTY });
  for (const rows of [undefined, Int32Array.from({ length: 90 }, (_, i) => 3 * i)]) {
    const plain = await referenceEngine.compile({
      ...{ network: point, loss: MSE, penalty: PENALTY },
      dataset: rows ? subset(dataset, rows) : dataset,
    });
    own.batches!.select(rows);
    const gradient = new Float64Array(parameters.length), expected = gradient.slice();
    const found = await own.evaluate(parameters, gradient);
    const exact = await plain.evaluate(parameters, expected);
    assertAlmostEquals(found.objective / exact.objective, 1, 1e-5);
    assertAlmostEquals(found.penalty! / exact.penalty!, 1, 1e-10);
    const most = expected.reduce((m, g) => Math.max(m, Math.abs(g)), 0);
    gradient.forEach((g, i) => assertAlmostEquals(g, expected[i], 1e-4 * most));
    plain.dispose();
  }
  assertEquals(own.resident, undefined);
  await assertRejects(
    async () => await own.resultsAt(parameters),
    RangeError,
    "sparsity must be 0",
  );
  own.dispose();
});

gpuTest("sparse training on a device", async (engine) => {
  const network = createNetwork({ widths: [2, 4, 1], intervals: 3 }, { seed: 1 });
  const dataset = randomDataset({ rows: 200, nIn: 2, nOut: 1, seed: 2 });
  const options = { engine, schedule: multilevelSchedule([4]) };
  const sparse = await trainToEnd(network, dataset, { ...options, sparsity: 1, smoothness: 1e-4 });
  const plain = await trainToEnd(network, dataset, options);
  assertLess(plain.loss, sparse.loss);
  assert(sparse.network.parameters.every(Number.isFinite));
});
