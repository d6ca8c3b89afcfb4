import { assertAlmostEquals, assertEquals, assertLess, assertNotEquals } from "@std/assert";
import {
  adam,
  type AdamState,
  type OptimizerState,
  train,
  trainToEnd,
} from "../../../lib/train/mod.ts";
import { coarseSchedule, multilevelSchedule } from "../../../lib/multilevel/mod.ts";
import { type Engine, type Evaluator, referenceEngine } from "../../../lib/engine/mod.ts";
import { createNetwork } from "../../../lib/model/mod.ts";
import { type Dataset, subset } from "../../../lib/data/mod.ts";
import { randomDataset } from "../../support/networks.ts";

const DATA = smooth(53);
const NETWORK = createNetwork({ widths: [2, 3, 1], intervals: 3 }, { seed: 1 });

function smooth(rows: number): Dataset {
  const dataset = randomDataset({ rows, nIn: 2, nOut: 1, seed: 5 });
  const targets = Float64Array.from(
    { length: rows },
    (_, r) => 0.5 + 0.4 * Math.sin(2 * dataset.inputs[2 * r] + dataset.inputs[2 * r + 1]),
  );
  return { ...dataset, targets };
}

/** The reference engine, noting which rows each gradient was taken on. */
function notingEngine(): { engine: Engine; batches: number[][]; values: number[] } {
  const batches: number[][] = [], values: number[] = [];
  const engine: Engine = {
    ...referenceEngine,
    async compile(request) {
      const evaluator = await referenceEngine.compile(request);
      let selected: number[] = [];
      return {
        ...evaluator,
        batches: {
          select(rows) {
            selected = rows ? [...rows] : [];
            evaluator.batches!.select(rows);
          },
        },
        evaluate(x, g) {
          if (g) batches.push(selected);
          else values.push(selected.length);
          return evaluator.evaluate(x, g);
        },
      };
    },
  };
  return { engine, batches, values };
}

Deno.test("adam() takes every row once an epoch, in a new order each time", async () => {
  const { engine, batches, values } = notingEngine();
  const optimizer = adam({ batchSize: 16 });
  await trainToEnd(NETWORK, DATA, { engine, optimizer, schedule: multilevelSchedule([2, 1]) });
  assertEquals(batches.map(({ length }) => length), [16, 16, 16, 5, 16, 16, 16, 5, 16, 16, 16, 5]);
  const orders = [0, 4, 8].map((k) => batches.slice(k, k + 4).flat());
  const all = Array.from({ length: 53 }, (_, r) => r);
  for (const order of orders) assertEquals([...order].sort((a, b) => a - b), all);
  assertNotEquals(orders[0], orders[1]);
  assertNotEquals(orders[1], orders[2], "the order goes on over a refinement");
  assertEquals(new Set(values), new Set([0]), "values are those of all rows");
  // one value at the start of each stage and one at each epoch's end: none is computed twice
  assertEquals(values.length, 2 + 3);
});

Deno.test("adam() on mini-batches equals the textbook on copies of the rows", async () => {
  const weights = DATA.targets.map((_, r) => r % 7 === 0 ? 0 : 1 + r % 3);
  const data = { ...DATA, weights };
  const { engine, batches } = notingEngine();
  const optimizer = adam({ batchSize: 20, learningRate: 0.02, batchSeed: 3 });
  const { network, loss } = await trainToEnd(NETWORK, data, {
    engine,
    optimizer,
    schedule: coarseSchedule(2),
  });
  const x = NETWORK.parameters.slice(), m = x.map(() => 0), v = x.map(() => 0), g = x.slice();
  for (const [k, batch] of batches.entries()) {
    const own = await referenceEngine.compile({
      network: NETWORK,
      loss: { kind: "mse" },
      dataset: subset(data, batch),
    });
    await own.evaluate(x, g);
    for (let i = 0; i < x.length; i++) {
      m[i] = 0.9 * m[i] + 0.1 * g[i];
      v[i] = 0.999 * v[i] + 0.001 * g[i] ** 2;
      x[i] -= 0.02 * m[i] / (1 - 0.9 ** (k + 1)) /
        (Math.sqrt(v[i] / (1 - 0.999 ** (k + 1))) + 1e-8);
    }
  }
  // Adam divides by the gradient's size + 1e-8: where it is rounding, 1e-17 becomes 1e-11 a step.
  network.parameters.forEach((each, i) => assertAlmostEquals(each, x[i], 1e-9));
  const whole = await referenceEngine.compile({
    network: NETWORK,
    loss: { kind: "mse" },
    dataset: data,
  });
  const evaluation = await whole.evaluate(network.parameters);
  assertAlmostEquals(loss, evaluation.objective, 1e-15);
  assertEquals(network.statistics, evaluation.statistics());
});

