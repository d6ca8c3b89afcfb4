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

/**
 * TensorFlow.js itself, version 4: what `import * as tf from "npm:@tensorflow/tfjs"` gives. Only
 * what tells its own types is spelled out.
 */
export interface TensorFlow {
  /** A tensor of zeros. */
  zeros(...args: never[]): TfTensor;
  /** A chain of layers. */
  sequential(...args: never[]): TfModel;
  /** Layers. */
  readonly layers: {
    /** Base class of all layers. */
    readonly Layer: abstract new (...args: never[]) => TfLayer;
  };
  /** Models from their topology. */
  readonly models: { modelFromJSON(...args: never[]): Promise<TfModel> };
  /** Adds a kernel. */
  registerKernel(...args: never[]): void;
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
