/**
 * Free knots as tensors: differentiable, in float32.
 *
 * @module
 */

import type { KnotSpace } from "../knots/mod.ts";
import { numKnotLogits } from "../knots/inner.ts";
import { checkBackend } from "./_backends.ts";
import { registerKnotKernels, runKnots } from "./_knot_kernels.ts";
import { operationsOf } from "./_operations.ts";
import type { TensorFlow, TensorOf, TfTensor } from "./tensorflow.ts";

/**
 * Computes knots from logits, `t_i = a + (b - a) sum_{j <= i} softmax(s)_j` (Actor et al. 2025,
 * eq. (22)).
 *
 * The same as `freeKnots` of the package, for every row at once: one kernel, another one for its
 * gradient, and gradients of any order through those. Both ends of the domain and the
 * outermost knots are exact; an interval may underflow to an empty one.
 *
 * @param tensorflow The caller's TensorFlow.js.
 * @param logits Shape `[rows, numKnotLogits(space)]`, laid out `[degree left | intervals inner |
 * degree right]` for free outer knots, otherwise `[intervals inner]`.
 * @param space Degree, intervals, domain, outer knots.
 * @returns Knots, shape `[rows, intervals + 1 + 2 degree]`, not decreasing; the caller disposes.
 * @throws {TypeError} If `logits` has another shape.
 * @throws {RangeError} If the current backend is none of cpu, wasm, webgl and webgpu.
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
  checkBackend("compute free knots", tf);
  registerKnotKernels(tf);
  return runKnots(tf, logits, space) as TensorOf<TF>;
}
