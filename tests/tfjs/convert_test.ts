import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { importLayersModel, readLayersModel } from "../../lib/convert/mod.ts";
import { createRandom, forward, type Network, withStatistics } from "../../lib/model/mod.ts";
import type { NetworkOptions } from "../../lib/model/mod.ts";
import { createKanLayers } from "../../lib/tfjs/mod.ts";
import { randomNetwork } from "../support/networks.ts";
import { normwise, tfjsTest, valuesOf } from "../support/tfjs.ts";

/** What tf.io.withSaveHandler hands over. */
interface SavedModel {
  readonly modelTopology: object;
  readonly weightSpecs: object[];
  readonly weightData: ArrayBuffer;
}

const rows = 40;
const inputs = Float64Array.from(Float32Array.from(
  { length: 2 * rows },
  ((random) => () => random.normal())(createRandom(4, "convert")),
));

/** Every option at least once. */
const TABLE: NetworkOptions[] = [
  { widths: [2, 5, 1] },
  { widths: [2, 4, 3, 2], bias: false, knots: "uniform", degree: 2, intervals: 3 },
  { widths: [2, 3, 1], firstLayer: "spline", knotSharing: "layer", base: "silu" },
  { widths: [2, 3, 1], normalisation: "batchnorm", outerKnots: "even", degree: 5 },
  { widths: [2, 3, 1], normalisation: "none", knots: "fixed", extrapolation: "clamp", degree: 1 },
  { widths: [2, 3, 1], knots: "fixed", knotSharing: "layer", outerKnots: "clamped" },
  { widths: [2, 3, 4, 2], edges: [["1001", "0100", "1110"], ["10", "11", "01", "10"]] },
  {
    ...{ widths: [2, 3, 2], firstLayer: "spline", base: "silu" },
    edges: [["101", "010"], null],
  },
];

function rounded(network: Network): Network {
  return { ...network, parameters: Float64Array.from(Float32Array.from(network.parameters)) };
}

tfjsTest("toModel() and fromModel() keep the function and the network", async (tf) => {
  const { toModel, fromModel } = createKanLayers(tf);
  for (const [i, options] of TABLE.entries()) {
    const network = withStatistics(rounded(randomNetwork(options, i)), inputs);
    const model = toModel(network);
    const y = (model as unknown as { predict(x: object): { dispose(): void } }).predict(
      tf.tensor(Float32Array.from(inputs), [rows, 2]),
    );
    const found = await valuesOf(y as never);
    // float32 through up to two layers; clamped cubic ends are steep
    assert(normwise(found, forward(network, inputs)) < 5e-5, JSON.stringify(options));
    const back = await fromModel(model);
    assertEquals(back.config, network.config);
    assertEquals(back.layout, network.layout);
    assertEquals(back.parameters, network.parameters);
    assertEquals(back.breakpoints, network.breakpoints);
    assert(normwise(forward(back, inputs), forward(network, inputs)) < 1e-6);
  }
});

tfjsTest("fromModel() reads an MLP of dense layers, equal to float32", async (tf) => {
  const { fromModel } = createKanLayers(tf);
  const dense = (units: number, activation: string, inputShape?: number[]) =>
    tf.layers.dense({
      ...{ units, activation, biasInitializer: "glorotNormal" },
      ...(inputShape ? { inputShape } : {}),
    });
  for (const activation of ["relu", "tanh"]) {
    const layers = [dense(6, activation, [2]), dense(5, activation), dense(3, "linear")];
    const model = tf.sequential({ layers });
    const y = (model as unknown as { predict(x: object): { dispose(): void } }).predict(
      tf.tensor(Float32Array.from(inputs), [rows, 2]),
    );
    const network = await fromModel(model);
    assertEquals(network.config.widths.slice(0, 2), [2, 6]);
    assert(normwise(await valuesOf(y as never), forward(network, inputs)) < 1e-6);
    const saved = await new Promise<SavedModel>((resolve) => {
      const handler = tf.io.withSaveHandler((artifacts) => {
        resolve(artifacts as SavedModel);
        return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date() } });
      });
      (model as unknown as { save(handler: object): Promise<unknown> }).save(handler);
    });
    const { modelTopology, weightSpecs, weightData } = saved;
    const weightsManifest = [{ paths: ["./weights.bin"], weights: weightSpecs }];
    const file = readLayersModel(
      new TextEncoder().encode(JSON.stringify({ modelTopology, weightsManifest })),
    );
    const again = importLayersModel(file.topology, file.weights(new Uint8Array(weightData)));
    assertEquals(again.parameters, network.parameters);
  }
  const smooth = tf.sequential({ layers: [dense(2, "sigmoid", [2]), dense(1, "linear")] });
  await assertRejects(() => fromModel(smooth), TypeError, "current value is sigmoid");
});

tfjsTest("toModel() turns a ReLU network into the same splines", async (tf) => {
  const { toModel, fromModel } = createKanLayers(tf);
  const network = withStatistics(randomNetwork({ widths: [2, 3, 1], basis: "relu" }, 1), inputs);
  const back = await fromModel(toModel(network));
  assertEquals(back.config.basis, "bspline");
  assert(normwise(forward(back, inputs), forward(network, inputs)) < 5e-5);
}, ["cpu"]);

tfjsTest("toModel() and fromModel() refuse what the other side has not", async (tf) => {
  const { toModel, fromModel, kanLayer } = createKanLayers(tf);
  const network = randomNetwork({ widths: [2, 3, 1], extrapolation: "error" }, 1);
  assertThrows(() => toModel(network), RangeError, "extrapolation must be linear or clamp");
  const dense = tf.layers.dense as (config: object) => object;
  const mixed = tf.sequential({
    layers: [dense({ units: 2, inputShape: [2], activation: "relu" }), kanLayer({ units: 1 })],
  });
  await assertRejects(() => fromModel(mixed), TypeError, "activation must be linear");
  const uneven = tf.sequential({
    layers: [kanLayer({ units: 2, inputShape: [2] }), kanLayer({ units: 1, intervals: 9 })],
  });
  await assertRejects(
    () => fromModel(uneven),
    TypeError,
    "Cannot convert model: intervals must be the same in all KanLayers, current value is 9",
  );
  const other = tf.sequential({ layers: [dense({ units: 2, inputShape: [2] })] });
  await assertRejects(() => fromModel(other), TypeError, "current value is Dense");
}, ["cpu"]);
