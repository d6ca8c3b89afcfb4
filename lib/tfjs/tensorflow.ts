/**
 * What this room needs of TensorFlow.js, as types of its own.
 *
 * TensorFlow.js is not a dependency: the caller hands over the `tf` that the program has loaded, and
 * these interfaces say which part of it is used. `typeof tf` of version 4 fits them as it is.
 *
 * @module
 */

/** A tensor, as far as it is looked at here. */
export interface TfTensor {
  /** Lengths of the axes. */
  readonly shape: number[];
  /** `float32`, `int32`, ... */
  readonly dtype: string;
  /** Number of entries. */
  readonly size: number;
  /** Key of the values in the backend. */
  readonly dataId: object;
  /** Reads the values, row-major. */
  data(): Promise<ArrayLike<number | string>>;
  /** Frees the values. */
  dispose(): void;
}

/** A weight of a layer. */
export interface TfVariable {
  /** Its name, unique in the program. */
  readonly name: string;
  /** Its name as given. */
  readonly originalName: string;
  /** Current value; a snapshot that belongs to the weight. */
  read(): TfTensor;
  /** Replaces the value. */
  write(value: TfTensor): unknown;
}

/** A layer of a model. */
export interface TfLayer {
  /** Name, unique in its model. */
  name: string;
  /** Whether its weights exist. */
  built: boolean;
  /** All weights, trainable ones first. */
  readonly weights: TfVariable[];
  /** Name of its class in saved models. */
  getClassName(): string;
  /** Everything but the weights. */
  getConfig(): object;
  /** Values of the weights, in the order of `weights`; they belong to the layer. */
  getWeights(): TfTensor[];
  /** Sets all weights, in the order of `weights`. */
  setWeights(weights: TfTensor[]): void;
}

/** A model of layers. */
export interface TfModel extends TfLayer {
  /** Its layers, in the order of their creation. */
  layers: TfLayer[];
  /** Topology as JSON; an object for `returnString` false. */
  toJSON(unused?: unknown, returnString?: boolean): unknown;
}

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

/** The part of TensorFlow.js's namespace that is used here. */
export interface TensorFlow {
  /** Sum. */
  add(a: TfTensor, b: TfTensor | number): TfTensor;
  /** Difference. */
  sub(a: TfTensor | number, b: TfTensor | number): TfTensor;
  /** Product. */
  mul(a: TfTensor, b: TfTensor | number): TfTensor;
  /** Quotient. */
  div(a: TfTensor | number, b: TfTensor | number): TfTensor;
  /** Smaller of two. */
  minimum(a: TfTensor, b: TfTensor | number): TfTensor;
  /** Larger of two. */
  maximum(a: TfTensor, b: TfTensor | number): TfTensor;
  /** 1 where positive, else 0. */
  step(x: TfTensor): TfTensor;
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
  /** Choice by a condition. */
  where(condition: TfTensor, a: TfTensor, b: TfTensor): TfTensor;
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
  /** Ones of the same shape. */
  onesLike(x: TfTensor): TfTensor;
  /** Zeros. */
  zeros(shape: number[]): TfTensor;
  /** One value everywhere. */
  fill(shape: number[], value: number): TfTensor;
  /** New tensor. */
  tensor(
    values: number[] | Float32Array | Int32Array,
    shape?: number[],
    dtype?: "float32" | "int32",
  ): TfTensor;
  /** Normal random numbers. */
  randomNormal(
    shape: number[],
    mean?: number,
    deviation?: number,
    dtype?: "float32",
    seed?: number,
  ): TfTensor;
  /** Frees what a function leaves behind. */
  tidy<T extends void | number | string | TfTensor | TfTensor[]>(work: () => T): T;
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
    kernelFunc: (params: never) => never;
  }): void;
  /** Adds a gradient. */
  registerGradient(config: never): void;
  /** Saving and loading of classes. */
  readonly serialization: { registerClass(layer: never): unknown };
  /** Layers. */
  readonly layers: {
    /** Base class of all layers. */
    readonly Layer: abstract new (...args: never[]) => TfLayer;
    /** Linear layer. */
    dense(config: never): TfLayer;
  };
  /** Chain of layers. */
  sequential(config?: never): TfModel;
  /** Models from their topology. */
  readonly models: { modelFromJSON(json: never): Promise<TfModel> };
}

/** The tensor type of a `tf`. */
export type TensorOf<TF extends TensorFlow> = ReturnType<TF["zeros"]>;

/** The layer type of a `tf`. */
export type LayerOf<TF extends TensorFlow> = TF["layers"]["Layer"] extends
  abstract new (...args: never[]) => infer L ? L : never;

/** The type of a `tf`'s sequential models. */
export type SequentialOf<TF extends TensorFlow> = ReturnType<TF["sequential"]>;

/** The type of all models of a `tf`. */
export type ModelOf<TF extends TensorFlow> = Awaited<ReturnType<TF["models"]["modelFromJSON"]>>;
