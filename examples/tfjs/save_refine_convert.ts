/**
 * How does a model with splines live on: saved, loaded, refined, turned into a network and back?
 *
 * `deno run --no-lock --allow-env --allow-read examples/tfjs/save_refine_convert.ts`
 */

import * as tf from "npm:@tensorflow/tfjs@4.22.0";
import {
  encodeModel,
  findProblem,
  forward,
  galleryDatasets,
  multilevelSchedule,
  trainToEnd,
} from "@freeknot/freeknot";
import { createKanLayers } from "@freeknot/freeknot/tfjs";

tf.env().set("PROD", true); // no banner
await tf.setBackend("cpu");
const { kanLayer, refineModel, fromModel, toModel } = createKanLayers(tf);

const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 500, testRows: 1 });
const x = tf.tensor2d(Float32Array.from(train.inputs), [train.rows, 2]);
const y = tf.tensor2d(Float32Array.from(train.targets), [train.rows, 1]);
async function outputs(model: tf.LayersModel): Promise<Float32Array> {
  return await (model.predict(x) as tf.Tensor2D).data<"float32">();
}
function difference(a: ArrayLike<number>, b: ArrayLike<number>): string {
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]))).toExponential(1);
}

// Fit.
const model = tf.sequential({
  layers: [
    tf.layers.dense({
      units: 5,
      inputShape: [2],
      kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
    }),
    kanLayer({ units: 1, intervals: 5, normalisation: "minmax", momentum: 0, seed: 1 }),
  ],
});
model.compile({ optimizer: tf.train.adam(0.05), loss: "meanSquaredError" });
const { history } = await model.fit(x, y, { epochs: 60, batchSize: 500, verbose: 0 });
console.log(`adam: mean squared error ${Number(history.loss.at(-1)).toExponential(1)}`);

// Save and load, by any handler of tf.io (in browsers also "localstorage://kan" or a server).
const artifacts: tf.io.ModelArtifacts[] = [];
await model.save(tf.io.withSaveHandler((saved) => {
  artifacts.push(saved);
  return Promise.resolve({ modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(saved) });
}));
const loaded = await tf.loadLayersModel(tf.io.fromMemory(artifacts[0]));
console.log(`loaded: largest change ${difference(await outputs(loaded), await outputs(model))}`);

// Refine: twice the intervals, the same function.
const fine = await refineModel(loaded);
console.log(`refined: largest change ${difference(await outputs(fine), await outputs(model))}`);

// As a network of this package: its optimizers, its model file, its command line.
const network = await fromModel(fine);
console.log(
  `as a network: largest change ${difference(forward(network, train.inputs), await outputs(fine))}`,
);
const better = await trainToEnd(network, train, { schedule: multilevelSchedule([30]) });
console.log(`Gauss-Newton: mean squared error ${better.loss.toExponential(1)}`);
console.log(`model file: ${encodeModel(better.network).length} bytes`);

// And back.
const back = toModel(better.network);
console.log(
  `as a model again: largest change ${
    difference(await outputs(back), forward(better.network, train.inputs))
  }`,
);
