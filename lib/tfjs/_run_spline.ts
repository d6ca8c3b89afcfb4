/**
 * Calls of the spline kernels by name.
 *
 * @module
 */

import type { SplinePart } from "./_host_kernels.ts";
import type { SplineSpace } from "./_local_basis.ts";
import type { Operations } from "./_operations.ts";
import type { TfTensor } from "./tensorflow.ts";

/** Tensors that go into a kernel. */
export interface SplineTensors {
  readonly x: TfTensor;
  readonly t: TfTensor;
  readonly c?: TfTensor | undefined;
  readonly g?: TfTensor | undefined;
  readonly w?: TfTensor | undefined;
}

/** Inputs that each part reads, besides weights. */
export const INPUTS = {
  Outputs: ["x", "t", "c"],
  Slopes: ["x", "t", "c", "g"],
  Coefficients: ["x", "t", "g"],
  Knots: ["x", "t", "c", "g"],
} as const satisfies Record<SplinePart, readonly string[]>;

/** Name of a kernel in the registry. */
export function kernelName(part: SplinePart, weighted: boolean): string {
  return `FreeknotSpline${part}${weighted ? "Weighted" : ""}`;
}

/** Calls a kernel; gradients flow through it. */
export function runSpline(
  tf: Operations,
  part: SplinePart,
  tensors: SplineTensors,
  space: SplineSpace,
): TfTensor {
  const inputs: Record<string, TfTensor | undefined> = {};
  for (const name of INPUTS[part]) inputs[name] = tensors[name];
  const weighted = tensors.w !== undefined && part !== "Slopes";
  if (weighted) inputs.w = tensors.w;
  return tf.engine().runKernel(kernelName(part, weighted), inputs, { ...space }) as TfTensor;
}
