/**
 * Kernels of free knots: from logits to knots, and the gradient back.
 *
 * Composed of TensorFlow.js's operations the same takes thirty kernels, more than the rest of a
 * layer. Only the gradient's own derivatives are composed.
 *
 * @module
 */

import { freeKnots, freeKnotsVjp, type KnotSpace } from "../knots/mod.ts";
import { numKnotLogits } from "../knots/inner.ts";
import { type HostBackend, registerOnBackends } from "./_backends.ts";
import type { Operations } from "./_operations.ts";
import { runningSums, softmax } from "./_smooth.ts";
import type { TfTensor } from "./tensorflow.ts";
import { runKnotsOnWebgpu } from "./webgpu/_knots.ts";
import type { TensorInfo } from "./webgpu/_program.ts";

const KNOTS = "FreeknotKnots", PULL = "FreeknotKnotsPull";

/** Registers both kernels and their gradients once per `tf`. */
export function registerKnotKernels(tf: Operations): void {
  if (tf.getKernel(KNOTS, "cpu")) return;
  for (const [kernelName, names] of [[KNOTS, ["s"]], [PULL, ["s", "g"]]] as const) {
    registerOnBackends<KnotSpace>(tf, kernelName, {
      host: (backend, { inputs, attrs }) => runOnHost(backend, inputs.s, inputs.g, attrs),
      webgpu: (backend, { inputs, attrs }) => runKnotsOnWebgpu(backend, inputs.s, inputs.g, attrs),
    });
    tf.registerGradient({
      kernelName,
      inputsToSave: [...names],
      gradFunc: (dy, [s, g], attrs) => {
        const space = attrs as KnotSpace;
        return kernelName === KNOTS
          ? { s: () => pullKnots(tf, s, dy, space) }
          : pullDerivatives(tf, s, g, dy, space);
      },
    });
  }
}

/** Knots of logits, shape `[rows, intervals + 1 + 2 degree]`. */
export function runKnots(tf: Operations, s: TfTensor, space: KnotSpace): TfTensor {
  return tf.engine().runKernel(KNOTS, { s }, { ...space }) as TfTensor;
}

/** `J(s)^T g` with the Jacobian `J` of the knots by the logits. */
function pullKnots(tf: Operations, s: TfTensor, g: TfTensor, space: KnotSpace): TfTensor {
  return tf.engine().runKernel(PULL, { s, g }, { ...space }) as TfTensor;
}

/** Logits that share one softmax, and where the knots between which they lie begin. */
type Group = ReturnType<typeof groupsOf>[number];

function groupsOf({ degree, intervals, outerKnots }: KnotSpace) {
  if (outerKnots !== "free") return [{ begin: 0, size: intervals, first: degree }];
  return [
    { begin: 0, size: degree, first: 0 },
    { begin: degree, size: intervals, first: degree },
    { begin: degree + intervals, size: degree, first: degree + intervals },
  ];
}

/**
 * Derivatives of `u^T J(s)^T g` by `s` and `g`.
 *
 * Of a group it is `w (sum_j u_j p_j T_j - m sum_j u_j p_j)` with `p` the softmax, `T_j` the sum of
 * `g` at the knots after `j` that move, `m = sum_j p_j T_j` and the domain's width `w`.
 */
function pullDerivatives(
  tf: Operations,
  s: TfTensor,
  g: TfTensor,
  u: TfTensor,
  space: KnotSpace,
): Record<string, () => TfTensor> {
  const width = space.domain[1] - space.domain[0], rows = s.shape[0];
  const rowSum = (x: TfTensor) => tf.sum(x, 1, true);
  function parts({ begin, size }: Group) {
    const p = softmax(tf, tf.slice(s, [0, begin], [rows, size]));
    const bars = tf.slice(u, [0, begin], [rows, size]);
    return { p, bars, mean: rowSum(tf.mul(bars, p)) };
  }
  function byLogits(group: Group): TfTensor {
    const { begin, size, first } = group;
    // a zero that can be differentiated
    if (size === 1) return tf.mul(tf.slice(s, [0, begin], [rows, 1]), 0);
    const { p, bars, mean } = parts(group);
    const moving = tf.slice(g, [0, first + 1], [rows, size - 1]);
    const tails = tf.reverse(runningSums(tf, tf.reverse(moving, 1)), 1);
    const tail = tf.concat([tails, tf.zeros([rows, 1])], 1);
    const bar = tf.sub(
      tf.mul(bars, tf.sub(tail, rowSum(tf.mul(p, tail)))),
      tf.mul(mean, tail),
    ); // by p
    return tf.mul(tf.mul(p, tf.sub(bar, rowSum(tf.mul(p, bar)))), width);
  }
  /** By the knots of a group that move. */
  function byKnots(group: Group): TfTensor[] {
    const { size } = group;
    if (size === 1) return [];
    const { p, bars, mean } = parts(group);
    const sums = runningSums(tf, tf.mul(tf.mul(p, tf.sub(bars, mean)), width));
    return [tf.slice(sums, [0, 0], [rows, size - 1])];
  }
  const still = (count: number) => tf.zeros([rows, count]);
  const groups = groupsOf(space);
  const outer = groups.length === 1 ? space.degree : 0; // knots beyond the group on either side
  return {
    s: () => tf.concat(groups.map(byLogits), 1),
    g: () =>
      tf.concat([
        still(outer + 1),
        ...groups.flatMap((group, i) => [
          ...byKnots(group),
          still(i === groups.length - 1 ? outer + 1 : 1),
        ]),
      ], 1),
  };
}

function runOnHost(
  host: HostBackend,
  s: TensorInfo,
  g: TensorInfo | undefined,
  space: KnotSpace,
): TensorInfo {
  const count = numKnotLogits(space), numKnots = space.intervals + 1 + 2 * space.degree;
  const rows = s.shape[0], width = g ? count : numKnots;
  const logits = new Float64Array(host.readSync(s.dataId));
  const bars = g && new Float64Array(host.readSync(g.dataId));
  const values = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const vector = logits.subarray(row * count, (row + 1) * count);
    const out = values.subarray(row * width, (row + 1) * width);
    if (!vector.every(Number.isFinite)) out.fill(NaN); // a run that diverged
    else if (bars) {
      freeKnotsVjp(vector, space, bars.subarray(row * numKnots, (row + 1) * numKnots), out);
    } else freeKnots(vector, space, out);
  }
  const shape = [rows, width];
  const dataId = host.write(new Float32Array(values), shape, "float32");
  return { dataId, shape, dtype: "float32" };
}
