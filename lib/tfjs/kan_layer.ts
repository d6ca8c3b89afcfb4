/**
 * A layer of free-knot splines for TensorFlow.js models.
 *
 * @module
 */

import { createNetwork, type Network, type NetworkConfig, resolveConfig } from "../model/mod.ts";
import { splineStage } from "../model/inner.ts";
import { registerKernels } from "./_kernels.ts";
import { layerWeights } from "./_layer_network.ts";
import { checkLayerOptions } from "./_layer_options.ts";
import { normaliseTensor, STATISTIC_NAMES, stepStatistics } from "./_normalise.ts";
import { applyStage } from "./_spline_stage.ts";
import { type Operations, operationsOf, tensorFrom } from "./_operations.ts";
import type { LayerOf, TensorFlow, TfLayer, TfTensor, TfVariable } from "./tensorflow.ts";

/** Configuration of a KanLayer; saved with the model. */
export interface KanLayerConfig {
  /** Number of outputs. */
  readonly units: number;
  /** Pieces of every spline on its domain. Default 5. */
  readonly intervals?: number;
  /** Polynomial degree, 1 to 9. Default 3. */
  readonly degree?: number;
  /** Whether knots train. Default true, false where breakpoints are given. */
  readonly freeKnots?: boolean;
  /** Knots that are neither free nor uniform: `[intervals + 1]`, or one such list per input. */
  readonly breakpoints?: readonly number[] | readonly (readonly number[])[];
  /** One knot vector per input (default), or one for all. */
  readonly knotSharing?: "input" | "layer";
  /** Knots beyond the domain. Default free for free knots, otherwise even. */
  readonly outerKnots?: "even" | "free" | "clamped";
  /** The domain `[a, b]`. Default `[-1, 1]`. */
  readonly domain?: readonly [number, number];
  /**
   * How inputs reach the domain: as they are, by the range, or by mean and variance, in training of
   * the batch (a batch of one row has none: then by the running ones). Default none.
   */
  readonly normalisation?: "none" | "minmax" | "batchnorm";
  /** Share of the old running statistics at each training step. Default 0.9; 0: the last batch's. */
  readonly momentum?: number;
  /**
   * Which edges exist: for every input a word with a `1` for every unit that it leads to and a `0` for
   * the others, such as `["101", "010"]`. Default: all. The others have no weights.
   */
  readonly edges?: readonly string[];
  /** Extra branch `w silu(x)`. Default none. */
  readonly base?: "none" | "silu";
  /** Outside the domain: a straight line (default), or constant. */
  readonly extrapolation?: "linear" | "clamp";
  /** Fixes the initial coefficients. */
  readonly seed?: number;
  /** Shape of one example, for the first layer of a model: `[nIn]`. */
  readonly inputShape?: readonly number[];
  /** Name of the layer. */
  readonly name?: string;
  /** Whether the weights train, and running statistics follow the batches. Default true. */
  readonly trainable?: boolean;
}

/** A {@linkcode KanLayerConfig} with its defaults, without what every layer has. */
export type ResolvedKanConfig =
  & Required<
    Omit<KanLayerConfig, "breakpoints" | "edges" | "seed" | "inputShape" | "name" | "trainable">
  >
  & Pick<KanLayerConfig, "breakpoints" | "edges" | "seed">;

/** A KanLayer, as the functions of this room see it. */
export interface KanLayerLike extends TfLayer {
  /** The configuration, defaults filled in. */
  readonly kan: ResolvedKanConfig;
  /** The one-layer network that it stands for; with one input before it is built. */
  readonly network: NetworkConfig;
}

/** The layer's own options; the type makes sure that none is forgotten. */
const OPTIONS: Record<keyof Omit<KanLayerConfig, "inputShape" | "name" | "trainable">, true> = {
  units: true,
  intervals: true,
  degree: true,
  freeKnots: true,
  breakpoints: true,
  knotSharing: true,
  outerKnots: true,
  domain: true,
  normalisation: true,
  momentum: true,
  edges: true,
  base: true,
  extrapolation: true,
  seed: true,
};

/** Name of the class in saved models. */
export const KAN_LAYER = "KanLayer";

