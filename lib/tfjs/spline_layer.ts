/**
 * The spline layer as an operation on tensors.
 *
 * @module
 */

import { MAX_DEGREE } from "../knots/inner.ts";
import { checkBackend } from "./_backends.ts";
import { registerKernels } from "./_kernels.ts";
import { runSpline } from "./_run_spline.ts";
import { operationsOf } from "./_operations.ts";
import type { TensorFlow, TensorOf, TfTensor } from "./tensorflow.ts";

/** Options of {@linkcode splineLayer}. */
export interface SplineLayerOptions {
  /** Polynomial degree, 1 to 9. */
  readonly degree: number;
  /** Order of the derivative by `x` that is computed. Default 0. */
  readonly derivative?: number;
  /** Outside the domain: a straight line (default), or constant. */
  readonly extrapolation?: "linear" | "clamp";
}

/**
 * Computes `y[r,q] = sum_p sum_i c[p,i,q] B_i(x[r,p]; t[p])` with B-splines `B_i`.
 *
 * One kernel on each of the backends cpu, wasm, webgl (these three compute on the host) and webgpu;
 * cost grows with `degree + 1`, not
 * with the number of intervals. The gradient by `x`, `coefficients` and `knots` is registered and
 * can itself be differentiated; second derivatives by a knot cost one kernel per knot. The ends of
 * the domain do not move: their gradient is 0.
 *
 * @param tf The caller's TensorFlow.js.
 * @param x Positions, shape `[rows, nIn]`.
 * @param coefficients Shape `[nIn, numBasis, nOut]`.
 * @param knots Shape `[nIn, intervals + 1 + 2 degree]`, or `[1, ..]` for all inputs, not
 * decreasing; the domain runs from index `degree` to `length - 1 - degree`.
 * @param options Degree, derivative, extrapolation.
 * @returns Shape `[rows, nOut]`, float32; the caller disposes.
 * @throws {TypeError} If shapes do not fit.
 * @throws {RangeError} If an option is out of range, or the current backend is another one.
 *
 * @example
 * ```ts ignore
 * import * as tf from "npm:@tensorflow/tfjs@4.22.0";
 * import { splineLayer } from "@freeknot/freeknot/tfjs";
 *
 * const knots = tf.tensor2d([[-1, 0, 1, 2]]); // degree 1, one interval [0, 1]
 * const coefficients = tf.tensor3d([[[3], [5]]]);
 * splineLayer(tf, tf.tensor2d([[0.5]]), coefficients, knots, { degree: 1 }).print(); // 4
 * ```
 */
export function splineLayer<TF extends TensorFlow>(
  tf: TF,
  x: TfTensor,
  coefficients: TfTensor,
  knots: TfTensor,
  options: SplineLayerOptions,
): TensorOf<TF> {
  const { degree, derivative: order = 0, extrapolation = "linear" } = options;
  check(x, coefficients, knots, degree, order, extrapolation);
  const operations = operationsOf(tf);
  registerKernels(operations);
  checkBackend("compute spline layer", operations);
  return runSpline(operations, "Outputs", { x, t: knots, c: coefficients }, {
    degree,
    order,
    first: degree,
    last: knots.shape[1] - 1 - degree,
    clamp: extrapolation === "clamp",
  }) as TensorOf<TF>;
}

function check(
  x: TfTensor,
  coefficients: TfTensor,
  knots: TfTensor,
  degree: number,
  order: number,
  extrapolation: string,
): void {
  function fail(type: typeof TypeError | typeof RangeError, rule: string, value: unknown): never {
    throw new type(`Cannot compute spline layer: ${rule}, current value is ${value}`);
  }
  if (!Number.isInteger(degree) || degree < 1 || degree > MAX_DEGREE) {
    fail(RangeError, `degree must be an integer from 1 to ${MAX_DEGREE}`, degree);
  }
  if (!Number.isInteger(order) || order < 0) {
    fail(RangeError, "derivative must be an integer of at least 0", order);
  }
  if (extrapolation !== "linear" && extrapolation !== "clamp") {
    fail(RangeError, "extrapolation must be linear or clamp", extrapolation);
  }
  for (const [name, { dtype }] of Object.entries({ x, coefficients, knots })) {
    if (dtype !== "float32") fail(TypeError, `${name} must be float32`, dtype);
  }
  const [, nIn] = x.shape;
  if (x.shape.length !== 2) fail(TypeError, "x must have shape [rows, nIn]", `[${x.shape}]`);
  const [vectors, numKnots] = knots.shape;
  if (knots.shape.length !== 2 || (vectors !== 1 && vectors !== nIn) || numKnots < 2 + 2 * degree) {
    const rule = `knots must have shape [${nIn} or 1, ${2 + 2 * degree} or more]`;
    fail(TypeError, rule, `[${knots.shape}]`);
  }
  const numBasis = numKnots - 1 - degree;
  const [inputs, functions] = coefficients.shape;
  if (coefficients.shape.length !== 3 || inputs !== nIn || functions !== numBasis) {
    const rule = `coefficients must have shape [${nIn}, ${numBasis}, nOut]`;
    fail(TypeError, rule, `[${coefficients.shape}]`);
  }
}
