import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { findProblem, galleryDatasets } from "../../lib/data/mod.ts";
import { createKanLayers, kanLayerClass, type TfLayer, type TfTensor } from "../../lib/tfjs/mod.ts";
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

tfjsTest("kanLayer() fits nonsmooth in tf.sequential, saves and loads", async (tf) => {
  const model = createModel(tf);
  const { x, y } = nonsmooth(tf, 300);
  model.compile({ optimizer: tf.train.adam(0.1), loss: "meanSquaredError" });
  // 75 steps in the order of the rows: 2.9e-3 on every backend; the targets' variance is 0.055.
  const options = { epochs: 15, batchSize: 60, shuffle: false, verbose: 0 };
  const { history: { loss } } = await model.fit(x, y, options);
  assert(loss[14] < 4e-3, `loss ${loss[0]} to ${loss[14]}`);
  const loaded = await saveAndLoad(tf, model);
  assertEquals(await predict(loaded, x), await predict(model, x));
  // It trains on: a few steps of a new optimizer do not ruin what was learned.
  loaded.compile({ optimizer: tf.train.adam(0.01), loss: "meanSquaredError" });
  const more = await loaded.fit(x, y, { ...options, epochs: 3 });
  assert(more.history.loss[2] < 4e-3, `loss ${more.history.loss}`);
});

tfjsTest("kanLayer() leaves no tensor behind in 1,000 steps", async (tf) => {
  const layer = createKanLayers(tf).kanLayer({
    units: 1,
    normalisation: "minmax",
    base: "silu",
    inputShape: [2],
    seed: 1,
  });
  const model: TrainableModel = tf.sequential({ layers: [layer] });
  const { x, y } = nonsmooth(tf, 20);
  const optimizer = tf.train.sgd(0.05);
  const error = () => tf.losses.meanSquaredError(y, model.apply(x, { training: true }));
  const read = async () => (await valuesOf(tf.tidy(error)))[0];
  const start = await read();
  optimizer.minimize(error); // makes what the optimizer keeps
  const before = tf.memory().numTensors;
  for (let step = 0; step < 1000; step++) optimizer.minimize(error); // nothing is read back
  assertEquals(tf.memory().numTensors, before);
  const end = await read();
  assert(end < 0.5 * start, `loss ${start} to ${end}`);
});

tfjsTest("fit() with kanLayer() leaves no tensor behind", async (tf) => {
  const model = createModel(tf);
  const { x, y } = nonsmooth(tf, 20);
  model.compile({ optimizer: tf.train.adam(0.01), loss: "meanSquaredError" });
  const options = { epochs: 10, batchSize: 10, verbose: 0 };
  await model.fit(x, y, options);
  const before = tf.memory().numTensors;
  await model.fit(x, y, options);
  assertEquals(tf.memory().numTensors, before);
});

tfjsTest("kanLayer() gives all its tensors back with its model", async (tf) => {
  const { x, y } = nonsmooth(tf, 20);
  const before = tf.memory().numTensors;
  const model = createModel(tf);
  const optimizer = tf.train.adam(0.01);
  model.compile({ optimizer, loss: "meanSquaredError" });
  await model.trainOnBatch(x, y);
  await predict(model, x);
  const weights = model.weights.length;
  assertEquals(model.dispose().numDisposedVariables, weights);
  optimizer.dispose();
  assertEquals(tf.memory().numTensors, before);
});

tfjsTest("kanLayer() takes batches of any size", async (tf) => {
  const model = createModel(tf);
  const symbolic = model.outputs[0].shape;
  assertEquals(symbolic, [null, 1]);
  const { x } = nonsmooth(tf, 30);
  const all = await predict(model, x);
  for (const rows of [1, 7, 30]) {
    assertEquals(await predict(model, tf.slice(x, [0, 0], [rows, 2])), all.slice(0, rows));
  }
  model.compile({ optimizer: tf.train.adam(0.01), loss: "meanSquaredError" });
  const y = tf.zeros([30, 1]);
  const { history } = await model.fit(x, y, { epochs: 1, batchSize: 16, verbose: 0 }); // 16 and 14
  assert(Number.isFinite(history.loss[0]));
}, ["cpu", "webgpu"]);

