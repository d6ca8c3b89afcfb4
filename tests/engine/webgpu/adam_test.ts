import { assertEquals, assertLessOrEqual } from "@std/assert";
import { type AdamMethod, cpuEngine, referenceEngine } from "../../../lib/engine/mod.ts";
import { coarseSchedule } from "../../../lib/multilevel/mod.ts";
import { adam, trainToEnd } from "../../../lib/train/mod.ts";
import { randomDataset, randomNetwork } from "../../support/networks.ts";
import { gpuTest } from "../../support/webgpu.ts";
import { norm, roundedProblem } from "../../support/webgpu_cases.ts";

const [network, dataset] = roundedProblem(
  // Min-max removes a bias: its gradient is rounding, and Adam would follow its sign.
  randomNetwork({ widths: [2, 4, 1], bias: false }, 1),
  randomDataset({ rows: 50, nIn: 2, nOut: 1, seed: 1 }),
);
const n = network.parameters.length;

function method(steps: AdamMethod["steps"], more: Partial<AdamMethod> = {}): AdamMethod {
  return {
    kind: "adam",
    steps,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    clipNorm: Infinity,
    weightDecay: 0,
    mean: new Float64Array(n),
    square: new Float64Array(n),
    iterations: 0,
    ...more,
  };
}

/** A pass over rows 0, 1, 2, ... in batches of some size, every step half as long as before. */
function batches(size: number): AdamMethod["steps"] {
  const steps = [];
  for (let begin = 0, rate = 0.01; begin < dataset.rows; begin += size, rate /= 2) {
    const rows = Math.min(size, dataset.rows - begin);
    steps.push({ rate, rows: Int32Array.from({ length: rows }, (_, i) => (begin + i) * 7 % 50) });
  }
  return steps;
}

/** The same pass in float64, by the reference engine's gradients. */
async function plainPass({ steps, ...numbers }: AdamMethod) {
  const { beta1, beta2, epsilon, clipNorm, weightDecay } = numbers;
  const x = network.parameters.slice(), m = numbers.mean.slice(), v = numbers.square.slice();
  const g = new Float64Array(n), sum = new Float64Array(n);
  const evaluator = await referenceEngine.compile({ network, loss: { kind: "mse" }, dataset });
  let k = numbers.iterations;
  for (const { rate, rows } of steps) {
    evaluator.batches!.select(rows);
    await evaluator.evaluate(x, g);
    k++;
    const clip = Math.min(1, clipNorm / (norm(g) + 1e-6));
    for (let i = 0; i < n; i++) {
      sum[i] += g[i] * (rows?.length ?? dataset.rows) / dataset.rows;
      m[i] = beta1 * m[i] + (1 - beta1) * clip * g[i];
      v[i] = beta2 * v[i] + (1 - beta2) * (clip * g[i]) ** 2;
      x[i] = (1 - rate * weightDecay) * x[i] -
        rate * (m[i] / (1 - beta1 ** k)) / (Math.sqrt(v[i] / (1 - beta2 ** k)) + epsilon);
    }
  }
  return { x, m, v, sum, k };
}

for (
  const [title, given] of [
    ["whole passes", method([{ rate: 0.01 }, { rate: 0.005 }])],
    ["mini-batches", method(batches(12))],
    ["AdamW with clipping", method(batches(20), { weightDecay: 0.1, clipNorm: 0.5 })],
    [
      "moments that it is given",
      method(batches(25), {
        iterations: 40,
        mean: new Float64Array(n).fill(0.125),
        square: new Float64Array(n).fill(0.25),
      }),
    ],
  ] as const
) {
  gpuTest(`runEpoch() takes Adam's steps: ${title}`, async (engine) => {
    const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset });
    const before = engine.work.readbacks;
    const reading = (await evaluator.resident!.runEpoch(given, network.parameters))!;
    assertEquals(engine.work.readbacks - before, 1);
    const { x, m, v, sum, k } = await plainPass(given);
    const moved = norm(x.map((each, i) => each - network.parameters[i]));
    const apart = norm(x.map((each, i) => each - reading.parameters[i]));
    assertLessOrEqual(apart, 2e-3 * moved);
    const { mean, square, iterations } = reading.moments!;
    assertEquals(iterations, k);
    assertLessOrEqual(norm(m.map((each, i) => each - mean[i])), 2e-3 * norm(m));
    assertLessOrEqual(norm(v.map((each, i) => each - square[i])), 2e-3 * norm(v));
    assertLessOrEqual(norm(sum.map((each, i) => each - reading.gradient[i])), 2e-3 * norm(sum));
    const plain = await cpuEngine.compile({ network, loss: { kind: "mse" }, dataset });
    const value = (await plain.evaluate(reading.parameters)).objective;
    assertLessOrEqual(Math.abs(value - reading.objective), 1e-5 * value);
    assertEquals(
      await evaluator.resident!.runEpoch(given, network.parameters),
      reading,
      "bit for bit",
    );
    evaluator.dispose();
    plain.dispose();
  });
}

gpuTest("runEpoch() leaves weighted mini-batches to the caller", async (engine) => {
  const weighted = { ...dataset, weights: new Float64Array(dataset.rows).fill(2) };
  const evaluator = await engine.compile({ network, loss: { kind: "mse" }, dataset: weighted });
  assertEquals(
    await evaluator.resident!.runEpoch(method(batches(10)), network.parameters),
    undefined,
  );
  evaluator.dispose();
});

gpuTest("adam() passes over mini-batches on the device, one readback an epoch", async (engine) => {
  const options = { schedule: coarseSchedule(3), optimizer: adam({ batchSize: 16 }) };
  const before = engine.work.readbacks;
  const own = await trainToEnd(network, dataset, { ...options, engine });
  // The self-check, the first value, and 3 epochs.
  assertEquals(engine.work.readbacks - before, 5);
  const plain = await trainToEnd(network, dataset, options);
  assertEquals(own.evaluations, plain.evaluations);
  assertLessOrEqual(Math.abs(own.loss - plain.loss), 1e-3 * plain.loss);
});
