/**
 * One spline layer on tensors, knots and base branch included; what KanLayer and the engine share.
 *
 * @module
 */

import { edgePlaces, type SplineStage } from "../model/inner.ts";
import { freeKnotTensor } from "./free_knot_tensor.ts";
import { sigmoid } from "./_smooth.ts";
import { splineLayer } from "./spline_layer.ts";
import type { Operations } from "./_operations.ts";
import type { TensorFlow, TfTensor } from "./tensorflow.ts";

/** The parameters of a layer. */
export interface StageTensors {
  /** Shape `[nIn, numBasis, nOut]`, with a mask `[edges, numBasis]`. */
  readonly coefficients: TfTensor;
  /** Free knots: shape `[nIn or 1, logits]`. */
  readonly knotLogits?: TfTensor | undefined;
  /** Knots that stay: shape `[nIn or 1, numKnots]`. */
  readonly knots?: TfTensor | undefined;
  /** Shape `[nIn, nOut]`, with a mask `[edges]`. */
  readonly baseWeights?: TfTensor | undefined;
}

/** `y_q = sum_p phi_pq(u_p)` for inputs that are normalised already, shape `[rows, nIn]`. */
export function applyStage(
  tf: Operations,
  stage: Pick<SplineStage, "space" | "extrapolation" | "edges" | "nIn" | "nOut" | "numBasis">,
  { coefficients, knotLogits, knots, baseWeights }: StageTensors,
  u: TfTensor,
): TfTensor {
  const tensorflow = tf as unknown as TensorFlow;
  const t = knotLogits ? freeKnotTensor(tensorflow, knotLogits, stage.space) : knots!;
  const { degree } = stage.space;
  const extrapolation = stage.extrapolation === "clamp" ? "clamp" : "linear";
  const { nIn, nOut, numBasis } = stage;
  const c = ofAllEdges(tf, stage, coefficients, numBasis, [nIn, numBasis, nOut]);
  const y = splineLayer(tensorflow, u, c, t, { degree, extrapolation });
  if (!baseWeights) return y;
  const weights = ofAllEdges(tf, stage, baseWeights, 1, [nIn, nOut]);
  return tf.add(y, tf.matMul(tf.mul(u, sigmoid(tf, u)), weights));
}

/** Numbers of the edges of a mask among those of all edges: 0 where there is none. */
function ofAllEdges(
  tf: Operations,
  { edges }: Pick<SplineStage, "edges">,
  numbers: TfTensor,
  count: number,
  shape: number[],
): TfTensor {
  if (!edges) return numbers;
  const size = edges.count * count, places = edgePlaces(edges, count);
  const indices = new Int32Array(shape.reduce((product, n) => product * n, 1)).fill(size);
  places.forEach((place, i) => indices[place] = i);
  return tf.reshape(spread(tf, tf.reshape(numbers, [size]), indices, places), shape);
}

/**
 * Puts numbers at their places among zeros. Its derivative takes them from there, and the other way
 * round: neither needs the segment sums that the wasm backend has not.
 */
function spread(tf: Operations, x: TfTensor, indices: Int32Array, places: Int32Array): TfTensor {
  return tf.customGrad((x) => ({
    value: gatherAt(tf, tf.concat([x, tf.zeros([1])]), indices),
    gradFunc: (dy) => take(tf, dy, indices, places),
  }))(x);
}

function take(tf: Operations, x: TfTensor, indices: Int32Array, places: Int32Array): TfTensor {
  return tf.customGrad((x) => ({
    value: gatherAt(tf, x, places),
    gradFunc: (dy) => spread(tf, dy, indices, places),
  }))(x);
}

function gatherAt(tf: Operations, x: TfTensor, indices: Int32Array): TfTensor {
  return tf.gather(x, tf.tensor(indices, [indices.length], "int32"));
}