/** The configuration of a network that is this layer alone. */
function layerNetworkConfig(config: KanLayerConfig, nIn: number): NetworkConfig {
  const { units, degree, intervals, base, knotSharing, outerKnots, breakpoints } = config;
  const fixed = breakpoints !== undefined;
  if (!Number.isInteger(units) || units < 1) {
    fail(RangeError, "units", "an integer of at least 1", units);
  }
  if (fixed && config.freeKnots) fail(RangeError, "freeKnots", "false with breakpoints", "true");
  if ((config.extrapolation as string) === "error") {
    fail(RangeError, "extrapolation", "linear or clamp", "error");
  }
  return resolveConfig({
    widths: [nIn, units],
    firstLayer: "spline",
    degree,
    intervals,
    base,
    knots: fixed ? "fixed" : config.freeKnots ?? true ? "free" : "uniform",
    knotSharing,
    outerKnots,
    domain: config.domain ?? [-1, 1],
    normalisation: config.normalisation ?? "none",
    extrapolation: config.extrapolation,
    ...(config.edges && { edges: [config.edges] }),
  });
}

/** What a layer of TensorFlow.js offers to its subclasses. */
interface BaseLayer extends TfLayer {
  /** Whether masks of sequences go through. */
  supportsMasking: boolean;
  /** Whether the weights train. */
  readonly trainable: boolean;
  addWeight(
    name: string,
    shape: readonly number[],
    dtype: "float32",
    initializer: { apply(): TfTensor },
    regularizer: undefined,
    trainable: boolean,
  ): TfVariable;
}

type LayerClass = new (config: KanLayerConfig) => BaseLayer;

const CLASSES = new WeakMap<object, new (config: KanLayerConfig) => KanLayerLike>();

/**
 * Gives the class KanLayer of a `tf`; makes and registers it when it is first asked for.
 *
 * `y_q = sum_p phi_pq(x_p)` over the last axis of the input, with the splines, knots, normalisation
 * and base branch of {@linkcode KanLayerConfig}. Weights: `coefficients [nIn, numBasis, units]`,
 * `baseWeights [nIn, units]` (with a mask `[edges, numBasis]` and `[edges]`), `knotLogits [nIn or 1, logits]` (free knots), and not trainable
 * `knots [nIn or 1, numKnots]` (others) and the running statistics `minimum`, `maximum` or `mean`,
 * `variance`, each `[nIn]`. They start as `createNetwork` makes them.
 *
 * @param tf The caller's TensorFlow.js.
 * @returns The class; {@linkcode KanLayers.kanLayer} calls it.
 *
 * @example
 * ```ts ignore
 * import * as tf from "npm:@tensorflow/tfjs@4.22.0";
 * import { kanLayerClass } from "@freeknot/freeknot/tfjs";
 *
 * const KanLayer = kanLayerClass(tf);
 * const layer = new KanLayer({ units: 3, intervals: 5, inputShape: [2] });
 * ```
 */
export function kanLayerClass<TF extends TensorFlow>(
  tf: TF,
): new (config: KanLayerConfig) => LayerOf<TF> & KanLayerLike {
  let found = CLASSES.get(tf.layers.Layer);
  if (!found) {
    const operations = operationsOf(tf);
    registerKernels(operations);
    found = createClass(operations);
    CLASSES.set(tf.layers.Layer, found);
    operations.serialization.registerClass(found);
  }
  return found as new (config: KanLayerConfig) => LayerOf<TF> & KanLayerLike;
}

