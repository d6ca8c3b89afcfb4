/**
 * Programs of TensorFlow.js's WebGPU backend.
 *
 * @module
 */

/** What a kernel gets and gives: values live in the backend under `dataId`. */
export interface TensorInfo {
  readonly dataId: object;
  readonly shape: number[];
  readonly dtype: string;
}

/** The part of the WebGPU backend that is used. */
export interface WebgpuPrograms {
  runWebGPUProgram(
    program: object,
    inputs: TensorInfo[],
    dtype: "float32",
    uniforms?: { type: "int32" | "float32"; data: number[] }[],
  ): TensorInfo;
  disposeData(dataId: object): boolean;
}

const WORKGROUP = 64;

/**
 * The record that TensorFlow.js compiles and dispatches.
 *
 * @param invocations How many; default: one per output.
 */
export function program(
  shaderKey: string,
  variableNames: readonly string[],
  outputShape: readonly number[],
  uniforms: string,
  getUserCode: () => string,
  invocations?: number,
): object {
  const size = outputShape.reduce((product, n) => product * n, 1);
  return {
    variableNames: [...variableNames],
    outputShape: [...outputShape],
    dispatchLayout: { x: outputShape.map((_, axis) => axis) },
    dispatch: [Math.ceil((invocations ?? size) / WORKGROUP), 1, 1],
    workgroupSize: [WORKGROUP, 1, 1],
    shaderKey,
    size: true,
    uniforms,
    getUserCode,
  };
}
