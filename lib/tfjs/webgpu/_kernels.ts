/**
 * The four kernels on TensorFlow.js's WebGPU backend: a program or three for each.
 *
 * @module
 */

import { partShape, type SplinePart } from "../_host_kernels.ts";
import type { SplineSpace } from "../_local_basis.ts";
import { runProgram, type TensorInfo, type WebgpuPrograms } from "./_program.ts";
import { type ProgramName, splineWgsl, SUM_CHUNKS_WGSL } from "./_wgsl.ts";

/** Fewest rows that one invocation sums. */
const LEAST_ROWS = 32;
/** Most partial sums, and most numbers of them. */
const MOST_CHUNKS = 4096, MOST_NUMBERS = 2 ** 22;

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
  const { rows, nIn, nOut, shared } = sizes;
  const shape = partShape(part, sizes, space);

  function run(
    name: ProgramName,
    tensors: Readonly<Record<string, TensorInfo>>,
    outputShape: readonly number[],
    invocations?: number,
    chunk = 0,
  ): TensorInfo {
    const kind = { part: name, degree, weighted: "w" in tensors };
    const key = `freeknot_${Object.values(kind).join("_")}`;
    const uniforms = { first, last, order, flat: clamp ? 1 : 0, chunk };
    const text = () => splineWgsl(kind);
    return runProgram(backend, key, tensors, outputShape, text, uniforms, {}, invocations);
  }

  const operands = Object.fromEntries(names.map((name) => [name, inputs[name]]));
  if (part === "Slopes") return run(part, operands, shape);
  const size = shape.reduce((product, n) => product * n, 1);
  const most = Math.max(1, Math.min(MOST_CHUNKS, Math.floor(MOST_NUMBERS / size)));
  const chunk = Math.max(LEAST_ROWS, Math.ceil(rows / most));
  const chunks = Math.ceil(rows / chunk);
  let partial: TensorInfo;
  if (part === "Knots") {
    partial = run(part, operands, [chunks, ...shape], chunks * (shared ? 1 : nIn), chunk);
  } else {
    const { x, t, ...others } = operands;
    const local = run("Local", { x, t }, [rows, nIn, degree + 2], rows * nIn);
    const rest = { local, ...others };
    partial = part === "Outputs"
      ? run(part, rest, shape)
      : run(part, rest, [chunks, ...shape], chunks * nIn * nOut, chunk);
    gpu.disposeData(local.dataId);
    if (part === "Outputs") return partial;
  }
  if (chunks === 1) return { ...partial, shape };
  const text = () => SUM_CHUNKS_WGSL;
  const total = runProgram(gpu, "freeknot_chunks", { x: partial }, shape, text, { chunks });
  gpu.disposeData(partial.dataId);
  return total;
}
