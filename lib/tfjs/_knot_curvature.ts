/**
 * The derivative of the knots kernel: second derivatives of splines that involve a knot.
 *
 * The derivative of a spline by knot `t_j` is a spline on the knots with `t_j` doubled, with
 * coefficients `e_i = (c_{i-1} - c_i) / (t_{i+degree} - t_i)`, `i = j-degree..j`, 0 elsewhere. So
 * `sum_j u_j dF/dt_j = sum_j F(x, w, u_j e, g, t with t_j doubled)`, whose derivatives are kernels
 * of the same family. It costs one kernel per knot.
 *
 * @module
 */

import { runSpline, type SplineTensors } from "./_run_spline.ts";
import type { SplineSpace } from "./_local_basis.ts";
import type { Operations } from "./_operations.ts";
import type { TfTensor } from "./tensorflow.ts";

/**
 * Computes the derivative of `sum u . Knots(x, t, c, g, w)` by one of the inputs.
 *
 * @param u Gradient by the kernel's output, shape `[nIn or 1, numKnots]`.
 * @param by Name of the input.
 */
export function knotCurvature(
  tf: Operations,
  tensors: SplineTensors,
  space: SplineSpace,
  u: TfTensor,
  by: "x" | "t" | "c" | "g" | "w",
): TfTensor {
  let total: TfTensor | undefined;
  for (let j = 1; j < tensors.t.shape[1] - 1; j++) {
    if (j === space.first || j === space.last) continue;
    const term = termDerivative(tf, knotTerm(tf, tensors, space, u, j), by);
    total = total ? tf.add(total, term) : term;
  }
  return total ?? tf.zerosLike(tensors[by]!); // degree 1, one interval: no knot moves anything
}

/** The spline that is the derivative by one knot, times `u_j`. */
type KnotTerm = ReturnType<typeof knotTerm>;

function knotTerm(
  tf: Operations,
  { x, t, c, g, w }: SplineTensors,
  space: SplineSpace,
  u: TfTensor,
  j: number,
) {
  const { degree, first, last } = space;
  const [vectors, numKnots] = t.shape;
  const [nIn, numBasis, nOut] = c!.shape;
  const low = Math.max(0, j - degree), high = Math.min(numBasis, j);
  const count = high - low + 1;
  const padded = tf.pad(c!, [[0, 0], [1, 1], [0, 0]]); // c_{-1} = c_numBasis = 0
  // c_{i-1} - c_i, shape [nIn, count, nOut]
  const steps = tf.sub(
    tf.slice(padded, [0, low, 0], [nIn, count, nOut]),
    tf.slice(padded, [0, low + 1, 0], [nIn, count, nOut]),
  );
  const width = tf.sub(
    tf.slice(t, [0, low + degree], [vectors, count]),
    tf.slice(t, [0, low], [vectors, count]),
  );
  const open = tf.step(width); // 0/0 = 0
  // t_{i+degree} - t_i, 1 where that is 0
  const span = tf.add(width, tf.sub(1, open));
  // u_j / span, shape [nIn or 1, count]
  const share = tf.div(tf.mul(open, tf.slice(u, [0, j], [vectors, 1])), span);
  const e = tf.mul(steps, tf.reshape(share, [vectors, count, 1]));
  const indices = Int32Array.from({ length: numKnots + 1 }, (_, i) => i > j ? i - 1 : i);
  const knots = tf.gather(t, tf.tensor(indices, [numKnots + 1], "int32"), 1);
  const functions = tf.pad(e, [[0, 0], [low, numBasis - high], [0, 0]]);
  return {
    space: { ...space, first: j < first ? first + 1 : first, last: j < last ? last + 1 : last },
    tensors: { x, t: knots, c: functions, g, w },
    /** Indices of the coefficients that are not 0: `low` to `high`. */
    ...{ j, low, high, steps, share, span },
  };
}

function termDerivative(
  tf: Operations,
  term: KnotTerm,
  by: "x" | "t" | "c" | "g" | "w",
): TfTensor {
  const { tensors, space } = term;
  if (by === "g") return runSpline(tf, "Outputs", tensors, space);
  if (by === "w") return runSpline(tf, "Slopes", tensors, space);
  if (by === "x") {
    const slopes = runSpline(tf, "Slopes", tensors, { ...space, order: space.order + 1 });
    return tensors.w ? tf.mul(slopes, tensors.w) : slopes;
  }
  const { low, high, share } = term;
  const [nIn, functions, nOut] = tensors.c!.shape;
  const count = high - low + 1;
  const bar = tf.slice(
    runSpline(tf, "Coefficients", tensors, space),
    [0, low, 0],
    [nIn, count, nOut],
  ); // by the coefficients u_j e
  if (by === "t") return byKnots(tf, term, bar);
  const spread = tf.mul(bar, tf.reshape(share, [share.shape[0], count, 1]));
  const numBasis = functions - 1;
  const both = tf.sub(
    tf.pad(spread, [[0, 0], [low, numBasis + 1 - high], [0, 0]]),
    tf.pad(spread, [[0, 0], [low + 1, numBasis - high], [0, 0]]),
  ); // by c_{-1} .. c_numBasis
  return tf.slice(both, [0, 1, 0], [nIn, numBasis, nOut]);
}

/** By the knots: as knots of the term's spline, and as spans in its coefficients. */
function byKnots(
  tf: Operations,
  { j, space, tensors, low, high, steps, share, span }: KnotTerm,
  bar: TfTensor,
): TfTensor {
  const [vectors, doubled] = tensors.t.shape;
  const numKnots = doubled - 1, count = high - low + 1;
  const moved = runSpline(tf, "Knots", tensors, space);
  const upTo = tf.slice(moved, [0, 0], [vectors, j + 1]);
  const after = tf.slice(moved, [0, j + 1], [vectors, numKnots - j]);
  const shareBar = tf.sum(tf.mul(bar, steps), vectors === 1 ? [0, 2] : [2]);
  const spanBar = tf.div(tf.mul(tf.reshape(shareBar, [vectors, count]), share), span);
  const free = numKnots - count - low;
  return tf.add(
    tf.add(tf.pad(upTo, [[0, 0], [0, numKnots - j - 1]]), tf.pad(after, [[0, 0], [j, 0]])),
    tf.sub( // d share / d span = -share / span
      tf.pad(spanBar, [[0, 0], [low, free]]),
      tf.pad(spanBar, [[0, 0], [low + space.degree, free - space.degree]]),
    ),
  );
}
