import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { findProblem, galleryDatasets } from "../../lib/data/mod.ts";
import { createKanLayers, type TfTensor } from "../../lib/tfjs/mod.ts";
import { normwise, type TestTf, tfjsTest, type TrainableModel, valuesOf } from "../support/tfjs.ts";

/** The gallery's nonsmooth problem as tensors. */
function nonsmooth(tf: TestTf, rows: number): { x: TfTensor; y: TfTensor } {
  const { train } = galleryDatasets(findProblem("nonsmooth"), { rows, testRows: 1 });
  return {
    x: tf.tensor(Float32Array.from(train.inputs), [rows, 2]),
    y: tf.tensor(Float32Array.from(train.targets), [rows, 1]),
  };
}

/** The network that users write: splines, then splines on whatever range those have. */
function createModel(tf: TestTf): TrainableModel {
  const { kanLayer } = createKanLayers(tf);
  return tf.sequential({
    layers: [
      kanLayer({ units: 5, intervals: 5, degree: 3, freeKnots: true, inputShape: [2], seed: 1 }),
      kanLayer({ units: 1, normalisation: "minmax", base: "silu", seed: 2 }),
    ],
  });
}

async function predict(model: TrainableModel, x: TfTensor): Promise<Float32Array> {
  const y = model.predict(x);
  const values = await valuesOf(y);
  y.dispose();
  return values;
}

/** Saves and loads a model as text and bytes. */
async function saveAndLoad(tf: TestTf, model: TrainableModel): Promise<TrainableModel> {
  let kept: { modelTopology: unknown } | undefined;
  await model.save(tf.io.withSaveHandler((artifacts) => {
    kept = artifacts as { modelTopology: unknown };
    return Promise.resolve({
      modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" },
    });
  }));
  const modelTopology = JSON.parse(JSON.stringify(kept!.modelTopology));
  return await tf.loadLayersModel(tf.io.fromMemory({ ...kept, modelTopology }));
}

tfjsTest("kanLayer() fits nonsmooth in tf.sequential, saves and loads", async (tf, backend) => {
  const model = createModel(tf);
  const { x, y } = nonsmooth(tf, 300);
  model.compile({ optimizer: tf.train.adam(0.02), loss: "meanSquaredError" });
  const epochs = backend === "cpu" ? 30 : 15; // a software adapter is slow
  const { history: { loss } } = await model.fit(x, y, { epochs, batchSize: 60, verbose: 0 });
  // The targets' variance is 0.09; 0.01 is far below what a linear map reaches.
  assert(loss[loss.length - 1] < 0.02, `loss ${loss[0]} to ${loss[loss.length - 1]}`);
  const loaded = await saveAndLoad(tf, model);
  assertEquals(await predict(loaded, x), await predict(model, x));
});

tfjsTest(
  "kanLayer() leaves no tensor behind in 1,000 steps, 100 on WebGPU",
  async (tf, backend) => {
    const model = createModel(tf);
    const { x, y } = nonsmooth(tf, 20);
    model.compile({ optimizer: tf.train.adam(0.01), loss: "meanSquaredError" });
    await model.trainOnBatch(x, y);
    const before = tf.memory().numTensors;
    const steps = backend === "cpu" ? 1000 : 100; // a software adapter is slow // a software adapter is slow
    for (let step = 0; step < steps; step++) await model.trainOnBatch(x, y);
    assertEquals(tf.memory().numTensors, before);
  },
);

tfjsTest("kanLayer() keeps its configuration and counts its weights", (tf) => {
  const { kanLayer } = createKanLayers(tf);
  const layer = kanLayer({
    units: 3,
    intervals: 2,
    degree: 2,
    breakpoints: [0, 0.3, 1],
    domain: [0, 1],
    normalisation: "batchnorm",
    momentum: 0.5,
    extrapolation: "clamp",
    seed: 7,
    name: "own",
  });
  const config = layer.getConfig() as Record<string, unknown>;
  for (
    const [key, value] of Object.entries({
      units: 3,
      intervals: 2,
      degree: 2,
      freeKnots: false,
      breakpoints: [0, 0.3, 1],
      knotSharing: "input",
      outerKnots: "even",
      domain: [0, 1],
      normalisation: "batchnorm",
      momentum: 0.5,
      base: "none",
      extrapolation: "clamp",
      seed: 7,
      name: "own",
    })
  ) assertEquals(config[key], value, key);
  const model = createModel(tf);
  const shapes = model.layers.map((each) => each.weights.map((weight) => weight.originalName));
  assertEquals(
    shapes,
    [
      ["coefficients", "knotLogits"],
      ["coefficients", "baseWeights", "knotLogits", "minimum", "maximum"],
    ].map((names, i) => names.map((name) => `${model.layers[i].name}/${name}`)),
  );
  return Promise.resolve();
}, ["cpu"]);

