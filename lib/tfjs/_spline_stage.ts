/**
 * One spline layer on tensors, knots and base branch included; what KanLayer and the engine share.
 *
 * @module
 */

import type { SplineStage } from "../model/inner.ts";
import { freeKnotTensor } from "./free_knot_tensor.ts";
import { sigmoid } from "./_smooth.ts";
import { splineLayer } from "./spline_layer.ts";
import type { Operations } from "./_operations.ts";
import type { TensorFlow, TfTensor } from "./tensorflow.ts";

/** The parameters of a layer. */
export interface StageTensors {
  /** Shape `[nIn, numBasis, nOut]`. */
  readonly coefficients: TfTensor;
  /** Free knots: shape `[nIn or 1, logits]`. */
  readonly knotLogits?: TfTensor | undefined;
  /** Knots that stay: shape `[nIn or 1, numKnots]`. */
  readonly knots?: TfTensor | undefined;
  /** Shape `[nIn, nOut]`. */
  readonly baseWeights?: TfTensor | undefined;
}

/** `y_q = sum_p phi_pq(u_p)` for inputs that are normalised already, shape `[rows, nIn]`. */
export function applyStage(
  tf: Operations,
  stage: Pick<SplineStage, "space" | "extrapolation">,
  { coefficients, knotLogits, knots, baseWeights }: StageTensors,
  u: TfTensor,
): TfTensor {
  const tensorflow = tf as unknown as TensorFlow;
  const t = knotLogits ? freeKnotTensor(tensorflow, knotLogits, stage.space) : knots!;
  const { degree } = stage.space;
  const extrapolation = stage.extrapolation === "clamp" ? "clamp" : "linear";
  const y = splineLayer(tensorflow, u, coefficients, t, { degree, extrapolation });
  if (!baseWeights) return y;
  return tf.add(y, tf.matMul(tf.mul(u, sigmoid(tf, u)), baseWeights));
}
