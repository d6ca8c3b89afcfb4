/**
 * What an engine is: loss and gradient of a network on a dataset, compiled once.
 *
 * @module
 */

import type { Network, NormalisationStatistics } from "../model/mod.ts";
import type { Dataset } from "../data/mod.ts";

/** The criterion as data. Means are over rows (weighted) and outputs. */
export type Loss =
  | {
    /** Mean squared error, without a factor 1/2. */
    readonly kind: "mse";
    /** Adds `weightDecay / 2 * |parameters|^2` to the objective. Default 0. */
    readonly weightDecay?: number;
  }
  | {
    /** `e^2 / 2` up to `delta`, `delta (|e| - delta / 2)` beyond. */
    readonly kind: "huber";
    /** Where the parabola becomes a line, in scaled target units. Default 0.1. */
    readonly delta?: number;
    /** As for `mse`. */
    readonly weightDecay?: number;
  }
  | {
    /** Binary (one output: its logit) or softmax (one logit per class) cross-entropy, nats. */
    readonly kind: "crossEntropy";
    /** As for `mse`. */
    readonly weightDecay?: number;
  };

/**
 * An engine's device failed: it was lost, ran out of memory, or gave wrong numbers. What was read
 * before is right, nothing after it is to be trusted.
 */
export class EngineError extends Error {
  /** Always `EngineError`. */
  override name = "EngineError";
}

/** Turns a network, a loss and a dataset into an {@linkcode Evaluator}. */
export interface Engine {
  /** `reference`, `cpu`, ... */
  readonly name: string;
  /** Precision of parameters and arithmetic. */
  readonly dtype: "float32" | "float64";
  /**
   * Allocates all that an evaluation needs.
   *
   * @param network The network.
   * @param loss The criterion.
   * @param dataset The rows.
   * @param coarse The network that the given one is the even prolongation of: engines that can
   * prolong where the parameters are do so, see `start` of {@linkcode Evaluator}.
   * @throws {TypeError} If shapes of network and dataset differ.
   * @throws {EngineError} If the engine's device cannot hold or compute it.
   */
  compile(network: Network, loss: Loss, dataset: Dataset, coarse?: Network): Promise<Evaluator>;
}

/** L-BFGS, for engines that run it where the parameters are. Fields as in `LbfgsOptions`. */
export interface LbfgsMethod {
  /** Tells methods apart. */
  readonly kind: "lbfgs";
  /** Step lengths chosen among several, or unit steps. */
  readonly lineSearch: "wolfe" | "none";
  /** Stored pairs. */
  readonly memory: number;
  /** Iterations per epoch. */
  readonly maxIterations: number;
  /** Ends when `max |g_i|` is at most this. */
  readonly gradientTolerance: number;
  /** Ends when the objective does not change by more. */
  readonly changeTolerance: number;
}

/** One step of Adam; see {@linkcode AdamMethod}. */
export interface AdamStep {
  /** Rows of the mini-batch; absent: all rows. */
  readonly rows?: Int32Array;
  /** Step size. */
  readonly rate: number;
}

/**
 * A pass of Adam or AdamW, for engines that run it where the parameters are. The moments travel
 * with each pass: nothing stays behind on the device.
 */
export interface AdamMethod {
  /** Tells methods apart. */
  readonly kind: "adam";
  /** The pass. */
  readonly steps: readonly AdamStep[];
  /** Decay of the mean gradient. */
  readonly beta1: number;
  /** Decay of the mean square. */
  readonly beta2: number;
  /** Added to the root. */
  readonly epsilon: number;
  /** Longest gradient that is not shortened; Infinity: none is. */
  readonly clipNorm: number;
  /** AdamW's decay: a step multiplies parameters by `1 - rate weightDecay`. */
  readonly weightDecay: number;
  /** Mean gradient before the pass, shape `[numParameters]`. */
  readonly mean: Float64Array;
  /** Mean square of the gradient before the pass. */
  readonly square: Float64Array;
  /** Steps done before the pass. */
  readonly iterations: number;
}

/** What one epoch on the device reached. */
export interface EpochReading {
  /** Parameters at its end: give this very array to go on from there. */
  readonly parameters: Float64Array;
  /** Gradient there; of Adam the mean of its steps' gradients, each by its share of the rows. */
  readonly gradient: Float64Array;
  /** Adam's moments and count of steps at the end; steps that are not finite are left out. */
  readonly moments?: {
    /** Mean gradient. */
    readonly mean: Float64Array;
    /** Mean square of the gradient. */
    readonly square: Float64Array;
    /** Steps done. */
    readonly iterations: number;
  };
  /**
   * All that L-BFGS has learned, to go on from here to the same bits in another evaluator; see
   * {@linkcode EpochContext}. Absent beyond 4 MiB.
   */
  readonly memory?: Float32Array;
  /** Objective there. */
  readonly objective: number;
  /** Evaluations of the objective in this epoch. */
  readonly evaluations: number;
  /** How it ended. */
  readonly status: "running" | "converged" | "diverged";
}

/** What comes before and after an epoch on a device. */
export interface EpochContext {
  /** The memory of the reading that the parameters are of, where its evaluator is gone. */
  readonly memory?: Float32Array | undefined;
  /**
   * Whether another epoch of the same method is to be expected from where this one ends. It may be
   * begun before this one's reading has arrived; if it is not asked for, it leaves no trace.
   */
  readonly more?: boolean;
}

