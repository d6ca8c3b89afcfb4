/**
 * Free knots as tensors: differentiable, in float32.
 *
 * @module
 */

import { type KnotSpace, numKnotLogits } from "../knots/mod.ts";
import { type Operations, operationsOf } from "./_operations.ts";
import { runningSums, softmax } from "./_smooth.ts";
import type { TensorFlow, TensorOf, TfTensor } from "./tensorflow.ts";

/**
 * Computes knots from logits, `t_i = a + (b - a) sum_{j <= i} softmax(s)_j` (seeds/003 eq. (22)).
 *
 * The same as `freeKnots` of the package, for every row at once and composed of TensorFlow.js
 * operations, so that gradients of any order flow through it. Both ends of the domain and the
 * outermost knots are exact; an interval may underflow to an empty one.
 *
 * @param tensorflow The caller's TensorFlow.js.
 * @param logits Shape `[rows, numKnotLogits(space)]`, laid out `[degree left | intervals inner |
 * degree right]` for free outer knots, otherwise `[intervals inner]`.
 * @param space Degree, intervals, domain, outer knots.
 * @returns Knots, shape `[rows, intervals + 1 + 2 degree]`, not decreasing; the caller disposes.
 * @throws {TypeError} If `logits` has another shape.
 *
 * @example
 * ```ts ignore
 * import * as tf from "npm:@tensorflow/tfjs@4.22.0";
 * import { freeKnotTensor } from "@freeknot/freeknot/tfjs";
 *
 * const space = { degree: 1, intervals: 4, domain: [0, 1], outerKnots: "free" } as const;
 * freeKnotTensor(tf, tf.zeros([1, 6]), space).print(); // -1, 0, 0.25, 0.5, 0.75, 1, 2
 * ```
 */
export function freeKnotTensor<TF extends TensorFlow>(
  tensorflow: TF,
  logits: TfTensor,
  space: KnotSpace,
): TensorOf<TF> {
  const tf = operationsOf(tensorflow);
  const count = numKnotLogits(space);
  if (logits.shape.length !== 2 || logits.shape[1] !== count) {
    throw new TypeError(
      `Cannot compute free knots: logits must have shape [rows, ${count}], ` +
        `current value is [${logits.shape}]`,
    );
  }
  return tf.tidy(() => {
    const { degree, intervals, domain: [a, b], outerKnots } = space;
    const rows = logits.shape[0], width = b - a;
    const parts = (begin: number, size: number, from: number, to: number): TfTensor[] => {
      const own = tf.slice(logits, [0, begin], [rows, size]);
      return partition(tf, own, from, to);
    };
    const end = (value: number) => tf.fill([rows, 1], value);
    if (outerKnots === "free") {
      return tf.concat([
        end(a - width),
        ...parts(0, degree, a - width, a),
        ...parts(degree, intervals, a, b),
        ...parts(degree + intervals, degree, b, b + width),
      ], 1);
    }
    const spacing = outerKnots === "even" ? width / intervals : 0; // clamped: ends repeated
    const outer = Array.from({ length: degree }, (_, k) => spacing * (k + 1));
    return tf.concat([
      ...outer.toReversed().map((gap) => end(a - gap)),
      end(a),
      ...parts(0, intervals, a, b),
      ...outer.map((gap) => end(b + gap)),
    ], 1);
  }) as TensorOf<TF>;
}

/** The points after `from` up to `to`, whose gaps are a softmax. */
function partition(tf: Operations, logits: TfTensor, from: number, to: number): TfTensor[] {
  const [rows, count] = logits.shape;
  const last = tf.fill([rows, 1], to);
  if (count === 1) return [last];
  const sums = tf.slice(runningSums(tf, softmax(tf, logits)), [0, 0], [rows, count - 1]);
  // rounding of the sums must not pass the end; unlike a minimum this has second derivatives
  return [tf.sub(to, tf.relu(tf.sub(to - from, tf.mul(sums, to - from)))), last];
}
