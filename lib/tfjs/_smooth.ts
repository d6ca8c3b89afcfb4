/**
 * Operations of TensorFlow.js with gradients that can themselves be differentiated.
 *
 * The gradients that TensorFlow.js 4.22.0 registers for sigmoid, exp and softmax hold the
 * operation's output, which cuts second derivatives off: they are missing, or silently 0. The
 * gradients here compute the output from the input again.
 *
 * @module
 */

import type { Operations } from "./_operations.ts";
import type { TfTensor } from "./tensorflow.ts";

/** An operation whose gradient comes from its own output, computed again: `pull(dy, y)`. */
function recomputed(
  tf: Operations,
  run: "sigmoid" | "softmax",
  pull: (dy: TfTensor, y: TfTensor) => TfTensor,
): (x: TfTensor) => TfTensor {
  return tf.customGrad((input, save) => {
    save([input]);
    return {
      value: tf[run](input),
      gradFunc: (dy, [kept]) => pull(dy, recomputed(tf, run, pull)(kept)),
    };
  });
}

/** `1 / (1 + exp(-x))`. */
export function sigmoid(tf: Operations, x: TfTensor): TfTensor {
  return recomputed(tf, "sigmoid", (dy, y) => tf.mul(dy, tf.mul(y, tf.sub(1, y))))(x);
}

/** Softmax over the last axis of a matrix. */
export function softmax(tf: Operations, x: TfTensor): TfTensor {
  const pull = (dy: TfTensor, y: TfTensor) => tf.mul(y, tf.sub(dy, tf.sum(tf.mul(dy, y), 1, true)));
  return recomputed(tf, "softmax", pull)(x);
}

/**
 * Sums from the left along the last axis of a matrix. The registered gradient of `cumsum` is the sum
 * from the right, which the WebGPU backend of 4.22.0 gets wrong; this one turns the axis around.
 */
export function runningSums(tf: Operations, x: TfTensor): TfTensor {
  return tf.customGrad((input) => ({
    value: tf.cumsum(input, 1),
    gradFunc: (dy) => tf.reverse(runningSums(tf, tf.reverse(dy, 1)), 1),
  }))(x);
}