Deno.test("adam() does not stumble over a batch without weight", async () => {
  const weights = DATA.targets.map((_, r) => r < 2 ? 1 : 0);
  const { status } = await trainToEnd(NETWORK, { ...DATA, weights }, {
    engine: referenceEngine,
    optimizer: adam({ batchSize: 5 }),
    schedule: coarseSchedule(2),
  });
  assertEquals(status, "completed");
});

Deno.test("adam() on mini-batches says diverged, with the best network kept", async () => {
  const { status, network, loss } = await trainToEnd(NETWORK, DATA, {
    engine: referenceEngine,
    optimizer: adam({ batchSize: 20, learningRate: 1e200 }),
    schedule: coarseSchedule(4),
  });
  assertEquals(status, "diverged");
  assertEquals(network.parameters, NETWORK.parameters);
  assertLess(loss, 10);
});

Deno.test("adam() on mini-batches goes on from its plain state, bit by bit", async () => {
  const evaluator = await referenceEngine.compile({
    network: NETWORK,
    loss: { kind: "mse" },
    dataset: DATA,
  });
  const optimizer = adam({ batchSize: 10, learningRate: 0.01, batchSeed: 8 });
  const unbroken = optimizer.init(NETWORK.parameters, DATA.rows);
  for (let k = 0; k < 4; k++) await optimizer.epoch(unbroken, evaluator);
  let broken = optimizer.init(NETWORK.parameters, DATA.rows);
  for (let k = 0; k < 4; k++) {
    await optimizer.epoch(broken, evaluator);
    broken = structuredClone(broken);
  }
  assertEquals(broken, unbroken);
  assertEquals([broken.epochs, broken.iterations, broken.evaluations], [4, 24, 8]);
});

Deno.test("adam() leaves its state whole where a batch throws", async () => {
  const evaluator = await referenceEngine.compile({
    network: NETWORK,
    loss: { kind: "mse" },
    dataset: DATA,
  });
  let calls = 0;
  const failing: Evaluator = {
    ...evaluator,
    evaluate(x, g) {
      if (++calls === 3) throw new Error("stop");
      return evaluator.evaluate(x, g);
    },
  };
  const optimizer = adam({ batchSize: 10 });
  const state = optimizer.init(NETWORK.parameters, DATA.rows), before = structuredClone(state);
  await optimizer.epoch(state, failing).catch(() => {});
  assertEquals(state, before);
  const { outputs } = await evaluator.evaluate(state.parameters);
  assertEquals(outputs().length, DATA.rows, "all rows are selected again");
});

Deno.test("adam() with a batch of all rows or more is adam() without batches", async () => {
  const results: OptimizerState[] = [];
  for (const batchSize of [53, 1000, undefined]) {
    const evaluator = await referenceEngine.compile({
      network: NETWORK,
      loss: { kind: "mse" },
      dataset: DATA,
    });
    const optimizer = adam(batchSize === undefined ? {} : { batchSize });
    const state = optimizer.init(NETWORK.parameters, DATA.rows);
    for (let k = 0; k < 3; k++) await optimizer.epoch(state, evaluator);
    results.push(state);
  }
  assertEquals(results[0], results[2]);
  assertEquals(results[1], results[2]);
});

Deno.test("adam() learns faster per pass with mini-batches", async () => {
  const data = smooth(400);
  const losses: number[] = [];
  for (const batchSize of [40, 400]) {
    const { loss } = await trainToEnd(NETWORK, data, {
      engine: referenceEngine,
      optimizer: adam({ batchSize, learningRate: 0.01 }),
      schedule: coarseSchedule(8),
    });
    losses.push(loss);
  }
  assertLess(losses[0], losses[1]);
});

Deno.test("train() judges mini-batches on the validation rows at the epoch's end", async () => {
  const { engine, values } = notingEngine();
  const records = [];
  for await (
    const event of train(NETWORK, DATA, {
      engine,
      optimizer: adam({ batchSize: 20 }),
      schedule: coarseSchedule(3),
      validation: smooth(20),
    })
  ) {
    if (event.type === "epoch") records.push(event.record);
  }
  assertEquals(records.length, 3);
  for (const { validationLoss } of records) assertLess(validationLoss!, 10);
  assertEquals(new Set(values), new Set([0]));
});

Deno.test("adam() keeps its count of epochs over restarts, not its moments", () => {
  const optimizer = adam({ schedule: { kind: "exponential", decay: 0.9 } });
  const state: AdamState = {
    ...optimizer.init(Float64Array.of(1, 2), 9),
    epochs: 7,
    iterations: 7,
  };
  state.evaluations = 8;
  const next = optimizer.restart!(state, Float64Array.of(3, 4, 5));
  assertEquals([next.epochs, next.iterations, next.rows, next.evaluations], [7, 0, 9, 8]);
  assertEquals([next.mean.length, next.square.length, next.objective], [3, 3, NaN]);
});