/**
 * Residuals of a loss, their derivatives, and the Gauss-Newton matrix that these make.
 *
 * Residuals `r` are scaled so that with their Jacobian `J` by the parameters, statistics and knots
 * included, `J^T r + weightDecay p` is the objective's gradient and `A = J^T J + weightDecay I` its
 * (generalised) Gauss-Newton matrix (Schraudolph 2002). Of squares `|r|^2 / 2` is the loss:
 * `r = sqrt(2 w / (W nOut)) (y - t)`; other losses have residuals whose scale is held at the
 * parameters where derivatives are taken, see `lossResiduals`.
 */
export interface Curvature {
  /**
   * The objective, its gradient and its Gauss-Newton matrix. Absent where it cannot be assembled.
   *
   * @param parameters Read only, shape `[numParameters]`.
   * @param matrixOut Overwritten, shape `[numParameters, numParameters]`, symmetric, both halves.
   * @param gradientOut Overwritten, shape `[numParameters]`.
   * @returns The objective; where it is not finite, so are gradient and matrix.
   */
  matrix?(
    parameters: Float64Array,
    matrixOut: Float64Array,
    gradientOut: Float64Array,
  ): number | Promise<number>;
  /**
   * The product `A v`, without the matrix.
   *
   * @param parameters Read only, shape `[numParameters]`.
   * @param vector `v`, read only, shape `[numParameters]`.
   * @param out Overwritten, shape `[numParameters]`.
   */
  product(parameters: Float64Array, vector: Float64Array, out: Float64Array): void | Promise<void>;
  /**
   * The residuals `r`, a new array of shape `[numResiduals]`: `nOut` numbers for each row of the
   * data, or one for each point of an equation.
   */
  residuals(parameters: Float64Array): Float64Array | Promise<Float64Array>;
  /** `J v`, a new array of shape `[numResiduals]`. */
  jvp(parameters: Float64Array, vector: Float64Array): Float64Array | Promise<Float64Array>;
  /**
   * `J^T w`.
   *
   * @param parameters Read only, shape `[numParameters]`.
   * @param residualsBar `w`, read only, shape `[numResiduals]`.
   * @param out Overwritten, shape `[numParameters]`.
   */
  vjp(
    parameters: Float64Array,
    residualsBar: Float64Array,
    out: Float64Array,
  ): void | Promise<void>;
  /**
   * The second derivative of the residuals along a vector, `d^2 r(p + e v) / de^2` at `e = 0`.
   *
   * @param parameters `p`, read only, shape `[numParameters]`.
   * @param vector `v`, read only, shape `[numParameters]`.
   * @param reach Differences, where there are any, are taken over `p +- reach v` at least: the part of
   * a step over which its bend is measured.
   * @returns A new array of shape `[numResiduals]`.
   */
  secondJvp(
    parameters: Float64Array,
    vector: Float64Array,
    reach: number,
  ): Float64Array | Promise<Float64Array>;
}

/** What an optimizer sees: parameters in, value and gradient out. */
export interface Evaluator {
  /** Length of the parameter vector. */
  readonly numParameters: number;
  /** Memory that evaluations need, where the engine knows it. */
  readonly bytes?: number;
  /**
   * The objective (loss plus weight decay) and its gradient.
   *
   * @param parameters Read only, shape `[numParameters]`.
   * @param gradientOut Overwritten, shape `[numParameters]`.
   * @returns The objective; not finite where the network overflows.
   */
  valueAndGradient(parameters: Float64Array, gradientOut: Float64Array): number | Promise<number>;
  /** The objective alone (for line searches). */
  value(parameters: Float64Array): number | Promise<number>;
  /**
   * Restricts the evaluations that follow to a mini-batch. The dataset is not copied; means and
   * normalisation statistics are those of these rows.
   *
   * @param rows Row numbers in the order in which sums are taken, not empty, each in
   * `0 ... dataset.rows - 1`; undefined: all rows again.
   * @throws {RangeError} If there is no row or one outside the dataset.
   */
  selectRows(rows: Int32Array | undefined): void;
  /**
   * Runs one epoch of an optimizer where the parameters are; only engines on a device have it.
   *
   * @param method The optimizer's numbers.
   * @param parameters Where it begins. The array of the latest reading goes on with all that the
   * optimizer has learned; any other starts anew, or with the context's memory.
   * @param context What was learned before, and what comes after.
   * @returns What it reached; undefined where the engine cannot run this method.
   */
  runEpoch?(
    method: LbfgsMethod | AdamMethod,
    parameters: Float64Array,
    context?: EpochContext,
  ): Promise<EpochReading | undefined>;
  /**
   * Prolongs the coarse network on the device and evaluates there; only evaluators that were
   * compiled with one have it.
   *
   * @returns The parameters to start from, those of the network up to rounding.
   */
  start?(): Promise<Float64Array>;
  /** What Gauss-Newton asks for; absent where the engine gives none of it. */
  readonly curvature?: Curvature;
  /** The loss without weight decay at the parameters evaluated last. */
  loss(): number;
  /** The normalisation statistics at the parameters evaluated last, per spline layer. */
  statistics(): NormalisationStatistics[];
  /** The network's outputs at the parameters evaluated last, shape `[rows, nOut]`; a copy. */
  outputs(): Float64Array;
  /** Frees what `compile` allocated. */
  dispose(): void;
}
