/**
 * Registers kernels and gradients in a `tf`.
 *
 * The four kernels are the derivatives of `F = sum w g c B^(order)(x; t)` (see _host_kernels.ts).
 * Their own derivatives are kernels of the same family, so the gradients can be differentiated
 * again and again: by `x` the order grows by one, by `w`, `g`, `c` the part changes; only the
 * knots' own derivative by anything is composed, see _knot_curvature.ts.
 *
 * @module
 */

import { computePart, partShape, type SplinePart } from "./_host_kernels.ts";
import { knotCurvature } from "./_knot_curvature.ts";
import { INPUTS, kernelName, runSpline, type SplineTensors } from "./_run_spline.ts";
import type { SplineSpace } from "./_local_basis.ts";
import type { Operations } from "./_operations.ts";
import type { TfTensor } from "./tensorflow.ts";
import { type HostBackend, registerOnBackends } from "./_backends.ts";
import { runOnWebgpu } from "./webgpu/_kernels.ts";
import type { TensorInfo } from "./webgpu/_program.ts";

const PARTS = Object.keys(INPUTS) as SplinePart[];

/** Registers everything once per `tf`. */
export function registerKernels(tf: Operations): void {
  if (tf.getKernel(kernelName("Outputs", false), "cpu")) return;
  for (const part of PARTS) {
    for (const weighted of part === "Slopes" ? [false] : [false, true]) {
      const names = weighted ? [...INPUTS[part], "w"] : [...INPUTS[part]];
      registerOnBackends<SplineSpace>(tf, kernelName(part, weighted), {
        host: (backend, { inputs, attrs }) =>
          runOnHost(backend, part, inputs, names, sizesOf(inputs), attrs),
        webgpu: (backend, { inputs, attrs }) =>
          runOnWebgpu(backend, part, inputs, names, sizesOf(inputs), attrs),
      });
      tf.registerGradient({
        kernelName: kernelName(part, weighted),
        inputsToSave: names,
        gradFunc: (dy, saved, attrs) => {
          const tensors = Object.fromEntries(names.map((name, i) => [name, saved[i]]));
          return gradients(tf, part, tensors as unknown as SplineTensors, attrs as SplineSpace, dy);
        },
      });
    }
  }
}

/** Derivatives of `sum dy . part` by the inputs of that part. */
function gradients(
  tf: Operations,
  part: SplinePart,
  { x, t, c, g, w }: SplineTensors,
  space: SplineSpace,
  dy: TfTensor,
): Record<string, () => TfTensor> {
  // F with dy in the place of what the part was differentiated by
  const whole = { x, t, c, g, w, [FACTOR[part]]: dy };
  const steeper = { ...space, order: space.order + 1 };
  function derivative(of: SplinePart): () => TfTensor {
    if (part === "Knots") return () => knotCurvature(tf, { x, t, c, g, w }, space, dy, NAME[of]);
    return () => runSpline(tf, of, whole, space);
  }
  function byInput(): TfTensor {
    const slopes = runSpline(tf, "Slopes", whole, steeper);
    return whole.w ? tf.mul(slopes, whole.w) : slopes;
  }
  return {
    x: part === "Knots" ? () => knotCurvature(tf, { x, t, c, g, w }, space, dy, "x") : byInput,
    t: derivative("Knots"),
    c: derivative("Coefficients"),
    g: derivative("Outputs"),
    w: derivative("Slopes"),
  };
}

/** By what a part is the derivative. */
const NAME = { Outputs: "g", Slopes: "w", Coefficients: "c", Knots: "t" } as const;
const FACTOR: Record<SplinePart, string> = NAME;

function sizesOf(inputs: Readonly<Record<string, TensorInfo>>) {
  const [rows, nIn] = inputs.x.shape;
  const [numVectors, numKnots] = inputs.t.shape;
  const nOut = inputs.c ? inputs.c.shape[2] : inputs.g.shape[1];
  return { rows, nIn, nOut, numKnots, shared: numVectors === 1 };
}

function runOnHost(
  host: HostBackend,
  part: SplinePart,
  inputs: Readonly<Record<string, TensorInfo>>,
  names: readonly string[],
  sizes: ReturnType<typeof sizesOf>,
  space: SplineSpace,
): TensorInfo {
  const [x, t, c, g, w] = ["x", "t", "c", "g", "w"].map((name) =>
    names.includes(name) ? host.readSync(inputs[name].dataId) : undefined
  );
  const values = computePart(part, { x: x!, t: t!, c, g, w, ...sizes }, space);
  const shape = partShape(part, sizes, space);
  return { dataId: host.write(values, shape, "float32"), shape, dtype: "float32" };
}
