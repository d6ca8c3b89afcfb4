import { assert, assertEquals, assertRejects } from "@std/assert";
import { createRandom } from "../../lib/model/mod.ts";
import {
  createKanLayers,
  type KanLayerConfig,
  type KanLayerLike,
  type TfLayer,
} from "../../lib/tfjs/mod.ts";
import { normwise, type TestTf, tfjsTest, type TrainableModel, valuesOf } from "../support/tfjs.ts";

const rows = 30;
const points = Float32Array.from(
  { length: 2 * rows },
  ((random) => () => 2 * random.uniform() - 1)(createRandom(4, "refine")),
);

async function outputs(tf: TestTf, model: TrainableModel): Promise<Float32Array> {
  return await valuesOf(model.predict(tf.tensor(points, [rows, 2])));
}

/** Makes the weights of a layer's knots anything but even. */
function disturb(tf: TestTf, layer: TfLayer, seed: number): void {
  const random = createRandom(seed, "disturb");
  layer.setWeights(layer.weights.map((weight) => {
    const { shape, size } = weight.read();
    if (!weight.originalName.endsWith("knotLogits")) return weight.read();
    return tf.tensor(Float32Array.from({ length: size }, () => random.normal()), shape);
  }));
}

tfjsTest("refineModel() keeps the outputs of a sequential model", async (tf) => {
  const { kanLayer, refineModel } = createKanLayers(tf);
  const kinds: Partial<KanLayerConfig>[] = [
    { freeKnots: true },
    { freeKnots: true, knotSharing: "layer", outerKnots: "even", base: "silu" },
    { freeKnots: false, normalisation: "minmax" },
    { breakpoints: [-1, -0.4, 0.7, 1], intervals: 3, degree: 2 },
  ];
  for (const kind of kinds) {
    const layers = [
      kanLayer({ units: 3, inputShape: [2], ...kind }),
      kanLayer({ units: 1, ...kind }),
    ];
    const model: TrainableModel = tf.sequential({ layers });
    layers.forEach((layer, i) => disturb(tf, layer, i));
    for (const factor of [2, 3]) {
      const fine = await refineModel(model, { factor }) as unknown as TrainableModel;
      const { intervals } = (fine.layers[0] as KanLayerLike).kan;
      assertEquals(intervals, factor * (kind.intervals ?? 5));
      // float32 knots and coefficients on both sides
      const error = normwise(await outputs(tf, fine), await outputs(tf, model));
      assert(error < 1e-5, `${JSON.stringify(kind)} by ${factor}: ${error}`);
    }
  }
});

tfjsTest(
  "refineModel() refines one layer inside a functional model, which trains on",
  async (tf) => {
    const { kanLayer, refineModel } = createKanLayers(tf);
    const input = tf.input({ shape: [2] });
    const first = kanLayer({ units: 3, name: "first" }),
      second = kanLayer({ units: 2, name: "second" });
    const apply = (layer: unknown, x: object) => (layer as { apply(x: object): object }).apply(x);
    const joined = apply(
      tf.layers.concatenate(),
      [apply(first, input), apply(second, input)] as never,
    );
    const output = apply(tf.layers.dense({ units: 1 }), joined);
    const model = tf.model({ inputs: input, outputs: output });
    const fine = await refineModel(model, { layers: ["second"] }) as unknown as TrainableModel;
    const intervals = fine.layers.filter((layer) => layer.getClassName() === "KanLayer")
      .map((layer) => [layer.name, (layer as KanLayerLike).kan.intervals]);
    assertEquals(intervals, [["first", 5], ["second", 10]]);
    assert(normwise(await outputs(tf, fine), await outputs(tf, model)) < 1e-5);
    fine.compile({ optimizer: tf.train.adam(0.01), loss: "meanSquaredError" });
    const y = tf.tensor(Array.from({ length: rows }, (_, r) => Math.sin(r)), [rows, 1]);
    const losses = [];
    for (let step = 0; step < 5; step++) {
      losses.push(await fine.trainOnBatch(tf.tensor(points, [rows, 2]), y));
    }
    assert(losses[4] < losses[0], `${losses}`);
    await assertRejects(
      () => refineModel(model, { layers: ["third"] }),
      RangeError,
      "layers must be KanLayers of the model (first, second), current value is third",
    );
  },
  ["cpu"],
);