tfjsTest(
  "kanLayer() normalises by the batch in training, by running statistics after",
  async (tf) => {
    const { kanLayer } = createKanLayers(tf);
    const layer = kanLayer({ units: 1, normalisation: "minmax", momentum: 0.75, inputShape: [1] });
    const model: TrainableModel = tf.sequential({ layers: [layer] });
    const x = tf.tensor([3, 5, 7, 4], [4, 1]), y = tf.tensor([0, 1, 0, 1], [4, 1]);
    model.compile({ optimizer: tf.train.adam(1e-9), loss: "meanSquaredError" });
    const trainable = layer.getWeights().length - 2;
    assertEquals(trainable, 2); // coefficients and logits, not the statistics
    await model.trainOnBatch(x, y);
    const [low, high] = await Promise.all(layer.getWeights().slice(trainable).map(valuesOf));
    assertEquals(low[0], 0.75 * -1 + 0.25 * 3);
    assertEquals(high[0], 0.75 * 1 + 0.25 * 7);
    // The running range [0, 2.5] is the domain now: 0 and 2.5 are its ends.
    layer.setWeights([...layer.getWeights().slice(0, trainable), tf.tensor([0]), tf.tensor([2.5])]);
    const plain = kanLayer({ units: 1, inputShape: [1] });
    const other: TrainableModel = tf.sequential({ layers: [plain] });
    plain.setWeights(layer.getWeights().slice(0, trainable));
    assert(
      normwise(
        await predict(model, tf.tensor([0, 1, 2.5], [3, 1])),
        await predict(other, tf.tensor([-1, -0.2, 1], [3, 1])),
      ) < 1e-5,
    );
  },
);

tfjsTest("kanLayer() has second derivatives through its normalisation", async (tf) => {
  const { kanLayer } = createKanLayers(tf);
  for (const normalisation of ["minmax", "batchnorm"] as const) {
    const layer = kanLayer({
      units: 2,
      normalisation,
      base: "silu",
      inputShape: [2],
      seed: 3,
    });
    tf.sequential({ layers: [layer] });
    const x = tf.tensor([0.3, -1, 2, 0.4, -0.7, 1.1, 0.2, 0.6], [4, 2]);
    const along = tf.tensor([1, -2, 0.5, 1, 0.3, -1, -0.4, 2], [4, 2]);
    const f = (u: TfTensor) => {
      const layerOf = layer as unknown as { call(x: TfTensor, options: object): TfTensor };
      return tf.sum(tf.square(layerOf.call(u, { training: true })));
    };
    const slope = (u: TfTensor) => tf.sum(tf.mul(tf.grad(f)(u), along));
    const exact = tf.tidy(() => tf.sum(tf.mul(tf.grad(slope)(x), along)));
    const [high, low] = [1, -1].map((side) => slope(tf.add(x, tf.mul(along, side * 1e-3))));
    const [value, above, below] = await Promise.all([exact, high, low].map(valuesOf));
    const scale = Math.max(1, Math.abs(value[0])); // float32 / 1e-3
    assertAlmostEquals(value[0], (above[0] - below[0]) / 2e-3, 1e-2 * scale, normalisation);
  }
});

tfjsTest("kanLayer() works on the last axis of any tensor", async (tf) => {
  const { kanLayer } = createKanLayers(tf);
  const layer = kanLayer({ units: 3, inputShape: [4, 2] });
  const model: TrainableModel = tf.sequential({ layers: [layer] });
  const values = Array.from({ length: 16 }, (_, i) => Math.sin(i));
  const y = model.predict(tf.tensor(values, [2, 4, 2]));
  assertEquals(y.shape, [2, 4, 3]);
  const flat: TrainableModel = tf.sequential({ layers: [kanLayer({ units: 3, inputShape: [2] })] });
  flat.layers[0].setWeights(layer.getWeights());
  assertEquals(await valuesOf(y), await predict(flat, tf.tensor(values, [8, 2])));
}, ["cpu"]);

tfjsTest("kanLayer() starts from its seed", async (tf) => {
  const { kanLayer } = createKanLayers(tf);
  const start = async (seed?: number) => {
    const layer = kanLayer({ units: 2, inputShape: [2], ...(seed === undefined ? {} : { seed }) });
    tf.sequential({ layers: [layer] });
    return await valuesOf(layer.getWeights()[0]);
  };
  assertEquals(await start(5), await start(5));
  assertAlmostEquals(normwise(await start(5), await start(5)), 0);
  assert(normwise(await start(), await start()) > 0);
}, ["cpu"]);

tfjsTest("kanLayer() refuses what it cannot do", (tf) => {
  const { kanLayer } = createKanLayers(tf);
  assertThrows(() => kanLayer({ units: 0 }), RangeError, "units must be an integer");
  assertThrows(() => kanLayer({ units: 1, degree: 9 }), RangeError, "degree must be");
  assertThrows(() => kanLayer({ units: 1, momentum: 1 }), RangeError, "momentum must be");
  assertThrows(
    () => kanLayer({ units: 1, freeKnots: true, breakpoints: [-1, 1] }),
    RangeError,
    "Cannot create KanLayer: freeKnots must be false with breakpoints, current value is true",
  );
  return Promise.resolve();
}, ["cpu"]);
