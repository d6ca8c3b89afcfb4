/**
 * One layer of splines in TensorFlow.js, value and gradient by inputs, coefficients and knots: the
 * kernels of this package beside the same layer composed of TensorFlow.js operations (the whole
 * basis, as other KANs compute it).
 *
 * Both run in one process, in turn; the table holds minima in milliseconds and their ratio. Cubic,
 * free knots, float32, one thread. A WebGPU adapter in software says how many operations there are,
 * not how fast a GPU is; bench/webgpu.ts is the benchmark for those.
 *
 * `deno run --no-lock --allow-all bench/peers/kan_layer_tfjs.ts [BACKEND ...] [--rounds N]`
 *
 * @module
 */

import * as tf from "npm:@tensorflow/tfjs@4.22.0";
import { parseArgs } from "@std/cli/parse-args";
import { createKanLayers } from "@freeknot/freeknot/tfjs";
import { composedFreeKnots, fullBasis, startBackend } from "./composed_tfjs.ts";

const given = parseArgs(Deno.args, { string: ["rounds"] });
const rounds = Number(given.rounds ?? 5);
const backends = given._.length > 0 ? given._.map(String) : ["cpu", "wasm", "webgpu"];
const { freeKnotTensor, splineLayer } = createKanLayers(tf);

/** Inputs, outputs, intervals, rows. */
const CASES = [
  [2, 5, 5, 100],
  [5, 5, 5, 1000],
  [5, 5, 40, 1000],
  [20, 20, 5, 1000],
  [20, 20, 40, 1000],
] as const;
const DEGREE = 3;

/** Seconds of one call, everything read. */
async function time(
  layer: (x: tf.Tensor2D, c: tf.Tensor3D, logits: tf.Tensor2D) => tf.Tensor,
  inputs: tf.Tensor[],
): Promise<number> {
  const start = performance.now();
  const { value, grads } = tf.valueAndGrads((...args: tf.Tensor[]) => {
    const [x, c, logits] = args;
    return tf.mean(tf.square(layer(x as tf.Tensor2D, c as tf.Tensor3D, logits as tf.Tensor2D)));
  })(inputs);
  await Promise.all([value, ...grads].map((tensor) => tensor.data()));
  tf.dispose([value, ...grads]);
  return performance.now() - start;
}

console.log("| backend | layer | intervals | rows | kernels, ms | composed, ms | ratio |");
console.log("| --- | --- | --- | --- | --- | --- | --- |");
for (const backend of backends) {
  if (backend === "webgpu" && await navigator.gpu?.requestAdapter() == null) {
    console.log("| webgpu | no adapter | | | | | |");
    continue;
  }
  await startBackend(backend);
  for (const [nIn, nOut, intervals, rows] of CASES) {
    const space = { degree: DEGREE, intervals, domain: [-1, 1], outerKnots: "free" } as const;
    const numBasis = intervals + DEGREE;
    const inputs = [
      tf.randomUniform([rows, nIn], -1, 1, "float32", 1),
      tf.randomNormal([nIn, numBasis, nOut], 0, 1, "float32", 2),
      tf.randomNormal([nIn, intervals + 2 * DEGREE], 0, 0.3, "float32", 3),
    ];
    const kernels = (x: tf.Tensor2D, c: tf.Tensor3D, logits: tf.Tensor2D) =>
      splineLayer(x, c, freeKnotTensor(logits, space), { degree: DEGREE });
    const composed = (x: tf.Tensor2D, c: tf.Tensor3D, logits: tf.Tensor2D) =>
      tf.matMul(
        fullBasis(x, composedFreeKnots(logits, space), space).reshape([rows, -1]),
        c.reshape([-1, nOut]) as tf.Tensor2D,
      );
    const [x, c, logits] = inputs as [tf.Tensor2D, tf.Tensor3D, tf.Tensor2D];
    const difference = tf.tidy(() => {
      const y = composed(x, c, logits);
      return tf.div(tf.max(tf.abs(tf.sub(kernels(x, c, logits), y))), tf.max(tf.abs(y)));
    });
    const [error] = await difference.data();
    if (!(error < 1e-4)) throw new Error(`Cannot compare: outputs differ by ${error}`);
    await time(kernels, inputs); // compiles
    await time(composed, inputs);
    let own = Infinity, other = Infinity;
    for (let round = 0; round < rounds; round++) {
      own = Math.min(own, await time(kernels, inputs));
      other = Math.min(other, await time(composed, inputs));
    }
    const cells = [backend, `${nIn} -> ${nOut}`, intervals, rows, own.toFixed(1), other.toFixed(1)];
    console.log(`| ${cells.join(" | ")} | ${(other / own).toFixed(1)} |`);
    tf.dispose([...inputs, difference]);
  }
}
