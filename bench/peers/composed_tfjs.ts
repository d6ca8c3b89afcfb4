/**
 * The whole B-spline basis composed of TensorFlow.js operations, and its backends.
 *
 * @module
 */

import * as tf from "npm:@tensorflow/tfjs@4.22.0";
import "npm:@tensorflow/tfjs-backend-webgpu@4.22.0";
import { setThreadsCount, setWasmPaths } from "npm:@tensorflow/tfjs-backend-wasm@4.22.0";

/** Takes a backend, one thread. */
export async function startBackend(backend: string): Promise<void> {
  if (backend === "wasm") {
    setThreadsCount(1);
    const folder = new URL("./", import.meta.resolve("npm:@tensorflow/tfjs-backend-wasm@4.22.0"));
    setWasmPaths(decodeURIComponent(folder.pathname));
  }
  tf.env().set("PROD", true); // no banner on Node-like runtimes
  if (!await tf.setBackend(backend)) throw new Error(`Cannot set the backend ${backend}`);
}

/** Degree and intervals of a layer on [-1, 1]. */
export interface Space {
  readonly degree: number;
  readonly intervals: number;
}

/** Knots of a layer, shape `[1, 1, intervals + 1 + 2 degree]`. */
export function composedUniformKnots({ degree, intervals }: Space): tf.Tensor3D {
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

/** Knots of logits `[nIn, intervals + 2 degree]`, shape `[1, nIn, intervals + 1 + 2 degree]`. */
export function composedFreeKnots(
  logits: tf.Tensor2D,
  { degree, intervals }: Space,
): tf.Tensor3D {
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
export function fullBasis(
  x: tf.Tensor2D,
  t: tf.Tensor3D,
  { degree, intervals }: Space,
): tf.Tensor3D {
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
