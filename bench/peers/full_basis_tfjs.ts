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
import { setThreadsCount, setWasmPaths } from "npm:@tensorflow/tfjs-backend-wasm@4.22.0";
import type { Case, Patience } from "../_case.ts";
import { peakBytes } from "../_memory.ts";

const [backend, rowsText, caseText, patienceText] = Deno.args;
const rows = Number(rowsText);
const { widths, degree, intervals, knots }: Case = JSON.parse(caseText);
const { seconds, repeats }: Patience = JSON.parse(patienceText);

/** Knots of a layer, shape `[1, 1 or nIn, intervals + 1 + 2 degree]`. */
function uniformKnots(): tf.Tensor3D {
  const spacing = 2 / intervals;
  const count = intervals + 1 + 2 * degree;
  return tf.tensor3d(Array.from({ length: count }, (_, i) => -1 + spacing * (i - degree)), [
    1,
    1,
    count,
  ]);
}

/** Points after `from` up to `to` by a softmax, along the last axis. */
function partition(logits: tf.Tensor2D, from: number, to: number): tf.Tensor2D {
  return tf.cumsum(tf.softmax(logits), 1).mul(to - from).add(from) as tf.Tensor2D;
}

function freeKnots(logits: tf.Tensor2D): tf.Tensor3D {
  const nIn = logits.shape[0];
  const groups = tf.split(logits, [degree, intervals, degree], 1) as tf.Tensor2D[];
  return tf.concat([
    tf.fill([nIn, 1], -3),
    partition(groups[0], -3, -1),
    partition(groups[1], -1, 1),
    partition(groups[2], 1, 3),
  ], 1).expandDims(0) as tf.Tensor3D;
}

/** Entries `begin..end-1` of the last axis. */
function part(x: tf.Tensor3D, begin: number, end: number): tf.Tensor3D {
  return tf.slice(x, [0, 0, begin], [-1, -1, end - begin]);
}

/** Whether `from <= u < to`, as 0 and 1; comparisons have no gradient in tfjs: it is zero. */
const indicators = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
  const [u, from, to] = args as tf.Tensor[];
  return {
    value: tf.logicalAnd(tf.greaterEqual(u, from), tf.less(u, to)).toFloat(),
    gradFunc: () => [tf.zerosLike(u), tf.zerosLike(from), tf.zerosLike(to)],
  };
});

/** All basis functions of all inputs, shape `[rows, nIn, intervals + degree]`. */
function fullBasis(x: tf.Tensor2D, t: tf.Tensor3D): tf.Tensor3D {
  const u = x.expandDims(2), count = intervals + 1 + 2 * degree;
  let basis = indicators(u, part(t, 0, count - 1), part(t, 1, count)) as tf.Tensor3D;
  for (let k = 1; k <= degree; k++) {
    const last = count - k - 1; // functions of this degree
    const first = part(t, 0, last), second = part(t, 1, last + 1);
    const left = u.sub(first).div(part(t, k, last + k).sub(first));
    const end = part(t, k + 1, count);
    const right = end.sub(u).div(end.sub(second));
    basis = left.mul(part(basis, 0, last)).add(right.mul(part(basis, 1, last + 1)));
  }
  return basis;
}

if (backend === "wasm") {
  setThreadsCount(1);
  const folder = new URL("./", import.meta.resolve("npm:@tensorflow/tfjs-backend-wasm@4.22.0"));
  setWasmPaths(decodeURIComponent(folder.pathname));
}
tf.env().set("PROD", true); // no banner on Node-like runtimes
if (!await tf.setBackend(backend)) throw new Error(`Cannot set the backend ${backend}`);

const x = tf.randomUniform([rows, widths[0]], -1, 1, "float32", 1) as tf.Tensor2D;
const y = tf.randomUniform([rows, widths[widths.length - 1]], 0, 1, "float32", 2);
const fixed = uniformKnots();
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
      const t = logits ? freeKnots(logits as tf.Tensor2D) : fixed;
      h = tf.matMul(fullBasis(h, t).reshape([rows, -1]), coefficients as tf.Tensor2D);
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
