/**
 * Loss and gradient of an all-spline KAN composed of TensorFlow.js operations.
 *
 * As the PyTorch program beside it: the whole basis by the Cox-de Boor recursion, contracted with
 * the coefficients, `tf.variableGrads` for the gradient, for free knots too. float32, no
 * normalisation, no base branch, mean squared error.
 *
 * `deno run --allow-read --allow-env bench/peers/full_basis_tfjs.ts cpu|wasm ROWS CASE PATIENCE`
 * prints one JSON object; the last two arguments are JSON.
 *
 * @module
 */

import * as tf from "npm:@tensorflow/tfjs@4.22.0";
import type { Case, Patience } from "../_case.ts";
import { peakBytes } from "../_memory.ts";
import {
  composedFreeKnots,
  composedUniformKnots,
  fullBasis,
  startBackend,
} from "./composed_tfjs.ts";

const [backend, rowsText, caseText, patienceText] = Deno.args;
const rows = Number(rowsText);
const { widths, degree, intervals, knots }: Case = JSON.parse(caseText);
const { seconds, repeats }: Patience = JSON.parse(patienceText);

await startBackend(backend);

const x = tf.randomUniform([rows, widths[0]], -1, 1, "float32", 1) as tf.Tensor2D;
const y = tf.randomUniform([rows, widths[widths.length - 1]], 0, 1, "float32", 2);
const space = { degree, intervals };
const fixed = composedUniformKnots(space);
const layers = widths.slice(1).map((nOut, layer) => {
  const nIn = widths[layer];
  const shape = [nIn * (intervals + degree), nOut];
  return {
    coefficients: tf.variable(tf.randomNormal(shape, 0, 0.58 / Math.sqrt(nIn))),
    logits: knots === "free"
      ? tf.variable(tf.randomNormal([nIn, intervals + 2 * degree], 0, 0.3))
      : undefined,
  };
});

async function evaluate(): Promise<void> {
  const { value, grads } = tf.variableGrads(() => {
    let h = x;
    for (const { coefficients, logits } of layers) {
      const t = logits ? composedFreeKnots(logits as tf.Tensor2D, space) : fixed;
      h = tf.matMul(fullBasis(h, t, space).reshape([rows, -1]), coefficients as tf.Tensor2D);
    }
    return tf.mean(tf.square(h.sub(y))) as tf.Scalar;
  });
  await value.data();
  tf.dispose([value, ...Object.values(grads)]);
}

await evaluate();
const milliseconds: number[] = [];
const begin = performance.now();
while (
  milliseconds.length < 3 ||
  (milliseconds.length < repeats && performance.now() - begin < 1000 * seconds)
) {
  const start = performance.now();
  await evaluate();
  milliseconds.push(performance.now() - start);
}
const version = `tfjs ${tf.version_core}`;
console.log(JSON.stringify({ milliseconds, peakBytes: peakBytes(), rows, version }));