tfjsTest("kanLayer() hands the mask of a sequence on", async (tf) => {
  const { kanLayer } = createKanLayers(tf);
  const model: TrainableModel = tf.sequential({
    layers: [
      tf.layers.masking({ maskValue: 0, inputShape: [3, 2] }),
      kanLayer({ units: 2, seed: 1 }),
      tf.layers.simpleRNN({ units: 2 }),
    ],
  });
  // The last step is masked: what the layer makes of it does not matter.
  const long = tf.tensor([0.1, 0.2, 0.3, 0.4, 0, 0], [1, 3, 2]);
  const found = await predict(model, long);
  assert(found.every(Number.isFinite));
  const rnn = model.layers[2] as unknown as { apply(x: TfTensor): TfTensor };
  const kan = model.layers[1] as unknown as { apply(x: TfTensor): TfTensor };
  const short = rnn.apply(kan.apply(tf.slice(long, [0, 0, 0], [1, 2, 2])));
  assert(normwise(found, await valuesOf(short)) < 1e-6);
}, ["cpu"]);

tfjsTest("kanLayer() keeps weights and statistics when it is frozen", async (tf) => {
  const { kanLayer } = createKanLayers(tf);
  const frozen = kanLayer({ units: 3, normalisation: "minmax", inputShape: [2], trainable: false });
  const free = kanLayer({ units: 1, normalisation: "minmax" });
  const model: TrainableModel = tf.sequential({ layers: [frozen, free] });
  assertEquals(model.trainableWeights.length, 2);
  const { x, y } = nonsmooth(tf, 20);
  const values = async (layer: TfLayer) =>
    (await Promise.all(layer.getWeights().map(valuesOf))).map((each) => [...each]);
  const before = [await values(frozen), await values(free)];
  model.compile({ optimizer: tf.train.adam(0.1), loss: "meanSquaredError" });
  await model.trainOnBatch(x, y);
  assertEquals(await values(frozen), before[0]);
  const after = await values(free);
  before[1].forEach((each, i) => assert(`${each}` !== `${after[i]}`, free.weights[i].name));
  // Loaded again, it is still frozen.
  const loaded = await saveAndLoad(tf, model);
  assertEquals(loaded.trainableWeights.length, 2);
}, ["cpu"]);

tfjsTest("kanLayerClass() is registered by its class name", (tf) => {
  const KanLayer = kanLayerClass(tf);
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  assertEquals(classNameMap.KanLayer[0], KanLayer);
  const layer = new KanLayer({ units: 2, breakpoints: [-1, 0.2, 1], intervals: 2, seed: 3 });
  const config = JSON.parse(JSON.stringify(layer.getConfig()));
  const [, fromConfig] = classNameMap.KanLayer;
  assertEquals(fromConfig(KanLayer, config).getConfig(), layer.getConfig());
  return Promise.resolve();
}, ["cpu"]);

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

tfjsTest("kanLayer() trains on batches of one row, whatever the normalisation", async (tf) => {
  const { kanLayer } = createKanLayers(tf);
  for (const normalisation of ["none", "minmax", "batchnorm"] as const) {
    for (const inputs of [1, 3]) {
      const layer = kanLayer({
        units: 2,
        normalisation,
        base: "silu",
        inputShape: [inputs],
        seed: 1,
      });
      const model: TrainableModel = tf.sequential({ layers: [layer] });
      model.compile({ optimizer: tf.train.sgd(0.05), loss: "meanSquaredError" });
      const x = tf.tensor([0.1, -0.3, 0.7].slice(0, inputs), [1, inputs]),
        y = tf.tensor([1, -1], [1, 2]);
      const losses: number[] = [];
      for (let step = 0; step < 40; step++) losses.push(await model.trainOnBatch(x, y));
      assert(losses.every(Number.isFinite), `${normalisation}: ${losses}`);
      assert(losses[39] < 0.3 * losses[0], `${normalisation}: ${losses[0]} to ${losses[39]}`);
      assert((await predict(model, x)).every(Number.isFinite));
      model.dispose();
    }
  }
}, ["cpu", "wasm"]);

