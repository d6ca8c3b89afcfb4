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
 * Compiles and runs a program.
 *
 * @param inputs Its inputs by the names that the text gives them.
 * @param integers Uniforms, then those in float32.
 * @param invocations How many; default: one per output.
 */
export function runProgram(
  backend: object,
  shaderKey: string,
  inputs: Readonly<Record<string, TensorInfo>>,
  shape: readonly number[],
  getUserCode: () => string,
  integers: Readonly<Record<string, number>>,
  floats: Readonly<Record<string, number>> = {},
  invocations?: number,
): TensorInfo {
  const size = shape.reduce((product, n) => product * n, 1);
  const numbers = [
    ...Object.entries(integers).map(([name, value]) => ["int32", `${name} : i32,`, value] as const),
    ...Object.entries(floats).map(([name, value]) => ["float32", `${name} : f32,`, value] as const),
  ];
  const program = {
    variableNames: Object.keys(inputs),
    outputShape: [...shape],
    dispatchLayout: { x: shape.map((_, axis) => axis) },
    dispatch: [Math.ceil((invocations ?? size) / WORKGROUP), 1, 1],
    workgroupSize: [WORKGROUP, 1, 1],
    shaderKey,
    size: true,
    uniforms: numbers.map(([, declaration]) => declaration).join(" "),
    getUserCode,
  };
  return (backend as WebgpuPrograms).runWebGPUProgram(
    program,
    Object.values(inputs),
    "float32",
    numbers.map(([type, , value]) => ({ type, data: [value] })),
  );
}