function createClass(tf: Operations): new (config: KanLayerConfig) => KanLayerLike {
  return class KanLayer extends (tf.layers.Layer as unknown as LayerClass) implements KanLayerLike {
    static readonly className = KAN_LAYER;
    readonly kan: ResolvedKanConfig;
    network: NetworkConfig;
    #variables: Record<string, TfVariable> = {};

    constructor(config: KanLayerConfig) {
      checkLayerOptions(config, Object.keys(OPTIONS));
      super(config);
      this.supportsMasking = true; // every position by itself, as in a dense layer
      checkMomentum(config);
      this.network = layerNetworkConfig(withoutMask(config), 1);
      this.kan = resolvedConfig(config, this.network);
    }

    override getClassName(): string {
      return KAN_LAYER;
    }

    override getConfig(): object {
      return { ...super.getConfig(), ...this.kan };
    }

    computeOutputShape(inputShape: unknown): (number | null)[] {
      return [...shapeOf(inputShape).slice(0, -1), this.kan.units];
    }

    build(inputShape: unknown): void {
      const nIn = shapeOf(inputShape).at(-1)!;
      this.network = layerNetworkConfig(this.kan, nIn);
      const network = initialNetwork(this.network, this.kan);
      for (const weight of layerWeights(network, 0)) {
        const { name, shape, trainable } = weight, first = { apply: () => tensorFrom(tf, weight) };
        const variable = this.addWeight(name, shape, "float32", first, undefined, trainable);
        this.#variables[name] = variable;
      }
      this.built = true;
    }

    call(inputs: TfTensor | TfTensor[], kwargs: { training?: boolean } = {}): TfTensor {
      return tf.tidy(() => {
        const x = Array.isArray(inputs) ? inputs[0] : inputs;
        const stage = splineStage(this.network, 0);
        const flat = tf.reshape(x, [-1, stage.nIn]);
        const u = this.#normalise(flat, kwargs.training === true && this.trainable);
        const y = applyStage(tf, stage, {
          coefficients: this.#variables.coefficients.read(),
          knotLogits: this.#variables.knotLogits?.read(),
          knots: this.#variables.knots?.read(),
          baseWeights: this.#variables.baseWeights?.read(),
        }, u);
        return x.shape.length === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), stage.nOut]);
      });
    }

    /**
     * In training by the batch's statistics, which then enter the running ones; not if frozen. Of a
     * batch of one row see `stepStatistics`.
     */
    #normalise(x: TfTensor, training: boolean): TfTensor {
      const { normalisation, domain } = this.network;
      const running = STATISTIC_NAMES[normalisation].map((name) => this.#variables[name]);
      const kept = running.map((variable) => variable.read());
      if (!training) return normaliseTensor(tf, normalisation, x, kept, domain);
      const { momentum } = this.kan;
      const { used, towards } = stepStatistics(tf, normalisation, x, kept, momentum);
      running.forEach((variable, i) =>
        variable.write(tf.add(tf.mul(kept[i], momentum), tf.mul(towards[i], 1 - momentum)))
      );
      return normaliseTensor(tf, normalisation, x, used, domain);
    }
  } as unknown as new (config: KanLayerConfig) => KanLayerLike;
}

/** The same layer with all edges: until it is built nobody knows how many inputs a mask has. */
function withoutMask({ edges: _, ...config }: KanLayerConfig): KanLayerConfig {
  return config;
}

function checkMomentum({ momentum = 0.9 }: KanLayerConfig): void {
  if (momentum >= 0 && momentum < 1) return;
  fail(RangeError, "momentum", "at least 0 and below 1", momentum);
}

/** The configuration with the defaults of the network that the layer stands for. */
function resolvedConfig(config: KanLayerConfig, network: NetworkConfig): ResolvedKanConfig {
  const { degree, intervals, knotSharing, outerKnots, domain, normalisation, base } = network;
  const { units, momentum = 0.9 } = config;
  return {
    units,
    intervals,
    degree,
    freeKnots: network.knots === "free",
    ...(config.breakpoints ? { breakpoints: config.breakpoints } : {}),
    knotSharing,
    outerKnots,
    domain: [domain[0], domain[1]],
    normalisation,
    momentum,
    base,
    extrapolation: config.extrapolation ?? "linear",
    ...(config.edges ? { edges: config.edges } : {}),
    ...(config.seed === undefined ? {} : { seed: config.seed }),
  };
}

function initialNetwork(config: NetworkConfig, kan: ResolvedKanConfig): Network {
  const seed = kan.seed ?? Math.floor(2 ** 31 * Math.random());
  const breakpoints = layerBreakpoints(config, kan.breakpoints);
  return createNetwork(config, { seed, ...(breakpoints ? { breakpoints: [breakpoints] } : {}) });
}

/** Breakpoints as one row per knot vector, flat; undefined where knots are not fixed. */
export function layerBreakpoints(
  config: NetworkConfig,
  breakpoints: KanLayerConfig["breakpoints"],
): Float64Array | undefined {
  if (!breakpoints) return undefined;
  if (Array.isArray(breakpoints[0])) {
    return Float64Array.from((breakpoints as readonly (readonly number[])[]).flat());
  }
  const { numKnotVectors } = splineStage(config, 0);
  const row = breakpoints as readonly number[];
  return Float64Array.from(Array.from({ length: numKnotVectors }, () => row).flat());
}

function shapeOf(inputShape: unknown): number[] {
  const shape = inputShape as number[] | number[][];
  return (Array.isArray(shape[0]) ? shape[0] : shape) as number[];
}

function fail(
  type: typeof TypeError | typeof RangeError,
  name: string,
  rule: string,
  value: unknown,
): never {
  throw new type(`Cannot create KanLayer: ${name} must be ${rule}, current value is ${value}`);
}
