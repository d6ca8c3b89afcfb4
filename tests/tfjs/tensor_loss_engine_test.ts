import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import type { Dataset } from "../../lib/data/mod.ts";
import { referenceEngine } from "../../lib/engine/mod.ts";
import { createNetwork, createRandom, type NetworkOptions } from "../../lib/model/mod.ts";
import { multilevelSchedule } from "../../lib/multilevel/mod.ts";
import { createKanLayers } from "../../lib/tfjs/mod.ts";
import { trainToEnd } from "../../lib/train/mod.ts";
import { randomNetwork } from "../support/networks.ts";
import { normwise, tfjsTest } from "../support/tfjs.ts";

/** Every option of a stage at least once. */
const TABLE: NetworkOptions[] = [
  { widths: [2, 3, 3, 1], edges: [["101", "010", "110"], null], base: "silu" },
  { widths: [2, 5, 1] },
  { widths: [2, 4, 3, 2], bias: false, knots: "uniform", degree: 2, intervals: 3 },
  { widths: [2, 3, 1], firstLayer: "spline", knotSharing: "layer", base: "silu" },
  { widths: [2, 3, 1], normalisation: "batchnorm", outerKnots: "even", degree: 4 },
  { widths: [2, 3, 1], normalisation: "none", knots: "fixed", extrapolation: "clamp" },
  { widths: [2, 3, 1], normalisation: "none", degree: 1, intervals: 12 },
  { widths: [2, 3, 1], outerKnots: "clamped", degree: 5 },
];

function randomDataset(nOut: number): Dataset {
  const random = createRandom(8, "tfjs engine"), rows = 60;
  const normal = (size: number) =>
    Float64Array.from(Float32Array.from({ length: size }, () => random.normal()));
  return { rows, nIn: 2, nOut, inputs: normal(2 * rows), targets: normal(nOut * rows) };
}

tfjsTest("tensorLossEngine() has the reference's value and gradient", async (tf) => {
  const { tensorLossEngine } = createKanLayers(tf);
  const engine = tensorLossEngine((t, y) => tf.losses.meanSquaredError(t, y));
  for (const [i, options] of TABLE.entries()) {
    const network = randomNetwork(options, 30 + i);
    const dataset = randomDataset(options.widths[options.widths.length - 1]);
    const parameters = Float64Array.from(Float32Array.from(network.parameters));
    const loss = { kind: "mse", weightDecay: 1e-3 } as const;
    const [own, reference] = await Promise.all(
      [engine, referenceEngine].map((each) => each.compile({ network, loss, dataset })),
    );
    const gradient = new Float64Array(parameters.length), expected = gradient.slice();
    const found = await own.evaluate(parameters, gradient), value = found.objective;
    const plain = await reference.evaluate(parameters, expected), exact = plain.objective;
    const label = JSON.stringify(options);
    assertAlmostEquals(value, exact, 2e-5 * exact, label);
    assertAlmostEquals((await own.evaluate(parameters)).objective, exact, 2e-5 * exact, label);
    const error = normwise(gradient, expected);
    // free outer knots are narrow at degree 1 and 5 and lose a digit
    assert(error < 2e-5, `${label}: ${error}`);
    assert(normwise(found.outputs(), plain.outputs()) < 1e-12);
    assertEquals(found.statistics(), plain.statistics());
    const rows = new Int32Array([5, 2, 9, 40]);
    own.batches!.select(rows);
    reference.batches!.select(rows);
    const part = (await reference.evaluate(parameters)).objective;
    assertAlmostEquals((await own.evaluate(parameters)).objective, part, 5e-5 * part, label);
    own.dispose();
  }
});

tfjsTest(
  "tensorLossEngine() minimises any loss, level by level, and leaves nothing",
  async (tf) => {
    const { tensorLossEngine } = createKanLayers(tf);
    const { inputs, rows } = randomDataset(1);
    const targets = Float64Array.from(
      { length: rows },
      (_, r) => Math.abs(inputs[2 * r]) + (r % 10 === 0 ? 5 : 0), // outliers: a tenth of the rows
    );
    const dataset: Dataset = { rows, nIn: 2, nOut: 1, inputs, targets };
    const network = createNetwork({ widths: [2, 3, 1] }, { seed: 1 });
    const engine = tensorLossEngine((t, y) => tf.losses.absoluteDifference(t, y));
    const before = tf.memory().numTensors;
    const { levels, loss } = await trainToEnd(network, dataset, {
      engine,
      schedule: multilevelSchedule([6, 3]),
    });
    assertEquals(tf.memory().numTensors, before);
    assertEquals(levels.map(({ intervals }) => intervals), [5, 10]);
    // Means of |e|: the outliers alone make 0.5, the mean of the targets would leave about 1.
    assert(loss < 0.6, `${loss}`);
  },
  ["cpu"],
);

tfjsTest("tensorLossEngine() takes a dataset of one row", async (tf) => {
  const engine = createKanLayers(tf).tensorLossEngine((t, y) => tf.losses.meanSquaredError(t, y));
  const dataset: Dataset = {
    rows: 1,
    nIn: 2,
    nOut: 1,
    inputs: Float64Array.of(0.25, -0.5),
    targets: Float64Array.of(1),
  };
  for (const options of TABLE.filter(({ widths }) => widths.at(-1) === 1)) {
    const network = randomNetwork(options, 3);
    const parameters = Float64Array.from(Float32Array.from(network.parameters));
    const [own, reference] = await Promise.all(
      [engine, referenceEngine].map((each) =>
        each.compile({ network, loss: { kind: "mse" }, dataset })
      ),
    );
    const exact = (await reference.evaluate(parameters)).objective;
    assertAlmostEquals(
      (await own.evaluate(parameters)).objective,
      exact,
      1e-4 * exact,
      JSON.stringify(options),
    );
    own.dispose();
  }
}, ["cpu", "wasm"]);

tfjsTest("tensorLossEngine() refuses what its kernels do not know", async (tf) => {
  const engine = createKanLayers(tf).tensorLossEngine((t, y) => tf.losses.huberLoss(t, y));
  const relu = createNetwork({ widths: [2, 3, 1], basis: "relu" }, { seed: 1 });
  await assertRejects(
    () => engine.compile({ network: relu, loss: { kind: "mse" }, dataset: randomDataset(1) }),
    RangeError,
    "Cannot compile network for tfjs: basis must be bspline, current value is relu",
  );
}, ["cpu"]);

tfjsTest("tensorLossEngine() takes a penalty on edges", async (tf) => {
  const { tensorLossEngine } = createKanLayers(tf);
  const engine = tensorLossEngine((t, y) => tf.losses.meanSquaredError(t, y));
  const network = randomNetwork({ widths: [2, 4, 2], firstLayer: "spline" }, 3);
  const dataset = randomDataset(2), loss = { kind: "mse" } as const;
  const parameters = Float64Array.from(Float32Array.from(network.parameters));
  const [own, reference] = await Promise.all(
    [engine, referenceEngine].map((each) =>
      each.compile({ network, loss, dataset, penalty: { l1: 0.3, entropy: 0.2 } })
    ),
  );
  const gradient = new Float64Array(parameters.length), expected = gradient.slice();
  const found = await own.evaluate(parameters, gradient);
  const exact = await reference.evaluate(parameters, expected);
  assertAlmostEquals(found.objective, exact.objective, 2e-5 * exact.objective);
  assertAlmostEquals(found.penalty!, exact.penalty!, 1e-10);
  assert(normwise(gradient, expected) < 2e-5);
  own.dispose();
  reference.dispose();
});