tfjsTest("kanLayer() keeps a range and a variance through batches of one row", async (tf) => {
  const { kanLayer } = createKanLayers(tf);
  const rows = [3, -0.5, 0.25, -2, 1]; // one step each
  const after = async (normalisation: "minmax" | "batchnorm") => {
    const layer = kanLayer({ units: 1, normalisation, momentum: 0.75, inputShape: [1], seed: 1 });
    const model: TrainableModel = tf.sequential({ layers: [layer] });
    for (const row of rows) model.apply(tf.tensor([row], [1, 1]), { training: true });
    const values = await Promise.all(layer.getWeights().slice(-2).map(valuesOf));
    return values.map(([value]) => value);
  };
  let low = -1, high = 1, mean = 0, variance = 1;
  for (const row of rows) {
    low += 0.25 * Math.min(0, row - low);
    high += 0.25 * Math.max(0, row - high);
    variance = 0.75 * (variance + 0.25 * (row - mean) ** 2);
    mean += 0.25 * (row - mean);
  }
  const minmax = await after("minmax"), batchnorm = await after("batchnorm");
  assertAlmostEquals(minmax[0], low, 1e-6);
  assertAlmostEquals(minmax[1], high, 1e-6);
  assertAlmostEquals(batchnorm[0], mean, 1e-6);
  assertAlmostEquals(batchnorm[1], variance, 1e-6);
}, ["cpu", "wasm"]);

tfjsTest("kanLayer() refuses options that it does not know, and says what does it", (tf) => {
  const { kanLayer } = createKanLayers(tf);
  const cases: [string, unknown, string][] = [
    ["kernelRegularizer", "l2", '"kernelRegularizer"; add a penalty on the weight "coefficients"'],
    ["activation", "relu", "the splines are the activation"],
    ["useBias", true, "a bias would change nothing"],
    ["gridSize", 5, "write intervals"],
    ["splineOrder", 3, "write degree"],
    ["normalization", "minmax", "write normalisation"],
    ["intervalls", 5, 'did you mean "intervals"?'],
    ["toString2", 5, "current value is"],
  ];
  for (const [name, value, message] of cases) {
    assertThrows(() => kanLayer({ units: 1, [name]: value }), TypeError, message);
  }
  // What every layer takes goes through.
  kanLayer(
    { units: 1, batchInputShape: [4, 2], dtype: "float32", name: "own" } as { units: number },
  );
  return Promise.resolve();
}, ["cpu"]);

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
  assertThrows(() => kanLayer({ units: 1, degree: 10 }), RangeError, "degree must be");
  assertThrows(() => kanLayer({ units: 1, momentum: 1 }), RangeError, "momentum must be");
  assertThrows(
    () => kanLayer({ units: 1, freeKnots: true, breakpoints: [-1, 1] }),
    RangeError,
    "Cannot create KanLayer: freeKnots must be false with breakpoints, current value is true",
  );
  return Promise.resolve();
}, ["cpu"]);

tfjsTest(
  "kanLayer() with a mask has the weights of its edges, trains them and refines",
  async (tf) => {
    const { kanLayer, refineModel } = createKanLayers(tf);
    const model = tf.sequential({
      layers: [
        kanLayer({ units: 3, edges: ["101", "011"], base: "silu", inputShape: [2], seed: 1 }),
        kanLayer({ units: 1, normalisation: "minmax", seed: 2 }),
      ],
    });
    const shapes = model.layers[0].getWeights().map(({ shape }) => shape);
    assertEquals(shapes.slice(0, 2), [[4, 8], [4]]);
    const { x, y } = nonsmooth(tf, 200);
    model.compile({ optimizer: tf.train.adam(0.05), loss: "meanSquaredError" });
    const options = { epochs: 4, batchSize: 50, shuffle: false, verbose: 0 };
    const { history: { loss } } = await model.fit(x, y, options);
    assert(loss[3] < loss[0], `${loss}`);
    assertEquals(await predict(await saveAndLoad(tf, model), x), await predict(model, x));
    const finer = await refineModel(model) as TrainableModel;
    const [coarse, fine] = [await predict(model, x), await predict(finer, x)];
    assert(normwise(Float64Array.from(fine), Float64Array.from(coarse)) < 1e-4);
    assertThrows(
      () => tf.sequential({ layers: [kanLayer({ units: 3, edges: ["101"], inputShape: [2] })] }),
      RangeError,
      "2 words of 3 characters",
    );
  },
);
