/**
 * The operations of TensorFlow.js that this room calls.
 *
 * @module
 */

import type { TensorFlow, TfLayer, TfModel, TfTensor } from "./tensorflow.ts";

/** The part of TensorFlow.js's namespace that is used here, in the types of this room. */
export interface Operations {
  add(a: TfTensor, b: TfTensor | number): TfTensor;
  sub(a: TfTensor | number, b: TfTensor | number): TfTensor;
  mul(a: TfTensor, b: TfTensor | number): TfTensor;
  div(a: TfTensor | number, b: TfTensor | number): TfTensor;
  /** 1 where positive, else 0. */
  step(x: TfTensor): TfTensor;
  /** Positive part. */
  relu(x: TfTensor): TfTensor;
  abs(x: TfTensor): TfTensor;
  square(x: TfTensor): TfTensor;
  sqrt(x: TfTensor): TfTensor;
  sigmoid(x: TfTensor): TfTensor;
  softmax(x: TfTensor): TfTensor;
  /** Running sums. */
  cumsum(x: TfTensor, axis?: number): TfTensor;
  /** The other way round. */
  reverse(x: TfTensor, axis: number): TfTensor;
  /** A function with a gradient of its own. */
  customGrad(
    f: (x: TfTensor, save: (tensors: TfTensor[]) => void) => {
      value: TfTensor;
      gradFunc: (dy: TfTensor, saved: TfTensor[]) => TfTensor;
    },
  ): (x: TfTensor) => TfTensor;
  sum(x: TfTensor, axis?: number | number[], keepDims?: boolean): TfTensor;
  mean(x: TfTensor, axis?: number | number[], keepDims?: boolean): TfTensor;
  argMin(x: TfTensor, axis?: number): TfTensor;
  argMax(x: TfTensor, axis?: number): TfTensor;
  /** Rows of the identity. */
  oneHot(indices: TfTensor, depth: number): TfTensor;
  cast(x: TfTensor, dtype: "float32" | "int32" | "bool"): TfTensor;
  matMul(a: TfTensor, b: TfTensor): TfTensor;
  transpose(x: TfTensor): TfTensor;
  reshape(x: TfTensor, shape: number[]): TfTensor;
  slice(x: TfTensor, begin: number[], size?: number[]): TfTensor;
  concat(tensors: TfTensor[], axis?: number): TfTensor;
  pad(x: TfTensor, paddings: [number, number][]): TfTensor;
  gather(x: TfTensor, indices: TfTensor, axis?: number): TfTensor;
  zerosLike(x: TfTensor): TfTensor;
  zeros(shape: number[]): TfTensor;
  fill(shape: number[], value: number): TfTensor;
  tensor(
    values:
      | number[]
      | Float32Array
      | Int32Array
      | { readonly buffer: GPUBuffer; readonly zeroCopy: true },
    shape?: number[],
    dtype?: "float32" | "int32",
  ): TfTensor;
  /** Frees what a function leaves behind. */
  tidy<T extends void | number | string | TfTensor | TfTensor[]>(work: () => T): T;
  /** Another tensor of the same value. */
  clone(x: TfTensor): TfTensor;
  /** Keeps a tensor beyond `tidy`. */
  keep(x: TfTensor): TfTensor;
  backend(): object;
  getBackend(): string;
  dispose(tensors: TfTensor[]): void;
  /** Gradient of a function of one tensor, times `dy`. */
  grad(f: (x: TfTensor) => TfTensor): (x: TfTensor, dy?: TfTensor) => TfTensor;
  /** Value and gradients of a function of several tensors. */
  valueAndGrads(
    f: (...args: TfTensor[]) => TfTensor,
  ): (args: TfTensor[], dy?: TfTensor) => { value: TfTensor; grads: TfTensor[] };
  /** The machine that runs kernels. */
  engine(): { runKernel(name: string, inputs: object, attrs?: object): TfTensor | TfTensor[] };
  /** Finds a kernel. */
  getKernel(kernelName: string, backendName: string): unknown;
  registerKernel(config: {
    kernelName: string;
    backendName: string;
    kernelFunc: (params: never) => object;
  }): void;
  registerGradient(config: {
    kernelName: string;
    /** Names of the inputs that the gradient needs. */
    inputsToSave: string[];
    /** From the gradient by the output to those by the inputs, each computed when asked for. */
    gradFunc: (
      dy: TfTensor,
      saved: TfTensor[],
      attrs: object,
    ) => Record<string, () => TfTensor>;
  }): void;
  readonly serialization: { registerClass(layer: unknown): unknown };
  readonly layers: {
    readonly Layer: abstract new (...args: never[]) => TfLayer;
    dense(config: object): TfLayer;
  };
  sequential(config: object): TfModel;
  readonly models: { modelFromJSON(json: unknown): Promise<TfModel> };
}

/** The caller's TensorFlow.js as this room sees it. */
export function operationsOf(tf: TensorFlow): Operations {
  return tf as unknown as Operations;
}

/** Numbers as a tensor, rounded to float32. */
export function tensorFrom(
  tf: Operations,
  { values, shape }: { readonly values: Float64Array; readonly shape: readonly number[] },
): TfTensor {
  return tf.tensor(Float32Array.from(values), [...shape]);
}
