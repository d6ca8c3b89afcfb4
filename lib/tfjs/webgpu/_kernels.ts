/**
 * The four kernels on TensorFlow.js's WebGPU backend, one program each.
 *
 * @module
 */

import { partShape, type SplinePart } from "../_host_kernels.ts";
import type { SplineSpace } from "../_local_basis.ts";
import { program, type TensorInfo, type WebgpuPrograms } from "./_program.ts";
import { splineWgsl, SUM_CHUNKS_WGSL } from "./_wgsl.ts";

/** Rows that one invocation sums. */
const CHUNK = 256;
/** Chunks are made larger where there would be more of them than this. */
const MOST_CHUNKS = 256;

/** Runs one part of the derivative; `names` are the inputs that it reads, in the programs' words. */
export function runOnWebgpu(
  backend: object,
  part: SplinePart,
  inputs: Readonly<Record<string, TensorInfo>>,
  names: readonly string[],
  sizes: Parameters<typeof partShape>[1],
  space: SplineSpace,
): TensorInfo {
  const gpu = backend as WebgpuPrograms;
  const { degree, order, clamp, first, last } = space;
  const shape = partShape(part, sizes, space);
  const sums = part === "Coefficients" || part === "Knots";
  const chunk = Math.max(CHUNK, Math.ceil(sizes.rows / MOST_CHUNKS));
  const chunks = sums ? Math.ceil(sizes.rows / chunk) : 1;
  const kind = { part, degree, weighted: names.includes("w") };
  const partial = gpu.runWebGPUProgram(
    program(
      `freeknot_${Object.values(kind).join("_")}`,
      names,
      sums ? [chunks, ...shape] : shape,
      "first : i32, last : i32, order : i32, flat : i32, chunk : i32,",
      () => splineWgsl(kind),
    ),
    names.map((name) => inputs[name]),
    "float32",
    [first, last, order, clamp ? 1 : 0, chunk].map((value) => ({ type: "int32", data: [value] })),
  );
  if (!sums) return partial;
  if (chunks === 1) return { ...partial, shape };
  const total = gpu.runWebGPUProgram(
    program("freeknot_chunks", ["x"], shape, "chunks : i32,", () => SUM_CHUNKS_WGSL),
    [partial],
    "float32",
    [{ type: "int32", data: [chunks] }],
  );
  gpu.disposeData(partial.dataId);
  return total;
}
