/**
 * Loss and gradient of the paper's networks composed of TensorFlow.js operations on WebGPU.
 *
 * As `gpu_torch.py` beside it: linear first map with bias, then per layer min-max normalisation
 * onto [-1, 1] and B-splines with free knots; the full basis by the Cox-de Boor recursion,
 * `tf.variableGrads` for the gradient. Gradients stay on the device, the loss is read once at the
 * end of every time that is taken.
 *
 * `deno run --allow-all bench/peers/gpu_tfjs.ts '{"widths":[2,5,1],"degree":3,"intervals":5,
 * "rows":20000,"seconds":2}'` prints one JSON object: milliseconds of an evaluation.
 *
 * @module
 */

import * as tf from "npm:@tensorflow/tfjs@4.22.0";
import { composedFreeKnots, fullBasis, startBackend } from "./composed_tfjs.ts";

const { widths, degree, intervals, rows, seconds } = JSON.parse(Deno.args[0]) as {
  readonly widths: readonly number[];
  readonly degree: number;
  readonly intervals: number;
  readonly rows: number;
  readonly seconds: number;
};
const space = { degree, intervals };

await startBackend("webgpu");
const { device } = tf.backend() as unknown as { readonly device: GPUDevice };
let failure: string | undefined;
device.addEventListener("uncapturederror", (event) => {
  failure ??= (event as GPUUncapturedErrorEvent).error.message;
  event.preventDefault?.();
});
device.lost.then(({ message }) => failure ??= `lost: ${message}`);

const nOut = widths[widths.length - 1];
const x = tf.randomUniform([rows, widths[0]], -1, 1, "float32", 1) as tf.Tensor2D;
const y = tf.randomUniform([rows, nOut], 0, 1, "float32", 2);
const first = {
  weights: tf.variable(tf.randomNormal([widths[0], widths[1]])),
  bias: tf.variable(tf.zeros([widths[1]])),
};
const layers = widths.slice(2).map((nOut, layer) => {
  const nIn = widths[layer + 1];
  return {
    coefficients: tf.variable(tf.randomNormal([nIn * (intervals + degree), nOut], 0, 0.5)),
    logits: tf.variable(tf.zeros([nIn, intervals + 2 * degree])),
  };
});

/** The loss; gradients are computed and dropped. */
function evaluate(): tf.Scalar {
  const { value, grads } = tf.variableGrads(() => {
    let h = tf.matMul(x, first.weights as tf.Tensor2D).add(first.bias) as tf.Tensor2D;
    for (const { coefficients, logits } of layers) {
      const low = tf.min(h, 0), high = tf.max(h, 0);
      const u = h.sub(low).mul(2).div(high.sub(low)).sub(1).clipByValue(-1, 1 - 1e-6);
      const basis = fullBasis(
        u as tf.Tensor2D,
        composedFreeKnots(logits as tf.Tensor2D, space),
        space,
      );
      h = tf.matMul(basis.reshape([rows, -1]), coefficients as tf.Tensor2D);
    }
    return tf.mean(tf.square(h.sub(y))) as tf.Scalar;
  });
  tf.dispose(Object.values(grads));
  return value;
}

/** Milliseconds of some evaluations, one after the other, and a reading at the end. */
async function time(count: number): Promise<number> {
  const begin = performance.now();
  for (let i = 1; i < count; i++) evaluate().dispose();
  const last = evaluate();
  const [loss] = await last.data();
  last.dispose();
  if (failure !== undefined) throw new Error(failure);
  if (!Number.isFinite(loss)) throw new Error(`the loss is ${loss}`);
  return performance.now() - begin;
}

let milliseconds: number | string;
try {
  await time(1); // compiles
  const one = await time(1);
  const count = Math.max(2, Math.min(50, Math.floor(1000 * seconds / one)));
  milliseconds = (await time(count) - one) / (count - 1); // the reading does not count
} catch (error) {
  milliseconds = `failed: ${String((error as Error).message ?? error).split("\n")[0].slice(0, 60)}`;
}
console.log(JSON.stringify({ milliseconds, version: `tfjs ${tf.version_core}` }));
Deno.exit();
