import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLess,
  assertThrows,
} from "@std/assert";
import { evaluateLoss } from "../../lib/engine/mod.ts";
import { createNetwork, forward, type Network } from "../../lib/model/mod.ts";
import { type Dataset, findProblem, galleryDatasets } from "../../lib/data/mod.ts";
import { multilevelSchedule } from "../../lib/multilevel/mod.ts";
import {
  adam,
  decodeCheckpoint,
  encodeCheckpoint,
  type EpochRecord,
  gaussNewton,
  lbfgs,
  train,
  type TrainOptions,
  trainToEnd,
} from "../../lib/train/mod.ts";
import { plainEdgeNorms } from "../support/plain_edge_norms.ts";
import { resolvePenalties } from "../../lib/train/sparsity.ts";

const { train: DATASET } = galleryDatasets(findProblem("nonsmooth"), { rows: 200 });
const NETWORK = createNetwork({ widths: [2, 5, 1], intervals: 3 }, { seed: 1 });
const MSE = { kind: "mse" } as const;
const SPARSITY = { lambda: 0.01, inputs: 0.1, nodes: 0.1 };

function plainLoss(network: Network, dataset: Dataset): number {
  return evaluateLoss(MSE, forward(network, dataset.inputs, dataset.rows), dataset);
}

for (const optimizer of [gaussNewton(), lbfgs(), adam({ batchSize: 50 })]) {
  const options: TrainOptions = {
    ...{ optimizer, sparsity: SPARSITY, smoothness: 1e-6 },
    schedule: multilevelSchedule([8, 4]),
  };

  Deno.test(`losses of sparse training are the data's, ${optimizer.name}`, async () => {
    const records: EpochRecord[] = [];
    const { network, loss } = await trainToEnd(NETWORK, DATASET, {
      ...options,
      onEvent: (event) => event.type === "epoch" && records.push(event.record),
    });
    assertAlmostEquals(loss / plainLoss(network, DATASET), 1, 1e-10);
    for (const { loss, objective, penalty } of records) {
      assertGreater(penalty!, 0);
      if (optimizer.name !== "adam") assertAlmostEquals((loss + penalty!) / objective, 1, 1e-10);
    }
    assert(records.some(({ loss: each }) => each === loss));
  });

  Deno.test(`sparse training goes on from a checkpoint to the same bits, ${optimizer.name}`, async () => {
    const files: Uint8Array[] = [];
    const whole = await trainToEnd(NETWORK, DATASET, {
      ...options,
      onEvent: (event) =>
        event.type === "epoch" && files.push(encodeCheckpoint(event.checkpoint!())),
    });
    for (const file of [files[2], files[5], files[9]]) {
      const { checkpoint } = decodeCheckpoint(file);
      const resumed = await trainToEnd(NETWORK, DATASET, { ...options, resume: checkpoint });
      assertEquals(resumed.network, whole.network);
      assertEquals(resumed.loss, whole.loss);
    }
    const resume = decodeCheckpoint(files[2]).checkpoint;
    await assertFails({ ...options, sparsity: 0.5, resume }, "penalty must be the checkpoint's");
    await assertFails({ ...options, smoothness: 1, resume }, "structure must be the checkpoint's");
  });
}

async function assertFails(options: TrainOptions, words: string): Promise<void> {
  try {
    for await (const _ of train(NETWORK, DATASET, options));
  } catch (error) {
    return assert((error as Error).message.includes(words), (error as Error).message);
  }
  assert(false, "nothing was thrown");
}

Deno.test("Gauss-Newton lowers the rounded objective at every step", async () => {
  const records: EpochRecord[] = [];
  await trainToEnd(NETWORK, DATASET, {
    ...{ optimizer: gaussNewton(), sparsity: 0.003, schedule: multilevelSchedule([40]) },
    onEvent: (event) => event.type === "epoch" && records.push(event.record),
  });
  // widths of the rounding only fall, and with them the objective of any point
  records.slice(1).forEach(({ objective }, i) => assert(objective <= records[i].objective));
  assertLess(records.at(-1)!.objective, 0.5 * records[0].objective);
});

Deno.test("sparse training silences nodes that are not needed", async () => {
  const inputs = Float64Array.from({ length: 400 }, (_, i) => Math.sin(i * i));
  const targets = Float64Array.from(
    { length: 200 },
    (_, r) => Math.abs(inputs[2 * r] + inputs[2 * r + 1]),
  );
  const dataset = { rows: 200, nIn: 2, nOut: 1, inputs, targets };
  const options = { optimizer: gaussNewton(), schedule: multilevelSchedule([40]) };
  const { network } = await trainToEnd(NETWORK, dataset, { ...options, sparsity: 0.05 });
  const norms = plainEdgeNorms(network, inputs)[0].map(([norm]) => norm).sort((a, b) => b - a);
  assertLess(norms[1], 1e-4 * norms[0]);
});

Deno.test("sparsity says what is wrong with it", () => {
  assertThrows(() => resolvePenalties(-1), RangeError, "sparsity lambda must be a number >= 0");
  assertThrows(() => resolvePenalties({ lambda: 1, entropy: NaN }), RangeError, "sparsity entropy");
  assertThrows(() => resolvePenalties(0, -1), RangeError, "smoothness must be a number >= 0");
  assertThrows(
    () => resolvePenalties({ lambda: 1, mu: 1 } as never),
    TypeError,
    "current value is mu",
  );
  assertEquals(resolvePenalties(0), { penalty: undefined, structure: undefined });
});
