/**
 * The operations of TensorFlow.js that this room calls.
 *
 * @module
 */

import type { TensorFlow, TfLayer, TfModel, TfTensor } from "./tensorflow.ts";

/** What a gradient is registered with. */
export interface TfGradConfig {
  /** Kernel whose gradient it is. */
  readonly kernelName: string;
  /** Names of the inputs that the gradient needs. */
  readonly inputsToSave: string[];
  /** From the gradient by the output to those by the inputs, each computed when it is asked for. */
  readonly gradFunc: (
    dy: TfTensor,
    saved: TfTensor[],
    attrs: object,
  ) => Record<string, () => TfTensor>;
}

/** The part of TensorFlow.js's namespace that is used here, in the types of this room. */
export interface Operations {
  /** Sum. */
  add(a: TfTensor, b: TfTensor | number): TfTensor;
  /** Difference. */
  sub(a: TfTensor | number, b: TfTensor | number): TfTensor;
  /** Product. */
  mul(a: TfTensor, b: TfTensor | number): TfTensor;
  /** Quotient. */
  div(a: TfTensor | number, b: TfTensor | number): TfTensor;
  /** 1 where positive, else 0. */
  step(x: TfTensor): TfTensor;
  /** Positive part. */
  relu(x: TfTensor): TfTensor;
  /** Magnitude. */
  abs(x: TfTensor): TfTensor;
  /** Square. */
  square(x: TfTensor): TfTensor;
  /** Square root. */
  sqrt(x: TfTensor): TfTensor;
  /** Logistic function. */
  sigmoid(x: TfTensor): TfTensor;
  /** Softmax over the last axis. */
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
  /** Sum over axes. */
  sum(x: TfTensor, axis?: number | number[], keepDims?: boolean): TfTensor;
  /** Mean over axes. */
  mean(x: TfTensor, axis?: number | number[], keepDims?: boolean): TfTensor;
  /** Index of the smallest. */
  argMin(x: TfTensor, axis?: number): TfTensor;
  /** Index of the largest. */
  argMax(x: TfTensor, axis?: number): TfTensor;
  /** Rows of the identity. */
  oneHot(indices: TfTensor, depth: number): TfTensor;
  /** Change of type. */
  cast(x: TfTensor, dtype: "float32" | "int32" | "bool"): TfTensor;
  /** Matrix product. */
  matMul(a: TfTensor, b: TfTensor): TfTensor;
  /** Transposition. */
  transpose(x: TfTensor): TfTensor;
  /** Other shape. */
  reshape(x: TfTensor, shape: number[]): TfTensor;
  /** Part of a tensor. */
  slice(x: TfTensor, begin: number[], size?: number[]): TfTensor;
  /** Joined tensors. */
  concat(tensors: TfTensor[], axis?: number): TfTensor;
  /** Zeros around. */
  pad(x: TfTensor, paddings: [number, number][]): TfTensor;
  /** Entries by index. */
  gather(x: TfTensor, indices: TfTensor, axis?: number): TfTensor;
  /** Zeros of the same shape. */
  zerosLike(x: TfTensor): TfTensor;
  /** Zeros. */
  zeros(shape: number[]): TfTensor;
  /** One value everywhere. */
  fill(shape: number[], value: number): TfTensor;
  /** New tensor. */
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
  /** The current backend. */
  backend(): object;
  /** Its name. */
  getBackend(): string;
  /** Frees tensors. */
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
  /** Adds a kernel. */
  registerKernel(config: {
    kernelName: string;
    backendName: string;
    kernelFunc: (params: never) => object;
  }): void;
  /** Adds a gradient. */
  registerGradient(config: TfGradConfig): void;
  /** Saving and loading of classes. */
  readonly serialization: { registerClass(layer: unknown): unknown };
  /** Layers. */
  readonly layers: {
    /** Base class of all layers. */
    readonly Layer: abstract new (...args: never[]) => TfLayer;
    /** Linear layer. */
    dense(config: object): TfLayer;
  };
  /** Chain of layers. */
  sequential(config: object): TfModel;
  /** Models from their topology. */
  readonly models: { modelFromJSON(json: unknown): Promise<TfModel> };
}

/** The caller's TensorFlow.js as this room sees it. */
export function operationsOf(tf: TensorFlow): Operations {
  return tf as unknown as Operations;
}
