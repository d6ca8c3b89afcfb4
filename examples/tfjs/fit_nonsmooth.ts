/**
 * Does a layer of free-knot splines work like any other in tf.sequential?
 *
 * It fits, is refined without changing what it says, fits on, and comes back as a network.
 *
 * `deno run --no-lock --allow-env --allow-read examples/tfjs/fit_nonsmooth.ts`
 */

import * as tf from "npm:@tensorflow/tfjs@4.22.0";
import { findProblem, forward, galleryDatasets } from "@freeknot/freeknot";
import { createKanLayers } from "@freeknot/freeknot/tfjs";

tf.env().set("PROD", true); // no banner
await tf.setBackend("cpu");
const { kanLayer, refineModel, fromModel } = createKanLayers(tf);

const { train } = galleryDatasets(findProblem("nonsmooth"), { rows: 500, testRows: 1 });
const x = tf.tensor2d(Float32Array.from(train.inputs), [train.rows, 2]);
const y = tf.tensor2d(Float32Array.from(train.targets), [train.rows, 1]);

let model: tf.LayersModel = tf.sequential({
  layers: [
    tf.layers.dense({
      units: 5,
      inputShape: [2],
      kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
    }),
    kanLayer({
      units: 1,
      intervals: 5,
      degree: 3,
      freeKnots: true,
      normalisation: "minmax",
      seed: 1,
    }),
  ],
});
for (let level = 0; level < 3; level++) {
  if (level > 0) {
    const fine = await refineModel(model);
    const change = tf.max(
      tf.abs(tf.sub(fine.predict(x) as tf.Tensor, model.predict(x) as tf.Tensor)),
    );
    console.log(`refined: largest change ${(await change.data())[0].toExponential(1)}`);
    model.dispose();
    model = fine;
  }
  model.compile({ optimizer: tf.train.adam(0.02 / 2 ** level), loss: "meanSquaredError" });
  const { history } = await model.fit(x, y, {
    epochs: 30,
    batchSize: 100,
    shuffle: false, // points are random anyway, and runs are alike
    verbose: 0,
  });
  const loss = Number(history.loss.at(-1));
  console.log(`level ${level}: mean squared error ${loss.toExponential(1)}`);
}

const network = await fromModel(model);
const outputs = await (model.predict(x) as tf.Tensor2D).data<"float32">();
const own = forward(network, train.inputs);
const difference = Math.max(...outputs.map((value, i) => Math.abs(value - own[i])));
console.log(
  `as a network of ${network.config.intervals} intervals: same outputs to ${
    difference.toExponential(1)
  }`,
);
